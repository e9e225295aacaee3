// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// The records of a job at each of its steps.

func preparing() tuning.Job {
	return tuning.Job{ID: jobID, StartedBy: "ci", Request: []byte("{}"), CreatedAt: noon, UpdatedAt: noon}.MarkRecorded(at(30))
}

func waiting() tuning.Job { return preparing().MarkWaiting() }

func submitting() tuning.Job { return waiting().MarkSubmitting(at(75)) }

// running returns a job that was seen running a second after it was named.
func running() tuning.Job {
	job, _ := submitting().Observe(tuning.Observation{Name: jobName, VertexState: "JOB_STATE_PENDING", UpdatedAt: at(5)})
	job, _ = job.Observe(tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(6), StartedAt: at(6)})
	return job
}

func succeeded() tuning.Job {
	job, _ := running().Observe(tuning.Observation{Name: jobName, VertexState: "JOB_STATE_SUCCEEDED", UpdatedAt: at(9)})
	return job
}

// cancelRequested returns the job with a request to cancel it.
func cancelRequested(job tuning.Job) tuning.Job {
	job, err := job.Cancel("owner", at(8))
	if err != nil {
		panic(err)
	}
	return job
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	want := tuning.Job{
		ID: jobID, StartedBy: "ci", Request: []byte("{}"), CreatedAt: noon, UpdatedAt: noon,
		State: tuning.Queued, Step: tuning.Preparing, LeaseUntil: at(30), Watched: true, Tentative: true,
	}
	got := preparing()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	for second, leased := range map[int]bool{0: true, 29: true, 30: false, 31: false} {
		if got.Leased(at(second)) != leased {
			t.Errorf("after %d s leased = %v, want %v", second, !leased, leased)
		}
	}
	if waiting().Leased(noon) || running().Leased(noon) {
		t.Error("a job without a lease is leased")
	}
}

// TestResumes: attempts that end without recording a result are counted until one records its
// result; the fifth in a row ends the start.
func TestResumes(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]tuning.Job{"tentative": preparing(), "confirmed": preparing().KeepAnswer()} {
		job := before
		for n := int64(1); n <= 4; n++ {
			job = job.MarkResumed(at(90), at(10))
			if job.Step != tuning.Preparing || job.Attempts != n || job.Crashes != n || !job.LeaseUntil.Equal(at(90)) {
				t.Fatalf("%s: attempt %d: %+v", name, n, job)
			}
		}
		left := job
		left.LeaseUntil = time.Time{}
		if left = left.MarkResumed(at(90), at(10)); left.Step != tuning.Preparing || left.Crashes != 0 || left.Attempts != 5 {
			t.Errorf("%s: resumed after an attempt that released its lease: %+v", name, left)
		}
		job = job.MarkResumed(at(90), at(10))
		switch failed := job.Failure; {
		case failed == nil || failed.Reason != "PREPARATION_ABORTED" || failed.Code != 9 || job.Attempts != 4:
			t.Errorf("%s: after five attempts that were killed: %+v", name, job)
		case name == "tentative" && (job.Step != tuning.Refused || len(job.Events) != 0):
			t.Errorf("a tentative start is at %s with %d events, want it refused", job.Step, len(job.Events))
		case name == "confirmed" && (job.State != tuning.Failed || len(job.Unpublished()) != 2):
			t.Errorf("a confirmed start is in %s with %d events, want it failed", job.State, len(job.Events))
		}
	}
}

