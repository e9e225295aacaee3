// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
