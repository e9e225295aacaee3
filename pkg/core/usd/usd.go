// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package usd represents amounts of US dollars, exact to a millionth: the price of a few tokens is
// tiny, and a sum must not collect rounding errors.
package usd

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// Amount is an amount of money in millionths of a US dollar.
type Amount int64

// Dollar is one dollar.
const Dollar Amount = 1_000_000

// places is the number of decimal places of a millionth.
const places = 6

// The errors of Parse.
var (
	errForm    = errors.New("must be an amount of US dollars, such as 12.50")
	errPrecise = errors.New("must have at most six decimal places: the smallest amount is 0.000001 US dollars")
	errLarge   = errors.New("must be at most 9,223,372,036,854.775807 US dollars")
)

// Parse reads an amount such as 12, 0.375 or 1e-5; some languages write small numbers like the last
// one. The error is a phrase about the amount, such as "must be an amount of US dollars".
func Parse(text string) (Amount, error) {
	n, err := strictjson.FixedPoint(text, places)
	switch {
	case err == nil:
		return Amount(n), nil
	case errors.Is(err, strictjson.ErrTooPrecise):
		return 0, errPrecise
	case errors.Is(err, strictjson.ErrTooLarge):
		return 0, errLarge
	default:
		return 0, errForm
	}
}

// smallestShown is the smallest amount, in millionths, that four decimal places can show.
const smallestShown = 100

// String returns the amount in dollars with at least two decimal places, rounded to four. An amount
// that four places would show as zero is exact.
func (a Amount) String() string {
	if -smallestShown < a && a < smallestShown {
		return a.decimal(1)
	}
	return a.decimal(smallestShown)
}

// Exact returns the amount in dollars, to the last millionth.
func (a Amount) Exact() string { return a.decimal(1) }

// Group writes a decimal number with commas between thousands.
func Group(number string) string {
	whole, part, isBroken := strings.Cut(number, ".")
	sign := whole[:len(whole)-len(strings.TrimLeft(whole, "-"))]
	for i := len(whole) - 3; i > len(sign); i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if isBroken {
		whole += "." + part
	}
	return whole
}

// MarshalJSON returns the exact number of dollars.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.decimal(1)), nil }

// decimal returns the amount in dollars, rounded to a multiple of that many millionths.
func (a Amount) decimal(shown uint64) string {
	sign, n := "", uint64(a)
	if a < 0 {
		sign, n = "-", -n
	}
	n = (n + shown/2) / shown * shown
	text := fmt.Sprintf("%s%d.%06d", sign, n/uint64(Dollar), n%uint64(Dollar))
	for range places - 2 {
		text = strings.TrimSuffix(text, "0")
	}
	return text
}

// UnmarshalJSON reads a number of dollars.
func (a *Amount) UnmarshalJSON(text []byte) error { return a.UnmarshalText(text) }

// UnmarshalText reads an amount like Parse; settings use it.
func (a *Amount) UnmarshalText(text []byte) (err error) {
	*a, err = Parse(string(text))
	return err
}

// CostOf returns the cost of n units if a is the price of a million units. It rounds up to a
// millionth of a dollar, because the bill must not be higher than the plan. If the cost is too
// large for an Amount, it returns the largest Amount.
func (a Amount) CostOf(n int64) Amount {
	if a <= 0 || n <= 0 {
		return 0
	}
	const million = 1_000_000
	high, low := bits.Mul64(uint64(a), uint64(n))
	low, carry := bits.Add64(low, million-1, 0)
	if high += carry; high >= million {
		return math.MaxInt64
	}
	sum, _ := bits.Div64(high, low, million)
	return Amount(min(sum, math.MaxInt64))
}

// UnitsFor returns how many units the amount pays for if price is the price of a million units.
func (a Amount) UnitsFor(price Amount) int64 {
	if a <= 0 || price <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(a), 1_000_000)
	if high >= uint64(price) {
		return math.MaxInt64
	}
	n, _ := bits.Div64(high, low, uint64(price))
	return int64(min(n, math.MaxInt64))
}
