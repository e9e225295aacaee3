// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"math"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestAggregate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		values []any
		sum    any
		avg    any
	}{
		{"none", nil, int64(0), nil},
		{"no_numbers", []any{"x", nil, true}, int64(0), nil},
		{"integers", []any{1, 2, "x"}, int64(3), 1.5},
		{"mixed", []any{1, 0.5}, 1.5, 0.75},
		{"overflow", []any{math.MaxInt64, math.MaxInt64}, math.Exp2(64), math.Exp2(63)},
		{"nan", []any{1, math.NaN()}, math.NaN(), math.NaN()},
		{"infinity", []any{1, math.Inf(1)}, math.Inf(1), math.Inf(1)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *session) {
				c := s.client.Collection("c")
				for _, v := range tt.values {
					_, _, err := c.Add(s.ctx, fields{"v": v})
					must(t, "add", err)
				}
				_, _, err := c.Add(s.ctx, fields{"other": 1})
				must(t, "add", err)
				got, err := c.NewAggregationQuery().WithCount("count").WithSum("v", "sum").WithAvg("v", "avg").Get(s.ctx)
				must(t, "aggregate", err)
				// As in an index, a document without the field does not count.
				want := gcf.AggregationResult{"count": int64(len(tt.values)), "sum": tt.sum, "avg": tt.avg}
				if diff := cmp.Diff(want, plain(got), cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("result (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// plain turns the protocol's values of a result into Go's.
func plain(result gcf.AggregationResult) gcf.AggregationResult {
	out := gcf.AggregationResult{}
	for alias, v := range result {
		switch v := v.(*pb.Value).GetValueType().(type) {
		case *pb.Value_IntegerValue:
			out[alias] = v.IntegerValue
		case *pb.Value_DoubleValue:
			out[alias] = v.DoubleValue
		default:
			out[alias] = nil
		}
	}
	return out
}

func TestCount(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		c := s.client.Collection("c")
		for i := range 10 {
			_, _, err := c.Add(s.ctx, fields{"n": i})
			must(t, "add", err)
		}
		for name, tt := range map[string]struct {
			query gcf.Query
			want  int64
		}{
			"all":          {c.Query, 10},
			"filtered":     {c.Where("n", "<", 4), 4},
			"limited":      {c.Limit(3), 3},
			"past_the_end": {c.Offset(8).Limit(5), 2},
			"by_cursor":    {c.OrderBy("n", gcf.Asc).StartAfter(6), 3},
			"nothing":      {c.Where("n", "==", 99), 0},
		} {
			got, err := tt.query.NewAggregationQuery().WithCount("n").Get(s.ctx)
			must(t, name, err)
			if diff := cmp.Diff(gcf.AggregationResult{"n": tt.want}, plain(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}
