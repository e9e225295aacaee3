// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"fmt"
	"time"
)

// EventType is the kind of an event.
type EventType string

// The types of events.
const (
	Created         EventType = "created"         // the start was confirmed: the job exists
	StateChanged    EventType = "stateChanged"    // the job has a new state, or Vertex AI has named it
	CancelRequested EventType = "cancelRequested" // requested by a caller, or by the rule for stalled jobs
	Stalled         EventType = "stalled"         // the job is unchanged for long, or past its timeout
)

// Event is one thing that happened to a job. It is written in the same write of the record as the
// change that it describes, and never changes. Seq counts a job's events from 1.
type Event struct {
	Seq           int64     `firestore:"seq"`
	Type          EventType `firestore:"type"`
	Time          time.Time `firestore:"time"`
	From          State     `firestore:"from,omitempty"`
	To            State     `firestore:"to"`
	Name          string    `firestore:"name,omitempty"` // the job's name on Vertex AI at that time
	VertexState   string    `firestore:"vertex_state,omitempty"`
	Actor         string    `firestore:"actor,omitempty"` // the caller, if one caused the event
	Reason        string    `firestore:"reason,omitempty"`
	Failure       *Failure  `firestore:"failure,omitempty"`
	TunedModel    string    `firestore:"tuned_model,omitempty"`
	TunedEndpoint string    `firestore:"tuned_endpoint,omitempty"`
}

// EventID returns the permanent ID of an event, which is the same each time the event is published.
func (j Job) EventID(e Event) string { return fmt.Sprintf("%s-%06d", j.ID, e.Seq) }

// Unpublished returns the events that were not published yet, in order.
func (j Job) Unpublished() []Event { return j.Events[min(j.Published, int64(len(j.Events))):] }
