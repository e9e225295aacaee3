// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/poll"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// TestTickFollowsAJobToItsEnd sees a real job through all its states.
func TestTickFollowsAJobToItsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 200*time.Millisecond)
	record := w.begin(t, central)
	course := []tuning.State{record.State}
	for deadline := time.Now().Add(30 * time.Second); !record.Finished; {
		if time.Now().After(deadline) {
			t.Fatalf("the record stays in %s", record.State)
		}
		w.tick(t)
		record = w.read(t, record)
		if course[len(course)-1] != record.State {
			course = append(course, record.State)
		}
	}
	if !slices.IsSortedFunc(course, func(a, b tuning.State) int {
		return slices.Index(tuning.States, a) - slices.Index(tuning.States, b)
	}) || record.State != tuning.Succeeded {
		t.Errorf("the record went through %v", course)
	}
	if record.TunedModel == "" || record.TunedEndpoint == "" || record.Stats == nil || record.Stats.Examples != 20 ||
		len(record.Checkpoints) == 0 || record.StartedAt.IsZero() || record.EndedAt.IsZero() {
		t.Errorf("the record lacks something: %+v", record.Job)
	}
	w.taken()
	w.tick(t)
	if calls := w.taken(); len(calls) != 0 {
		t.Errorf("a finished job is asked about: %v", calls)
	}
}

func TestTickWritesOnlyWhatChanged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	var records []store.Record
	for range 7 {
		records = append(records, w.begin(t, central))
	}
	w.taken()
	w.tick(t)
	if n := w.taken()["Commit"]; n != 0 {
		t.Errorf("%d writes without news", n)
	}
	w.cancel(t, records[2], records[4])
	w.taken()
	w.tick(t)
	if n := w.taken()["Commit"]; n != 2 {
		t.Errorf("%d writes for two changes", n)
	}
	for i, r := range records {
		want := r.State
		if i == 2 || i == 4 {
			want = tuning.Cancelling
		}
		if got := w.read(t, r); got.State != want {
			t.Errorf("job %d is in %s, want %s", i, got.State, want)
		}
	}
	w.tick(t)
	if n := w.taken()["Commit"]; n != 0 {
		t.Errorf("%d writes for the same news again", n)
	}
}

// TestTickAsksWithFewCalls: jobs one by one while they are few, pages of the list when they are many.
func TestTickAsksWithFewCalls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		jobs, later int // ours, and other people's that are newer
		want        map[string]int
	}{
		{0, 0, map[string]int{}},
		{1, 0, map[string]int{"GetTuningJob": 1}},
		{5, 0, map[string]int{"GetTuningJob": 5}},
		{6, 0, map[string]int{"ListTuningJobs": 1}},
		{6, 40, map[string]int{"ListTuningJobs": 1}},
		{100, 0, map[string]int{"ListTuningJobs": 1}},
		{101, 0, map[string]int{"ListTuningJobs": 2}},
		{501, 0, map[string]int{"ListTuningJobs": 6}}, // more records than one query reads
		{6, 100, map[string]int{"ListTuningJobs": 1, "GetTuningJob": 6}},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d_jobs_%d_later", tt.jobs, tt.later), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, time.Hour)
			var last store.Record
			for range tt.jobs {
				last = w.begin(t, central)
			}
			for range tt.later {
				w.onVertex(t, w.newJob(central))
			}
			if tt.jobs > 0 {
				w.cancel(t, last)
				tt.want["Commit"] = 1
			}
			w.taken()
			w.tick(t)
			if diff := cmp.Diff(tt.want, w.taken()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if tt.jobs > 0 && w.read(t, last).State != tuning.Cancelling {
				t.Errorf("the change was not seen: %s", w.read(t, last).State)
			}
		})
	}
}