// TestArrows has a test for each arrow of the picture at the type Step.
func TestArrows(t *testing.T) {
	t.Parallel()
	refused := tuning.Failure{Code: 3, Message: "refused"}
	over := func(j *tuning.Job, state tuning.State, actor string, f *tuning.Failure) {
		j.State, j.Step, j.Finished, j.Failure, j.Detail = state, tuning.Ended, true, f, ""
		j.LeaseUntil, j.Request, j.UpdatedAt, j.EndedAt = time.Time{}, nil, at(10), at(10)
		j.Events = append(slices.Clone(j.Events), tuning.Event{
			Seq: int64(len(j.Events)) + 1, Type: tuning.StateChanged, Time: at(10), From: tuning.Queued, To: state, Actor: actor, Failure: f,
		})
	}
	confirmed := func(j *tuning.Job) {
		j.Tentative = false
		j.Events = []tuning.Event{{Seq: 1, Type: tuning.Created, Time: noon, To: tuning.Queued, Actor: "ci"}}
	}
	rejected := func(j *tuning.Job) {
		j.Step, j.LeaseUntil, j.Failure, j.Request, j.UpdatedAt = tuning.Refused, at(40), &refused, nil, at(10)
	}
	refuse := func(j tuning.Job) tuning.Job { return j.Refuse(refused, at(40), at(10)) }
	sent := func(times int64, job tuning.Job) tuning.Job { job.Submissions = times; return job }
	first := &tuning.Answer{State: tuning.Queued}
	tests := []struct {
		name   string
		before tuning.Job
		move   func(tuning.Job) tuning.Job
		change func(*tuning.Job)
	}{
		{
			"preparing_waits", preparing(), tuning.Job.MarkWaiting,
			func(j *tuning.Job) {
				confirmed(j)
				j.Step, j.LeaseUntil, j.Request, j.FirstAnswer = tuning.Waiting, time.Time{}, nil, first
			},
		},
		{
			"preparing_submits", preparing(), func(j tuning.Job) tuning.Job { return j.MarkSubmitting(at(75)) },
			func(j *tuning.Job) {
				j.Step, j.LeaseUntil, j.Request, j.Submissions = tuning.Submitting, at(75), nil, 1
			},
		},
		{
			"preparing_delayed", preparing(), func(j tuning.Job) tuning.Job { return j.MarkDelayed("not now") },
			func(j *tuning.Job) { confirmed(j); j.Detail, j.FirstAnswer = "not now", first },
		},
		{"preparing_refused", preparing(), refuse, rejected},
		{
			"preparing_refused_after_it_was_confirmed", preparing().KeepAnswer(), refuse,
			func(j *tuning.Job) { over(j, tuning.Failed, "", &refused) },
		},
		{"submitting_refused", preparing().MarkSubmitting(at(75)), refuse, func(j *tuning.Job) { rejected(j); j.Submissions = 1 }},
		{"refused_answered", preparing().Refuse(refused, at(40), at(10)), tuning.Job.KeepAnswer, func(*tuning.Job) {}},
		{
			"waiting_submits", waiting(), func(j tuning.Job) tuning.Job { return j.MarkSubmitting(at(75)) },
			func(j *tuning.Job) { j.Step, j.LeaseUntil, j.Submissions = tuning.Submitting, at(75), 1 },
		},
		{
			"submitting_no_room", submitting(), func(j tuning.Job) tuning.Job { return j.MarkQuotaExceeded("no quota", at(10)) },
			func(j *tuning.Job) {
				j.Step, j.LeaseUntil, j.Refusals, j.Detail = tuning.Waiting, time.Time{}, 1, "no quota"
			},
		},
		{
			"submitting_no_room_and_cancelled", cancelRequested(submitting()), func(j tuning.Job) tuning.Job { return j.MarkQuotaExceeded("no quota", at(10)) },
			func(j *tuning.Job) { over(j, tuning.Cancelled, "owner", nil) },
		},
		{
			"submitting_never_arrived", submitting(), func(j tuning.Job) tuning.Job { return j.MarkNotCreated(at(10)) },
			func(j *tuning.Job) { j.Step, j.LeaseUntil = tuning.Waiting, time.Time{} },
		},
		{
			"submitting_never_arrived_the_fourth_time", sent(4, submitting()), func(j tuning.Job) tuning.Job { return j.MarkNotCreated(at(10)) },
			func(j *tuning.Job) { j.Step, j.LeaseUntil = tuning.Waiting, time.Time{} },
		},
		{
			"submitting_never_arrived_the_fifth_time", sent(5, submitting()), func(j tuning.Job) tuning.Job { return j.MarkNotCreated(at(10)) },
			func(j *tuning.Job) {
				over(j, tuning.Failed, "", &tuning.Failure{
					Code: 14, Message: "The job was submitted to Vertex AI several times, but was never created. Nothing was billed. Start the job again.",
				})
			},
		},
		{
			"submitting_never_arrived_and_cancelled", cancelRequested(submitting()), func(j tuning.Job) tuning.Job { return j.MarkNotCreated(at(10)) },
			func(j *tuning.Job) { over(j, tuning.Cancelled, "owner", nil) },
		},
		{
			"submitting_delayed", submitting(), func(j tuning.Job) tuning.Job { return j.MarkDelayed("no answer") },
			func(j *tuning.Job) { j.Detail = "no answer" },
		},
		{
			"submitting_refused_after_it_was_confirmed", submitting(), refuse,
			func(j *tuning.Job) { over(j, tuning.Failed, "", &refused) },
		},
		{ // without an answer before
			"submitting_answered", preparing().MarkSubmitting(at(75)), tuning.Job.KeepAnswer,
			func(j *tuning.Job) { confirmed(j); j.FirstAnswer = first },
		},
		{"running_answered", running(), tuning.Job.KeepAnswer, func(*tuning.Job) {}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.before
			tt.change(&want)
			kept := tt.before
			kept.Events = slices.Clone(kept.Events)
			got := tt.move(tt.before)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(kept, tt.before); diff != "" {
				t.Errorf("the record that was read changed too (-want +got):\n%s", diff)
			}
			checkMove(t, tt.name, tt.before, got)
		})
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	cancelled, _ := running().Observe(tuning.Observation{Name: jobName, VertexState: "JOB_STATE_CANCELLED", UpdatedAt: at(9)})
	cancelling, _ := running().Observe(tuning.Observation{Name: jobName, VertexState: "JOB_STATE_CANCELLING", UpdatedAt: at(9)})
	lateSuccess, _ := cancelRequested(running()).Observe(tuning.Observation{Name: jobName, VertexState: "JOB_STATE_SUCCEEDED", UpdatedAt: at(9)})
	tests := []struct {
		name   string
		before tuning.Job
		ends   bool // the job ends immediately
		marked bool // the request must be forwarded, now or when Vertex AI has the job
		due    bool // now
		kind   fault.Kind
	}{
		{name: "preparing", before: preparing().KeepAnswer(), ends: true},
		{name: "waiting", before: waiting(), ends: true},
		{name: "submitting", before: submitting(), marked: true},
		{name: "running", before: running(), marked: true, due: true},
		{name: "cancelling_by_somebody_else", before: cancelling},
		{name: "cancelled", before: cancelled},
		{name: "cancelled_while_it_waited", before: cancelRequested(waiting())},
		{name: "asked_for_before", before: cancelRequested(submitting())},
		{name: "asked_for_before_of_vertex", before: cancelRequested(running()), due: true},
		{name: "asked_for_before_in_vain", before: lateSuccess},
		{name: "succeeded", before: succeeded(), kind: fault.Conflict},
		{name: "failed", before: preparing().Fail(tuning.Failure{Code: 3}, at(9)), kind: fault.Conflict},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want, n := tt.before, int64(len(tt.before.Events))+1
			event := tuning.Event{Seq: n, Time: at(10), From: want.State, Actor: "owner", Name: want.Name, VertexState: want.VertexState}
			switch {
			case tt.ends:
				want.State, want.Step, want.Finished, want.Request = tuning.Cancelled, tuning.Ended, true, nil
				want.LeaseUntil, want.UpdatedAt, want.EndedAt = time.Time{}, at(10), at(10)
				event.Type = tuning.StateChanged
			case tt.marked:
				want.CancelRequested = &tuning.CancelRequest{By: "owner", At: at(10)}
				event.Type = tuning.CancelRequested
			}
			if event.To = want.State; event.Type != "" {
				want.Events = append(slices.Clone(want.Events), event)
			}
			got, err := tt.before.Cancel("owner", at(10))
			if (err != nil) != (tt.kind != fault.Internal) || fault.KindOf(err) != tt.kind {
				t.Errorf("Cancel = %v, want kind %v", err, tt.kind)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if got.CancelDue() != tt.due {
				t.Errorf("CancelDue = %v, want %v", !tt.due, tt.due)
			}
			if again, err := got.Cancel("somebody else", at(11)); tt.kind == fault.Internal && (err != nil || !reflect.DeepEqual(got, again)) {
				t.Errorf("a second time: %v, %s", err, cmp.Diff(got, again))
			}
		})
	}
}

// TestCancel_comes_due: a cancellation that was requested during the submission is due once Vertex
// AI has the job, until Vertex AI says that it cancels.
func TestCancel_comes_due(t *testing.T) {
	t.Parallel()
	job := cancelRequested(submitting())
	for _, tt := range []struct {
		vertexState string
		due         bool
	}{{"JOB_STATE_PENDING", true}, {"JOB_STATE_RUNNING", true}, {"JOB_STATE_CANCELLING", false}, {"JOB_STATE_CANCELLED", false}} {
		job, _ = job.Observe(tuning.Observation{Name: jobName, VertexState: tt.vertexState, UpdatedAt: at(20)})
		if job.VertexState != tt.vertexState || job.CancelDue() != tt.due {
			t.Errorf("%s: CancelDue = %v in %s, want %v", tt.vertexState, job.CancelDue(), job.VertexState, tt.due)
		}
	}
}
