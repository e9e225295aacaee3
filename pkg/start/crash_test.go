// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// one fails the test unless there is exactly one job here and on Vertex AI, and both are the same.
func (w *world) one(t *testing.T) store.Record {
	t.Helper()
	records, seen := w.jobs(t), w.onVertex(t)
	if len(records) != 1 || len(seen) != 1 {
		t.Fatalf("%d records and %d jobs on Vertex AI, want one of each", len(records), len(seen))
	}
	if records[0].Name != seen[0].Name || seen[0].Label != records[0].ID {
		t.Fatalf("the record names %q, Vertex AI %q of %q", records[0].Name, seen[0].Name, seen[0].Label)
	}
	return records[0]
}

// TestCreateAnswerLost: Vertex AI has made the job, and the answer says that nobody knows. The caller is told so;
// the poller finds the job by its label, and nobody makes a second one.
func TestCreateAnswerLost(t *testing.T) {
	t.Parallel()
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Unknown, codes.Canceled} {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.onCreate.Store(new(hook(func(_ int64, do func() (any, error)) (any, error) {
				if _, err := do(); err != nil {
					return nil, err
				}
				return nil, status.Error(code, "the connection broke")
			})))
			_, err := w.Start(t.Context(), tuning.Request{SessionID: "s"}, "ci")
			records := w.jobs(t)
			if len(records) != 1 || records[0].Finished || records[0].Name != "" {
				t.Fatalf("records: %+v, want one that waits", records)
			}
			if err == nil || !strings.Contains(fault.Of(err).Message, records[0].ID) {
				t.Errorf("Start = %v, which does not name %s", err, records[0].ID)
			}
			// A poller that looks at once leaves it alone: the start may still be on its way.
			if err := w.poller.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.jobs(t)[0]; got.Name != "" || got.Finished {
				t.Errorf("a young record was touched: %+v", got.Job)
			}
			w.tickLater(t)
			if got := w.one(t); got.Finished || got.State != tuning.Pending {
				t.Errorf("after the poller: %s, finished = %v", got.State, got.Finished)
			}
			w.tickLater(t)
			w.one(t)
			if n := w.creates.Load(); n != 1 {
				t.Errorf("Vertex AI was asked %d times", n)
			}
		})
	}
}

// TestCreateNeverArrived: as above, but there is no job. The poller writes that down.
func TestCreateNeverArrived(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.onCreate.Store(new(hook(func(int64, func() (any, error)) (any, error) {
		return nil, status.Error(codes.Unavailable, "no route")
	})))
	if _, err := w.Start(t.Context(), tuning.Request{SessionID: "s"}, "ci"); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("Start = %v, want Unavailable", err)
	}
	w.tickLater(t)
	got := w.jobs(t)
	if len(got) != 1 || got[0].State != tuning.Failed || got[0].Failure == nil || len(w.onVertex(t)) != 0 {
		t.Errorf("records: %+v, want one that failed", got)
	}
}

// TestCreateRefused: the record says why, in words that may be shown.
func TestCreateRefused(t *testing.T) {
	t.Parallel()
	tests := map[codes.Code]struct {
		kind  fault.Kind
		shown bool // Vertex AI's own words
	}{
		codes.InvalidArgument:    {fault.InvalidArgument, true},
		codes.NotFound:           {fault.NotFound, true},
		codes.FailedPrecondition: {fault.FailedPrecondition, true},
		codes.ResourceExhausted:  {fault.ResourceExhausted, true},
		codes.PermissionDenied:   {fault.UpstreamFailed, false},
		codes.Unauthenticated:    {fault.UpstreamFailed, false},
		codes.Unimplemented:      {fault.UpstreamFailed, false},
	}
	for code, want := range tests {
		t.Run(code.String(), func(t *testing.T) {
			t.Parallel()
			const words = "Permission 'x' denied to service-1@gcp-sa"
			w := newWorld(t)
			w.conversation(t, "s")
			w.onCreate.Store(new(hook(func(int64, func() (any, error)) (any, error) { return nil, status.Error(code, words) })))
			_, err := w.Start(t.Context(), tuning.Request{SessionID: "s"}, "ci")
			if fault.KindOf(err) != want.kind {
				t.Errorf("Start = %v (kind %d), want kind %d", err, fault.KindOf(err), want.kind)
			}
			records := w.jobs(t)
			if len(records) != 1 || records[0].State != tuning.Failed || !records[0].Finished || records[0].Failure == nil {
				t.Fatalf("records: %+v, want one that failed", records)
			}
			why := records[0].Failure
			if why.Code != int32(code) || strings.Contains(why.Message, words) != want.shown {
				t.Errorf("the record says %d %q; Vertex AI's words are to be shown: %v", why.Code, why.Message, want.shown)
			}
		})
	}
}

