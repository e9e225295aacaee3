// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
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
			{"", ""}, // a job without a name has an empty number
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

// TestWatched: a job is watched until it has finished and all its events are published.
func TestWatched(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		var want []string
		for n := range 9 {
			record := w.create(t, newJob(n))
			switch n % 3 {
			case 0: // finished and published
				failed, err := w.UpdateJob(t.Context(), record, record.Fail(tuning.Failure{Code: 3}, noon))
				if err != nil {
					t.Fatal(err)
				}
				if err := w.MarkPublished(t.Context(), []store.Record{failed}); err != nil {
					t.Fatal(err)
				}
				continue
			case 1: // finished, but not published
				if _, err := w.UpdateJob(t.Context(), record, record.Fail(tuning.Failure{Code: 3}, noon)); err != nil {
					t.Fatal(err)
				}
			}
			want = append(want, record.ID)
		}
		// Records that cannot be decoded hide no others, wherever they are.
		for _, id := range []string{"vt-0", jobID(1) + "x", jobID(1) + "y", jobID(4) + "x", jobID(8) + "x"} {
			w.put(t, "tuning_jobs/"+id, fields{"watched": true, "pairs": "many"})
		}
		for _, size := range []int{1, 2, 6, 100} {
			var got []string
			for after := ""; ; {
				records, err := w.Watched(t.Context(), after, size)
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

// TestRecords_that_are_none: records that cannot be decoded are skipped in every list, are logged,
// and hide no others.
func TestRecords_that_are_none(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		good := waitingJob(5)
		good.Name, good.Number = jobName(7), "7"
		w.create(t, good)
		for _, n := range []int{4, 6} {
			w.put(t, "tuning_jobs/"+jobID(n), fields{
				"number": "7", "watched": true, "step": "WAITING", "state": "PIPELINE_STATE_QUEUED", "created_at": noon.Add(time.Duration(n-5) * time.Second),
				"priority": 0, "tuned_model": 7,
			})
		}
		list := func(f store.Filter) ([]store.Record, error) {
			records, _, err := w.ListJobs(t.Context(), store.Page{Filter: f, Order: store.NewestFirst, Size: 1, Scan: 1})
			return records, err
		}
		lists := map[string]func() ([]store.Record, error){
			"Watched":    func() ([]store.Record, error) { return w.Watched(t.Context(), "", 1) },
			"ListJobs":   func() ([]store.Record, error) { return list(store.Filter{}) },
			"of_a_state": func() ([]store.Record, error) { return list(store.Filter{State: tuning.Queued}) },
			"of_a_name":  func() ([]store.Record, error) { return list(store.Filter{DisplayName: "job"}) },
			"Queue":      func() ([]store.Record, error) { return w.Queue(t.Context(), 1) },
		}
		for name, list := range lists {
			w.log.Reset()
			got, err := list()
			if err != nil || len(got) != 1 || got[0].ID != good.ID {
				t.Errorf("%s: %d jobs, %v, want the valid one", name, len(got), err)
			}
			if log := w.log.String(); !strings.Contains(log, jobID(4)) && !strings.Contains(log, jobID(6)) {
				t.Errorf("%s: the log does not name the skipped record: %q", name, log)
			}
		}
		if _, err := w.Job(t.Context(), jobID(4)); err == nil || fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), jobID(4)) {
			t.Errorf("Job: %v, want an error of our own about it", err)
		}
	})
}
