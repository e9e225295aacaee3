// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/tuning"
)

const jobName = "projects/p/locations/us-central1/tuningJobs/7"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at is the time so many seconds after noon.
func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

// accepted is the record of a job that was seen last at a time, in a state.
func accepted(vertexState string, seconds int) tuning.Job {
	state := tuning.FromVertex(vertexState)
	return tuning.Job{
		ID: "vt-20261123-120000-abcdefghij", Name: jobName, Number: "7", State: state, VertexState: vertexState,
		Finished: state.Finished(), CreatedAt: noon, UpdatedAt: at(seconds),
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	running := accepted("JOB_STATE_RUNNING", 10)
	tests := []struct {
		name    string
		record  tuning.Job
		seen    tuning.Observation
		change  func(*tuning.Job) // what the record becomes; nil if it stays
		changed bool
	}{
		{
			name:   "first_answer_names_the_job",
			record: tuning.Job{ID: "vt-1", State: tuning.Queued, UpdatedAt: at(60)}, // our clock is ahead of Vertex AI's
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_PENDING", UpdatedAt: at(1)},
			change: func(j *tuning.Job) {
				j.Name, j.Number, j.State, j.VertexState, j.UpdatedAt = jobName, "7", tuning.Pending, "JOB_STATE_PENDING", at(1)
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
				j.State, j.VertexState, j.Finished = tuning.Succeeded, "JOB_STATE_SUCCEEDED", true
				j.UpdatedAt, j.StartedAt, j.EndedAt = at(20), at(5), at(20)
				j.TunedModel, j.TunedEndpoint = "models/1", "endpoints/1"
				j.Checkpoints, j.Stats = []tuning.Checkpoint{{ID: "1", Epoch: 1, Step: 4}}, &tuning.Stats{Examples: 9}
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
				j.State, j.VertexState, j.Finished, j.UpdatedAt = tuning.Failed, "JOB_STATE_FAILED", true, at(20)
				j.Failure = &tuning.Failure{Code: 3, Message: "bad data"}
			},
			changed: true,
		},
		{
			name:   "touched_only_is_no_change",
			record: running,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(11)},
			change: func(j *tuning.Job) { j.UpdatedAt = at(11) },
		},
		{
			name:    "new_checkpoint_is_a_change",
			record:  running,
			seen:    tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(11), Checkpoints: []tuning.Checkpoint{{ID: "1"}}},
			change:  func(j *tuning.Job) { j.UpdatedAt, j.Checkpoints = at(11), []tuning.Checkpoint{{ID: "1"}} },
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
			name:    "queued_again_after_a_pause",
			record:  accepted("JOB_STATE_PAUSED", 10),
			seen:    tuning.Observation{Name: jobName, VertexState: "JOB_STATE_QUEUED", UpdatedAt: at(11)},
			change:  func(j *tuning.Job) { j.State, j.VertexState, j.UpdatedAt = tuning.Queued, "JOB_STATE_QUEUED", at(11) },
			changed: true,
		},
		{
			name:   "word_we_do_not_know_is_kept",
			record: running,
			seen:   tuning.Observation{Name: jobName, VertexState: "JOB_STATE_DREAMING", UpdatedAt: at(11)},
			change: func(j *tuning.Job) {
				j.State, j.VertexState, j.UpdatedAt = tuning.Unspecified, "JOB_STATE_DREAMING", at(11)
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
				t.Errorf("the same answer a second time changed the record: %s", cmp.Diff(got, again))
			}
		})
	}
}

// course is how far a job has come, told apart from the package's own order.
var course = map[tuning.State]int{
	tuning.Queued: 1, tuning.Pending: 2, tuning.Running: 3, tuning.Paused: 3, tuning.Cancelling: 4,
	tuning.Succeeded: 5, tuning.Failed: 5, tuning.Cancelled: 5,
}

// TestObserveNeverStepsBack plays what pollers can see: answers that are late, old, repeated, or about a state
// that no longer holds, in any order.
func TestObserveNeverStepsBack(t *testing.T) {
	t.Parallel()
	words := []string{
		"JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_UPDATING", "JOB_STATE_PAUSED",
		"JOB_STATE_CANCELLING", "JOB_STATE_SUCCEEDED", "JOB_STATE_PARTIALLY_SUCCEEDED", "JOB_STATE_FAILED",
		"JOB_STATE_EXPIRED", "JOB_STATE_CANCELLED",
	}
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 1))
		job := tuning.Job{ID: "vt-1", State: tuning.Queued, UpdatedAt: noon}
		for step := range 30 {
			seen := tuning.Observation{Name: jobName, VertexState: words[random.IntN(len(words))], UpdatedAt: at(random.IntN(40))}
			if random.IntN(4) == 0 {
				seen.TunedModel = fmt.Sprintf("models/%d", step)
			}
			next, changed := job.Observe(seen)
			at := fmt.Sprintf("seed %d step %d: %s after %s", seed, step, seen.VertexState, job.State)
			if changed == reflect.DeepEqual(withoutTime(job), withoutTime(next)) {
				t.Fatalf("%s: changed = %v, but the difference is: %s", at, changed, cmp.Diff(job, next))
			}
			if job.Finished && !reflect.DeepEqual(job, next) {
				t.Fatalf("%s: a finished record changed: %s", at, cmp.Diff(job, next))
			}
			if job.Name != "" && next.UpdatedAt.Before(job.UpdatedAt) {
				t.Fatalf("%s: went back from %v to %v", at, job.UpdatedAt, next.UpdatedAt)
			}
			if job.Name != "" && job.State != tuning.Paused && course[next.State] < course[job.State] {
				t.Fatalf("%s: stepped back to %s", at, next.State)
			}
			if next.Finished != next.State.Finished() {
				t.Fatalf("%s: Finished = %v in state %s", at, next.Finished, next.State)
			}
			if again, changed := next.Observe(seen); changed || !reflect.DeepEqual(next, again) {
				t.Fatalf("%s: the same answer a second time changed the record: %s", at, cmp.Diff(next, again))
			}
			// A change that is not worth a write is not kept, as callers do not.
			if changed {
				job = next
			}
		}
	}
}

func withoutTime(j tuning.Job) tuning.Job {
	j.UpdatedAt = time.Time{}
	return j
}

func TestAbandon(t *testing.T) {
	t.Parallel()
	job := tuning.Job{ID: "vt-1", State: tuning.Queued, CreatedAt: noon, UpdatedAt: noon}
	got := job.Abandon(tuning.Failure{Code: 10, Message: "lost"}, at(300))
	want := job
	want.State, want.Finished, want.Failure = tuning.Failed, true, &tuning.Failure{Code: 10, Message: "lost"}
	want.UpdatedAt, want.EndedAt = at(300), at(300)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	seen := tuning.Observation{Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(400)}
	if next, changed := got.Observe(seen); changed {
		t.Errorf("an abandoned job came back: %s", cmp.Diff(got, next))
	}
}
