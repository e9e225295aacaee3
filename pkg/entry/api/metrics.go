// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
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
	record, err := a.find(r.Context(), name)
	if err != nil {
		return nil, err
	}
	record, _ = a.refresh(r.Context(), record)
	job := record.Job
	answer := jobMetrics{
		JobID: job.ID, JobName: a.name(job), Status: job.State, Checkpoints: job.Checkpoints, Best: jobview.BestCheckpoint(job),
	}
	switch {
	case !job.Finished:
		answer.Detail = "Vertex AI shows the metrics after the job's end."
	case jobmetrics.Due(job):
		answer.Detail = "The metrics are read within a few minutes after the job's end."
	case job.Metrics == nil:
		answer.Detail = jobmetrics.None
	case job.Metrics.URI == "":
		answer.Detail = job.Metrics.Detail
	default:
		answer.Series, err = jobmetrics.Read(r.Context(), a.Objects, job.Metrics.URI)
		if errors.Is(err, gcs.ErrNotFound) {
			err, answer.Detail = nil, "The object "+job.Metrics.URI+", which had the metrics, was deleted."
		}
		if job.Metrics.Memorized != "" {
			answer.Warnings = []string{job.Metrics.Memorized}
		}
	}
	return answer, err
}
