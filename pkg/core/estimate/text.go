// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/usd"
)

// arithmetic returns the calculation of the estimate, so that a reader can follow it:
//
//	437,500 (284,375 to 612,500) tokens × 40 epochs = 17,500,000 (11,375,000 to 24,500,000) training tokens;
//	× $3.00 per 1,000,000 = $52.50 ($34.125 to $73.50)
//
// The tokens are followed by "by a count of 100 examples", or "by a count of all 6 examples".
func (e *Estimate) arithmetic() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s tokens", e.Tokens)
	switch {
	case e.Basis == CountedAll && e.Counted == 1:
		b.WriteString(" by a count of the only example")
	case e.Basis == CountedAll:
		fmt.Fprintf(&b, " by a count of all %s examples", digits(e.Counted))
	case e.Basis == CountedSample:
		fmt.Fprintf(&b, " by a count of %s examples", digits(e.Counted))
	}
	if e.Epochs == nil {
		b.WriteString(" × an unknown number of epochs")
		return b.String()
	}
	unit := "epochs"
	if e.Epochs.High == 1 {
		unit = "epoch"
	}
	fmt.Fprintf(&b, " × %s %s", e.Epochs, unit)
	if e.TrainingTokens == nil {
		b.WriteString(": more training tokens than can be counted")
		return b.String()
	}
	fmt.Fprintf(&b, " = %s training tokens", e.TrainingTokens)
	if e.Cost == nil {
		b.WriteString("; the price is not known")
		return b.String()
	}
	fmt.Fprintf(&b, "; × %s per 1,000,000 = %s", dollars(*e.Price), e.Cost)
	return b.String()
}

// String writes a range as "5 (4 to 6)", "4 to 6" or "5".
func (r Range) String() string {
	switch low, high := digits(r.Low), digits(r.High); {
	case r.Low == r.High:
		return low
	case r.Expected == 0:
		return low + " to " + high
	default:
		return fmt.Sprintf("%s (%s to %s)", digits(r.Expected), low, high)
	}
}

// String writes a cost as a range of dollars.
func (c Cost) String() string {
	switch low, high := dollars(c.Low), dollars(c.High); {
	case low == high:
		return low
	case c.Expected == nil:
		return low + " to " + high
	default:
		return fmt.Sprintf("%s (%s to %s)", dollars(*c.Expected), low, high)
	}
}

// dollars writes an amount with commas between thousands.
func dollars(a usd.Amount) string { return "$" + usd.Group(a.String()) }

// unequal writes two different amounts with enough digits to show the difference.
func unequal(a, b usd.Amount) (string, string) {
	if a.String() == b.String() {
		return "$" + usd.Group(a.Exact()), "$" + usd.Group(b.Exact())
	}
	return dollars(a), dollars(b)
}

// digits writes a number with commas between thousands.
func digits(n int64) string { return usd.Group(strconv.FormatInt(n, 10)) }
