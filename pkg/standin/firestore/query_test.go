// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
)

// zoo has a document for every type and for the borders between types, in the order of the field v.
// Documents with equal values are in the order of their ids.
var zoo = []struct {
	id string
	v  any
}{
	{"01_null", nil},
	{"02_false", false},
	{"03_true", true},
	{"04_nan", math.NaN()},
	{"05_minus_inf", math.Inf(-1)},
	{"06_min_int", math.MinInt64},
	{"07_minus_zero", math.Copysign(0, -1)},
	{"08_zero", 0},
	{"09_one", 1},
	{"10_one_double", 1.0},
	{"11_big_double", float64(1 << 53)},
	{"12_big_int", 1<<53 + 1},
	{"13_max_int", math.MaxInt64},
	{"14_two_to_63", math.Exp2(63)},
	{"15_inf", math.Inf(1)},
	{"16_empty", ""},
	{"17_a", "a"},
	{"18_a_umlaut", "ä"},
	{"19_last_of_plane_0", "\uffff"},
	{"20_plane_1", "\U0001f600"},
	{"21_bytes", []byte{1}},
	{"22_array_empty", []any{}},
	{"23_array_null", []any{nil}},
	{"24_array_one", []any{1}},
	{"25_array_one_a", []any{1.0, "a"}},
	{"26_map_empty", fields{}},
	{"27_map_a", fields{"a": 2}},
	{"28_map_a_b", fields{"a": 2, "b": 0}},
	{"29_map_b", fields{"b": 1}},
}

func ids(t *testing.T, q gcf.Query, s *session) []string {
	t.Helper()
	docs, err := q.Documents(s.ctx).GetAll()
	must(t, "query", err)
	out := []string{}
	for _, doc := range docs {
		id, _, _ := strings.Cut(doc.Ref.ID, "_")
		out = append(out, id)
	}
	return out
}

// span lists the two-digit ids of the zoo between two ids, including both.
func span(from, to string) []string {
	var out []string
	for _, z := range zoo {
		if id := z.id[:2]; id >= from && id <= to {
			out = append(out, id)
		}
	}
	return out
}

func fillZoo(t *testing.T, s *session) *gcf.CollectionRef {
	t.Helper()
	c := s.client.Collection("zoo")
	docs := map[string]fields{c.Doc("99_without").Path: {"one": 1}}
	for _, z := range zoo {
		docs[c.Doc(z.id).Path] = fields{"v": z.v, "one": 1}
	}
	setAll(t, s, docs)
	return c
}

// everything lists the ids of all documents that have the field v.
func everything() []string { return span("01", "29") }

var zooTests = []struct {
	name  string
	query func(*gcf.CollectionRef) gcf.Query
	want  []string
}{
	{"order", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Asc) }, everything()},
	{"order_down", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Desc) }, reversed(everything())},
	{"no_order", func(c *gcf.CollectionRef) gcf.Query { return c.Query }, append(slices.Clone(everything()), "99")},
	{"equal_number", where("v", "==", 1), []string{"09", "10"}},
	{"equal_zero", where("v", "==", 0.0), []string{"07", "08"}},
	{"equal_exact", where("v", "==", 1<<53+1), []string{"12"}},
	{"equal_array", where("v", "==", []any{1.0}), []string{"24"}},
	{"equal_map", where("v", "==", fields{"a": 2}), []string{"27"}},
	{"less", where("v", "<", 1), span("05", "08")},
	{"less_or_equal", where("v", "<=", 1), span("05", "10")},
	{"greater", where("v", ">", float64(1<<53)), span("12", "15")},
	{"greater_or_equal", where("v", ">=", math.MaxInt64), span("13", "15")},
	{"greater_string", where("v", ">", ""), span("17", "20")},
	{"less_array", where("v", "<", []any{1.0, "a"}), span("22", "24")},
	{"greater_map", where("v", ">", fields{"a": 2}), span("28", "29")},
	{"greater_bool", where("v", ">=", false), span("02", "03")},
	{"in", where("v", "in", []any{1, "a", "zzz"}), []string{"09", "10", "17"}},
	{"in_null", where("v", "in", []any{nil, math.NaN(), 1}), []string{"09", "10"}},
	{"array_contains", where("v", "array-contains", 1.0), []string{"24", "25"}},
	{"missing_field", where("none", "==", 1), []string{}},
	{"field_in_map", where("v.b", ">=", 0), []string{"28", "29"}},
	{"limit_to_last", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Asc).LimitToLast(2) }, span("28", "29")},
	{"start_at", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Asc).StartAt(1) }, span("09", "29")},
	{"start_after", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Asc).StartAfter(1) }, span("11", "29")},
	{"end_at", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Asc).EndAt(1) }, span("01", "10")},
	{"end_before", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Asc).EndBefore(1) }, span("01", "08")},
	{"start_at_down", func(c *gcf.CollectionRef) gcf.Query { return c.OrderBy("v", gcf.Desc).StartAt(1).EndBefore(0) }, []string{"10", "09"}},
	{"start_at_prefix", func(c *gcf.CollectionRef) gcf.Query {
		return c.OrderBy("one", gcf.Asc).OrderBy(gcf.DocumentID, gcf.Desc).StartAfter(1, "04_nan")
	}, []string{"03", "02", "01"}},
	{"by_name", func(c *gcf.CollectionRef) gcf.Query {
		return c.OrderBy(gcf.DocumentID, gcf.Asc).StartAfter("26_map_empty").Limit(2)
	}, span("27", "28")},
	{"by_name_at", func(c *gcf.CollectionRef) gcf.Query {
		return c.OrderBy(gcf.DocumentID, gcf.Asc).StartAt("26_map_empty").EndBefore("28_map_a_b")
	}, span("26", "27")},
	{"by_name_between_documents", func(c *gcf.CollectionRef) gcf.Query {
		return c.OrderBy(gcf.DocumentID, gcf.Asc).StartAt("26").EndAt("28")
	}, span("26", "27")},
	{"name_range", func(c *gcf.CollectionRef) gcf.Query {
		return c.Where(gcf.DocumentID, ">", c.Doc("26")).Where(gcf.DocumentID, "<=", c.Doc("28_map_a_b"))
	}, span("26", "28")},
	{"name_in", func(c *gcf.CollectionRef) gcf.Query {
		return c.Where(gcf.DocumentID, "in", []*gcf.DocumentRef{c.Doc("08_zero"), c.Doc("03_true"), c.Doc("no")})
	}, []string{"03", "08"}},
	{"and", func(c *gcf.CollectionRef) gcf.Query {
		return c.Where("v", ">", 0).Where("v", "<", 2).Where("one", "==", 1)
	}, span("09", "10")},
}

