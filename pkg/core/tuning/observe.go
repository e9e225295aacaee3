// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"cmp"
	"slices"
	"time"
)

// Observe returns the job as it is after the observation, and whether it differs from the record. A
// record never steps back: a finished job does not change, and an observation that is older than
// the record, or whose state cannot follow the recorded one, changes nothing.
func (j Job) Observe(o Observation) (Job, bool) {
	if j.Finished || (j.Name != "" && j.Name != o.Name) {
		return j, false
	}
	if j.Name != "" && o.UpdatedAt.Before(j.UpdatedAt) {
		return j, false
	}
	state := FromVertex(o.VertexState)
	if j.Name != "" && !j.State.follows(state) {
		return j, false
	}
	next := j.confirm()
	next.Name, next.Number = o.Name, LastSegment(o.Name)
	next.State, next.VertexState, next.Finished = state, o.VertexState, state.Finished()
	next.Step, next.LeaseUntil, next.Detail = Accepted, time.Time{}, ""
	if next.Finished {
		next.Step = Ended
	}
	next.Failure = o.Failure
	next.TunedModel = cmp.Or(o.TunedModel, j.TunedModel)
	next.TunedEndpoint = cmp.Or(o.TunedEndpoint, j.TunedEndpoint)
	if len(o.Checkpoints) > 0 {
		next.Checkpoints = o.Checkpoints
	}
	next.Experiment = cmp.Or(o.Experiment, j.Experiment)
	if o.Stats != nil {
		next.Stats, next.Dropped = o.Stats, o.Dropped
	}
	next.UpdatedAt = o.UpdatedAt
	next.StartedAt, next.EndedAt = o.StartedAt, o.EndedAt
	if equalForCallers(j, next) {
		return j, false
	}
	if j.CancelRequested == nil || j.CancelRequested.Reason == "" {
		// The job has changed, so it is not stalled. A job that is cancelled because it stalled
		// keeps the time.
		next.StalledAt = time.Time{}
	}
	next.keepAnswer()
	if next.State != j.State || next.Name != j.Name {
		event := Event{Type: StateChanged, Time: o.UpdatedAt, From: j.State, To: state, Failure: o.Failure}
		if state == Succeeded {
			event.TunedModel, event.TunedEndpoint = next.TunedModel, next.TunedEndpoint
		}
		next = next.addEvent(event)
	}
	return next, true
}

// equalForCallers reports whether two records are equal to a caller. UpdatedAt alone makes no
// difference: Vertex AI changes it without any news, and a write for each job and tick would cost
// money for nothing.
func equalForCallers(a, b Job) bool {
	return a.Name == b.Name && a.State == b.State && a.VertexState == b.VertexState &&
		a.TunedModel == b.TunedModel && a.TunedEndpoint == b.TunedEndpoint &&
		a.StartedAt.Equal(b.StartedAt) && a.EndedAt.Equal(b.EndedAt) &&
		sameFailure(a.Failure, b.Failure) && sameStats(a.Stats, b.Stats) && slices.EqualFunc(a.Checkpoints, b.Checkpoints, Checkpoint.same)
}

func sameFailure(a, b *Failure) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Code == b.Code && a.Message == b.Message
}

func sameStats(a, b *Stats) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
