// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"strings"
	"testing"

	gcf "cloud.google.com/go/firestore"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// TestShapeIndex holds the rules against queries that the official client sends. The wanted indexes
// are written as the console shows them, without the name where it only follows the last field.
func TestShapeIndex(t *testing.T) {
	t.Parallel()
	var seen firestore.Shape
	s := connect(t, start(t, firestore.Config{OnQuery: func(q firestore.Shape) { seen = q }}).Addr())
	c := s.client.Collection("c")
	byName := gcf.DocumentID
	tests := []struct {
		name  string
		query gcf.Query
		want  string // none needed where empty
	}{
		{name: "everything", query: c.Query},
		{name: "by_name", query: c.OrderBy(byName, gcf.Asc)},
		{name: "one_equality", query: c.Where("a", "==", 1)},
		{name: "equalities_are_merged", query: c.Where("b", "==", 1).Where("a", "in", []int{1, 2}).Where("d", "==", 3)},
		{name: "equalities_backwards", query: c.Where("a", "==", 1).Where("b", "==", 2).OrderBy(byName, gcf.Desc)},
		{name: "an_order", query: c.OrderBy("a", gcf.Desc)},
		{name: "an_order_and_the_name_with_it", query: c.OrderBy("a", gcf.Desc).OrderBy(byName, gcf.Desc)},
		{name: "an_order_and_the_name_against_it", query: c.OrderBy("a", gcf.Desc).OrderBy(byName, gcf.Asc), want: "a ↓, __name__ ↑"},
		{name: "an_inequality", query: c.Where("a", ">", 1).OrderBy("a", gcf.Desc)},
		{name: "two_inequalities", query: c.Where("b", ">", 1).Where("a", "<", 1), want: "a ↑, b ↑"},
		{name: "equality_and_order", query: c.Where("b", "==", 1).OrderBy("a", gcf.Desc), want: "b ↑, a ↓"},
		{name: "equality_and_inequality", query: c.Where("b", "==", 1).Where("a", "<", 1), want: "b ↑, a ↑"},
		{name: "equality_and_order_of_the_same", query: c.Where("a", "==", 1).OrderBy("a", gcf.Desc)},
		{name: "a_queue", query: c.Where("step", "==", 1).OrderBy("priority", gcf.Desc).OrderBy("created_at", gcf.Asc), want: "step ↑, priority ↓, created_at ↑"},
		{name: "orders", query: c.OrderBy("b", gcf.Asc).OrderBy("a", gcf.Desc), want: "b ↑, a ↓"},
		{name: "array", query: c.Where("a", "array-contains", 1)},
		{name: "array_backwards", query: c.Where("a", "array-contains", 1).OrderBy(byName, gcf.Desc), want: "a ∋, __name__ ↓"},
		{name: "array_and_equality", query: c.Where("a", "array-contains", 1).Where("b", "==", 1), want: "b ↑, a ∋"},
		{name: "array_and_order", query: c.Where("a", "array-contains", 1).OrderBy("b", gcf.Desc), want: "a ∋, b ↓"},
		{name: "nested_field", query: c.Where("a.b", "==", 1).OrderBy("x`y", gcf.Desc), want: "a.b ↑, `x\\`y` ↓"},
	}
	for _, tt := range tests { // one after the other, as there is one listener
		t.Run(tt.name, func(t *testing.T) {
			must(t, "query", errorOf(tt.query.Documents(s.ctx).GetAll()))
			index := seen.Index()
			if got := show(index); got != tt.want {
				t.Errorf("index %q, want %q (of %+v)", got, tt.want, seen)
			}
		})
	}
}

func TestShapeFields(t *testing.T) {
	t.Parallel()
	shape := firestore.Shape{
		Equal: []string{"a", "b"}, Arrays: []string{"c"},
		Orders: []firestore.IndexField{{Path: "a", Mode: firestore.Ascending}, {Path: "d", Mode: firestore.Descending}, {Path: "__name__", Mode: firestore.Descending}},
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, shape.Fields()); diff != "" {
		t.Errorf("Fields (-want +got):\n%s", diff)
	}
}

func show(index firestore.Index) string {
	var fields []string
	for _, f := range index.Fields {
		fields = append(fields, f.Path+" "+map[string]string{firestore.Ascending: "↑", firestore.Descending: "↓", firestore.Contains: "∋"}[f.Mode])
	}
	return strings.Join(fields, ", ")
}
