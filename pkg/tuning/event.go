// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"fmt"
	"time"
)

// EventType is what kind of thing happened to a job.
type EventType string

// The types.
const (
	Created         EventType = "created"         // the start was confirmed: there is a job
	StateChanged    EventType = "stateChanged"    // the job is in another state, or Vertex AI has named it
	CancelRequested EventType = "cancelRequested" // its caller, or the rule for stalled jobs, wants it to end
	Stalled         EventType = "stalled"         // it has not moved for long, or runs past its time
)

// Event is one thing that happened to a job. It is written with the change that it tells of, in one write of
// the record, and never changed. Seq counts a job's events from 1.
type Event struct {
	Seq           int64     `firestore:"seq"`
	Type          EventType `firestore:"type"`
	Time          time.Time `firestore:"time"`
	From          State     `firestore:"from,omitempty"`
	To            State     `firestore:"to"`
	Name          string    `firestore:"name,omitempty"` // Vertex AI's, at that time
	VertexState   string    `firestore:"vertex_state,omitempty"`
	Actor         string    `firestore:"actor,omitempty"` // the caller, where one did it
	Reason        string    `firestore:"reason,omitempty"`
	Failure       *Failure  `firestore:"failure,omitempty"`
	TunedModel    string    `firestore:"tuned_model,omitempty"`
	TunedEndpoint string    `firestore:"tuned_endpoint,omitempty"`
}

// EventID identifies an event of a job for ever, however often it is told.
func (j Job) EventID(e Event) string { return fmt.Sprintf("%s-%06d", j.ID, e.Seq) }

// Untold returns the events that were not published yet, in order.
func (j Job) Untold() []Event { return j.Events[min(j.Told, int64(len(j.Events))):] }
