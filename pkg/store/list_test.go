// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

func TestFindJob(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		accepted, waiting := newJob(1), newJob(2)
		accepted.Name, accepted.Number = jobName(42), "42"
		elsewhere := newJob(3)
		elsewhere.Name, elsewhere.Number = "projects/store/locations/europe-west4/tuningJobs/42", "42"
		elsewhere.Location = "europe-west4"
		for _, job := range []tuning.Job{accepted, waiting, elsewhere} {
			w.create(t, job)
		}
		tests := []struct{ name, want string }{
			{accepted.Name, accepted.ID},
			{"projects/123456/locations/us-central1/tuningJobs/42", accepted.ID}, // the project's number
			{"projects/store/locations/us-central1/trainingPipelines/42", accepted.ID},
			{elsewhere.Name, elsewhere.ID},
			{accepted.ID, accepted.ID},
			{waiting.ID, waiting.ID},
			{waiting.PublicName("store"), waiting.ID},
			{"projects/store/locations/asia-east1/tuningJobs/42", ""},
			{jobName(43), ""},
			{"43", ""},
			{jobID(99), ""},
			{"", ""}, // not the job that Vertex AI has not named yet
			{"projects/store/locations/us-central1/tuningJobs/", ""},
		}
		for _, tt := range tests {
			got, err := w.FindJob(t.Context(), tt.name)
			switch {
			case tt.want == "" && fault.KindOf(err) != fault.NotFound:
				t.Errorf("FindJob(%q) = job %q, %v, want NotFound", tt.name, got.ID, err)
			case tt.want != "" && (err != nil || got.ID != tt.want):
				t.Errorf("FindJob(%q) = job %q, %v, want %q", tt.name, got.ID, err, tt.want)
			}
		}
		if got, err := w.FindJob(t.Context(), "42"); err != nil || got.Number != "42" {
			t.Errorf("FindJob by number alone = %q, %v", got.Name, err)
		}
	})
}

func TestListJobs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		var all, running []string
		// Three at each time, so that the ID decides among them; put in an order that is none.
		for _, n := range []int{4, 8, 0, 2, 6, 1, 7, 3, 5} {
			job := newJob(n)
			job.CreatedAt = noon.Add(time.Duration(n/3) * time.Microsecond)
			if n%2 == 0 {
				job.State = tuning.Running
			}
			w.create(t, job)
		}
		for n := 8; n >= 0; n-- {
			all = append(all, jobID(n))
			if n%2 == 0 {
				running = append(running, jobID(n))
			}
		}
		for state, want := range map[tuning.State][]string{"": all, tuning.Running: running, tuning.Paused: nil} {
			for size := 1; size <= 10; size++ {
				var got []string
				page := store.Page{State: state, Size: size}
				for range 10 {
					records, err := w.ListJobs(t.Context(), page)
					if err != nil {
						t.Fatal(err)
					}
					for _, r := range records {
						got = append(got, r.ID)
						page.CreatedAt, page.ID = r.CreatedAt, r.ID
					}
					if len(records) > size {
						t.Errorf("state %q: a page of %d holds %d", state, size, len(records))
					}
					if len(records) < size {
						break
					}
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("state %q in pages of %d (-want +got):\n%s", state, size, diff)
				}
			}
		}
	})
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		var want []string
		for n := range 9 {
			job := newJob(n)
			if job.Finished = n%3 == 0; !job.Finished {
				want = append(want, job.ID)
			}
			w.create(t, job)
		}
		for _, size := range []int{1, 2, 6, 100} {
			var got []string
			for after := ""; ; {
				records, err := w.Unfinished(t.Context(), after, size)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range records {
					after = r.ID
					got = append(got, r.ID)
				}
				if len(records) < size {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("in pages of %d (-want +got):\n%s", size, diff)
			}
		}
	})
}

func TestRecordThatIsNone(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.put(t, "tuning_jobs/"+jobID(1), fields{"number": "7", "finished": "no"})
		if _, err := w.FindJob(t.Context(), "7"); err == nil || fault.KindOf(err) != fault.Internal {
			t.Errorf("FindJob: %v, want an error of our own", err)
		}
	})
}
