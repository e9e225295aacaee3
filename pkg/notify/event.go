// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package notify tells the world what happened to jobs: as CloudEvents, published to a Pub/Sub topic at least once
// and in order for a job. The files in schema describe the data of each type of event.
package notify

import (
	"fmt"
	"time"

	cloudevent "github.com/cloudevents/sdk-go/v2/event"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// TypePrefix stands before the name of every type of event, as in vertextune.tuningJob.v1.stateChanged.
const TypePrefix = "vertextune.tuningJob.v1."

// change is the data of an event. It says how the job was at that time and holds nothing that changes later, so
// that an event that is told again is the same.
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

// CloudEvent returns an event of a job of the project as a CloudEvent. Its ID is the same whenever it is told, its
// source the project and its subject the job, by the ID that never changes.
func CloudEvent(project string, job tuning.Job, e tuning.Event) (cloudevent.Event, error) {
	then := job
	then.Name = e.Name
	out := cloudevent.New()
	out.SetID(job.EventID(e))
	out.SetSource("//vertextune/projects/" + project)
	out.SetSubject("tuningJobs/" + job.ID)
	out.SetType(TypePrefix + string(e.Type))
	out.SetTime(e.Time.UTC().Truncate(time.Microsecond)) // as Firestore keeps it, so that it is the same when it is read back
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
