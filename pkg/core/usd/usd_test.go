// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package usd_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/usd"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want usd.Amount
		bad  bool
	}{
		{text: "0", want: 0},
		{text: "3", want: 3 * usd.Dollar},
		{text: "3.00", want: 3 * usd.Dollar},
		{text: "0.375", want: 375_000},
		{text: "0.000001", want: 1},
		{text: "-2.5", want: -2_500_000},
		{text: "9223372036854.775807", want: math.MaxInt64},
		{text: "9223372036854.775808", bad: true},
		{text: "0.0000001", bad: true},
		{text: "0.0000010", want: 1},
		{text: "1e3", want: 1000 * usd.Dollar},
		{text: "1e-5", want: 10},
		{text: "1e30", bad: true},
		{text: "-9223372036854.775809", bad: true},
		{text: "", bad: true},
		{text: ".5", bad: true},
		{text: "5.", bad: true},
		{text: "-", bad: true},
		{text: "--1", bad: true},
		{text: "+1", bad: true},
		{text: "1,000", bad: true},
		{text: "NaN", bad: true},
		{text: "null", bad: true},
	}
	for _, tt := range tests {
		got, err := usd.Parse(tt.text)
		if got != tt.want || (err != nil) != tt.bad {
			t.Errorf("Parse(%q) = %d, %v; want %d, an error: %v", tt.text, got, err, tt.want, tt.bad)
		}
	}
}

func TestString(t *testing.T) {
	t.Parallel()
	for want, amount := range map[string]usd.Amount{
		"0.00":               0,
		"52.50":              52_500_000,
		"0.375":              375_000,
		"0.00005":            50,
		"0.000001":           1,
		"-0.000099":          -99,
		"0.0001":             149,
		"0.0002":             150,
		"1.2346":             1_234_560,
		"2.00":               1_999_950,
		"-0.25":              -250_000,
		"9223372036854.7758": math.MaxInt64,
	} {
		if got := amount.String(); got != want {
			t.Errorf("String of %d = %q, want %q", amount, got, want)
		}
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	for number, want := range map[string]string{
		"0": "0", "999": "999", "1000": "1,000", "-999": "-999", "-1000": "-1,000", "123456": "123,456", "-123456.789012": "-123,456.789012",
		usd.Amount(math.MaxInt64).Exact(): "9,223,372,036,854.775807",
	} {
		if got := usd.Group(number); got != want {
			t.Errorf("Group(%q) = %q, want %q", number, got, want)
		}
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var got struct{ Price usd.Amount }
	if err := json.Unmarshal([]byte(`{"Price":0.28}`), &got); err != nil {
		t.Fatal(err)
	}
	for want, amount := range map[string]usd.Amount{
		"0.28": got.Price, "3.00": 3 * usd.Dollar, "0.000001": 1, "-0.10": -100_000, "9223372036854.775807": math.MaxInt64,
	} {
		text, err := json.Marshal(amount)
		if err != nil || string(text) != want {
			t.Errorf("%d is written as %s, %v; want %s", amount, text, err, want)
		}
	}
	for _, bad := range []string{`{"Price":"3"}`, `{"Price":1e30}`, `{"Price":[]}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

// Costs equal exact fractions, rounded up, over the whole range of both numbers.
func TestOf(t *testing.T) {
	t.Parallel()
	for range 20_000 {
		price, n := usd.Amount(rand.Int64()>>rand.IntN(63)), rand.Int64()>>rand.IntN(63)
		want := new(big.Int).Mul(big.NewInt(int64(price)), big.NewInt(n))
		want.Add(want, big.NewInt(999_999)).Div(want, big.NewInt(1_000_000))
		if !want.IsInt64() {
			want.SetInt64(math.MaxInt64)
		}
		if got := price.CostOf(n); int64(got) != want.Int64() {
			t.Fatalf("%d.Of(%d) = %d, want %s", price, n, got, want)
		}
	}
	for _, none := range []usd.Amount{usd.Amount(0).CostOf(5), usd.Amount(-1).CostOf(5), usd.Dollar.CostOf(0), usd.Dollar.CostOf(-5)} {
		if none != 0 {
			t.Errorf("zero units cost %d", none)
		}
	}
}

// The cost is exact if the product is a whole number or carries between words.
func TestOf_at_the_boundary(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		price usd.Amount
		n     int64
		want  usd.Amount
	}{
		{usd.Dollar, 5, 5}, // a whole number of millionths is not rounded up
		{3 * usd.Dollar, 1_000_000, 3 * usd.Dollar},
		{1, 1, 1},
		{1<<32 + 1, 1<<32 - 1, 18_446_744_073_710}, // rounding up carries into the high word
		{1 << 62, 4_000_000, math.MaxInt64},        // the high word is a million
	} {
		if got := tt.price.CostOf(tt.n); got != tt.want {
			t.Errorf("%d things cost %d at %d, want %d", tt.n, got, tt.price, tt.want)
		}
	}
}

// The units that an amount buys cost at most the amount; one more unit would cost more.
func TestBuys(t *testing.T) {
	t.Parallel()
	for range 20_000 {
		price, amount := usd.Amount(rand.Int64N(1<<30)+1), usd.Amount(rand.Int64N(1<<40))
		n := amount.UnitsFor(price)
		if price.CostOf(n) > amount || price.CostOf(n+1) <= amount {
			t.Fatalf("%d buys %d at %d, which cost %d; one more %d", amount, n, price, price.CostOf(n), price.CostOf(n+1))
		}
	}
	if n := usd.Amount(math.MaxInt64).UnitsFor(1); n != math.MaxInt64 {
		t.Errorf("the largest amount buys %d", n)
	}
	if n := usd.Dollar.UnitsFor(0) + usd.Amount(0).UnitsFor(1) + usd.Amount(-1).UnitsFor(1); n != 0 {
		t.Errorf("zero buys %d", n)
	}
}

// The result becomes the largest int64 exactly when the quotient no longer fits into 64 bits.
func TestBuys_at_the_boundary(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		amount, price usd.Amount
		want          int64
	}{
		{math.MaxInt64, 499_999, math.MaxInt64}, // the high word of the product is the price
		{math.MaxInt64, 500_000, math.MaxInt64},
		{math.MaxInt64, 1, math.MaxInt64},
		{math.MaxInt64, math.MaxInt64, 1_000_000},
		{1 << 62, 250_000, math.MaxInt64},
		{1, 1, 1_000_000}, // the smallest amount buys something
	} {
		if got := tt.amount.UnitsFor(tt.price); got != tt.want {
			t.Errorf("%d buys %d at %d, want %d", tt.amount, got, tt.price, tt.want)
		}
	}
}
