// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"errors"
	"fmt"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// Pipeline is a TrainingPipeline: what tuned models before there were tuning jobs. Nobody makes any for tuning now,
// but the names of old ones are still asked for.
type Pipeline struct {
	Name        string
	DisplayName string
	State       string // Vertex AI's own word, PIPELINE_STATE_*
	Labels      map[string]string
	Model       string // that it uploaded, once it has
	Failure     *tuning.Failure
	CreatedAt   time.Time
	StartedAt   time.Time
	EndedAt     time.Time
	UpdatedAt   time.Time
}

// Pipeline returns what Vertex AI says of a TrainingPipeline. That is asked for seldom, so the connection is made for
// the call and closed after it.
func (c *Client) Pipeline(ctx context.Context, name string) (_ Pipeline, err error) {
	location, ok := tuning.Location(name)
	if !ok {
		return Pipeline{}, fmt.Errorf("get training pipeline: %q is not a pipeline's resource name", name)
	}
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	client, err := aiplatform.NewPipelineClient(ctx, c.options(location)...)
	if err != nil {
		return Pipeline{}, fmt.Errorf("connect to Vertex AI in %s: %w", location, err)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	p, err := client.GetTrainingPipeline(ctx, &aiplatformpb.GetTrainingPipelineRequest{Name: name})
	if err != nil {
		return Pipeline{}, wrap(err, "get the training pipeline", name)
	}
	return pipeline(p), nil
}

func pipeline(p *aiplatformpb.TrainingPipeline) Pipeline {
	out := Pipeline{
		Name: p.GetName(), DisplayName: p.GetDisplayName(), State: p.GetState().String(), Labels: p.GetLabels(),
		CreatedAt: moment(p.GetCreateTime()), StartedAt: moment(p.GetStartTime()), EndedAt: moment(p.GetEndTime()), UpdatedAt: moment(p.GetUpdateTime()),
	}
	// model_to_upload is what was asked for; its name is filled in once the model is there.
	if out.Model = p.GetModelToUpload().GetName(); out.Model != "" && p.GetModelToUpload().GetVersionId() != "" {
		out.Model += "@" + p.GetModelToUpload().GetVersionId()
	}
	if e := p.GetError(); e != nil {
		out.Failure = &tuning.Failure{Code: e.GetCode(), Message: e.GetMessage()}
	}
	return out
}