func TestOrderAndFilter(t *testing.T) {
	t.Parallel()
	for _, tt := range zooTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *session) {
				c := fillZoo(t, s)
				if diff := cmp.Diff(tt.want, ids(t, tt.query(c), s)); diff != "" {
					t.Errorf("documents (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func where(path, op string, value any) func(*gcf.CollectionRef) gcf.Query {
	return func(c *gcf.CollectionRef) gcf.Query { return c.Where(path, op, value) }
}

func reversed(list []string) []string {
	out := slices.Clone(list)
	slices.Reverse(out)
	return out
}

func TestSelect(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		c := s.client.Collection("c")
		must(t, "set", errorOf(c.Doc("d").Set(s.ctx, fields{"a": 1, "m": fields{"x": 1, "y": 2}, "z.z": 3})))
		tests := []struct {
			name  string
			query gcf.Query
			want  fields
		}{
			{"some", c.Select("a", "m.y", "no.such"), fields{"a": int64(1), "m": fields{"y": int64(2)}}},
			{"quoted", c.SelectPaths(gcf.FieldPath{"z.z"}), fields{"z.z": int64(3)}},
			{"whole_and_part", c.Select("m", "m.y"), fields{"m": fields{"x": int64(1), "y": int64(2)}}},
			{"part_and_whole", c.Select("m.y", "m"), fields{"m": fields{"x": int64(1), "y": int64(2)}}},
			{"name_only", c.Select(gcf.DocumentID), fields{}},
		}
		for _, tt := range tests {
			docs, err := tt.query.Documents(s.ctx).GetAll()
			must(t, tt.name, err)
			if diff := cmp.Diff(tt.want, docs[0].Data()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	})
}

func TestCollections(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		for _, path := range []string{"c/2", "c/1", "c/1/sub/3", "c/10/sub/4", "d/1", "c/1/other/1"} {
			must(t, "set", errorOf(s.client.Doc(path).Set(s.ctx, fields{})))
		}
		must(t, "set", errorOf(s.client.Doc("gone/1").Set(s.ctx, fields{})))
		must(t, "delete", errorOf(s.client.Doc("gone/1").Delete(s.ctx)))

		for parent, want := range map[string][]string{"": {"c", "d"}, "c/1": {"other", "sub"}, "c/10": {"sub"}, "d/1": nil} {
			collections := s.client.Collections(s.ctx)
			if parent != "" {
				collections = s.client.Doc(parent).Collections(s.ctx)
			}
			collections.PageInfo().MaxSize = 1
			all, err := collections.GetAll()
			must(t, "collections", err)
			var got []string
			for _, c := range all {
				got = append(got, c.ID)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("collections of %q (-want +got):\n%s", parent, diff)
			}
		}
	})
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
			if n := got["n"].(*pb.Value).GetIntegerValue(); n != tt.want {
				t.Errorf("%s: counted %d, want %d", name, n, tt.want)
			}
		}
	})
}
