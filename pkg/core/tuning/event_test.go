// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// TestHistories_do_not_share: two changes of one record each have their own list of events, and
// leave the record's list unchanged.
func TestHistories_do_not_share(t *testing.T) {
	t.Parallel()
	see := func(vertexState string) func(tuning.Job) tuning.Job {
		return func(j tuning.Job) tuning.Job {
			next, _ := j.Observe(tuning.Observation{Name: jobName, VertexState: vertexState, UpdatedAt: at(50)})
			return next
		}
	}
	changes := map[string]func(tuning.Job) tuning.Job{
		"paused":    see("JOB_STATE_PAUSED"),
		"succeeded": see("JOB_STATE_SUCCEEDED"),
		"wished":    cancelRequested,
		"stalled":   func(j tuning.Job) tuning.Job { return j.Stall(tuning.NoChange, at(50)) },
		"failed":    func(j tuning.Job) tuning.Job { return j.Fail(tuning.Failure{Code: 5}, at(50)) },
	}
	for first, change := range changes {
		for second, other := range changes {
			read := running()
			// A decoder or an append may leave spare capacity.
			room := make([]tuning.Event, len(read.Events), 10)
			copy(room, read.Events)
			read.Events = room
			one := change(read)
			want := append([]tuning.Event(nil), one.Events...)
			other(read)
			if diff := cmp.Diff(want, one.Events); diff != "" {
				t.Errorf("%s, then %s on what was read (-want +got):\n%s", first, second, diff)
			}
			if diff := cmp.Diff(make([]tuning.Event, 10-len(read.Events)), room[len(read.Events):cap(room)]); diff != "" {
				t.Errorf("%s wrote into the spare capacity of the record's events:\n%s", first, diff)
			}
		}
	}
}

func TestUntold(t *testing.T) {
	t.Parallel()
	job := running()
	if len(job.Events) != 3 {
		t.Fatalf("the job has %d events, want 3", len(job.Events))
	}
	// A newer version of the record may have more published events than this one.
	for published, want := range []int{3, 2, 1, 0, 0} {
		job.Published = int64(published)
		got := job.Unpublished()
		if diff := cmp.Diff(job.Events[len(job.Events)-want:], got); diff != "" {
			t.Errorf("with %d published (-want +got):\n%s", published, diff)
		}
	}
	if got := (tuning.Job{}).Unpublished(); len(got) > 0 {
		t.Errorf("of a job without events: %v", got)
	}
}

func TestEventID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	job := running()
	for _, e := range job.Events {
		seen[job.EventID(e)] = true
	}
	if diff := cmp.Diff(map[string]bool{jobID + "-000001": true, jobID + "-000002": true, jobID + "-000003": true}, seen); diff != "" {
		t.Errorf("IDs (-want +got):\n%s", diff)
	}
}

