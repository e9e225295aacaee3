// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobview

import (
	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Best is the checkpoint of a job that is the best one as far as its losses show.
type Best struct {
	ID     string `json:"checkpoint_id"`
	Reason string `json:"reason"` // a sentence
}

// BestCheckpoint returns the best checkpoint of a job that has succeeded and was measured, or nil.
func BestCheckpoint(job tuning.Job) *Best {
	if job.State != tuning.Succeeded || job.Metrics == nil || len(job.Checkpoints) == 0 {
		return nil
	}
	losses := make([]*float64, len(job.Checkpoints))
	for i, c := range job.Checkpoints {
		losses[i] = c.EvalLoss
	}
	best, reason := metrics.Best(losses)
	return &Best{ID: job.Checkpoints[best].ID, Reason: reason}
}
