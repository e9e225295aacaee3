// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

func TestMarkPublished(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		first := w.create(t, newJob(1))
		running, err := w.Apply(t.Context(), first, seen(1, "JOB_STATE_RUNNING", 1))
		if err != nil {
			t.Fatal(err)
		}
		mark := func(what string, r store.Record, published int64, watched bool) store.Record {
			t.Helper()
			if err := w.MarkPublished(t.Context(), []store.Record{r}); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			got := w.read(t, jobID(1))
			if got.Published != published || got.Watched != watched {
				t.Errorf("%s: published %d, watched %v, want %d, %v", what, got.Published, got.Watched, published, watched)
			}
			return got
		}
		before := running.Job
		running = mark("both events of a running job", running, 2, true)
		before.Published = 2
		same(t, "every other field is unchanged", before, running.Job)
		mark("an outdated record of the running job", first, 2, true)
		done := w.update(t, running.Fail(tuning.Failure{Code: 3}, noon))
		mark("a record that was read before the job finished", running, 2, true)
		mark("the finished job", done, 3, false)
		mark("the finished job again", done, 3, false)
		mark("an outdated record of the finished job", first, 3, false)
	})
}

// TestMarkPublished_spares_writers checks that marking events as published does not make a
// concurrent change of the job fail, and that this change does not undo the mark.
func TestMarkPublished_spares_writers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		first := w.create(t, newJob(1))
		if err := w.MarkPublished(t.Context(), []store.Record{first}); err != nil {
			t.Fatal(err)
		}
		got, err := w.Apply(t.Context(), first, seen(1, "JOB_STATE_RUNNING", 1))
		if err != nil {
			t.Fatal(err)
		}
		if got.State != tuning.Running || got.Published != 1 || len(got.Unpublished()) != 1 {
			t.Errorf("after a change: %s, published %d of %d", got.State, got.Published, len(got.Events))
		}
	})
}

// TestMarkPublished_in_batches checks that each write marks up to 400 jobs.
func TestMarkPublished_in_batches(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const jobs = 900
		bulk := w.client.BulkWriter(t.Context())
		for n := range jobs {
			job := newJob(n)
			if n%2 == 0 {
				job = job.Fail(tuning.Failure{Code: 3}, noon)
			}
			if _, err := bulk.Create(w.client.Doc("tuning_jobs/"+job.ID), job); err != nil {
				t.Fatal(err)
			}
		}
		bulk.End()
		records, err := w.Watched(t.Context(), "", 1000)
		if err != nil || len(records) != jobs {
			t.Fatalf("%d jobs are watched, %v, want %d", len(records), err, jobs)
		}
		before := w.Count("Commit")
		if err := w.MarkPublished(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		if n := w.Count("Commit") - before; n != 3 {
			t.Errorf("%d writes, want 3", n)
		}
		left, err := w.Watched(t.Context(), "", 1000)
		if err != nil || len(left) != jobs/2 {
			t.Errorf("%d jobs are still watched, %v, want the unfinished ones: %d", len(left), err, jobs/2)
		}
		for _, r := range left {
			if r.Finished || len(r.Unpublished()) != 0 {
				t.Fatalf("job %s, finished: %v, unpublished: %v", r.ID, r.Finished, r.Unpublished())
			}
		}
		if err := w.MarkPublished(t.Context(), nil); err != nil || w.Count("Commit") != before+3 {
			t.Errorf("nothing to mark: %v, %d writes", err, w.Count("Commit")-before-3)
		}
	})
}

func TestMarkPublished_fails(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		record := w.create(t, newJob(1))
		w.On("Commit", faults.First(1, faults.Fail(codes.PermissionDenied)))
		if err := w.MarkPublished(t.Context(), []store.Record{record}); fault.KindOf(err) != fault.UpstreamFailed {
			t.Errorf("MarkPublished without permission: %v", err)
		}
		w.On("Commit", faults.First(1, faults.Lose(codes.Unavailable)))
		if err := w.MarkPublished(t.Context(), []store.Record{record}); err != nil && fault.KindOf(err) == fault.Internal {
			t.Errorf("MarkPublished with a lost response: %v, want none or Firestore's", err)
		}
		if diff := cmp.Diff([]tuning.Event{}, w.read(t, record.ID).Unpublished()); diff != "" {
			t.Errorf("unpublished (-want +got):\n%s", diff)
		}
	})
}