func TestStalled_now(t *testing.T) {
	t.Parallel()
	with := func(change func(*tuning.Job)) tuning.Job {
		job := running() // since second 6
		change(&job)
		return job
	}
	in := func(state tuning.State) tuning.Job { return with(func(j *tuning.Job) { j.State = state }) }
	tests := []struct {
		name  string
		job   tuning.Job
		limit time.Duration
		after int
		want  string
	}{
		{"just_now", running(), time.Minute, 7, ""},
		{"at_the_limit", running(), time.Minute, 66, ""},
		{"over_the_limit", running(), time.Minute, 67, tuning.NoChange},
		{"no_limit", running(), 0, 1 << 30, ""},
		{"waits_at_vertex", in(tuning.Pending), time.Minute, 1 << 30, ""},
		{"paused", in(tuning.Paused), time.Minute, 1 << 30, ""},
		{"cancelling", in(tuning.Cancelling), time.Minute, 1 << 30, ""},
		{"told_of", with(func(j *tuning.Job) { j.StalledAt = at(70) }), time.Minute, 1 << 30, ""},
		{"over", succeeded(), time.Minute, 1 << 30, ""},
		{"waiting", waiting(), time.Minute, 1 << 30, ""},
		{"submitting", submitting(), time.Minute, 1 << 30, ""},
		{"at_its_time", with(func(j *tuning.Job) { j.Timeout = time.Hour }), 0, 3606, ""},
		{"past_its_time", with(func(j *tuning.Job) { j.Timeout = time.Hour }), 0, 3607, tuning.TimedOut},
		{"past_its_time_and_still", with(func(j *tuning.Job) { j.Timeout = time.Hour }), time.Minute, 3607, tuning.TimedOut},
		{"past_its_time_while_cancelling", with(func(j *tuning.Job) { j.Timeout, j.State = time.Hour, tuning.Cancelling }), 0, 3607, tuning.TimedOut},
		{"not_begun", with(func(j *tuning.Job) { j.Timeout, j.StartedAt, j.State = time.Hour, time.Time{}, tuning.Pending }), 0, 1 << 30, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.job.StalledNow(at(tt.after), tt.limit); got != tt.want {
				t.Errorf("StalledNow = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestStall_is_published_once: a stall has one event, and another one only if the job has changed
// and stalled again.
func TestStall_is_published_once(t *testing.T) {
	t.Parallel()
	job := running()
	stall := func(second int) (recorded bool) {
		why := job.StalledNow(at(second), time.Minute)
		if why == "" {
			return false
		}
		before := job
		job = job.Stall(why, at(second))
		checkMove(t, "Stall", before, job)
		want := tuning.Event{
			Seq: int64(len(before.Events)) + 1, Type: tuning.Stalled, Time: at(second), From: tuning.Running, To: tuning.Running,
			Name: jobName, VertexState: "JOB_STATE_RUNNING", Reason: tuning.NoChange,
		}
		if diff := cmp.Diff([]tuning.Event{want}, job.Events[len(before.Events):]); diff != "" {
			t.Errorf("events after %d s (-want +got):\n%s", second, diff)
		}
		return true
	}
	if !stall(100) || stall(101) || stall(1<<20) {
		t.Error("the stall does not have exactly one event")
	}
	if job.CancelRequested != nil {
		t.Error("it is cancelled without a request")
	}
	job, _ = job.Observe(tuning.Observation{
		Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(200), StartedAt: at(6), Checkpoints: []tuning.Checkpoint{{ID: "1"}},
	})
	if stall(260) || !stall(261) || stall(262) {
		t.Error("after a change the next stall does not have exactly one event")
	}
}

func TestStall_cancels(t *testing.T) {
	t.Parallel()
	job := running()
	job.StartedBy, job.CancelWhenStalled = "ci", true
	got := job.Stall(tuning.TimedOut, at(99))
	checkMove(t, "Stall", job, got)
	if diff := cmp.Diff(&tuning.CancelRequest{By: tuning.StalledRule, At: at(99), Reason: tuning.TimedOut}, got.CancelRequested); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if !got.CancelDue() {
		t.Error("the cancellation is not due")
	}
	kindsOf := func(events []tuning.Event) (kinds []string) {
		for _, e := range events {
			kinds = append(kinds, string(e.Type)+" "+e.Reason+" "+e.Actor)
		}
		return kinds
	}
	if diff := cmp.Diff([]string{"stalled TIMED_OUT ", "cancelRequested TIMED_OUT vertextune:stalled"}, kindsOf(got.Events[len(job.Events):])); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	// The caller has requested the cancellation before.
	before := cancelRequested(job)
	got = before.Stall(tuning.NoChange, at(99))
	if diff := cmp.Diff([]string{"stalled NO_CHANGE "}, kindsOf(got.Events[len(before.Events):])); diff != "" {
		t.Errorf("events after a request (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(before.CancelRequested, got.CancelRequested); diff != "" {
		t.Errorf("the caller's request (-want +got):\n%s", diff)
	}
}

func TestInLine(t *testing.T) {
	t.Parallel()
	job := func(id string, priority int64, second int) tuning.Job {
		return tuning.Job{ID: id, Priority: priority, CreatedAt: at(second)}
	}
	line := []tuning.Job{
		job("b", 1000, 9), job("c", 1, 1), job("a", 0, 1), job("b", 0, 1), job("a", 0, 2), job("a", -1000, 0),
	}
	for i, a := range line {
		for j, b := range line {
			if got, want := tuning.CompareQueue(a, b), sign(i-j); got != want {
				t.Errorf("InLine of the places %d and %d = %d, want %d", i, j, got, want)
			}
		}
	}
}

func sign(n int) int { return min(max(n, -1), 1) }
