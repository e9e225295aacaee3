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

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Pipeline is a TrainingPipeline, which tuned models before tuning jobs existed. New ones are not
// created for tuning, but callers still ask for old ones.
type Pipeline struct {
	Name        string
	DisplayName string
	State       string // Vertex AI's state, PIPELINE_STATE_*
	Labels      map[string]string
	Model       string // the uploaded model; "" until the upload
	Failure     *tuning.Failure
	CreatedAt   time.Time
	StartedAt   time.Time
	EndedAt     time.Time
	UpdatedAt   time.Time
}

// Pipeline returns Vertex AI's description of a TrainingPipeline. Such calls are rare, so each
// opens and closes its own connection.
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
	// model_to_upload is part of the request; Vertex AI fills in its name after the upload.
	if out.Model = p.GetModelToUpload().GetName(); out.Model != "" && p.GetModelToUpload().GetVersionId() != "" {
		out.Model += "@" + p.GetModelToUpload().GetVersionId()
	}
	if e := p.GetError(); e != nil {
		out.Failure = &tuning.Failure{Code: e.GetCode(), Message: e.GetMessage()}
	}
	return out
}
