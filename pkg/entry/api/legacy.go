// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// legacyStatus is the response of GET /job-status/JOB_NAME for a TrainingPipeline without a record
// of ours. Pipelines tuned models before Vertex AI had tuning jobs. Vertex AI has no other fields
// that every pipeline has.
type legacyStatus struct {
	JobName     string            `json:"job_name"`
	DisplayName string            `json:"display_name"`
	Status      tuning.State      `json:"status"`
	CreatedAt   string            `json:"created_at"`
	UpdatedAt   string            `json:"updated_at"`
	StartedAt   string            `json:"started_at,omitempty"`
	EndedAt     string            `json:"ended_at,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	TunedModel  string            `json:"tuned_model,omitempty"`
	Failure     *tuning.Failure   `json:"error,omitempty"`
	Remedy      *jobview.Remedy   `json:"remedy,omitempty"`
	Warnings    []string          `json:"warnings"`
}

var legacyName = lazyregexp.New(`^projects/([a-z0-9.:-]+)/(locations/[a-z0-9-]+/trainingPipelines/[0-9]+)$`)

// legacy reads a TrainingPipeline of our project from Vertex AI. The name may contain the project's
// ID or number. If Vertex AI does not know the pipeline either, legacy returns unknown, the error
// for a name without a record.
func (a *API) legacy(ctx context.Context, name string, unknown error) (any, error) {
	ours := a.Config.Project
	m := legacyName.FindStringSubmatch(name)
	if m == nil || m[1] != ours && strings.Trim(m[1], "0123456789") != "" {
		return nil, unknown
	}
	// The name's project is replaced by ours, so no caller can read another project's pipelines
	// through this service.
	p, err := a.Vertex.Pipeline(ctx, "projects/"+ours+"/"+m[2])
	if fault.KindOf(err) == fault.NotFound {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	state := tuning.State(p.State)
	if !slices.Contains(tuning.States, state) {
		state = tuning.Unspecified
	}
	return legacyStatus{
		JobName: p.Name, DisplayName: p.DisplayName, Status: state, CreatedAt: jobview.FormatTime(p.CreatedAt), UpdatedAt: jobview.FormatTime(p.UpdatedAt),
		StartedAt: jobview.FormatTime(p.StartedAt), EndedAt: jobview.FormatTime(p.EndedAt), Labels: p.Labels, TunedModel: p.Model, Failure: p.Failure,
		Remedy:   a.Presenter.Remedy(tuning.Job{Name: p.Name, Failure: p.Failure}),
		Warnings: []string{"This is a training pipeline, which this service has not started: only what Vertex AI says of it is known."},
	}, nil
}