// TestUpdateAfterCreateFails: the job runs, so the answer names it, and the poller mends the record.
func TestUpdateAfterCreateFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	before := w.commits.Load()
	w.onCommit.Store(new(hook(func(n int64, do func() (any, error)) (any, error) {
		if n == before+2 { // after the one that creates the record
			return nil, status.Error(codes.PermissionDenied, "not now")
		}
		return do()
	})))
	got, err := w.Start(t.Context(), tuning.Request{SessionID: "s"}, "ci")
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	if seen := w.onVertex(t); len(seen) != 1 || got.Job.Name != seen[0].Name {
		t.Errorf("the answer names %q, Vertex AI has %+v", got.Job.Name, seen)
	}
	if !strings.Contains(w.log.String(), got.Job.Name) {
		t.Errorf("the log does not name the job:\n%s", w.log)
	}
	if record := w.jobs(t)[0]; record.Name != "" {
		t.Fatalf("the record was written after all: %+v", record.Job)
	}
	w.tickLater(t)
	w.one(t)
}

// TestRecordAnswerLost: the record is there, its answer is not. The job goes on.
func TestRecordAnswerLost(t *testing.T) {
	t.Parallel()
	for _, which := range []int64{1, 2} {
		w := newWorld(t)
		w.conversation(t, "s")
		before := w.commits.Load()
		w.onCommit.Store(new(hook(func(n int64, do func() (any, error)) (any, error) {
			answer, err := do()
			if n == before+which && err == nil {
				return nil, status.Error(codes.Unavailable, "the connection broke")
			}
			return answer, err
		})))
		got, err := w.Start(t.Context(), tuning.Request{SessionID: "s"}, "ci")
		if err != nil {
			t.Fatalf("commit %d: Start: %v", which, err)
		}
		if record := w.one(t); record.Name != got.Job.Name {
			t.Errorf("commit %d: the record names %q, the answer %q", which, record.Name, got.Job.Name)
		}
	}
}

// TestRecordFails: no record, no job.
func TestRecordFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.onCommit.Store(new(hook(func(int64, func() (any, error)) (any, error) {
		return nil, status.Error(codes.PermissionDenied, "not now")
	})))
	if _, err := w.Start(t.Context(), tuning.Request{SessionID: "s"}, "ci"); fault.KindOf(err) != fault.UpstreamFailed {
		t.Errorf("Start = %v, want UpstreamFailed", err)
	}
	if n := w.creates.Load(); n != 0 {
		t.Errorf("Vertex AI was asked %d times for a job that is not on record", n)
	}
}

// TestCallerGoesAwayAfterTheDataset: from then on the job is started and recorded to the end.
func TestCallerGoesAwayAfterTheDataset(t *testing.T) {
	t.Parallel()
	for _, when := range []string{"recording", "creating"} {
		t.Run(when, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			leave := new(hook(func(_ int64, do func() (any, error)) (any, error) {
				cancel()
				return do()
			}))
			if when == "recording" {
				w.onCommit.Store(leave)
			} else {
				w.onCreate.Store(leave)
			}
			if _, err := w.Start(ctx, tuning.Request{SessionID: "s"}, "ci"); err != nil {
				t.Errorf("Start: %v", err)
			}
			w.one(t)
		})
	}
}
