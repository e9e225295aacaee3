// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"encoding/json"
	"time"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// jobRef is a job in the table of those that occur; 0 is none.
type jobRef uint16

// jobs is the table of the jobs that occur, and of what the steps make of them.
type jobs struct {
	all   []tuning.Job
	index map[string]jobRef
	made  map[making]jobRef
	said  []string // answers to callers
}

// making is a step that is done with a job.
type making struct {
	from jobRef
	step step
	arg  uint8
}

func newJobs() *jobs {
	return &jobs{all: make([]tuning.Job, 1), index: map[string]jobRef{}, made: map[making]jobRef{}, said: make([]string, 1)}
}

// ref returns the place of a job in the table.
func (t *jobs) ref(j tuning.Job) jobRef {
	key, err := json.Marshal(j) // with what is behind its pointers
	if err != nil {
		panic(err)
	}
	r, ok := t.index[string(key)]
	if !ok {
		r = jobRef(len(t.all))
		t.all, t.index[string(key)] = append(t.all, j), r
	}
	return r
}

// make returns what a step makes of a job.
func (t *jobs) make(from jobRef, s step, arg uint8) jobRef {
	k := making{from, s, arg}
	r, ok := t.made[k]
	if !ok {
		r = t.ref(s.of(t.all[from], arg))
		t.made[k] = r
	}
	return r
}

// answer is what a caller of start was told; 0 is nothing yet.
type answer uint8

func (t *jobs) answer(text string) answer {
	for i, said := range t.said {
		if said == text {
			return answer(i)
		}
	}
	t.said = append(t.said, text)
	return answer(len(t.said) - 1)
}

// told is what the caller of a start is told of its job.
func (t *jobs) told(r jobRef) answer {
	j := t.all[r]
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
	failed = "failed"    // there is no job, and that is kept
	again  = "ask again" // something did not work; there may be a job
)

// epoch is when everything happens, but for what Vertex AI says of when it happened there. A lease lasts until its end.
var (
	epoch = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	end   = epoch.Add(time.Hour)
)

// now is a time before or after the end of leases.
func now(over bool) time.Time {
	if over {
		return end.Add(time.Hour)
	}
	return epoch
}

// step is one of those of package tuning, which the code does; a few are so small that they are fields set there.
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
	told
	toldAll
)

// of returns what the step makes of a job.
func (s step) of(j tuning.Job, arg uint8) tuning.Job {
	switch s {
	case recorded:
		return tuning.Job{
			ID: "vt-20261124-000000-abcdefghij", Location: "us-central1", CancelWhenStalled: true, CreatedAt: epoch, UpdatedAt: epoch,
		}.Recorded(end)
	case confirmed: // without an answer: its caller has none yet
		j = j.Answered()
		j.FirstAnswer = nil
	case leased:
		j.LeaseUntil = end
	case resumes: // two killed attempts in a row are as many as may be, for fewer states
		if j.Abandoned() {
			j.Crashes = max(j.Crashes, 3)
		}
		j = j.Resumes(end, epoch)
		j.Attempts = 0
	case delayed:
		return j.Delayed("it takes longer")
	case unleased:
		j.LeaseUntil = time.Time{}
		return j.Delayed("it takes longer")
	case refuses:
		return j.Refuse(tuning.Failure{Code: 3, Message: "refused"}, end, epoch)
	case waits:
		return j.Waits()
	case submits:
		return j.Submits(end)
	case noRoom:
		return j.NoRoom("no quota", epoch)
	case answered:
		return j.Answered()
	case never:
		return j.NeverArrived(epoch)
	case observe:
		j, _ = j.Observe(observation(j, arg))
	case stall:
		j, _ = j.Observe(observation(j, arg))
		return j.Stall(tuning.NoChange, epoch)
	case cancel:
		j, _ = j.Cancel("somebody", epoch)
	case told:
		j.Told = max(j.Told, int64(arg))
	case toldAll:
		j.Told, j.Watched = max(j.Told, int64(arg)), false
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

// observation is what Vertex AI says of the job in one of its states.
func observation(j tuning.Job, state uint8) tuning.Observation {
	return tuning.Observation{
		Name: "projects/1/locations/us-central1/tuningJobs/1", Label: j.ID, VertexState: "JOB_STATE_" + vertexStates[state],
		UpdatedAt: epoch.Add(time.Duration(state) * time.Second),
	}
}
