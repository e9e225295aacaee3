// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"encoding/json"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Plan is the result of a dry run.
type Plan struct {
	Job tuning.Job
	// Refusals are the reasons why the start would be refused, each with a value that would work.
	Refusals []fault.Violation
	// Request is the request that Vertex AI would get, in the form of its REST API.
	Request json.RawMessage
}

// DryRun does everything that Start does before it writes the record, and creates nothing: the data
// are read, split and counted, and then discarded.
func (s *Service) DryRun(ctx context.Context, o StartRequest) (Plan, error) {
	job, verdict, err := s.check(ctx, o)
	if err != nil {
		return Plan{}, err
	}
	set, release, err := s.Training.Preview(ctx, job.BaseModel, o.Request)
	defer release()
	if err != nil {
		return Plan{}, joinFaults(fault.Faults{}, err, verdict.Err())
	}
	plan := Plan{Refusals: verdict.Refusals}
	plan.Job, err = s.withEstimate(ctx, s.withFiles(job, o.Request, set), o.Request, set)
	switch refused := fault.From(err); {
	case err == nil:
	case refused.Kind == fault.Internal:
		return Plan{}, err
	default:
		plan.Refusals = append(plan.Refusals, refused.Violations...)
	}
	if err := s.checkMonthlyBudget(ctx, plan.Job); fault.KindOf(err) == fault.FailedPrecondition {
		plan.Refusals = append(plan.Refusals, fault.From(err).Violations...)
	} else if err != nil {
		return Plan{}, err
	}
	plan.Request, err = s.Vertex.Request(plan.Job)
	return plan, err
}

// checkMonthlyBudget returns an error for a job that exceeds what is left of the current month's
// budget.
func (s *Service) checkMonthlyBudget(ctx context.Context, job tuning.Job) error {
	monthly := s.Config.Budget.Monthly
	if monthly == 0 {
		return nil
	}
	reserved, err := s.Records.Reserved(ctx, s.month())
	if err != nil || job.Cost <= int64(monthly)-reserved {
		return err
	}
	return monthlyBudgetError(&store.BudgetError{Month: s.month(), Reserved: reserved, Wanted: job.Cost}, monthly)
}
