// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
)

func plain(result gcf.AggregationResult) map[string]int64 {
	out := map[string]int64{}
	for alias, v := range result {
		out[alias] = v.(*pb.Value).GetIntegerValue()
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
			"all":       {c.Query, 10},
			"filtered":  {c.Where("n", "<", 4), 4},
			"limited":   {c.Limit(3), 3},
			"by_cursor": {c.OrderBy("n", gcf.Asc).StartAfter(6), 3},
			"nothing":   {c.Where("n", "==", 99), 0},
		} {
			got, err := tt.query.NewAggregationQuery().WithCount("n").Get(s.ctx)
			must(t, name, err)
			if diff := cmp.Diff(map[string]int64{"n": tt.want}, plain(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}
