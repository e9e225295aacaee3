// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"context"
	"math"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTransform(t *testing.T) {
	t.Parallel()
	nan, negativeZero := math.NaN(), math.Copysign(0, -1)
	tests := []struct {
		name      string
		old       any
		transform any
		want      any
	}{
		{"increment", 1, gcf.Increment(2), int64(3)},
		{"increment_missing", nil, gcf.Increment(2), int64(2)},
		{"increment_string", "x", gcf.Increment(2), int64(2)},
		{"increment_to_double", 1, gcf.Increment(0.5), 1.5},
		{"increment_double_by_int", 0.5, gcf.Increment(1), 1.5},
		{"increment_stays_at_the_top", math.MaxInt64, gcf.Increment(1), int64(math.MaxInt64)},
		{"increment_stays_at_the_bottom", math.MinInt64, gcf.Increment(-1), int64(math.MinInt64)},
		{"maximum_takes_the_larger", 1, gcf.FieldTransformMaximum(2), int64(2)},
		{"maximum_keeps_the_larger", 3, gcf.FieldTransformMaximum(2), int64(3)},
		{"maximum_keeps_an_equal_type", 2, gcf.FieldTransformMaximum(2.0), int64(2)},
		{"maximum_takes_a_larger_type", 2, gcf.FieldTransformMaximum(2.5), 2.5},
		{"maximum_is_exact", 1 << 53, gcf.FieldTransformMaximum(1<<53 + 1), int64(1<<53 + 1)},
		{"maximum_of_a_string", "x", gcf.FieldTransformMaximum(-1), int64(-1)},
		{"maximum_with_nan", 1, gcf.FieldTransformMaximum(nan), nan},
		{"maximum_keeps_zero", negativeZero, gcf.FieldTransformMaximum(0), negativeZero},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *session) {
				doc := s.client.Doc("c/d")
				seed := fields{"keep": true}
				if tt.old != nil {
					seed["v"] = tt.old
				}
				must(t, "seed", errorOf(doc.Set(s.ctx, seed)))
				must(t, "transform", errorOf(doc.Update(s.ctx, []gcf.Update{{Path: "v", Value: tt.transform}})))
				want := fields{"keep": true, "v": tt.want}
				if diff := cmp.Diff(want, data(t, doc, s), cmpopts.EquateNaNs()); diff != "" {
					t.Errorf("document (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestRequestTime(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		before := time.Now().Add(-time.Second)
		err := s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
			for _, id := range []string{"a", "b"} {
				if err := tx.Set(s.client.Doc("c/"+id), fields{"at": gcf.ServerTimestamp, "m": fields{"at": gcf.ServerTimestamp}}); err != nil {
					return err
				}
			}
			return nil
		})
		must(t, "commit", err)
		a, b := data(t, s.client.Doc("c/a"), s), data(t, s.client.Doc("c/b"), s)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Errorf("two documents of one commit differ (-a +b):\n%s", diff)
		}
		at, ok := a["at"].(time.Time)
		if !ok || at.Before(before) || at.Nanosecond()%1_000_000 != 0 {
			t.Errorf("request time %v: want now, in milliseconds", a["at"])
		}
		if inner := a["m"].(fields)["at"]; inner != a["at"] {
			t.Errorf("two request times of one commit: %v and %v", a["at"], inner)
		}
	})
}
