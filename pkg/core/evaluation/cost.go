// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"math"

	"github.com/vertextune/vertextune/pkg/core/usd"
)

// CostPerPoint returns the cost of one percentage point gained, rounded to a millionth of a dollar.
// gain is in percentage points. ok is false if there is no gain or no bill.
func CostPerPoint(bill usd.Amount, gain float64) (cost usd.Amount, ok bool) {
	if bill < 0 || !(gain > 0) || math.IsInf(gain, 0) { // the negation also rejects NaN
		return 0, false
	}
	value := math.Round(float64(bill) / gain)
	if value >= math.MaxInt64 {
		return math.MaxInt64, true
	}
	return usd.Amount(value), true
}

// costOf returns the cost of a point for a difference of scores, or nil.
func costOf(bill usd.Amount, difference float64) *usd.Amount {
	cost, ok := CostPerPoint(bill, difference*100)
	if !ok {
		return nil
	}
	return &cost
}
