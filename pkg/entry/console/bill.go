// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// billView is the estimate of a job next to its bill.
type billView struct {
	Estimate estimate.Estimate
	Bill     *usd.Amount
	Billable int64 // tokens that Vertex AI counted
	// Low, Expected, Mark and High are positions on a line of barWidth units, from no cost on.
	Low, Expected, High, Mark int
	HasExpected               bool
}

// barWidth is the width of a bar in the units of its picture.
const barWidth = 600

func billOf(j tuning.Job) *billView {
	e, ok := estimateOf(j)
	if !ok {
		return nil
	}
	v := &billView{Estimate: e}
	if j.Stats != nil {
		v.Billable = j.Stats.BillableTokens
	}
	v.Bill = jobview.TuningCost(j).Billed
	if e.Cost == nil {
		return v
	}
	highest := e.Cost.High
	if v.Bill != nil {
		highest = max(highest, *v.Bill)
		v.Mark = scaled(*v.Bill, highest)
	}
	v.Low, v.High = scaled(e.Cost.Low, highest), scaled(e.Cost.High, highest)
	if e.Cost.Expected != nil {
		v.HasExpected, v.Expected = true, scaled(*e.Cost.Expected, highest)
	}
	return v
}

// scaled returns where an amount is on a bar that ends at the largest amount.
func scaled(a, largest usd.Amount) int {
	if largest <= 0 {
		return 0
	}
	return int(float64(barWidth) * float64(a) / float64(largest))
}

// Span is the width of the estimate's range on the bar.
func (v billView) Span() int {
	const least = 3 // so that it can be seen
	return max(least, v.High-v.Low)
}
