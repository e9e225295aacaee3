// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestChange_is_made_of_what_is_there: a change of an outdated version is applied to the present
// version.
func TestChange_is_made_of_what_is_there(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		old := w.create(t, waitingJob(1))
		w.update(t, old.MarkSubmitting(noon.Add(time.Minute)))
		var steps []tuning.Step
		got, err := w.Change(t.Context(), old, func(j tuning.Job) (tuning.Job, error) {
			steps = append(steps, j.Step)
			return j.Cancel("somebody", noon)
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) != 2 || steps[0] != tuning.Waiting || steps[1] != tuning.Submitting {
			t.Errorf("the step got %v, want the outdated version and then the present one", steps)
		}
		if got.Finished || got.CancelRequested == nil || got.Submissions != 1 {
			t.Errorf("the other writer's change is undone: %+v", got.Job)
		}
		same(t, "existing job", got.Job, w.read(t, old.ID).Job)
		// A write through the returned record succeeds.
		if _, err := w.UpdateJob(t.Context(), got, got.MarkNotCreated(noon)); err != nil {
			t.Errorf("the next write: %v", err)
		}
	})
}

// TestChange_by_many: the changes of all concurrent writers are in the record in the end.
func TestChange_by_many(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const writers = 8
		old := w.create(t, newJob(1))
		errs := make(chan error, writers)
		for range writers {
			go func() {
				_, err := w.Change(t.Context(), old, func(j tuning.Job) (tuning.Job, error) { j.Pairs++; return j, nil })
				errs <- err
			}()
		}
		for range writers {
			if err := <-errs; err != nil {
				t.Errorf("Change: %v", err)
			}
		}
		if got := w.read(t, old.ID).Pairs; got != writers {
			t.Errorf("%d changes are in the record, want %d", got, writers)
		}
	})
}

func TestChange_that_is_none(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		record := w.create(t, newJob(1))
		before := w.Count("Commit")
		got, err := w.Change(t.Context(), record, func(j tuning.Job) (tuning.Job, error) { return j, nil })
		if err != nil || w.Count("Commit") != before {
			t.Errorf("nothing to change: %v and %d writes", err, w.Count("Commit")-before)
		}
		same(t, "job without a change", record.Job, got.Job)
		no := errors.New("no")
		got, err = w.Change(t.Context(), record, func(j tuning.Job) (tuning.Job, error) { return j.MarkWaiting(), no })
		if !errors.Is(err, no) || w.Count("Commit") != before {
			t.Errorf("refused: %v and %d writes", err, w.Count("Commit")-before)
		}
		same(t, "job of a refused change", record.Job, got.Job)
	})
}

// TestChange_that_fails: with an error, the caller gets its own version of the job.
func TestChange_that_fails(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		wait := func(j tuning.Job) (tuning.Job, error) { return j.MarkWaiting(), nil }
		record := w.create(t, newJob(1))
		w.On("Commit", faults.First(1, faults.Fail(codes.PermissionDenied)))
		got, err := w.Change(t.Context(), record, wait)
		if fault.KindOf(err) != fault.UpstreamFailed {
			t.Errorf("Change that is refused: %v", err)
		}
		same(t, "job after a refusal", record.Job, got.Job)
		if _, err := w.client.Doc("tuning_jobs/" + record.ID).Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err = w.Change(t.Context(), record, wait)
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("Change of a deleted job: %v, want NotFound", err)
		}
		same(t, "job that was deleted", record.Job, got.Job)
	})
}
