// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate

import (
	"fmt"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Budget limits the cost of a job. 0 means no limit.
type Budget struct {
	Request usd.Amount // max_cost_usd of the request
	Default usd.Amount // if the request has no limit
	Ceiling usd.Amount // for every job
	// Monthly is the limit for all jobs of a month together. The caller keeps the sum and checks
	// it; Check uses Monthly only to refuse a job of unknown cost.
	Monthly usd.Amount
}

// Limit returns the limit that applies to the job and where it comes from; 0 if there is none.
func (b Budget) Limit() (limit usd.Amount, from string) {
	limit, from = b.Request, "max_cost_usd of the request"
	if limit == 0 {
		limit, from = b.Default, "the default of this service"
	}
	if b.Ceiling > 0 && (limit == 0 || limit > b.Ceiling) {
		limit, from = b.Ceiling, "the ceiling of this service"
	}
	return limit, from
}

// Check refuses a job that may cost more than the budget. It compares the upper end of the
// estimate, because the cost of a running job cannot be limited. The error contains the figures and
// the number of epochs that would fit.
func (e *Estimate) Check(b Budget) error {
	limit, from := b.Limit()
	if limit == 0 && e.Cost == nil {
		limit, from = b.Monthly, "the month's budget of this service"
	}
	if limit == 0 {
		return nil
	}
	if e.Cost == nil {
		hint := "Name a model whose price is known: GET /api/v1/fine-tuning/models lists them."
		if e.Price != nil && e.Epochs != nil {
			hint = "Give fewer epochs: the cost of so many is more than can be counted."
		} else if e.Price != nil {
			hint = "Give hyperparameters.epoch_count: how many the service picks is not known."
		}
		return e.refuse("COST_UNKNOWN", fmt.Sprintf("The cost of this job is not known, and it may not be more than %s, %s. %s",
			dollars(limit), from, hint), limit)
	}
	if e.Cost.High <= limit {
		return nil
	}
	cost, most := unequal(e.Cost.High, limit)
	text := fmt.Sprintf("This job may cost %s, which is more than %s, %s: %s.", cost, most, from, e.Arithmetic)
	fits := int64(0)
	if e.Tokens.High > 0 {
		fits = limit.UnitsFor(*e.Price) / e.Tokens.High
	}
	switch {
	case fits == 1:
		text += " It would fit with 1 epoch."
	case fits > 0:
		text += fmt.Sprintf(" It would fit with hyperparameters.epoch_count of %s or less.", digits(fits))
	default:
		text += " Not even one epoch fits: use less training data."
	}
	return e.refuse("OVER_BUDGET", text, limit)
}

func (e *Estimate) refuse(reason, text string, limit usd.Amount) error {
	err := fault.New(fault.FailedPrecondition, "%s", text)
	err.Reason = reason
	err.Violations = []fault.Violation{{Field: "max_cost_usd", Reason: reason, Description: text}}
	err.Metadata = map[string]string{"max_cost_usd": limit.String(), "arithmetic": e.Arithmetic}
	if e.Cost != nil {
		err.Metadata["cost_low_usd"], err.Metadata["cost_high_usd"] = e.Cost.Low.String(), e.Cost.High.String()
	}
	return err
}
