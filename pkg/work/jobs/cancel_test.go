// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// wantNeverSubmitted fails the test unless the job was cancelled and never submitted, even by later
// ticks.
func (w *world) wantNeverSubmitted(t *testing.T, id string) {
	t.Helper()
	w.tickLater(t)
	w.tickLater(t)
	got := w.Read(t, id)
	if got.State != tuning.Cancelled || !got.Finished || got.Step != tuning.Ended {
		t.Errorf("the record is at %s in %s", got.Step, got.State)
	}
	if diff := cmp.Diff([]string{"created PIPELINE_STATE_QUEUED", "stateChanged PIPELINE_STATE_CANCELLED"}, events(got.Job)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if last := got.Events[len(got.Events)-1]; last.Actor != "somebody" {
		t.Errorf("the actor of the last event is %q", last.Actor)
	}
	if n := w.Count("CreateTuningJob"); n != 0 {
		t.Errorf("Vertex AI got %d creates, want none", n)
	}
}

// TestCancel_before_the_submission: a job that was not submitted to Vertex AI ends immediately, and
// is never submitted.
func TestCancel_before_the_submission(t *testing.T) {
	t.Parallel()
	t.Run("preparing", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.conversation(t, "s")
		r := w.record(t, func(*tuning.Job) {})
		w.cancel(t, r)
		w.wantNeverSubmitted(t, r.ID)
	})
	t.Run("waiting", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.waits(t, "a", func(*tuning.Job) {})
		r := w.onlyRecord(t)
		w.cancel(t, r)
		w.wantNeverSubmitted(t, r.ID)
	})
	t.Run("while_a_poller_works_on_it", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.waits(t, "a", func(*tuning.Job) {})
		r := w.onlyRecord(t) // the version that a poller has read
		w.cancel(t, r)
		if _, more, err := w.Dispatch(t.Context(), r); !more || err != nil {
			t.Errorf("Dispatch = %v, %v; want to continue with the next job", more, err)
		}
		w.wantNeverSubmitted(t, r.ID)
	})
	for kind := range kinds(t, newWorld(t)) {
		for name, lease := range map[string]time.Duration{"seen_at_a_renewal": shortLease, "seen_at_the_end": time.Minute} {
			t.Run("while_the_dataset_is_written/"+kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				o := kinds(t, w)[kind]
				w.Config.Lease = lease
				job, err := w.slowly(t, o, func(r store.Record) {
					w.cancel(t, r)
					time.Sleep(shortLease / 2)
				})
				if err != nil || job.State != tuning.Cancelled {
					t.Errorf("Start = %s, %v", job.State, err)
				}
				w.wantNeverSubmitted(t, job.ID)
			})
		}
	}
}

// TestCancel_during_the_submission: while a job is being submitted, the request to cancel it is
// recorded. If the job appears on Vertex AI, the request is forwarded. If it does not appear, the
// job is not submitted again.
func TestCancel_during_the_submission(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		create faults.Hook
		jobs   int // jobs on Vertex AI
		want   tuning.State
	}{
		"it_arrives":         {faults.Before(func() {}), 1, tuning.Cancelling},
		"its_answer_is_lost": {faults.Lose(codes.Unavailable), 1, tuning.Cancelling},
		"it_never_arrives":   {faults.Fail(codes.Unavailable), 0, tuning.Cancelled},
		"there_is_no_quota":  {faults.Fail(codes.ResourceExhausted), 0, tuning.Cancelled},
		"it_is_refused":      {faults.Fail(codes.InvalidArgument), 0, tuning.Failed},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.On("CreateTuningJob", func(ctx context.Context, c faults.Call, do faults.Do) error {
				if got := w.cancel(t, w.onlyRecord(t)); got.Finished || got.CancelRequested == nil {
					t.Errorf("after the cancel, the job is in %s, with the request %+v", got.State, got.CancelRequested)
				}
				return tt.create(ctx, c, do)
			})
			_, err := w.Start(t.Context(), session)
			if refused := tt.want == tuning.Failed; (err != nil) != refused {
				t.Errorf("Start: %v", err)
			}
			w.tickLater(t)
			w.tick(t)
			got := w.onlyRecord(t)
			if got.State != tt.want {
				t.Errorf("the record is in %s, want %s", got.State, tt.want)
			}
			if n := len(w.OnVertex(t)); n != tt.jobs {
				t.Errorf("%d jobs on Vertex AI, want %d", n, tt.jobs)
			}
			if all := strings.Join(events(got.Job), ", "); !strings.Contains(all, "cancelRequested PIPELINE_STATE_QUEUED") {
				t.Errorf("events: %s", all)
			}
			if n := w.Count("CreateTuningJob"); n != 1 {
				t.Errorf("Vertex AI got %d creates, want one", n)
			}
		})
	}
}

