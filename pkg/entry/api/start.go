// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// started is the response of POST /start.
type started struct {
	Message     string          `json:"message"`
	JobInfo     jobInfo         `json:"job_info"`
	PairsCount  int64           `json:"training_pairs_count"`
	MergedPairs int64           `json:"merged_pairs_count,omitempty"`
	LeftOut     *tuning.LeftOut `json:"left_out,omitempty"`
	Warnings    []string        `json:"warnings,omitempty"`
	// ValidationCount is the number of validation examples of the job.
	ValidationCount int64 `json:"validation_examples_count,omitempty"`
	// Estimate is the estimate of the job's tokens, cost and duration; see package estimate. It is
	// absent until it is known.
	Estimate json.RawMessage `json:"estimate,omitempty"`
	// QueuePosition is the position of a queued job in the queue, from 1. StatusDetail is why it
	// waits.
	QueuePosition int    `json:"queue_position,omitempty"`
	StatusDetail  string `json:"status_detail,omitempty"`
}

type jobInfo struct {
	JobID           string                 `json:"job_id"`
	JobName         string                 `json:"job_name"`
	DisplayName     string                 `json:"display_name"`
	BaseModel       string                 `json:"base_model"`
	Status          tuning.State           `json:"status"`
	CreatedAt       string                 `json:"created_at"`
	TrainingData    string                 `json:"training_data_path"`
	Hyperparameters tuning.Hyperparameters `json:"hyperparameters"`
	PreTunedModel   string                 `json:"pre_tuned_model,omitempty"`
	OutputURI       string                 `json:"output_uri,omitempty"`
}

func (a *API) start(r *http.Request) (any, error) {
	f, err := a.fields(r)
	if err != nil {
		return nil, err
	}
	request := tuning.ReadRequest(f)
	dry := f.Flag("dry_run")
	return a.startOrPlan(r, jobs.StartRequest{Request: request, Caller: callerOf(r.Context()), Faults: f.Faults()}, dry)
}

// startOrPlan starts a job, or returns what it would do.
func (a *API) startOrPlan(r *http.Request, order jobs.StartRequest, dry bool) (any, error) {
	if dry {
		return a.dryRun(r.Context(), order)
	}
	order.Key = idempotencyKey(r.Header, &order.Faults)
	job, err := paced(r.Context(), a, func() (tuning.Job, error) { return a.Jobs.Start(r.Context(), order) })
	if err != nil {
		return nil, err
	}
	return started{
		Message: "Fine-tuning job started successfully",
		JobInfo: jobInfo{
			JobID: job.ID, JobName: a.name(job), DisplayName: job.DisplayName, BaseModel: job.BaseModel, Status: job.State,
			CreatedAt: jobview.FormatTime(job.CreatedAt), TrainingData: job.TrainingData, Hyperparameters: job.Hyperparameters,
			PreTunedModel: job.Spec.PreTunedModel, OutputURI: job.Spec.OutputURI,
		},
		PairsCount: job.Pairs, ValidationCount: job.Lineage.Validation, MergedPairs: job.Merged, LeftOut: job.LeftOut,
		Estimate: job.Estimate, Warnings: job.Warnings,
		QueuePosition: a.Access.Position(r.Context(), job), StatusDetail: job.Detail,
	}, nil
}

// planned is the response of a dry run.
type planned struct {
	Message         string            `json:"message"`
	DryRun          bool              `json:"dry_run"`
	PairsCount      int64             `json:"training_pairs_count"`
	ValidationCount int64             `json:"validation_examples_count,omitempty"`
	MergedPairs     int64             `json:"merged_pairs_count,omitempty"`
	LeftOut         *tuning.LeftOut   `json:"left_out,omitempty"`
	Estimate        json.RawMessage   `json:"estimate"`
	Refusals        []fault.Violation `json:"refusals,omitempty"`
	Warnings        []string          `json:"warnings,omitempty"`
	// APIVersion is the version of the tuning service that would get the request.
	APIVersion string          `json:"vertex_api_version"`
	Request    json.RawMessage `json:"vertex_request"`
}

func (a *API) dryRun(ctx context.Context, o jobs.StartRequest) (any, error) {
	plan, err := a.Jobs.DryRun(ctx, o)
	if err != nil {
		return nil, err
	}
	job := plan.Job
	return planned{
		Message: "Nothing was created", DryRun: true, PairsCount: job.Pairs, ValidationCount: job.Lineage.Validation,
		MergedPairs: job.Merged, LeftOut: job.LeftOut, Estimate: job.Estimate, Refusals: plan.Refusals,
		Warnings: job.Warnings, APIVersion: job.Spec.APIVersion, Request: plan.Request,
	}, nil
}

// keyLimit is the maximum length of an idempotency key in bytes.
const keyLimit = 255

// idempotencyKey returns the header that identifies repetitions of the same start, or "".
func idempotencyKey(header http.Header, faults *fault.Faults) string {
	const name = "Idempotency-Key"
	values := header.Values(name)
	if len(values) == 0 {
		return ""
	}
	key := values[0]
	visible := !strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' })
	if len(values) > 1 || key == "" || len(key) > keyLimit || !visible {
		faults.Add(name, "INVALID_IDEMPOTENCY_KEY", fmt.Sprintf("must be given once, as 1 to %d visible ASCII characters, such as a UUID.", keyLimit))
		return ""
	}
	return key
}

func (a *API) name(job tuning.Job) string { return job.PublicName(a.Config.Project) }
