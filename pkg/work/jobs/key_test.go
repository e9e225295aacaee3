// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// TestKeys: two starts are the same one if both the caller and the key are the same.
func TestKeys(t *testing.T) {
	t.Parallel()
	epochs := int64(2)
	change := func(f func(*jobs.StartRequest)) jobs.StartRequest {
		o := keyed
		f(&o)
		return o
	}
	tests := map[string]struct {
		o    jobs.StartRequest
		kind fault.Kind // of the error, if any
		jobs int
	}{
		"the_same":           {keyed, fault.Internal, 1},
		"another_key":        {change(func(o *jobs.StartRequest) { o.Key = "l" }), fault.Internal, 2},
		"another_caller":     {change(func(o *jobs.StartRequest) { o.Caller = "cd" }), fault.Internal, 2},
		"no_key":             {session, fault.Internal, 2},
		"other_messages":     {change(func(o *jobs.StartRequest) { o.SessionID = "r" }), fault.AlreadyExists, 1},
		"other_priority":     {change(func(o *jobs.StartRequest) { o.Priority = 1 }), fault.AlreadyExists, 1},
		"other_epochs":       {change(func(o *jobs.StartRequest) { o.Hyperparameters.EpochCount = &epochs }), fault.AlreadyExists, 1},
		"a_caller_and_a_key": {change(func(o *jobs.StartRequest) { o.Caller, o.Key = "c", "i\x00k" }), fault.Internal, 2},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.start(t, keyed)
			_, err := w.Start(t.Context(), tt.o)
			if (err != nil) != (tt.kind != fault.Internal) || err != nil && fault.KindOf(err) != tt.kind {
				t.Errorf("Start = %v", err)
			}
			if v := fault.From(err).Violations; err != nil && (len(v) != 1 || v[0].Field != "Idempotency-Key") {
				t.Errorf("the error names %+v", v)
			}
			if n := len(w.OnVertex(t)); n != tt.jobs || len(w.Recorded(t)) != tt.jobs {
				t.Errorf("%d jobs on Vertex AI and %d records, want %d", n, len(w.Recorded(t)), tt.jobs)
			}
		})
	}
}

// interruptedStart records a keyed start that was interrupted before its dataset was written.
func (w *world) interruptedStart(t *testing.T, o jobs.StartRequest) store.Record {
	t.Helper()
	now := w.Now().UTC().Truncate(time.Microsecond)
	job := tuning.Job{
		ID: tuning.NewID(now), Location: location, DisplayName: "a job", BaseModel: baseModel, StartedBy: o.Caller,
		CreatedAt: now, UpdatedAt: now, Request: o.Encode(),
	}
	r, err := w.Service.Records.CreateJob(t.Context(), job.MarkRecorded(now.Add(w.Config.Lease)),
		&store.Key{Caller: o.Caller, Key: o.Key, Request: o.Hash()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRepeat_continues: a repeated start resumes an interrupted one after its lease has expired,
// and fails if that fails.
func TestRepeat_continues(t *testing.T) {
	t.Parallel()
	t.Run("to_the_job", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.conversation(t, "s")
		w.Config.Lease = shortLease
		died := w.interruptedStart(t, keyed)
		if job := w.start(t, keyed); job.ID != died.ID || job.State != tuning.Pending || job.Pairs != 3 {
			t.Errorf("Start = %s in %s, want %s started", job.ID, job.State, died.ID)
		}
		if !w.Now().After(died.LeaseUntil) {
			t.Errorf("the start was resumed before its lease ended at %v", died.LeaseUntil)
		}
		w.one(t)
	})
	t.Run("to_the_failure", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		died := w.interruptedStart(t, keyed)
		w.Advance(allLeasesOver)
		for range 2 {
			if _, err := w.Start(t.Context(), keyed); fault.KindOf(err) != fault.NotFound {
				t.Errorf("Start = %v, want that the session is unknown", err)
			}
		}
		if got := w.Read(t, died.ID); got.Step != tuning.Refused || !got.Tentative {
			t.Errorf("the record is at %s, tentative: %v", got.Step, got.Tentative)
		}
	})
	t.Run("many_at_once", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.conversation(t, "s")
		w.interruptedStart(t, keyed)
		w.Advance(allLeasesOver)
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if job, err := w.Start(t.Context(), keyed); err != nil || job.State != tuning.Pending {
					t.Errorf("Start = %s, %v", job.State, err)
				}
			})
			all.Go(func() {
				if err := w.poller.Tick(t.Context()); err != nil {
					t.Errorf("Tick: %v", err)
				}
			})
		}
		all.Wait()
		w.one(t)
		if n := w.Count("CreateTuningJob"); n != 1 {
			t.Errorf("Vertex AI was asked %d times", n)
		}
	})
}

// TestRepeat_of_an_expired_key: a repeated start waits for the first one, whose record and key are
// deleted meanwhile. It must be repeated, as there is no answer any more.
func TestRepeat_of_an_expired_key(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.interruptedStart(t, keyed)
	reads := 0
	w.On("BatchGetDocuments", faults.Before(func() {
		if reads++; reads < 3 { // the key and the record are read, and then the record again
			return
		}
		for _, collection := range []string{"start_keys", "tuning_jobs"} {
			docs, err := w.Firestore.Collection(collection).Documents(t.Context()).GetAll()
			if err != nil {
				t.Error(err)
			}
			for _, doc := range docs {
				if _, err := doc.Ref.Delete(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	}))
	if job, err := w.Start(t.Context(), keyed); fault.KindOf(err) != fault.Unavailable || reads != 4 {
		t.Errorf("Start = %s, %v after %d reads, want an error that asks for a retry", job.ID, err, reads)
	}
	w.On("BatchGetDocuments", nil)
	w.start(t, keyed)
}
