// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobevents

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"cloud.google.com/go/pubsub/v2"
	cloudevent "github.com/cloudevents/sdk-go/v2/event"

	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

// ModelTypePrefix begins the name of every type of event about a model, such as
// vertextune.model.v1.promoted.
const ModelTypePrefix = "vertextune.model.v1."

// modelTypes are the last parts of the event types.
var modelTypes = map[promotion.Action]string{promotion.Promoted: "promoted", promotion.RolledBack: "rolledBack"}

// modelData is the data of an event about a model. The event says that another version is active.
type modelData struct {
	ModelID      string          `json:"model_id"`
	Version      int64           `json:"version"`
	JobID        string          `json:"job_id"`
	JobName      string          `json:"job_name"`
	BaseModel    string          `json:"base_model"`
	TunedModel   string          `json:"tuned_model"`
	CheckpointID string          `json:"checkpoint_id,omitempty"`
	Endpoint     string          `json:"endpoint"`
	Actor        string          `json:"actor"`
	Automatic    bool            `json:"automatic,omitempty"`
	Evaluation   *promotion.Gain `json:"evaluation,omitempty"`
}

// ModelEvent returns a move of a model's pointer as a CloudEvent. Its ID is the same each time that
// it is published.
func ModelEvent(project, modelID string, m promotion.Move) (cloudevent.Event, error) {
	out := cloudevent.New()
	out.SetID(m.ID)
	out.SetSource("//vertextune/projects/" + project)
	out.SetSubject(subject(modelID))
	out.SetType(ModelTypePrefix + modelTypes[m.Action])
	out.SetTime(m.At.UTC().Truncate(time.Microsecond))
	err := out.SetData(cloudevent.ApplicationJSON, modelData{
		ModelID: modelID, Version: m.Number, JobID: m.Version.JobID, JobName: m.Version.JobName, BaseModel: m.Version.BaseModel,
		TunedModel: m.Version.TunedModel, CheckpointID: m.Version.Checkpoint, Endpoint: m.Version.Endpoint,
		Actor: m.By, Automatic: m.Automatic, Evaluation: m.Gain,
	})
	if err != nil {
		return out, fmt.Errorf("encode event %s: %w", m.ID, err)
	}
	return out, nil
}

// subject is the subject of the events of a model, and their ordering key. The ID of a model may
// have any character, so it is percent-encoded.
func subject(modelID string) string { return "models/" + url.PathEscape(modelID) }

// PublishMoves publishes the events of a model, in order. After an error, some of them may have
// arrived.
func (p *Publisher) PublishMoves(ctx context.Context, modelID string, moves []promotion.Move) error {
	var results []*pubsub.PublishResult
	for _, m := range moves {
		event, err := ModelEvent(p.project, modelID, m)
		if err != nil {
			return err
		}
		results = append(results, p.topic.Publish(ctx, message(event, subject(modelID))))
	}
	var failed error
	for _, result := range results {
		if _, err := result.Get(ctx); failed == nil {
			failed = err
		}
	}
	if failed != nil && ctx.Err() == nil {
		p.topic.ResumePublish(subject(modelID)) // for the reason, see the method arrived
	}
	return gcperr.Fault(failed, "Pub/Sub", "publish the events of a model")
}
