// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// TestTentative_is_not_shown: a tentative start is in no list and no lookup, and no model's
// document names it. Only the poller sees it.
func TestTentative_is_not_shown(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.put(t, "models/m", fields{"base_model": "x"})
		job := tentativeJob(1)
		job.ModelID, job.TrainingData = "m", "gs://b/datasets/1.jsonl"
		record := w.create(t, job)
		w.create(t, newJob(2))
		if _, err := w.UpdateJob(t.Context(), record, job.MarkSubmitting(noon)); err != nil {
			t.Fatal(err)
		}
		for _, order := range store.Orders {
			found, next, err := w.ListJobs(t.Context(), store.Page{Order: order, Size: 1, Scan: 100})
			if err != nil || len(found) != 1 || found[0].ID != jobID(2) || next != nil {
				t.Errorf("%s: %d jobs, more at %v, %v; want only the confirmed one", order, len(found), next, err)
			}
		}
		if _, err := w.FindJob(t.Context(), jobID(1)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("FindJob: %v, want NotFound", err)
		}
		if found, err := w.JobsOnDataset(t.Context(), job.TrainingData); err != nil || len(found) != 0 {
			t.Errorf("%d jobs on its dataset, %v", len(found), err)
		}
		if last := w.data(t, "models/m")["last_job"]; last != nil {
			t.Errorf("the model's document names %v", last)
		}
		if watched, err := w.Watched(t.Context(), "", 10); err != nil || len(watched) != 2 {
			t.Errorf("%d jobs are watched, %v", len(watched), err)
		}
	})
}

// TestRefusal_is_kept: the write that refuses a start also writes the failure to its key, and
// returns its reservation. Then its record can be deleted, even twice.
func TestRefusal_is_kept(t *testing.T) {
	t.Parallel()
	why := tuning.Failure{Code: 3, Message: "bad data", Kind: "INVALID_ARGUMENT", Violations: []fault.Violation{{Field: "x", Reason: "BAD"}}}
	onBoth(t, func(t *testing.T, w *world) {
		k := key("ci", "k")
		job := tentativeJob(1)
		record, err := w.CreateJob(t.Context(), job, k)
		if err != nil {
			t.Fatal(err)
		}
		sent := record.MarkSubmitting(noon)
		sent.Reserved, sent.Month = 5, "2026-11"
		record, _, err = w.Admit(t.Context(), record, sent, store.Admission{MonthlyBudget: 10})
		if err != nil {
			t.Fatal(err)
		}
		if record, err = w.UpdateJob(t.Context(), record, record.Refuse(why, noon, noon)); err != nil {
			t.Fatal(err)
		}
		if reserved, err := w.Reserved(t.Context(), "2026-11"); err != nil || reserved != 0 {
			t.Errorf("the month has reserved %d, %v", reserved, err)
		}
		for range 2 {
			if err := w.DeleteJob(t.Context(), record); err != nil {
				t.Errorf("DeleteJob: %v", err)
			}
		}
		if _, err := w.Job(t.Context(), record.ID); fault.KindOf(err) != fault.NotFound {
			t.Errorf("the record: %v, want NotFound", err)
		}
		known, err := w.Key(t.Context(), *k)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(&why, known.Failure); diff != "" || known.JobID != jobID(1) || known.ExpiresAt.IsZero() {
			t.Errorf("the key %+v (-want +got):\n%s", known, diff)
		}
	})
}