// TestTicksAtOnce: Pub/Sub may deliver two messages at a time, or one twice.
func TestTicksAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	var records []store.Record
	for range 12 {
		records = append(records, w.begin(t, central))
	}
	w.cancel(t, records...)
	w.taken()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			if err := w.Tick(t.Context()); err != nil {
				t.Errorf("Tick: %v", err)
			}
		})
	}
	both.Wait()
	for i, r := range records {
		if got := w.read(t, r); got.State != tuning.Cancelling {
			t.Errorf("job %d is in %s", i, got.State)
		}
	}
	if n := w.taken()["Commit"]; n < len(records) || n > 2*len(records) {
		t.Errorf("%d writes for %d changes", n, len(records))
	}
}

// TestTickWithAnOldAnswer: the answer that a slow poller holds is older than what another has written meanwhile.
func TestTickWithAnOldAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	record := w.begin(t, central)
	w.cancel(t, record)
	w.intercept(func(method string, _ any) (any, error) {
		if method == "Commit" { // the other poller is done before this one's write arrives
			w.intercept(nil)
			done := tuning.Observation{Name: record.Name, VertexState: "JOB_STATE_CANCELLED", UpdatedAt: time.Now().Add(time.Minute)}
			if _, err := w.records.Apply(t.Context(), w.read(t, record), done); err != nil {
				t.Errorf("Apply: %v", err)
			}
		}
		return nil, nil
	})
	w.tick(t)
	if got := w.read(t, record); got.State != tuning.Cancelled {
		t.Errorf("the record is in %s, want %s", got.State, tuning.Cancelled)
	}
}

func TestTickFailsForSomeOnly(t *testing.T) {
	t.Parallel()
	denied := status.Error(codes.PermissionDenied, "no")
	newJobs := func(t *testing.T) (w *world, here, there []store.Record) {
		t.Helper()
		w = newWorld(t, time.Hour)
		for range 3 {
			here, there = append(here, w.begin(t, central)), append(there, w.begin(t, europe))
		}
		w.cancel(t, slices.Concat(here, there)...)
		return w, here, there
	}
	check := func(t *testing.T, w *world, records []store.Record, want tuning.State) {
		t.Helper()
		for _, r := range records {
			if got := w.read(t, r).State; got != want {
				t.Errorf("%s is in %s, want %s", r.Name, got, want)
			}
		}
	}
	t.Run("a_location", func(t *testing.T) {
		t.Parallel()
		w, here, there := newJobs(t)
		for range 4 { // so that they are listed
			there = append(there, w.begin(t, europe))
		}
		w.intercept(func(_ string, req any) (any, error) {
			if r, ok := req.(*aiplatformpb.ListTuningJobsRequest); ok && strings.HasSuffix(r.GetParent(), europe) {
				return nil, denied
			}
			return nil, nil
		})
		if err := w.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), europe) {
			t.Errorf("Tick = %v, want an error about %s", err, europe)
		}
		check(t, w, here, tuning.Cancelling)
		check(t, w, there, tuning.Pending)
		w.intercept(nil)
		w.tick(t)
		check(t, w, there[:3], tuning.Cancelling)
	})
	t.Run("a_job", func(t *testing.T) {
		t.Parallel()
		w, here, there := newJobs(t)
		w.intercept(func(_ string, req any) (any, error) {
			if r, ok := req.(*aiplatformpb.GetTuningJobRequest); ok && r.GetName() == here[1].Name {
				return nil, denied
			}
			return nil, nil
		})
		if err := w.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), here[1].Name) {
			t.Errorf("Tick = %v, want an error about %s", err, here[1].Name)
		}
		check(t, w, slices.Concat(here[:1], here[2:], there), tuning.Cancelling)
		check(t, w, here[1:2], tuning.Pending)
	})
	t.Run("a_record", func(t *testing.T) {
		t.Parallel()
		w, here, there := newJobs(t)
		var once sync.Once
		w.intercept(func(method string, _ any) (got any, err error) {
			if method == "Commit" {
				once.Do(func() { err = denied })
			}
			return nil, err
		})
		if err := w.Tick(t.Context()); err == nil {
			t.Error("Tick: no error")
		}
		w.intercept(nil)
		w.taken()
		w.tick(t)
		if n := w.taken()["Commit"]; n != 1 {
			t.Errorf("%d writes were left for the next tick, want 1", n)
		}
		check(t, w, slices.Concat(here, there), tuning.Cancelling)
	})
	t.Run("all_records", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, time.Hour)
		var records []store.Record
		for range 15 {
			records = append(records, w.begin(t, central))
		}
		w.cancel(t, records...)
		w.intercept(func(method string, _ any) (any, error) {
			if method == "Commit" {
				return nil, denied
			}
			return nil, nil
		})
		err := w.Tick(t.Context())
		if err == nil || strings.Count(err.Error(), "write the record") != 10 || !strings.Contains(err.Error(), "and 5 more of them") {
			t.Errorf("Tick = %v, want ten errors and the count of the others", err)
		}
	})
}

func TestTickWithoutRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	w.begin(t, central)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.taken()
	if err := w.Tick(ctx); err == nil {
		t.Error("Tick: no error")
	}
	if calls := w.taken(); len(calls) != 0 {
		t.Errorf("Vertex AI is asked about nothing: %v", calls)
	}
}

// TestTickForgetsWhatVertexDoesNotKnow: such a job would be asked for at every tick, for ever.
func TestTickForgetsWhatVertexDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	job := w.newJob(central)
	job.Name, job.Number, job.State = "projects/test/locations/us-central1/tuningJobs/1", "1", tuning.Running
	record := w.record(t, job)
	w.tick(t)
	got := w.read(t, record)
	if got.State != tuning.Failed || !got.Finished || got.Failure == nil || got.Failure.Code != int32(codes.NotFound) {
		t.Fatalf("record: %+v", got.Job)
	}
	if strings.Contains(got.Failure.Message, "rpc error") || !strings.Contains(got.Failure.Message, job.Name) {
		t.Errorf("the record says %q", got.Failure.Message)
	}
	w.taken()
	w.tick(t)
	if calls := w.taken(); len(calls) != 0 {
		t.Errorf("it is asked about again: %v", calls)
	}
}

func TestHandle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	var log strings.Builder
	w.Log = slog.New(slog.NewTextHandler(&log, nil))
	record := w.begin(t, central)
	w.cancel(t, record)
	event := func(kind string) cloudevents.Event {
		e := cloudevents.NewEvent()
		e.SetID("1")
		e.SetType(kind)
		e.SetSource("//pubsub.googleapis.com/projects/test/topics/ticks")
		return e
	}
	w.taken()
	if err := w.Handle(t.Context(), event("google.cloud.storage.object.v1.finalized")); err != nil {
		t.Errorf("an event of another type: %v, want it acknowledged", err)
	}
	if calls := w.taken(); len(calls) != 0 || !strings.Contains(log.String(), "google.cloud.storage.object.v1.finalized") {
		t.Errorf("an event of another type: calls %v, log %q", calls, log.String())
	}
	w.intercept(func(method string, _ any) (any, error) {
		if method == "GetTuningJob" {
			return nil, status.Error(codes.PermissionDenied, "100% secret")
		}
		return nil, nil
	})
	tick := event("google.cloud.pubsub.topic.v1.messagePublished")
	if err := w.Handle(t.Context(), tick); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a tick that fails: %v, want an error without its cause", err)
	}
	if !strings.Contains(log.String(), "100% secret") {
		t.Errorf("the log lacks the cause: %q", log.String())
	}
	w.intercept(nil)
	if err := w.Handle(t.Context(), tick); err != nil {
		t.Errorf("a tick: %v", err)
	}
	if got := w.read(t, record); got.State != tuning.Cancelling {
		t.Errorf("the record is in %s", got.State)
	}
}

func TestOpenNamesAllThatIsMissing(t *testing.T) {
	t.Parallel()
	_, err := poll.Open(t.Context(), map[string]string{})
	for _, name := range []string{"GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("Open = %v, does not name %s", err, name)
		}
	}
}
