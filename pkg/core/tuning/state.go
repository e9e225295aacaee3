// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package tuning defines the record of a tuning job, its states and the rules by which a record
// changes, its names, and the request of a caller. It is pure computation: it calls no cloud
// service, reads no clock, and does no input or output.
package tuning

import "strings"

// State is a state of the HTTP contract, PIPELINE_STATE_*.
type State string

// The states of the contract.
const (
	Unspecified State = "PIPELINE_STATE_UNSPECIFIED"
	Queued      State = "PIPELINE_STATE_QUEUED"
	Pending     State = "PIPELINE_STATE_PENDING"
	Running     State = "PIPELINE_STATE_RUNNING"
	Succeeded   State = "PIPELINE_STATE_SUCCEEDED"
	Failed      State = "PIPELINE_STATE_FAILED"
	Cancelling  State = "PIPELINE_STATE_CANCELLING"
	Cancelled   State = "PIPELINE_STATE_CANCELLED"
	Paused      State = "PIPELINE_STATE_PAUSED"
)

// States lists every state of the contract in the order in which a job passes through them.
var States = []State{Queued, Pending, Running, Paused, Cancelling, Succeeded, Failed, Cancelled}

// renamed maps each JobState of Vertex AI that has no state of the same name in the contract.
var renamed = map[string]State{
	"JOB_STATE_EXPIRED":             Failed,
	"JOB_STATE_PARTIALLY_SUCCEEDED": Succeeded,
	"JOB_STATE_UPDATING":            Running,
}

// FromVertex returns the contract's state for a JobState of Vertex AI. An unknown JobState becomes
// Unspecified, which is not finished: the poller continues to watch the job, and the record keeps
// Vertex AI's state.
func FromVertex(jobState string) State {
	if s, ok := renamed[jobState]; ok {
		return s
	}
	s := State("PIPELINE_STATE_" + strings.TrimPrefix(jobState, "JOB_STATE_"))
	if s.rank() < 0 {
		return Unspecified
	}
	return s
}

// Finished reports whether a job in this state never changes again.
func (s State) Finished() bool { return s == Succeeded || s == Failed || s == Cancelled }

// rank orders the states by a job's progress; -1 means that the state is unknown.
func (s State) rank() int {
	switch s {
	case Unspecified:
		return 0
	case Queued:
		return 1
	case Pending:
		return 2
	case Running, Paused:
		return 3
	case Cancelling:
		return 4
	case Succeeded, Failed, Cancelled:
		return 5
	}
	return -1
}

// follows reports whether a job that was seen in state s may later be seen in next. A job only
// moves forward, except that a paused job is queued again when it is resumed. An Unspecified state
// may precede and follow any state.
func (s State) follows(next State) bool {
	switch {
	case s.Finished():
		return false
	case next == Unspecified || s == Unspecified || s == Paused:
		return true
	default:
		return next.rank() >= s.rank()
	}
}
