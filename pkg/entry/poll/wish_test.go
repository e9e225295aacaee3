// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestCancel_is_passed_on_again: a cancellation is forwarded again until Vertex AI says that it
// cancels.
func TestCancel_is_passed_on_again(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.begin(t, central)
	record, err := w.Cloud.Records.UpdateJob(t.Context(), record, cancelRequested(t, record.Job))
	if err != nil {
		t.Fatal(err)
	}
	tick := func(what string, asked int, want tuning.State) {
		t.Helper()
		w.newCalls()
		w.tick(t)
		got, n := w.Read(t, record.ID), w.newCalls()["CancelTuningJob"]
		if got.State != want || n != asked {
			t.Errorf("%s: %s after %d calls to cancel, want %s after %d", what, got.State, n, want, asked)
		}
	}
	w.On("CancelTuningJob", faults.First(2, faults.FailWith(status.Error(codes.Unavailable, "away"))))
	tick("refused", 1, tuning.Pending)
	tick("refused again", 1, tuning.Pending)
	tick("taken", 1, tuning.Cancelling)
	tick("known", 0, tuning.Cancelling)
	if diff := cmp.Diff(history(w.Read(t, record.ID), 3), w.receivedEvents(t)[record.ID]); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

// TestCancel_of_a_job_that_has_ended: a cancellation that comes too late is no error.
func TestCancel_of_a_job_that_has_ended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.begin(t, central)
	record, err := w.Cloud.Records.UpdateJob(t.Context(), record, cancelRequested(t, record.Job))
	if err != nil {
		t.Fatal(err)
	}
	w.On("CancelTuningJob", faults.First(1, faults.FailWith(status.Error(codes.FailedPrecondition, "its state is JOB_STATE_SUCCEEDED"))))
	w.tick(t)
	w.OnAny(faults.Edit(func(reply any) {
		if on, ok := reply.(*aiplatformpb.TuningJob); ok {
			on.State, on.EndTime = aiplatformpb.JobState_JOB_STATE_SUCCEEDED, on.GetUpdateTime()
		}
	}))
	w.newCalls()
	w.tick(t)
	if got, n := w.Read(t, record.ID), w.newCalls()["CancelTuningJob"]; got.State != tuning.Succeeded || n != 0 {
		t.Errorf("the record is in %s after %d calls to cancel", got.State, n)
	}
}

// runs makes Vertex AI describe waiting jobs as running, with their last change a time after their
// creation.
func (w *world) runs(change time.Duration, checkpoints int) {
	say := func(on *aiplatformpb.TuningJob) {
		if on.GetState() != aiplatformpb.JobState_JOB_STATE_PENDING {
			return
		}
		on.State, on.StartTime = aiplatformpb.JobState_JOB_STATE_RUNNING, on.GetCreateTime()
		on.UpdateTime = timestamppb.New(on.GetCreateTime().AsTime().Add(change))
		on.TunedModel = &aiplatformpb.TunedModel{Checkpoints: make([]*aiplatformpb.TunedModelCheckpoint, checkpoints)}
	}
	w.OnAny(faults.Edit(func(reply any) {
		switch reply := reply.(type) {
		case *aiplatformpb.TuningJob:
			say(reply)
		case *aiplatformpb.ListTuningJobsResponse:
			for _, on := range reply.GetTuningJobs() {
				say(on)
			}
		}
	}))
}

// after runs a tick at a time after the job's creation.
func (w *world) after(job tuning.Job, d time.Duration) {
	w.Poller.Now = func() time.Time { return job.CreatedAt.Add(d) }
}

