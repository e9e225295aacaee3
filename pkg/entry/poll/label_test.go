// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"fmt"
	"testing"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestSubmit_in_doubt: only a list that was read to its end shows that there is no such job.
func TestSubmit_in_doubt(t *testing.T) {
	t.Parallel()
	endless := func(_ context.Context, c faults.Call, _ faults.Do) error {
		page := &aiplatformpb.ListTuningJobsResponse{NextPageToken: "more"}
		for i := range 100 {
			page.TuningJobs = append(page.TuningJobs, &aiplatformpb.TuningJob{Name: fmt.Sprintf("projects/test/locations/us-central1/tuningJobs/%d", i)})
		}
		*c.Reply = page
		return nil
	}
	for name, answer := range map[string]faults.Hook{
		"list_without_end": endless,
		"list_refused":     faults.Fail(codes.PermissionDenied),
		"list_too_slow":    faults.Fail(codes.DeadlineExceeded),
		"list_unavailable": faults.Fail(codes.Unavailable),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			record := w.Record(t, w.submitting(central))
			w.newCalls()
			w.On("ListTuningJobs", answer)
			err := w.Tick(t.Context())
			if (err == nil) != (name == "list_without_end") {
				t.Errorf("Tick = %v", err)
			}
			if got := w.Read(t, record.ID); got.Step != tuning.Submitting || got.Submissions != 1 {
				t.Errorf("a job that may exist is at %s after %d submissions", got.Step, got.Submissions)
			}
			if calls := w.newCalls(); calls["ListTuningJobs"] > 1000 || calls["CreateTuningJob"] > 0 || calls["Commit"] > 0 {
				t.Errorf("calls: %v", calls)
			}
			w.On("ListTuningJobs", nil)
			w.tick(t)
			if got := w.Read(t, record.ID); got.Step != tuning.Accepted || len(w.labelled(record.ID)) != 1 {
				t.Errorf("a job that does not exist is at %s, Vertex AI has %d", got.Step, len(w.labelled(record.ID)))
			}
		})
	}
}

// TestNamed_meanwhile: a create is answered between the poller's read of Vertex AI and its write of
// the record.
func TestNamed_meanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.submitting(central)
	record := w.Record(t, job)
	w.On("ListTuningJobs", func(ctx context.Context, c faults.Call, _ faults.Do) error {
		seen, err := w.Cloud.Vertex.Create(ctx, job)
		if err != nil {
			return err
		}
		_, err = w.Cloud.Records.Apply(ctx, record, seen)
		// The list was read before the job existed.
		*c.Reply = &aiplatformpb.ListTuningJobsResponse{}
		return err
	})
	w.tick(t)
	if got := w.Read(t, record.ID); got.Step != tuning.Accepted || got.Submissions != 1 || len(w.labelled(record.ID)) != 1 {
		t.Errorf("the start's write was undone: at %s after %d submissions, Vertex AI has %d", got.Step, got.Submissions, len(w.labelled(record.ID)))
	}
}

// TestOne_of_two_jobs_is_kept: a create that was taken as lost took effect, and the second one too.
// The older job is kept, and the other is cancelled, however far apart they are listed.
func TestOne_of_two_jobs_is_kept(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]int{"on_one_page": 0, "on_two_pages": 110} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			job := w.submitting(central)
			job.Submissions = 2
			kept := w.onVertex(t, job)
			for range between {
				w.onVertex(t, w.waiting(central))
			}
			w.onVertex(t, job)
			record := w.Record(t, job)
			// The first cancel fails.
			w.On("CancelTuningJob", faults.First(1, faults.Fail(codes.Unavailable)))
			if err := w.Tick(t.Context()); err == nil {
				t.Error("Tick: no error, although a second job continues")
			}
			w.tick(t)
			if got := w.Read(t, record.ID); got.Name != kept.Name || got.Step != tuning.Accepted || got.State != tuning.Pending {
				t.Errorf("the record is of %s at %s in %s, want the older job %s", got.Name, got.Step, got.State, kept.Name)
			}
			for _, on := range w.labelled(record.ID) {
				want := aiplatformpb.JobState_JOB_STATE_CANCELLING
				if on.GetName() == kept.Name {
					want = aiplatformpb.JobState_JOB_STATE_PENDING
				}
				if on.GetState() != want {
					t.Errorf("%s is in %s, want %s", on.GetName(), on.GetState(), want)
				}
			}
		})
	}
}

// TestJob_too_many_that_has_ended: a second job that has ended is not cancelled.
func TestJob_too_many_that_has_ended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.submitting(central)
	job.Submissions = 2
	kept := w.onVertex(t, job)
	over := w.onVertex(t, job)
	w.OnAny(faults.Edit(func(reply any) {
		if list, ok := reply.(*aiplatformpb.ListTuningJobsResponse); ok {
			for _, on := range list.GetTuningJobs() {
				if on.GetName() == over.Name {
					on.State = aiplatformpb.JobState_JOB_STATE_FAILED
				}
			}
		}
	}))
	record := w.Record(t, job)
	w.newCalls()
	w.tick(t)
	if got, n := w.Read(t, record.ID), w.newCalls()["CancelTuningJob"]; got.Name != kept.Name || n != 0 {
		t.Errorf("the record is of %s after %d calls to cancel, want %s and none", got.Name, n, kept.Name)
	}
}

// TestMany_pages_are_read_only_for_a_reason: one submission can create at most one job, so the
// search ends when that is found.
func TestMany_pages_are_read_only_for_a_reason(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 210 {
		w.onVertex(t, w.waiting(central))
	}
	for submissions, pages := range map[int64]int{1: 1, 2: 3} {
		job := w.submitting(central)
		job.Submissions = submissions
		w.onVertex(t, job)
		w.Record(t, job)
		w.newCalls()
		w.tick(t)
		if n := w.newCalls()["ListTuningJobs"]; n != pages {
			t.Errorf("after %d submissions %d pages were read, want %d", submissions, n, pages)
		}
	}
}

// TestOne_of_three_jobs_is_kept: several pollers at the same time keep the same job.
func TestOne_of_three_jobs_is_kept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.submitting(central)
	job.Submissions = 3
	kept := w.onVertex(t, job)
	w.onVertex(t, job)
	w.onVertex(t, job)
	record := w.Record(t, job)
	w.tickTogether(t, 3)
	if got := w.Read(t, record.ID); got.Name != kept.Name || got.Step != tuning.Accepted {
		t.Errorf("the record is of %s at %s, want %s", got.Name, got.Step, kept.Name)
	}
	for _, on := range w.labelled(record.ID) {
		if cancelled := on.GetState() == aiplatformpb.JobState_JOB_STATE_CANCELLING; cancelled == (on.GetName() == kept.Name) {
			t.Errorf("%s is in %s, want all but %s cancelled", on.GetName(), on.GetState(), kept.Name)
		}
	}
}
