// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

func TestTick_fails_for_some_only(t *testing.T) {
	t.Parallel()
	denied := faults.Fail(codes.PermissionDenied)
	newJobs := func(t *testing.T) (w *world, here, there []store.Record) {
		t.Helper()
		w = newWorld(t)
		for range 3 {
			here, there = append(here, w.begin(t, central)), append(there, w.begin(t, europe))
		}
		w.cancel(t, slices.Concat(here, there)...)
		return w, here, there
	}
	check := func(t *testing.T, w *world, records []store.Record, want tuning.State) {
		t.Helper()
		for _, r := range records {
			if got := w.Read(t, r.ID).State; got != want {
				t.Errorf("%s is in %s, want %s", r.Name, got, want)
			}
		}
	}
	t.Run("a_location", func(t *testing.T) {
		t.Parallel()
		w, here, there := newJobs(t)
		for range 4 { // enough jobs for a list
			there = append(there, w.begin(t, europe))
		}
		w.On("ListTuningJobs", faults.If(func(c faults.Call) bool {
			return strings.HasSuffix(c.Request.(*aiplatformpb.ListTuningJobsRequest).GetParent(), europe)
		}, denied))
		if err := w.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), europe) {
			t.Errorf("Tick = %v, want an error about %s", err, europe)
		}
		check(t, w, here, tuning.Cancelling)
		check(t, w, there, tuning.Pending)
		w.On("ListTuningJobs", nil)
		w.tick(t)
		check(t, w, there[:3], tuning.Cancelling)
	})
	t.Run("a_job", func(t *testing.T) {
		t.Parallel()
		w, here, there := newJobs(t)
		w.On("GetTuningJob", faults.If(func(c faults.Call) bool {
			return c.Request.(*aiplatformpb.GetTuningJobRequest).GetName() == here[1].Name
		}, denied))
		if err := w.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), here[1].Name) {
			t.Errorf("Tick = %v, want an error about %s", err, here[1].Name)
		}
		check(t, w, slices.Concat(here[:1], here[2:], there), tuning.Cancelling)
		check(t, w, here[1:2], tuning.Pending)
	})
	t.Run("a_record", func(t *testing.T) {
		t.Parallel()
		w, here, there := newJobs(t)
		w.On("Commit", faults.First(1, denied))
		if err := w.Tick(t.Context()); err == nil {
			t.Error("Tick: no error")
		}
		w.newCalls()
		w.tick(t)
		if n := w.newCalls()["Commit"]; n != 2 {
			t.Errorf("%d writes in the next tick, want one for the job and one for its event", n)
		}
		check(t, w, slices.Concat(here, there), tuning.Cancelling)
	})
	t.Run("all_records", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		var records []store.Record
		for range 15 {
			records = append(records, w.begin(t, central))
		}
		w.cancel(t, records...)
		w.On("Commit", denied)
		err := w.Tick(t.Context())
		if err == nil || strings.Count(err.Error(), "write the record") != 10 || !strings.Contains(err.Error(), "and 5 more errors") {
			t.Errorf("Tick = %v, want ten errors and the count of the others", err)
		}
	})
}

func TestTick_without_records(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.begin(t, central)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.newCalls()
	if err := w.Tick(ctx); err == nil {
		t.Error("Tick: no error")
	}
	if calls := w.newCalls(); len(calls) != 0 {
		t.Errorf("Vertex AI was called without need: %v", calls)
	}
}

// TestTick_forgets_what_Vertex_does_not_know: a job that Vertex AI does not have fails; otherwise
// every tick would read it again.
func TestTick_forgets_what_Vertex_does_not_know(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job, _ := w.submitting(central).Observe(tuning.Observation{
		Name: "projects/test/locations/us-central1/tuningJobs/1", VertexState: "JOB_STATE_RUNNING", UpdatedAt: time.Now(),
	})
	record := w.Record(t, job)
	w.tick(t)
	got := w.Read(t, record.ID)
	if got.State != tuning.Failed || !got.Finished || got.Failure == nil || got.Failure.Code != int32(codes.NotFound) {
		t.Fatalf("record: %+v", got.Job)
	}
	if strings.Contains(got.Failure.Message, "rpc error") || !strings.Contains(got.Failure.Message, job.Name) {
		t.Errorf("the record says %q", got.Failure.Message)
	}
	w.newCalls()
	w.tick(t)
	if diff := cmp.Diff(idleTickCalls, w.newCalls()); diff != "" {
		t.Errorf("the job is read again (-want +got):\n%s", diff)
	}
}

func event(kind string) cloudevents.Event {
	e := cloudevents.NewEvent()
	e.SetID("1")
	e.SetType(kind)
	e.SetSource("//pubsub.googleapis.com/projects/test/topics/ticks")
	return e
}

func tick() cloudevents.Event { return event("google.cloud.pubsub.topic.v1.messagePublished") }

func TestHandle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log strings.Builder
	w.Poller.Log = slog.New(slog.NewTextHandler(&log, nil))
	record := w.begin(t, central)
	w.cancel(t, record)
	w.newCalls()
	if err := w.Handle(t.Context(), event("google.cloud.storage.object.v1.finalized")); err != nil {
		t.Errorf("an event of another type: %v, want it acknowledged", err)
	}
	if calls := w.newCalls(); len(calls) != 0 || !strings.Contains(log.String(), "google.cloud.storage.object.v1.finalized") {
		t.Errorf("an event of another type: calls %v, log %q", calls, log.String())
	}
	w.On("GetTuningJob", faults.FailWith(status.Error(codes.PermissionDenied, "100% secret")))
	if err := w.Handle(t.Context(), tick()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a tick that fails: %v, want an error without its cause", err)
	}
	if !strings.Contains(log.String(), "100% secret") {
		t.Errorf("the log lacks the cause: %q", log.String())
	}
	w.On("GetTuningJob", nil)
	if err := w.Handle(t.Context(), tick()); err != nil {
		t.Errorf("a tick: %v", err)
	}
	if got := w.Read(t, record.ID); got.State != tuning.Cancelling {
		t.Errorf("the record is in %s", got.State)
	}
}

func TestOpen_names_all_that_is_wrong(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		given           map[string]string
		contains, lacks []string
	}{
		"missing": {nil, []string{"GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION", "DATA_BUCKET", "EVENTS_TOPIC"}, []string{"START_LEASE", "CREATE_TIMEOUT"}},
		"times_that_cannot_be": {
			map[string]string{"START_LEASE": "0s", "CREATE_TIMEOUT": "10m", "EVENTS_TOPIC": "x"},
			[]string{"DATA_BUCKET", "START_LEASE is 0s", "CREATE_TIMEOUT is 10m0s", "TICK_TIMEOUT"}, []string{"EVENTS_TOPIC"},
		},
	}
	for name, tt := range tests {
		_, err := poll.Open(t.Context(), tt.given)
		if err == nil {
			t.Errorf("%s: the function starts", name)
			continue
		}
		for _, text := range tt.contains {
			if !strings.Contains(err.Error(), text) {
				t.Errorf("%s: Open = %v, which does not contain %s", name, err, text)
			}
		}
		for _, setting := range tt.lacks {
			if strings.Contains(err.Error(), setting) {
				t.Errorf("%s: Open = %v, which names %s", name, err, setting)
			}
		}
	}
}