// TestStalled_is_published_once: a stall has one event, and another one only if the job has changed
// and stalled again.
func TestStalled_is_published_once(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.StalledAfter = 2 * time.Hour
	record := w.begin(t, central)
	step := func(what string, after time.Duration, want ...string) {
		t.Helper()
		w.after(record.Job, after)
		w.tick(t)
		var got []string
		for _, line := range w.receivedEvents(t)[record.ID] {
			got = append(got, line[len(record.ID)+1:])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	w.runs(0, 0)
	step("it runs", time.Minute, "000003 vertextune.tuningJob.v1.stateChanged")
	step("it runs for long", 119*time.Minute)
	step("it has stalled", 121*time.Minute, "000004 vertextune.tuningJob.v1.stalled")
	w.newCalls()
	step("it has stalled, which is known", 200*time.Hour)
	if diff := cmp.Diff(map[string]int{"RunQuery": 3, "GetTuningJob": 1, "Pull": 1}, w.newCalls()); diff != "" {
		t.Errorf("calls for a job that is known to have stalled (-want +got):\n%s", diff)
	}
	w.runs(time.Hour, 1)
	step("it moves", 179*time.Minute)
	step("it has stalled again", 182*time.Minute, "000005 vertextune.tuningJob.v1.stalled")
	if got := w.Read(t, record.ID); got.CancelRequested != nil || got.State != tuning.Running {
		t.Errorf("cancelled without a request: %s, %+v", got.State, got.CancelRequested)
	}
	events := w.Read(t, record.ID).Events
	if got := events[len(events)-1]; got.Reason != tuning.NoChange || !got.Time.Equal(record.CreatedAt.Add(182*time.Minute)) {
		t.Errorf("event %+v", got)
	}
}

// TestStalled_is_cancelled: a stalled job is cancelled if its start asked for that, in the tick
// that finds the stall.
func TestStalled_is_cancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.submitting(central)
	job.Timeout, job.CancelWhenStalled = time.Hour, true
	job, _ = job.Observe(w.onVertex(t, job))
	job.Published = int64(len(job.Events))
	record := w.Record(t, job)
	w.runs(0, 0)
	w.after(job, time.Minute)
	w.tick(t)
	w.after(job, 61*time.Minute)
	w.tick(t)
	got := w.Read(t, record.ID)
	if got.State != tuning.Cancelling || w.labelled(record.ID)[0].GetState() != aiplatformpb.JobState_JOB_STATE_CANCELLING {
		t.Errorf("the record is in %s, Vertex AI in %s", got.State, w.labelled(record.ID)[0].GetState())
	}
	want := []string{
		"stateChanged  PIPELINE_STATE_RUNNING ", "stalled TIMED_OUT PIPELINE_STATE_RUNNING ",
		"cancelRequested TIMED_OUT PIPELINE_STATE_RUNNING " + tuning.StalledRule, "stateChanged  PIPELINE_STATE_CANCELLING ",
	}
	var events []string
	for _, e := range got.Events[2:] {
		events = append(events, string(e.Type)+" "+e.Reason+" "+string(e.To)+" "+e.Actor)
	}
	if diff := cmp.Diff(want, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(history(got, 3), w.receivedEvents(t)[record.ID]); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

// TestStalled_never: without a limit a job never stalls.
func TestStalled_never(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.begin(t, central)
	w.runs(0, 0)
	w.after(record.Job, 1000*time.Hour)
	for range 2 {
		w.tick(t)
	}
	if got := w.Read(t, record.ID); len(got.Events) != 3 || !got.StalledAt.IsZero() {
		t.Errorf("events: %+v", got.Events)
	}
}

// TestStalled_found_by_many: a stall that several pollers find has one event and one cancellation.
func TestStalled_found_by_many(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.submitting(central)
	job.CancelWhenStalled, job.Timeout = true, time.Nanosecond
	job, _ = job.Observe(w.onVertex(t, job))
	record := w.Record(t, job)
	w.runs(0, 0)
	w.tickTogether(t, 3)
	w.tick(t) // the work that they prevented each other from doing
	got := w.Read(t, record.ID)
	kinds := map[tuning.EventType]int{}
	for _, e := range got.Events {
		kinds[e.Type]++
	}
	want := map[tuning.EventType]int{tuning.Created: 1, tuning.StateChanged: 3, tuning.Stalled: 1, tuning.CancelRequested: 1}
	if diff := cmp.Diff(want, kinds); diff != "" || got.State != tuning.Cancelling {
		t.Errorf("in %s, events (-want +got):\n%s", got.State, diff)
	}
	if diff := cmp.Diff(history(got, 2), unique(w.receivedEvents(t)[record.ID])); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}
