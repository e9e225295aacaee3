// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobaccess"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// evaluationPlan is the part of an evaluation that is known before it starts.
type evaluationPlan struct {
	JobID    string           `json:"job_id"`
	JobName  string           `json:"job_name"`
	Sides    []evalrun.Side   `json:"sides"`
	Judge    *evalrun.Side    `json:"judge,omitempty"`
	Metric   string           `json:"metric,omitempty"` // as it was asked for
	Data     string           `json:"evaluation_data"`
	Examples int64            `json:"examples"`
	Lines    int64            `json:"lines"`
	Skipped  map[string]int64 `json:"skipped_lines,omitempty"`
	Estimate evalrun.Estimate `json:"estimate"`
	Warnings []string         `json:"warnings,omitempty"`
}

func planOf(run evalrun.Run) evaluationPlan {
	return evaluationPlan{
		JobID: run.JobID, JobName: run.JobName, Sides: run.Sides, Judge: run.Judge, Metric: run.Metric, Data: run.Data, Examples: run.Examples,
		Lines: run.Lines, Skipped: run.Skipped, Estimate: run.Estimate, Warnings: run.Warnings,
	}
}

// evaluation is the response of GET /evaluations/ID.
type evaluation struct {
	ID    string        `json:"id"`
	State evalrun.State `json:"state"`
	evaluationPlan
	Asked        int64           `json:"asked_examples"`
	Judged       int64           `json:"judged_examples,omitempty"`
	StatusDetail string          `json:"status_detail,omitempty"`
	Billed       evaluationBill  `json:"billed"`
	Result       *evalrun.Result `json:"result,omitempty"`
	Failure      *tuning.Failure `json:"error,omitempty"`
	StartedBy    string          `json:"started_by"`
	CreatedAt    string          `json:"created_at"`
	UpdatedAt    string          `json:"updated_at"`
	StartedAt    string          `json:"started_at,omitempty"`
	EndedAt      string          `json:"ended_at,omitempty"`
}

// evaluationBill counts what the answers have cost so far. The cost is absent if a price is not
// known.
type evaluationBill struct {
	PromptTokens int64       `json:"prompt_tokens"`
	OutputTokens int64       `json:"output_tokens"`
	Cost         *usd.Amount `json:"cost_usd,omitempty"`
}

func evaluationOf(run evalrun.Run) evaluation {
	e := evaluation{
		ID: run.ID, State: run.State, evaluationPlan: planOf(run), Asked: run.Asked(), Judged: run.Judged(), StatusDetail: run.Detail,
		Billed: evaluationBill{PromptTokens: run.PromptTokens, OutputTokens: run.OutputTokens},
		Result: run.Result, Failure: run.Failure, StartedBy: run.StartedBy,
		CreatedAt: jobview.FormatTime(run.CreatedAt), UpdatedAt: jobview.FormatTime(run.UpdatedAt),
		StartedAt: jobview.FormatTime(run.StartedAt), EndedAt: jobview.FormatTime(run.EndedAt),
	}
	if run.Priced() {
		e.Billed.Cost = new(usd.Amount(run.Billed))
	}
	return e
}

// startedEvaluation is the response of POST /evaluations.
type startedEvaluation struct {
	Message    string     `json:"message"`
	Evaluation evaluation `json:"evaluation"`
}

// plannedEvaluation is the response of a dry run.
type plannedEvaluation struct {
	Message string `json:"message"`
	DryRun  bool   `json:"dry_run"`
	evaluationPlan
	Refusals []fault.Violation `json:"refusals,omitempty"`
}

// checkJobName adds a fault if a field does not have the form of a job's name. The field may be
// absent.
func checkJobName(faults *fault.Faults, field, name string) {
	if name != "" && !jobaccess.IsName(name) {
		faults.Add(field, "INVALID_JOB_NAME", "must be projects/P/locations/L/tuningJobs/N, or N alone.")
	}
}

func (a *API) startEvaluation(r *http.Request) (any, error) {
	f, err := a.fields(r)
	if err != nil {
		return nil, err
	}
	order := evaluations.StartRequest{Request: evalrun.ReadRequest(f), Caller: callerOf(r.Context())}
	dry := f.Flag("dry_run")
	order.Faults = f.Faults()
	for field, name := range map[string]string{"job_name": order.JobName, "against": order.Against} {
		checkJobName(&order.Faults, field, name)
	}
	if dry {
		plan, err := a.Evaluations.DryRun(r.Context(), order)
		if err != nil {
			return nil, err
		}
		return plannedEvaluation{Message: "Nothing was created", DryRun: true, evaluationPlan: planOf(plan.Run), Refusals: plan.Refusals}, nil
	}
	order.Key = idempotencyKey(r.Header, &order.Faults)
	run, err := paced(r.Context(), a, func() (evalrun.Run, error) { return a.Evaluations.Start(r.Context(), order) })
	if err != nil {
		return nil, err
	}
	return startedEvaluation{Message: "Evaluation started successfully", Evaluation: evaluationOf(run)}, nil
}

func (a *API) evaluation(r *http.Request, id string) (any, error) {
	found, err := a.Records.Evaluation(r.Context(), id)
	if err != nil {
		return nil, err
	}
	return evaluationOf(found.Run), nil
}
