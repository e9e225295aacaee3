// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// lineage is the response of GET /lineage/NAME: the jobs that used a dataset, or the jobs that
// created a model or an endpoint, the oldest first.
type lineage struct {
	Jobs  []lineageJob `json:"jobs"`
	Count int          `json:"count"`
}

// lineageJob is a job with its inputs and outputs.
type lineageJob struct {
	JobID       string            `json:"job_id"`
	JobName     string            `json:"job_name"`
	DisplayName string            `json:"display_name"`
	Status      tuning.State      `json:"status"`
	StartedBy   string            `json:"started_by,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	CreatedAt   string            `json:"created_at"`
	StartedAt   string            `json:"started_at,omitempty"`
	EndedAt     string            `json:"ended_at,omitempty"`

	Dataset         lineageDataset         `json:"dataset"`
	BaseModel       string                 `json:"base_model"`
	PreTunedModel   string                 `json:"pre_tuned_model,omitempty"`
	TuningMode      string                 `json:"tuning_mode,omitempty"`
	Hyperparameters tuning.Hyperparameters `json:"hyperparameters"`
	NotSent         []string               `json:"hyperparameters_not_sent,omitempty"`

	TunedModel    string              `json:"tuned_model,omitempty"`
	TunedEndpoint string              `json:"tuned_endpoint,omitempty"`
	Checkpoints   []tuning.Checkpoint `json:"checkpoints,omitempty"`
	OutputURI     string              `json:"output_uri,omitempty"`
	RetunedFrom   string              `json:"retuned_from,omitempty"` // the ID of a job
	Retirement    *catalogue.Notice   `json:"retirement,omitempty"`   // of the base model of a tuned model
}

// lineageDataset is a job's training data with their sources.
type lineageDataset struct {
	URI                string                `json:"uri"`
	SHA256             string                `json:"sha256,omitempty"`
	Examples           int64                 `json:"examples"`
	ValidationURI      string                `json:"validation_uri,omitempty"`
	ValidationExamples int64                 `json:"validation_examples,omitempty"`
	Sources            []tuning.SourceObject `json:"sources,omitempty"`
	SourcesIndex       string                `json:"sources_index,omitempty"`
	Converter          string                `json:"converter,omitempty"`
	Options            map[string]string     `json:"options,omitempty"`
	RequestSHA256      string                `json:"request_sha256,omitempty"`
}

func lineageOf(name string, j tuning.Job) lineageJob {
	return lineageJob{
		JobID: j.ID, JobName: name, DisplayName: j.DisplayName, Status: j.State, StartedBy: j.StartedBy, Labels: j.Spec.Labels,
		CreatedAt: jobview.FormatTime(j.CreatedAt), StartedAt: jobview.FormatTime(j.StartedAt), EndedAt: jobview.FormatTime(j.EndedAt),
		Dataset: lineageDataset{
			URI: j.TrainingData, SHA256: j.Lineage.DatasetSHA256, Examples: j.Pairs,
			ValidationURI: j.Spec.ValidationData, ValidationExamples: j.Lineage.Validation,
			Sources: j.Lineage.Sources, SourcesIndex: j.Lineage.Index, Converter: j.Lineage.Converter, Options: j.Lineage.Options,
			RequestSHA256: j.Lineage.Request,
		},
		BaseModel: j.BaseModel, PreTunedModel: j.Spec.PreTunedModel, TuningMode: j.Spec.TuningMode,
		Hyperparameters: j.Hyperparameters, NotSent: j.Spec.NotSent,
		TunedModel: j.TunedModel, TunedEndpoint: j.TunedEndpoint, Checkpoints: j.Checkpoints, OutputURI: j.Spec.OutputURI,
		RetunedFrom: j.RetunedFrom,
	}
}

// oneSlash matches the beginning of a gs:// URI that was sent without percent-encoding: the
// Functions Framework's mux redirects a path with two slashes to the path with a single one.
var oneSlash = lazyregexp.New(`^gs:/([^/])`)

func (a *API) lineage(r *http.Request, name string) (any, error) {
	name = oneSlash.ReplaceAllString(name, "gs://$1")
	records, err := a.Access.Related(r.Context(), name)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		return nil, fault.New(fault.NotFound, "No recorded job was trained on %s or has produced it.", name)
	}
	answer := lineage{Count: len(records)}
	for _, record := range records {
		job := lineageOf(a.name(record.Job), record.Job)
		job.Retirement = a.Presenter.Retirement(r.Context(), record.Job)
		answer.Jobs = append(answer.Jobs, job)
	}
	return answer, nil
}
