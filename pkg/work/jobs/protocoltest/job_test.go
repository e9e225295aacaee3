// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package protocoltest_test

import (
	"encoding/json"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// jobRef is the place of a job in the table; 0 means no job.
type jobRef uint16

// jobs is the table of all jobs that occur, and of the results of the steps.
type jobs struct {
	jobs    []tuning.Job
	index   map[string]jobRef
	made    map[making]jobRef
	replies []string // answers to callers
}

// making is a step that is applied to a job.
type making struct {
	from jobRef
	step step
	arg  uint8
}

func newJobs() *jobs {
	return &jobs{jobs: make([]tuning.Job, 1), index: map[string]jobRef{}, made: map[making]jobRef{}, replies: make([]string, 1)}
}

// ref returns the place of a job in the table.
func (t *jobs) ref(j tuning.Job) jobRef {
	key, err := json.Marshal(j) // including the values behind its pointers
	if err != nil {
		panic(err)
	}
	r, ok := t.index[string(key)]
	if !ok {
		r = jobRef(len(t.jobs))
		t.jobs, t.index[string(key)] = append(t.jobs, j), r
	}
	return r
}

// make returns the result of a step.
func (t *jobs) make(from jobRef, s step, arg uint8) jobRef {
	k := making{from, s, arg}
	r, ok := t.made[k]
	if !ok {
		r = t.ref(s.apply(t.jobs[from], arg))
		t.made[k] = r
	}
	return r
}

// answer is the answer to a caller of start; 0 means none yet.
type answer uint8

func (t *jobs) answer(text string) answer {
	for i, said := range t.replies {
		if said == text {
			return answer(i)
		}
	}
	t.replies = append(t.replies, text)
	return answer(len(t.replies) - 1)
}

// reply returns the answer of a start for its job.
func (t *jobs) reply(r jobRef) answer {
	j := t.jobs[r]
	switch {
	case j.Step == tuning.Refused:
		return t.answer(failed)
	case j.FirstAnswer != nil:
		return t.answer("200 " + j.FirstAnswer.Name + string(j.FirstAnswer.State))
	case j.State == tuning.Failed:
		return t.answer(failed)
	default:
		return t.answer("200 " + j.Name + string(j.State))
	}
}

// Answers that are errors.
const (
	failed     = "failed"    // there is no job, and that answer is stored
	retryReply = "ask again" // a call failed; there may be a job
)

// epoch is the time of everything except the times that Vertex AI reports. A lease ends at
// leaseEnd.
var (
	epoch = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	end   = epoch.Add(time.Hour)
)

// now returns a time before or after the end of leases.
func now(over bool) time.Time {
	if over {
		return end.Add(time.Hour)
	}
	return epoch
}

// step is a step of package tuning that the code calls; a few are so small that the code sets
// fields instead.
type step uint8

const (
	recorded step = iota
	confirmed
	leased
	resumes
	delayed
	unleased
	refuses
	waits
	submits
	noRoom
	answered
	never
	observe
	stall
	cancel
	published
	publishedAll
)

// apply returns the result of the step for a job.
func (s step) apply(j tuning.Job, arg uint8) tuning.Job {
	switch s {
	case recorded:
		return tuning.Job{
			ID: "vt-20261124-000000-abcdefghij", Location: "us-central1", CancelWhenStalled: true, CreatedAt: epoch, UpdatedAt: epoch,
		}.MarkRecorded(end)
	case confirmed: // without an answer: the caller has none yet
		j = j.KeepAnswer()
		j.FirstAnswer = nil
	case leased:
		j.LeaseUntil = end
	case resumes: // two killed attempts in a row are the limit here, which saves states
		if j.Abandoned() {
			j.Crashes = max(j.Crashes, 3)
		}
		j = j.MarkResumed(end, epoch)
		j.Attempts = 0
	case delayed:
		return j.MarkDelayed("it takes longer")
	case unleased:
		j.LeaseUntil = time.Time{}
		return j.MarkDelayed("it takes longer")
	case refuses:
		return j.Refuse(tuning.Failure{Code: 3, Message: "refused"}, end, epoch)
	case waits:
		return j.MarkWaiting()
	case submits:
		return j.MarkSubmitting(end)
	case noRoom:
		return j.MarkQuotaExceeded("no quota", epoch)
	case answered:
		return j.KeepAnswer()
	case never:
		return j.MarkNotCreated(epoch)
	case observe:
		j, _ = j.Observe(observation(j, arg))
	case stall:
		j, _ = j.Observe(observation(j, arg))
		return j.Stall(tuning.NoChange, epoch)
	case cancel:
		j, _ = j.Cancel("somebody", epoch)
	case published:
		j.Published = max(j.Published, int64(arg))
	case publishedAll:
		j.Published, j.Watched = max(j.Published, int64(arg)), false
	}
	return j
}

// The job on Vertex AI.
const (
	none uint8 = iota
	pending
	running
	cancelling
	succeeded
	cancelled
)

var vertexStates = [...]string{"", "PENDING", "RUNNING", "CANCELLING", "SUCCEEDED", "CANCELLED"}

// observation returns Vertex AI's description of the job in one of its states.
func observation(j tuning.Job, state uint8) tuning.Observation {
	return tuning.Observation{
		Name: "projects/1/locations/us-central1/tuningJobs/1", Label: j.ID, VertexState: "JOB_STATE_" + vertexStates[state],
		UpdatedAt: epoch.Add(time.Duration(state) * time.Second),
	}
}
