// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// StartRequest is a caller's request to start an evaluation.
type StartRequest struct {
	evalrun.Request
	Caller string
	// Key, if it is not empty, makes the start idempotent: another request of the same caller with
	// the same key is the same evaluation.
	Key string
	// Faults are the faults that were found when the request was read.
	Faults fault.Faults
}

// Plan is the result of a dry run.
type Plan struct {
	evalrun.Run
	Refusals []fault.Violation // why the start would be refused
}

// draft is an evaluation that is not recorded yet.
type draft struct {
	evalrun.Run
	examples []evaluation.Example
	refusal  error // it would exceed a budget
}

// Start records an evaluation and reserves its bill. The poller does the rest.
func (s *Service) Start(ctx context.Context, r StartRequest) (evalrun.Run, error) {
	if faults := r.Check(r.Faults); faults.Count > 0 {
		return evalrun.Run{}, faults.Err()
	}
	if r.Key == "" {
		return s.create(ctx, evalrun.NewID(s.Now()), r)
	}
	return s.startOnce(ctx, evalrun.KeyID(r.Caller, r.Key), r)
}

// StartOf starts the evaluation that the start of a job asked for: against the base or, if the job
// repeats another one, against the model of that one. It is idempotent.
func (s *Service) StartOf(ctx context.Context, job tuning.Job) error {
	_, err := s.startOnce(ctx, evalrun.JobKeyID(job.ID), StartRequest{
		Request: evalrun.Request{JobName: job.ID, Against: job.RetunedFrom}, Caller: job.StartedBy,
	})
	return err
}

// startOnce creates the evaluation of this ID, or returns the existing one.
func (s *Service) startOnce(ctx context.Context, id string, r StartRequest) (evalrun.Run, error) {
	known, err := s.Records.Evaluation(ctx, id)
	if err == nil || fault.KindOf(err) != fault.NotFound {
		return repeated(known.Run, r, err)
	}
	return s.create(ctx, id, r)
}

func (s *Service) create(ctx context.Context, id string, r StartRequest) (evalrun.Run, error) {
	memory, err := s.Training.ReserveSelection(ctx)
	if err != nil {
		return evalrun.Run{}, err
	}
	defer memory.Release()
	d, err := s.draft(ctx, r.Request)
	if err := errors.Join(err, d.refusal); err != nil {
		return evalrun.Run{}, err
	}
	d.ID, d.Request, d.StartedBy = id, r.Hash(), r.Caller
	// The name is new each time: a start that was interrupted before its record leaves its object.
	d.Questions, err = s.writeQuestions(ctx, id, "questions-"+strings.ToLower(rand.Text()[:10])+".jsonl", d.examples)
	if err != nil {
		return evalrun.Run{}, err
	}
	if d.Estimate.Cost != nil && s.Config.Budget.Monthly > 0 {
		d.Reserved, d.Month = int64(d.Estimate.Cost.High), s.month()
	}
	created, isNew, err := s.Records.CreateEvaluation(ctx, d.Run, int64(s.Config.Budget.Monthly))
	if over, isOver := errors.AsType[*store.BudgetError](err); isOver {
		return evalrun.Run{}, s.overMonth(over)
	}
	if err != nil {
		return evalrun.Run{}, err
	}
	if !isNew {
		return repeated(created.Run, r, nil)
	}
	s.Log.InfoContext(ctx, "the evaluation was started", "evaluation", id, "job_id", d.JobID, "caller", r.Caller)
	return created.Run, nil
}

// repeated returns the evaluation that a key was used for.
func repeated(known evalrun.Run, r StartRequest, err error) (evalrun.Run, error) {
	if err == nil && known.Request != r.Hash() {
		e := fault.New(fault.AlreadyExists, "The Idempotency-Key was used for another request. Use a new key for a new evaluation.")
		e.Violations = []fault.Violation{{
			Field: "Idempotency-Key", Reason: "KEY_USED_FOR_ANOTHER_REQUEST", Description: "The first evaluation with this key had another request.",
		}}
		err = e
	}
	return known, err
}

// DryRun does everything that Start does before it writes, and creates nothing.
func (s *Service) DryRun(ctx context.Context, r StartRequest) (Plan, error) {
	if faults := r.Check(r.Faults); faults.Count > 0 {
		return Plan{}, faults.Err()
	}
	memory, err := s.Training.ReserveSelection(ctx)
	if err != nil {
		return Plan{}, err
	}
	defer memory.Release()
	d, err := s.draft(ctx, r.Request)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Run: d.Run}
	if d.refusal != nil {
		plan.Refusals = fault.From(d.refusal).Violations
	}
	monthly := int64(s.Config.Budget.Monthly)
	if monthly == 0 || d.Estimate.Cost == nil {
		return plan, nil
	}
	reserved, err := s.Records.Reserved(ctx, s.month())
	if wanted := int64(d.Estimate.Cost.High); err == nil && wanted > monthly-reserved {
		over := s.overMonth(&store.BudgetError{Month: s.month(), Reserved: reserved, Wanted: wanted})
		plan.Refusals = append(plan.Refusals, fault.From(over).Violations...)
	}
	return plan, err
}

