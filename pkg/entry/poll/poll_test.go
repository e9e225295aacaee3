// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestTick_follows_a_job_to_its_end follows a real job through all its states.
func TestTick_follows_a_job_to_its_end(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloud.Config) { c.JobDuration = 200 * time.Millisecond })
	record := w.begin(t, central)
	course := []tuning.State{record.State}
	for deadline := time.Now().Add(time.Minute); !record.Finished; {
		if time.Now().After(deadline) {
			t.Fatalf("the record stays in %s", record.State)
		}
		w.tick(t)
		record = w.Read(t, record.ID)
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
	// begin has published the first two events.
	if diff := cmp.Diff(history(record, 3), w.receivedEvents(t)[record.ID]); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	w.newCalls()
	w.tick(t)
	if diff := cmp.Diff(idleTickCalls, w.newCalls()); diff != "" {
		t.Errorf("a finished job is read again (-want +got):\n%s", diff)
	}
}

// idleTickCalls are the calls of a tick with nothing to do.
var idleTickCalls = map[string]int{"RunQuery": 3}

// TestTick_writes_only_what_changed: one write for each changed job, and one more for all of them
// after their events are published.
func TestTick_writes_only_what_changed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var records []store.Record
	for range 7 {
		records = append(records, w.begin(t, central))
	}
	tick := func(what string, commits int) {
		t.Helper()
		w.newCalls()
		w.tick(t)
		if n := w.newCalls()["Commit"]; n != commits {
			t.Errorf("%s: %d writes, want %d", what, n, commits)
		}
	}
	tick("without news", 0)
	w.cancel(t, records[2], records[4])
	tick("with two changes", 3)
	for i, r := range records {
		want := r.State
		if i == 2 || i == 4 {
			want = tuning.Cancelling
		}
		if got := w.Read(t, r.ID); got.State != want {
			t.Errorf("job %d is in %s, want %s", i, got.State, want)
		}
	}
	tick("with the same news again", 0)
}

// TestTick_makes_few_calls: a few jobs are read one by one, and many jobs by pages of the list.
func TestTick_makes_few_calls(t *testing.T) {
	t.Parallel()
	tests := []struct {
		jobs, later       int // our jobs, and newer jobs of others
		reads, list, gets int
	}{
		{jobs: 0, reads: 3},
		{jobs: 1, reads: 3, gets: 1},
		{jobs: 5, reads: 3, gets: 5},
		{jobs: 6, reads: 3, list: 1},
		{jobs: 6, later: 40, reads: 3, list: 1},
		{jobs: 100, reads: 3, list: 1},
		{jobs: 101, reads: 3, list: 2},
		{jobs: 6, later: 100, reads: 3, list: 1, gets: 6},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d_jobs_%d_later", tt.jobs, tt.later), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var last store.Record
			for range tt.jobs {
				last = w.begin(t, central)
			}
			for range tt.later {
				w.onVertex(t, w.waiting(central))
			}
			want := map[string]int{"RunQuery": tt.reads, "ListTuningJobs": tt.list, "GetTuningJob": tt.gets}
			if tt.jobs > 0 { // one job has changed
				w.cancel(t, last)
				want["Publish"], want["Commit"], want["BeginTransaction"] = 1, 2, 1
			}
			maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
			w.newCalls()
			w.tick(t)
			if diff := cmp.Diff(want, w.newCalls()); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if tt.jobs > 0 && w.Read(t, last.ID).State != tuning.Cancelling {
				t.Errorf("the change was not seen: %s", w.Read(t, last.ID).State)
			}
		})
	}
}

// TestTicks_at_once: Pub/Sub may deliver two messages at the same time, or one message twice.
func TestTicks_at_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var records []store.Record
	for range 12 {
		records = append(records, w.begin(t, central))
	}
	w.cancel(t, records...)
	w.tickTogether(t, 2)
	w.tick(t) // the work that they prevented each other from doing
	received := w.receivedEvents(t)
	for i, r := range records {
		got := w.Read(t, r.ID)
		if got.State != tuning.Cancelling || len(got.Unpublished()) > 0 {
			t.Errorf("job %d is in %s, %d events are not published", i, got.State, len(got.Unpublished()))
		}
		if diff := cmp.Diff(history(got, 3), unique(received[r.ID])); diff != "" {
			t.Errorf("published of job %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestTick_with_an_old_answer: the observation of a slow poller is older than the record that
// another one has written meanwhile.
func TestTick_with_an_old_answer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.begin(t, central)
	w.cancel(t, record)
	// The other poller has finished before this poller's write arrives.
	w.On("Commit", faults.Before(func() {
		w.On("Commit", nil)
		done := tuning.Observation{Name: record.Name, VertexState: "JOB_STATE_CANCELLED", UpdatedAt: time.Now().Add(time.Minute)}
		if _, err := w.Cloud.Records.Apply(t.Context(), w.Read(t, record.ID), done); err != nil {
			t.Errorf("Apply: %v", err)
		}
	}))
	w.tick(t)
	if got := w.Read(t, record.ID); got.State != tuning.Cancelled {
		t.Errorf("the record is in %s, want %s", got.State, tuning.Cancelled)
	}
}
