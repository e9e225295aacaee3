// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// Budget limits what jobs may cost, in US dollars. 0 means no limit.
type Budget struct {
	// Default is the limit for a job whose start has no max_cost_usd, and Ceiling is the limit for
	// every job.
	Default usd.Amount `env:"DEFAULT_MAX_COST_USD" envDefault:"0"`
	Ceiling usd.Amount `env:"MAX_COST_USD" envDefault:"0"`
	// Monthly is the limit for all jobs of a month together: the upper ends of their estimates are
	// added up.
	Monthly usd.Amount `env:"MONTHLY_BUDGET_USD" envDefault:"0"`
}

// Check reports negative amounts. The error names each setting that is wrong.
func (b Budget) Check() error {
	var all []error
	for _, s := range []struct {
		setting string
		amount  usd.Amount
	}{{"DEFAULT_MAX_COST_USD", b.Default}, {"MAX_COST_USD", b.Ceiling}, {"MONTHLY_BUDGET_USD", b.Monthly}} {
		if s.amount < 0 {
			all = append(all, fmt.Errorf("%s is %s, but must be 0 (no limit) or more", s.setting, s.amount))
		}
	}
	return errors.Join(all...)
}

// noValidation is the warning about a job without validation data. Source: the metrics of Vertex
// AI's guide to supervised tuning, of which those of evaluation need a validation dataset.
const noValidation = "Without validation data there is no evaluation loss, which shows the best checkpoint: validation_split holds back examples for it."

// withEstimate returns the job with its tokens and cost. It returns an error if the model cannot
// take the data, or if the cost exceeds the budget.
func (s *Service) withEstimate(ctx context.Context, job tuning.Job, r tuning.Request, set trainset.Result) (tuning.Job, error) {
	content := s.Training.Catalogue.Current(ctx).CheckContent(catalogue.Request{
		BaseModel: job.BaseModel, Modalities: set.Modalities(), Training: catalogue.Size(set.Training()), Validation: catalogue.Size(set.Validation), Force: r.Force,
	})
	e := s.estimate(ctx, job, set)
	text, err := json.Marshal(e)
	if err != nil {
		return job, fmt.Errorf("encode the estimate: %w", err)
	}
	job.Estimate = text
	job.Warnings = slices.Concat(job.Warnings, content.Texts(), e.Warnings)
	if set.Validation.Examples == 0 {
		job.Warnings = append(job.Warnings, noValidation)
	}
	if e.Cost != nil {
		job.Cost = int64(e.Cost.High)
	}
	if err := content.Err(); err != nil {
		return job, err
	}
	return job, e.Check(s.budget(r))
}

func (s *Service) budget(r tuning.Request) estimate.Budget {
	return estimate.Budget{Request: r.MaxCost, Default: s.Config.Budget.Default, Ceiling: s.Config.Budget.Ceiling, Monthly: s.Config.Budget.Monthly}
}

// estimate estimates the tokens, the cost and the duration of the job. Without earlier jobs to
// compare with there is no duration, which is not worth an error.
func (s *Service) estimate(ctx context.Context, job tuning.Job, set trainset.Result) estimate.Estimate {
	plan := estimate.Of(set.Report)
	plan.Model, plan.TuningMode = s.Training.Catalogue.Current(ctx).Lookup(job.BaseModel), job.Spec.TuningMode
	plan.Counted, plan.NotCounted = s.countTokens(ctx, job, plan.Model, set.Sample)
	if job.Hyperparameters.EpochCount != nil {
		plan.Epochs = *job.Hyperparameters.EpochCount
	}
	earlier, err := s.Records.Succeeded(ctx, job.BaseModel, maxPastRuns)
	if err != nil {
		s.Log.WarnContext(ctx, "the earlier jobs were not read", "job_id", job.ID, "error", err)
	}
	for _, run := range earlier {
		var past estimate.Estimate
		if json.Unmarshal(run.Estimate, &past) == nil && past.TrainingTokens != nil && past.TrainingTokens.Expected > 0 && !run.StartedAt.IsZero() {
			plan.Past = append(plan.Past, estimate.Run{TrainingTokens: past.TrainingTokens.Expected, Duration: run.EndedAt.Sub(run.StartedAt)})
		}
	}
	return estimate.Make(plan)
}

// maxPastRuns is how many earlier jobs the estimated duration is based on.
const maxPastRuns = 30
