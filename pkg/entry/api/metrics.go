// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/work/jobmetrics"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// jobMetrics is the response of GET /jobs/JOB_NAME/metrics.
type jobMetrics struct {
	JobID       string              `json:"job_id"`
	JobName     string              `json:"job_name"`
	Status      tuning.State        `json:"status"`
	Series      metrics.Curves      `json:"series"`
	Checkpoints []tuning.Checkpoint `json:"checkpoints,omitempty"`
	Best        *jobview.Best       `json:"best_checkpoint,omitempty"`
	Warnings    []string            `json:"warnings,omitempty"`
	Detail      string              `json:"detail,omitempty"` // why there are no series
}

func (a *API) metrics(r *http.Request, name string) (any, error) {
	record, err := a.Access.Find(r.Context(), name)
	if err != nil {
		return nil, err
	}
	record, _ = a.Access.Refresh(r.Context(), record)
	job := record.Job
	answer := jobMetrics{
		JobID: job.ID, JobName: a.name(job), Status: job.State, Checkpoints: job.Checkpoints, Best: jobview.BestCheckpoint(job),
	}
	answer.Series, answer.Detail, err = jobmetrics.Of(r.Context(), a.Objects, job)
	if job.Metrics != nil && job.Metrics.Memorized != "" {
		answer.Warnings = []string{job.Metrics.Memorized}
	}
	return answer, err
}
