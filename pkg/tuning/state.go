// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package tuning holds what a tuning job is for us: its record, its states and the rule by which a record
// moves on, its names, and what a caller may ask for. It is pure: no cloud, no clock, no input or output.
package tuning

import "strings"

// State is a state in the words of our HTTP contract, PIPELINE_STATE_*.
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

// renamed maps the words of Vertex AI's JobState that the contract has no word of its own for.
var renamed = map[string]State{
	"JOB_STATE_EXPIRED":             Failed,
	"JOB_STATE_PARTIALLY_SUCCEEDED": Succeeded,
	"JOB_STATE_UPDATING":            Running,
}

// FromVertex returns the contract's word for a JobState of Vertex AI. A word that is not known yet becomes
// Unspecified, which is not finished: the job stays watched, and the record keeps Vertex AI's own word.
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

// rank orders the states by how far a job has come; -1 is a word that is none of ours.
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

// follows reports whether a job seen in state s may be seen in next later. A job only goes forward, but
// for one that was paused: it is queued again when it is resumed. A state we have no word for says nothing.
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
