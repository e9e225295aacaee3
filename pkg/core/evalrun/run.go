// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package evalrun defines the record of an evaluation, its states, and the rules by which it
// changes. It is pure: it calls no service and reads no clock.
//
// An evaluation asks several models, its sides, the same questions. The work is done in pieces. A
// piece is one object with the answers to the next questions, and after the object is written the
// record counts the piece. So a process that crashes repeats at most one piece.
package evalrun

import (
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// State is the state of an evaluation.
type State string

// The states.
const (
	Pending   State = "PENDING" // no question was asked yet
	Running   State = "RUNNING"
	Succeeded State = "SUCCEEDED"
	Failed    State = "FAILED"
)

// Run is the record of an evaluation.
type Run struct {
	ID      string `firestore:"-"`
	JobID   string `firestore:"job_id"`
	JobName string `firestore:"job_name"`
	State   State  `firestore:"state"`
	// Finished is true if the record never changes again. The poller queries it.
	Finished bool   `firestore:"finished"`
	Sides    []Side `firestore:"sides"`           // the others are compared with the first one
	Judge    *Side  `firestore:"judge,omitempty"` // a model that compares the answers, if one does
	Metric   string `firestore:"metric,omitempty"`

	// Data is the gs:// URI of the dataset that has the examples; Questions is that of the object
	// with the selected ones.
	Data       string           `firestore:"evaluation_data"`
	Generation int64            `firestore:"evaluation_data_generation"`
	Questions  string           `firestore:"questions"`
	Examples   int64            `firestore:"examples"` // selected
	Lines      int64            `firestore:"lines"`    // of the dataset
	Skipped    map[string]int64 `firestore:"skipped,omitempty"`

	MaxOutputTokens int64 `firestore:"max_output_tokens"` // of every answer

	// Cursor is the number of examples that were asked, and then of those that were judged too.
	// Pieces has the cursor at the beginning of each piece. Tries counts the attempts in a row that
	// failed.
	Cursor     int64     `firestore:"cursor"`
	Pieces     []int64   `firestore:"pieces"`
	Tries      int64     `firestore:"tries,omitempty"`
	LeaseUntil time.Time `firestore:"lease_until"`
	Detail     string    `firestore:"detail,omitempty"` // why there is no progress, for the caller

	Estimate Estimate `firestore:"estimate"`
	// Reserved is the part of the estimated cost that is reserved in the budget of Month, such as
	// 2006-01. Billed is the price of the answers so far. Both are in millionths of a US dollar.
	Reserved     int64  `firestore:"reserved_micro_usd,omitempty"`
	Month        string `firestore:"budget_month,omitempty"`
	Billed       int64  `firestore:"billed_micro_usd"`
	PromptTokens int64  `firestore:"prompt_tokens"`
	OutputTokens int64  `firestore:"output_tokens"`

	Result   *Result         `firestore:"result,omitempty"`
	Failure  *tuning.Failure `firestore:"failure,omitempty"`
	Warnings []string        `firestore:"warnings,omitempty"`

	// Request is a hash of the request, which distinguishes a repeated start from a reused key.
	Request   string    `firestore:"request"`
	StartedBy string    `firestore:"started_by"`
	CreatedAt time.Time `firestore:"created_at"`
	UpdatedAt time.Time `firestore:"updated_at"`
	StartedAt time.Time `firestore:"started_at"` // of the first piece
	EndedAt   time.Time `firestore:"ended_at"`
}

// Side is one of the models that are asked.
type Side struct {
	Name       string `json:"name" firestore:"name"`
	Model      string `json:"model" firestore:"model"` // resource name of an endpoint or a base model
	Location   string `json:"location" firestore:"location"`
	JobID      string `json:"job_id,omitempty" firestore:"job_id,omitempty"` // absent for a base model
	Checkpoint string `json:"checkpoint_id,omitempty" firestore:"checkpoint_id,omitempty"`
	// ThinkingLevel or ThinkingBudget is the setting with which the model thinks least.
	ThinkingLevel  string `json:"-" firestore:"thinking_level,omitempty"`
	ThinkingBudget *int64 `json:"-" firestore:"thinking_budget,omitempty"`
	// Priced says that the prices of a million tokens are known. They are in millionths of a US
	// dollar.
	Priced      bool  `json:"-" firestore:"priced"`
	InputPrice  int64 `json:"-" firestore:"input_price_micro_usd,omitempty"`
	OutputPrice int64 `json:"-" firestore:"output_price_micro_usd,omitempty"`
}

// Price returns the price of some tokens; 0 if it is not known.
func (s Side) Price(prompt, output int64) usd.Amount {
	return usd.Amount(s.InputPrice).CostOf(prompt) + usd.Amount(s.OutputPrice).CostOf(output)
}

// Priced reports whether the prices of all models are known.
func (r Run) Priced() bool {
	return (r.Judge == nil || r.Judge.Priced) && !slices.ContainsFunc(r.Sides, func(s Side) bool { return !s.Priced })
}

// Names returns the names of the sides.
func (r Run) Names() []string {
	names := make([]string, len(r.Sides))
	for i, s := range r.Sides {
		names[i] = s.Name
	}
	return names
}

// Result is the result of an evaluation that succeeded.
type Result struct {
	// Verdict is the word and Sentence the sentence about the side that gains most.
	Side     string `json:"side" firestore:"side"`
	Verdict  string `json:"verdict" firestore:"verdict"`
	Sentence string `json:"sentence" firestore:"sentence"`
	Metric   string `json:"metric" firestore:"metric"`
	// Gain is in percentage points of the metric.
	Gain     float64 `json:"gain_points" firestore:"gain_points"`
	Low      float64 `json:"gain_low" firestore:"gain_low"`
	High     float64 `json:"gain_high" firestore:"gain_high"`
	Examples int64   `json:"examples" firestore:"examples"` // that both sides answered
	// TuningEstimate and TuningBill are what tuning the side was expected to cost, and has cost.
	// CostPerPoint is the bill for each percentage point. Each is absent if it is not known; the
	// last one exists only with the verdict better.
	TuningEstimate *usd.Amount `json:"tuning_estimate_usd,omitempty" firestore:"tuning_estimate_micro_usd,omitempty"`
	TuningBill     *usd.Amount `json:"tuning_bill_usd,omitempty" firestore:"tuning_bill_micro_usd,omitempty"`
	CostPerPoint   *usd.Amount `json:"cost_per_point_usd,omitempty" firestore:"cost_per_point_micro_usd,omitempty"`
	// Judge says what the judge preferred, if there was one.
	Judge    *evaluation.JudgeSummary `json:"judge,omitempty" firestore:"judge,omitempty"`
	Report   string                   `json:"report" firestore:"report"` // gs:// URIs
	Markdown string                   `json:"report_markdown" firestore:"report_markdown"`
	Answers  string                   `json:"answers" firestore:"answers"`
}

// Leased reports whether a process works on the evaluation.
func (r Run) Leased(now time.Time) bool { return now.Before(r.LeaseUntil) }

// Asked returns how many examples all sides were asked.
func (r Run) Asked() int64 { return min(r.Cursor, r.Examples) }

// Judged returns how many examples were judged.
func (r Run) Judged() int64 { return r.Cursor - r.Asked() }

// AllAsked reports whether all sides were asked all examples.
func (r Run) AllAsked() bool { return r.Cursor >= r.Examples }

// AllDone reports whether all examples were asked and, if there is a judge, judged.
func (r Run) AllDone() bool {
	return r.AllAsked() && (r.Judge == nil || r.Judged() >= r.Examples)
}

// Take returns the evaluation with the lease of a process.
func (r Run) Take(until, now time.Time) Run {
	if r.State == Pending {
		r.State, r.StartedAt = Running, now
	}
	r.LeaseUntil, r.UpdatedAt = until, now
	return r
}

// Usage is the tokens of answers and their price.
type Usage struct {
	PromptTokens, OutputTokens int64
	Price                      usd.Amount
}

// Bill returns the evaluation with the usage of some answers.
func (r Run) Bill(u Usage) Run {
	r.PromptTokens += u.PromptTokens
	r.OutputTokens += u.OutputTokens
	r.Billed += int64(u.Price)
	return r
}

// Advance returns the evaluation after a piece of so many examples was written.
func (r Run) Advance(examples int64, now time.Time) Run {
	r.Pieces = append(slices.Clone(r.Pieces), r.Cursor)
	r.Cursor += examples
	r.Tries, r.Detail, r.UpdatedAt = 0, "", now
	return r
}

// Delay returns the evaluation without its lease, and with the reason why it waits. isTry says that
// an attempt failed; a lack of quota or of time does not count.
func (r Run) Delay(detail string, isTry bool, now time.Time) Run {
	if isTry {
		r.Tries++
	}
	r.LeaseUntil, r.Detail, r.UpdatedAt = time.Time{}, detail, now
	return r
}

// Release returns the evaluation without its lease.
func (r Run) Release(now time.Time) Run {
	r.LeaseUntil, r.UpdatedAt = time.Time{}, now
	return r
}

// WithoutJudge returns the evaluation as it was after the last side was asked, with the reason why
// the answers are not judged.
func (r Run) WithoutJudge(reason string) Run {
	r.Judge, r.Cursor, r.Tries = nil, r.Asked(), 0
	r.Pieces = slices.DeleteFunc(slices.Clone(r.Pieces), func(cursor int64) bool { return cursor >= r.Examples })
	r.Warnings = append(slices.Clone(r.Warnings), "The answers were not judged. "+reason)
	return r
}

// Succeed returns the evaluation with its result.
func (r Run) Succeed(result Result, now time.Time) Run {
	r.State, r.Result = Succeeded, &result
	return r.end(now)
}

// Fail returns the evaluation with the cause of its failure.
func (r Run) Fail(f tuning.Failure, now time.Time) Run {
	r.State, r.Failure = Failed, &f
	return r.end(now)
}

// end keeps only that part of the reservation that was used.
func (r Run) end(now time.Time) Run {
	r.Finished, r.LeaseUntil, r.Detail, r.UpdatedAt, r.EndedAt = true, time.Time{}, "", now, now
	r.Reserved = min(r.Reserved, r.Billed)
	return r
}
