// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

const (
	jobID   = "vt-20261123-120000-abcdefghij"
	jobName = "projects/p/locations/us-central1/tuningJobs/7"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at is the time the given number of seconds after noon.
func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// accepted returns the record of a job that was last seen in a state at a time.
func accepted(vertexState string, seconds int) tuning.Job {
	state := tuning.FromVertex(vertexState)
	job := tuning.Job{
		ID: jobID, Name: jobName, Number: "7", Step: tuning.Accepted, State: state, VertexState: vertexState,
		Finished: state.Finished(), CreatedAt: noon, UpdatedAt: at(seconds), FirstAnswer: &tuning.Answer{State: tuning.Queued},
	}
	if job.Finished {
		job.Step = tuning.Ended
	}
	return job
}

// moved returns the first event of a job, from one state to another.
func moved(from, to tuning.State, vertexState string, seconds int) tuning.Event {
	return tuning.Event{
		Seq: 1, Type: tuning.StateChanged, Time: at(seconds), From: from, To: to, Name: jobName, VertexState: vertexState,
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	running := accepted("JOB_STATE_RUNNING", 10)
	stalled := running
	stalled.StalledAt = at(9000)
	tests := []struct {
		name    string
		record  tuning.Job
		seen    tuning.Observation
		change  func(*tuning.Job) // the change of the record; nil if there is none
		changed bool
	}{
		{
			name: "first_answer_names_the_job",
			record: tuning.Job{
				ID: jobID, Step: tuning.Submitting, LeaseUntil: at(75), State: tuning.Queued, Submissions: 1, Detail: "was not answered",
				UpdatedAt: at(60), // our clock is ahead of Vertex AI's
			},
			seen: tuning.Observation{Name: jobName, VertexState: "JOB_STATE_PENDING", UpdatedAt: at(1)},
			change: func(j *tuning.Job) {
				j.Name, j.Number, j.State, j.VertexState, j.UpdatedAt = jobName, "7", tuning.Pending, "JOB_STATE_PENDING", at(1)
				j.Step, j.LeaseUntil, j.Detail = tuning.Accepted, time.Time{}, ""
				j.FirstAnswer = &tuning.Answer{Name: jobName, State: tuning.Pending}
				j.Events, j.Watched = []tuning.Event{moved(tuning.Queued, tuning.Pending, "JOB_STATE_PENDING", 1)}, true
			},
			changed: true,
		},
		{
			name: "the_same_failure_and_figures",
			record: func() tuning.Job {
				j := accepted("JOB_STATE_RUNNING", 10)
				j.Failure, j.Stats = &tuning.Failure{Code: 8, Message: "m"}, &tuning.Stats{Examples: 3}
				return j
			}(),
			seen: tuning.Observation{
				Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(20),
				Failure: &tuning.Failure{Code: 8, Message: "m"}, Stats: &tuning.Stats{Examples: 3},
			},
		},
		{
			name:   "named_while_its_state_stays",
			record: tuning.Job{ID: jobID, Step: tuning.Submitting, State: tuning.Queued, FirstAnswer: &tuning.Answer{State: tuning.Queued}},
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_QUEUED", UpdatedAt: at(1)},
			change: func(j *tuning.Job) {
				j.Name, j.Number, j.VertexState, j.UpdatedAt, j.Step = jobName, "7", "JOB_STATE_QUEUED", at(1), tuning.Accepted
				j.Events, j.Watched = []tuning.Event{moved(tuning.Queued, tuning.Queued, "JOB_STATE_QUEUED", 1)}, true
			},
			changed: true,
		},
		{
			name:   "over_before_it_was_named",
			record: tuning.Job{ID: jobID, Step: tuning.Submitting, State: tuning.Queued, FirstAnswer: &tuning.Answer{State: tuning.Queued}},
			seen: tuning.Observation{
				Name: jobName, VertexState: "JOB_STATE_FAILED", UpdatedAt: at(1), EndedAt: at(1), Failure: &tuning.Failure{Code: 3, Message: "bad data"},
			},
			change: func(j *tuning.Job) {
				j.Name, j.Number, j.State, j.VertexState, j.UpdatedAt, j.EndedAt = jobName, "7", tuning.Failed, "JOB_STATE_FAILED", at(1), at(1)
				j.Step, j.Finished, j.Failure = tuning.Ended, true, &tuning.Failure{Code: 3, Message: "bad data"}
				event := moved(tuning.Queued, tuning.Failed, "JOB_STATE_FAILED", 1)
				event.Failure = j.Failure
				j.Events, j.Watched = []tuning.Event{event}, true
			},
			changed: true,
		},
		{
			name:   "success_brings_everything",
			record: running,
			seen: tuning.Observation{
				Name: jobName, VertexState: "JOB_STATE_SUCCEEDED", UpdatedAt: at(20), StartedAt: at(5), EndedAt: at(20),
				TunedModel: "models/1", TunedEndpoint: "endpoints/1",
				Checkpoints: []tuning.Checkpoint{{ID: "1", Epoch: 1, Step: 4}}, Stats: &tuning.Stats{Examples: 9},
			},
			change: func(j *tuning.Job) {
				j.State, j.VertexState, j.Finished, j.Step = tuning.Succeeded, "JOB_STATE_SUCCEEDED", true, tuning.Ended
				j.UpdatedAt, j.StartedAt, j.EndedAt = at(20), at(5), at(20)
				j.TunedModel, j.TunedEndpoint = "models/1", "endpoints/1"
				j.Checkpoints, j.Stats = []tuning.Checkpoint{{ID: "1", Epoch: 1, Step: 4}}, &tuning.Stats{Examples: 9}
				event := moved(tuning.Running, tuning.Succeeded, "JOB_STATE_SUCCEEDED", 20)
				event.TunedModel, event.TunedEndpoint = "models/1", "endpoints/1"
				j.Events, j.Watched = []tuning.Event{event}, true
			},
			changed: true,
		},
		{
			name:   "failure_is_kept",
			record: running,
			seen: tuning.Observation{
				Name: jobName, VertexState: "JOB_STATE_FAILED", UpdatedAt: at(20),
				Failure: &tuning.Failure{Code: 3, Message: "bad data"},
			},
			change: func(j *tuning.Job) {
				j.State, j.VertexState, j.Finished, j.Step, j.UpdatedAt = tuning.Failed, "JOB_STATE_FAILED", true, tuning.Ended, at(20)
				j.Failure = &tuning.Failure{Code: 3, Message: "bad data"}
				event := moved(tuning.Running, tuning.Failed, "JOB_STATE_FAILED", 20)
				event.Failure = j.Failure
				j.Events, j.Watched = []tuning.Event{event}, true
			},
			changed: true,
		},
		{
			name:   "touched_only_is_no_change",
			record: running,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(11)},
		},
		{
			name:   "touched_only_is_still_stalled",
			record: stalled,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(9001)},
		},
		{ // the record changes without an event, because the state is the same
			name:   "new_checkpoint_is_a_change",
			record: stalled,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(9001), Checkpoints: []tuning.Checkpoint{{ID: "1"}}},
			change: func(j *tuning.Job) {
				j.UpdatedAt, j.Checkpoints, j.StalledAt = at(9001), []tuning.Checkpoint{{ID: "1"}}, time.Time{}
			},
			changed: true,
		},
		{
			name:    "counted_data_are_a_change_once",
			record:  running,
			seen:    tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(11), Stats: &tuning.Stats{Examples: 9}},
			change:  func(j *tuning.Job) { j.UpdatedAt, j.Stats = at(11), &tuning.Stats{Examples: 9} },
			changed: true,
		},
		{
			name:   "older_answer",
			record: running,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_SUCCEEDED", UpdatedAt: at(9)},
		},
		{
			name:   "back_to_pending",
			record: running,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_PENDING", UpdatedAt: at(11)},
		},
		{
			name:   "running_after_cancelling",
			record: accepted("JOB_STATE_CANCELLING", 10),
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(11)},
		},
		{
			name:   "queued_again_after_a_pause",
			record: accepted("JOB_STATE_PAUSED", 10),
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_QUEUED", UpdatedAt: at(11)},
			change: func(j *tuning.Job) {
				j.State, j.VertexState, j.UpdatedAt = tuning.Queued, "JOB_STATE_QUEUED", at(11)
				j.Events, j.Watched = []tuning.Event{moved(tuning.Paused, tuning.Queued, "JOB_STATE_QUEUED", 11)}, true
			},
			changed: true,
		},
		{
			name:   "word_we_do_not_know_is_kept",
			record: running,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_DREAMING", UpdatedAt: at(11)},
			change: func(j *tuning.Job) {
				j.State, j.VertexState, j.UpdatedAt = tuning.Unspecified, "JOB_STATE_DREAMING", at(11)
				j.Events, j.Watched = []tuning.Event{moved(tuning.Running, tuning.Unspecified, "JOB_STATE_DREAMING", 11)}, true
			},
			changed: true,
		},
		{
			name:   "finished_stays",
			record: accepted("JOB_STATE_SUCCEEDED", 10),
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_FAILED", UpdatedAt: at(99)},
		},
		{
			name:   "another_job",
			record: running,
			seen:   tuning.Observation{Name: jobName + "0", VertexState: "JOB_STATE_SUCCEEDED", UpdatedAt: at(99)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want := tt.record
			if tt.change != nil {
				tt.change(&want)
			}
			got, changed := tt.record.Observe(tt.seen)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
			if changed != tt.changed {
				t.Errorf("changed = %v, want %v", changed, tt.changed)
			}
			if again, changed := got.Observe(tt.seen); changed || !reflect.DeepEqual(got, again) {
				t.Errorf("the same observation again changed the record: %s", cmp.Diff(got, again))
			}
		})
	}
}
