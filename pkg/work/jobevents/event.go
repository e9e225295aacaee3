// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package jobevents publishes the events of jobs as CloudEvents to a Pub/Sub topic, at least once,
// and in order for each job. The files in the folder schema describe the data of each type of
// event.
package jobevents

import (
	"fmt"
	"time"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// TypePrefix begins the name of every type of event, such as vertextune.tuningJob.v1.stateChanged.
const TypePrefix = "vertextune.tuningJob.v1."

// change is the data of an event. It describes the job at the time of the event and has no field
// that changes later, so a repeated event is the same.
type change struct {
	JobID         string          `json:"job_id"`
	JobName       string          `json:"job_name"`
	DisplayName   string          `json:"display_name"`
	BaseModel     string          `json:"base_model"`
	StartedBy     string          `json:"started_by,omitempty"`
	CreatedAt     time.Time       `json:"created_at"`
	From          tuning.State    `json:"previous_status,omitempty"`
	Status        tuning.State    `json:"status"`
	VertexState   string          `json:"vertex_state,omitempty"`
	Actor         string          `json:"actor,omitempty"`
	Reason        string          `json:"reason,omitempty"`
	Error         *tuning.Failure `json:"error,omitempty"`
	TunedModel    string          `json:"tuned_model,omitempty"`
	TunedEndpoint string          `json:"tuned_endpoint,omitempty"`
}

// CloudEvent returns an event of a job as a CloudEvent. Its ID is the same each time that it is
// published. Its source is the project, and its subject is the job, by the ID that never changes.
func CloudEvent(project string, job tuning.Job, e tuning.Event) (cloudevent.Event, error) {
	then := job
	then.Name = e.Name
	out := cloudevent.New()
	out.SetID(job.EventID(e))
	out.SetSource("//vertextune/projects/" + project)
	out.SetSubject("tuningJobs/" + job.ID)
	out.SetType(TypePrefix + string(e.Type))
	// The time has Firestore's precision, so that it is the same after the event is read back.
	out.SetTime(e.Time.UTC().Truncate(time.Microsecond))
	err := out.SetData(cloudevent.ApplicationJSON, change{
		JobID: job.ID, JobName: then.PublicName(project), DisplayName: job.DisplayName, BaseModel: job.BaseModel,
		StartedBy: job.StartedBy, CreatedAt: job.CreatedAt, From: e.From, Status: e.To, VertexState: e.VertexState,
		Actor: e.Actor, Reason: e.Reason, Error: e.Failure, TunedModel: e.TunedModel, TunedEndpoint: e.TunedEndpoint,
	})
	if err != nil {
		return out, fmt.Errorf("encode event %s: %w", out.ID(), err)
	}
	return out, nil
}