// draft checks a request, selects the examples and estimates the bill.
func (s *Service) draft(ctx context.Context, r evalrun.Request) (d draft, err error) {
	job, err := s.job(ctx, "job_name", r.JobName)
	if err != nil {
		return d, err
	}
	var against *tuning.Job
	if r.Against != "" {
		other, err := s.job(ctx, "against", r.Against)
		if err != nil {
			return d, err
		}
		against = &other
	}
	known := s.Catalogue.Current(ctx)
	sides, err := s.sides(known, r, job, against)
	if err != nil {
		return d, err
	}
	var judge *evalrun.Side
	if r.Judge {
		if judge, err = s.judgeModel(known, sides[0].Location); err != nil {
			return d, err
		}
	}
	uri, field, err := s.source(r, job)
	if err != nil {
		return d, err
	}
	found, generation, err := s.selection(ctx, uri, field, cmp.Or(r.MaxExamples, evaluation.DefaultExamples))
	if err != nil {
		return d, err
	}
	if err := checkMetric(r.Metric, found.Examples); err != nil {
		return d, err
	}
	lengths, err := texts(found.Examples)
	if err != nil {
		return d, err
	}
	now := s.now()
	d.examples = found.Examples
	d.Run = evalrun.Run{
		JobID: job.ID, JobName: job.Name, State: evalrun.Pending, Sides: sides, Judge: judge, Metric: r.Metric,
		Data: uri, Generation: generation, Examples: int64(len(found.Examples)), Lines: found.Lines, Skipped: found.Skipped,
		MaxOutputTokens: evalrun.OutputLimit(lengths), CreatedAt: now, UpdatedAt: now,
	}
	d.Estimate = evalrun.Price(lengths, sides, judge, d.MaxOutputTokens)
	d.refusal = s.checkBudget(&d.Run, r)
	return d, nil
}

// minExamples is how many examples a verdict needs; see the README of package evaluation.
const minExamples = 20

// checkBudget refuses an evaluation that may cost more than its limit, and adds warnings.
func (s *Service) checkBudget(run *evalrun.Run, r evalrun.Request) error {
	if run.Examples < minExamples {
		run.Warnings = append(run.Warnings, fmt.Sprintf("%d examples are too few for a verdict of better or worse, which needs %d.", run.Examples, minExamples))
	}
	budget := s.Config.Budget
	limit, from := estimate.Budget{Request: r.MaxCost, Default: budget.Default, Ceiling: budget.Ceiling}.Limit()
	if run.Estimate.Cost == nil {
		if limit == 0 {
			limit, from = budget.Monthly, "the month's budget of this service"
		}
		if limit == 0 {
			run.Warnings = append(run.Warnings, "The price of asking these models is not known, so no limit of the cost applies.")
			return nil
		}
		return overBudget("COST_UNKNOWN", "The price of asking these models is not known, and the evaluation may not cost more than $%s, %s.", limit, from)
	}
	cost := run.Estimate.Cost.High
	if limit == 0 || cost <= limit {
		return nil
	}
	return overBudget("OVER_BUDGET", "The evaluation may cost $%s, which is more than $%s, %s: %s. Give fewer max_examples.", cost, limit, from, run.Estimate.Arithmetic)
}

func overBudget(reason, format string, args ...any) error {
	e := fault.New(fault.FailedPrecondition, format, args...)
	e.Reason = reason
	e.Violations = []fault.Violation{{Field: "max_cost_usd", Reason: reason, Description: e.Message}}
	return e
}

func (s *Service) overMonth(e *store.BudgetError) error {
	return overBudget("MONTHLY_BUDGET", "The evaluation may cost $%s, but jobs and evaluations of %s may already cost $%s of the month's budget of $%s. "+
		"Raise MONTHLY_BUDGET_USD, or wait for the next month.", usd.Amount(e.Wanted), e.Month, usd.Amount(e.Reserved), s.Config.Budget.Monthly)
}

// job returns the job that a field of a request names, if its tuned model can be asked.
func (s *Service) job(ctx context.Context, field, name string) (tuning.Job, error) {
	record, err := s.Records.FindJob(ctx, name)
	if fault.KindOf(err) == fault.NotFound {
		return tuning.Job{}, fault.Refuse(fault.NotFound, field, "UNKNOWN_JOB", "There is no job %q. GET /api/v1/fine-tuning/jobs lists the jobs.", name)
	}
	if err != nil {
		return tuning.Job{}, err
	}
	return record.Job, checkServed(field, record.Job)
}

func (s *Service) month() string { return s.Now().UTC().Format("2006-01") }

// now returns the time in microseconds, which is Firestore's precision.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }
