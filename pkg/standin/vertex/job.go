// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	spb "google.golang.org/genproto/googleapis/rpc/status"
)

// Percent of a job's duration after which it leaves JOB_STATE_PENDING, begins to train, and (from
// the request) is cancelled.
const (
	pendingPercent = 10
	datasetPercent = 25
	cancelPercent  = 10
)

// job is what is recorded of a tuning job. Everything that a caller can see follows from it and the
// clock.
type job struct {
	seq      int
	id       string
	place    place
	spec     *pb.TuningJob // as accepted, with the name; never changed
	facts    *modelFacts
	modelID  string // the model that the job adds a version to
	duration time.Duration

	created   time.Time
	cancelled time.Time // when cancellation was requested; zero if it was not
	outcome   *outcome  // nil until the dataset was read
	chosen    string    // default checkpoint of the tuned model; "" if none was chosen
	deleted   bool      // the tuned model was deleted

	// Bookkeeping of the board, rebuilt at start.
	stop    context.CancelFunc // ends the reading of the dataset; nil before it begins
	settled bool               // its end was processed
	version int                // of the tuned model; 0 before success
}

// outcome is what reading the dataset came to.
type outcome struct {
	at          time.Time
	stats       *pb.SupervisedTuningDataStats // nil if the dataset is bad
	hyper       *pb.SupervisedHyperParameters // what the service chose
	checkpoints []*pb.TunedModelCheckpoint    // planned, without endpoints
	measure     measure                       // of a good dataset
	lessons     lessons                       // of a good dataset
	failure     *spb.Status                   // nil if the job will succeed
}

func (j *job) timeShare(percent int) time.Duration {
	return (j.duration * time.Duration(percent) / 100).Truncate(time.Microsecond)
}

// start is when the job begins to run.
func (j *job) start() time.Time { return j.created.Add(j.timeShare(pendingPercent)) }

// started reports whether the job had begun to run by now, before any cancellation.
func (j *job) started(now time.Time) bool {
	start := j.start()
	return !now.Before(start) && (j.cancelled.IsZero() || !start.After(j.cancelled))
}

// end is when the job ends and how; zero while that is open.
func (j *job) end() (time.Time, pb.JobState) {
	at, state := j.naturalEnd()
	if j.cancelled.IsZero() {
		return at, state
	}
	// Cancelling is best effort: a job that ends first keeps its own end.
	if stop := j.cancelled.Add(j.timeShare(cancelPercent)); at.IsZero() || !at.Before(stop) {
		return stop, pb.JobState_JOB_STATE_CANCELLED
	}
	return at, state
}

func (j *job) naturalEnd() (time.Time, pb.JobState) {
	switch {
	case j.outcome == nil:
		return time.Time{}, pb.JobState_JOB_STATE_UNSPECIFIED
	case j.outcome.stats == nil:
		return j.outcome.at, pb.JobState_JOB_STATE_FAILED
	}
	return later(j.created.Add(j.duration), j.outcome.at), pb.JobState_JOB_STATE_SUCCEEDED
}

// ended reports whether the job is over, and since when.
func (j *job) ended(now time.Time) (time.Time, pb.JobState, bool) {
	at, state := j.end()
	return at, state, !at.IsZero() && !now.Before(at)
}

func (j *job) state(now time.Time) pb.JobState {
	if _, state, ok := j.ended(now); ok {
		return state
	}
	switch {
	case !j.cancelled.IsZero():
		return pb.JobState_JOB_STATE_CANCELLING
	case j.started(now):
		return pb.JobState_JOB_STATE_RUNNING
	default:
		return pb.JobState_JOB_STATE_PENDING
	}
}

// training is when the job begins to train and how long it trains, unless it is cancelled. Its
// dataset was read.
func (j *job) training() (begin time.Time, span time.Duration) {
	begin = later(j.created.Add(j.timeShare(datasetPercent)), j.outcome.at)
	return begin, later(j.created.Add(j.duration), j.outcome.at).Sub(begin)
}

// reached returns how many of the planned checkpoints exist by now, and when the last of them came.
func (j *job) reached(now time.Time) (int, time.Time) {
	if j.outcome == nil || j.outcome.stats == nil {
		return 0, time.Time{}
	}
	begin, span := j.training()
	end, state, over := j.ended(now)
	steps := j.outcome.stats.GetTuningStepCount()
	var last time.Time
	for i, c := range j.outcome.checkpoints {
		at := begin.Add(time.Duration(float64(span) * float64(c.GetStep()) / float64(steps))).Truncate(time.Microsecond)
		cutOff := over && state != pb.JobState_JOB_STATE_SUCCEEDED && !at.Before(end)
		if at.After(now) || cutOff {
			return i, last
		}
		last = at
	}
	return len(j.outcome.checkpoints), last
}

// updated is the time of the last change that can be seen by now.
func (j *job) updated(now time.Time) time.Time {
	at := later(j.created, j.cancelled)
	if j.started(now) {
		at = later(at, j.start())
	}
	if j.outcome != nil {
		at = later(at, j.outcome.at)
	}
	_, checkpoint := j.reached(now)
	at = later(at, checkpoint)
	if end, _, ok := j.ended(now); ok {
		at = later(at, end)
	}
	return at
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
