// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"cmp"
	"math"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// TestCompareNumbers compares every pair of a list in rising order, in which
// the members of a group are equal.
func TestCompareNumbers(t *testing.T) {
	t.Parallel()
	f := func(f float64) *pb.Value { return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: f}} }
	groups := [][]*pb.Value{
		{f(math.NaN())},
		{f(math.Inf(-1))},
		{f(-math.Exp2(63) * 1.5)},
		{intValue(math.MinInt64), f(-math.Exp2(63))},
		{intValue(math.MinInt64 + 1)},
		{intValue(-(1<<53 + 1))},
		{intValue(-1 << 53), f(-1 << 53)},
		{f(-1.5)},
		{intValue(-1), f(-1)},
		{f(-0.5)},
		{intValue(0), f(0), f(math.Copysign(0, -1))},
		{f(math.SmallestNonzeroFloat64)},
		{intValue(1), f(1)},
		{f(1.5)},
		{intValue(1 << 53), f(1 << 53)},
		{intValue(1<<53 + 1)},
		{intValue(1<<53 + 2), f(1<<53 + 2)},
		{intValue(math.MaxInt64)},
		{f(math.Exp2(63))},
		{f(math.Inf(1))},
	}
	for i, as := range groups {
		for j, bs := range groups {
			for _, a := range as {
				for _, b := range bs {
					if got := compareValues(a, b); got != cmp.Compare(i, j) {
						t.Errorf("compare %v with %v: got %d, want %d", a, b, got, cmp.Compare(i, j))
					}
				}
			}
		}
	}
}

func TestCompareNames(t *testing.T) {
	t.Parallel()
	rising := []string{"c", "c/1", "c/1/c/1", "c/10", "c/2", "c/a", "c/a/b/c", "c/a-", "c-/1", "c-/1/c/0", "d"}
	for i, a := range rising {
		for j, b := range rising {
			if got := compareNames(a, b); got != cmp.Compare(i, j) {
				t.Errorf("compare %q with %q: got %d, want %d", a, b, got, cmp.Compare(i, j))
			}
		}
	}
}