// TestCancel_of_a_running_job: the request is forwarded immediately, and Vertex AI decides the
// job's state.
func TestCancel_of_a_running_job(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	job := w.start(t, session)
	got := w.cancel(t, w.onlyRecord(t))
	if got.State != tuning.Cancelling || got.CancelRequested == nil || got.CancelRequested.By != "somebody" {
		t.Errorf("after the cancel, the job is in %s, with the request %+v", got.State, got.CancelRequested)
	}
	want := []string{
		"created PIPELINE_STATE_QUEUED", "stateChanged PIPELINE_STATE_PENDING", "cancelRequested PIPELINE_STATE_PENDING",
		"stateChanged PIPELINE_STATE_CANCELLING",
	}
	if diff := cmp.Diff(want, events(got.Job)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	again := w.cancel(t, got)
	if diff := cmp.Diff(want, events(again.Job)); diff != "" {
		t.Errorf("events, cancelled again (-want +got):\n%s", diff)
	}
	if n := w.Count("CancelTuningJob"); n != 1 {
		t.Errorf("Vertex AI got %d cancels", n)
	}
	if seen := w.OnVertex(t); len(seen) != 1 || seen[0].Name != job.Name || seen[0].VertexState != "JOB_STATE_CANCELLING" {
		t.Errorf("on Vertex AI: %+v", seen)
	}
}

// TestCancel_of_an_ended_job: it is a Conflict to cancel a job that has ended in another way, but
// not to cancel a cancelled job again.
func TestCancel_of_an_ended_job(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *cloud.Config) { c.JobDuration = time.Millisecond })
	w.conversation(t, "s")
	job := w.start(t, session)
	for w.Read(t, job.ID).State != tuning.Succeeded {
		w.tick(t)
		if t.Context().Err() != nil {
			t.Fatal("the job does not end")
		}
	}
	before := w.Read(t, job.ID)
	if _, err := w.Cancel(t.Context(), before, "somebody"); fault.KindOf(err) != fault.Conflict {
		t.Errorf("Cancel = %v, want a Conflict", err)
	}
	if diff := cmp.Diff(before.Job, w.Read(t, job.ID).Job); diff != "" {
		t.Errorf("record (-before +after):\n%s", diff)
	}
	r := w.record(t, func(*tuning.Job) {})
	w.cancel(t, w.cancel(t, r))
	// A cancellation from an outdated version of the record changes nothing.
	if got := w.Read(t, r.ID); got.State != tuning.Cancelled || len(got.Events) != 2 {
		t.Errorf("cancelled twice: %s, events %v", got.State, events(got.Job))
	}
}

// TestCancel_forwarded_later: a cancellation that cannot be forwarded to Vertex AI is recorded, and
// forwarded at the next tick.
func TestCancel_forwarded_later(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method  string
		cancels int // how often Vertex AI is called in the end
	}{
		"cancel_fails":    {"CancelTuningJob", 2},
		"get_fails":       {"GetTuningJob", 1},
		"recording_fails": {"Commit", 1},
		"cancel_is_lost":  {"lost", 1},
		"nothing_fails":   {"", 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.start(t, session)
			switch tt.method {
			case "lost":
				w.On("CancelTuningJob", faults.First(1, faults.Lose(codes.Unavailable)))
			case "Commit":
				// The first commit succeeds, and records the request. The second commit fails.
				w.On("Commit", faults.After(1, faults.First(1, faults.Fail(codes.PermissionDenied))))
			default:
				w.On(tt.method, faults.First(1, faults.Fail(codes.Unavailable)))
			}
			got := w.cancel(t, w.one(t))
			if got.CancelRequested == nil || got.Finished {
				t.Errorf("after the cancel, the job is in %s, with the request %+v", got.State, got.CancelRequested)
			}
			if diff := cmp.Diff(w.Read(t, got.ID).Job.State, got.State); diff != "" {
				t.Errorf("state (-recorded +returned):\n%s", diff)
			}
			w.tick(t)
			w.tick(t)
			if got := w.one(t); got.State != tuning.Cancelling || got.CancelDue() {
				t.Errorf("after the next tick: %s", got.State)
			}
			if n := w.Count("CancelTuningJob"); n != tt.cancels {
				t.Errorf("Vertex AI got %d cancels, want %d", n, tt.cancels)
			}
		})
	}
}
