// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func (g *generator) query() *pb.StructuredQuery {
	q := &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{
		CollectionId: g.collection(),
	}}}
	if g.chance(60) {
		q.Where = g.filter(0)
	}
	if g.chance(60) {
		q.OrderBy = append(q.OrderBy, g.order(q.Where))
		// Two faults at once, as a second order by name is after a first, come to
		// one of two codes.
		if second := g.order(q.Where); g.chance(50) && second.Field.FieldPath != "__name__" {
			q.OrderBy = append(q.OrderBy, second)
		}
	}
	if len(q.OrderBy) > 0 && g.chance(40) {
		q.StartAt = g.cursor(q)
	}
	if len(q.OrderBy) > 0 && g.chance(20) {
		q.EndAt = g.cursor(q)
	}
	if g.chance(30) {
		q.Limit = wrapperspb.Int32(int32(g.IntN(6)))
	}
	if g.chance(20) {
		// An empty projection is of every field, says the protocol; the emulator
		// takes it for none.
		q.Select = &pb.StructuredQuery_Projection{}
		g.several(3, func() { q.Select.Fields = append(q.Select.Fields, ref(g.nameOrField())) })
	}
	return q
}

func ref(path string) *pb.StructuredQuery_FieldReference {
	return &pb.StructuredQuery_FieldReference{FieldPath: path}
}

func (g *generator) nameOrField() string {
	if g.chance(15) {
		return "__name__"
	}
	return g.field()
}

// order prefers a field that the filter has, as useful queries do.
func (g *generator) order(where *pb.StructuredQuery_Filter) *pb.StructuredQuery_Order {
	path := g.nameOrField()
	if f := where.GetFieldFilter(); f != nil && g.chance(60) {
		path = f.GetField().GetFieldPath()
	}
	return &pb.StructuredQuery_Order{
		Field:     ref(path),
		Direction: pick(g, pb.StructuredQuery_ASCENDING, pb.StructuredQuery_DESCENDING, pb.StructuredQuery_DIRECTION_UNSPECIFIED),
	}
}

func (g *generator) cursor(q *pb.StructuredQuery) *pb.Cursor {
	c := &pb.Cursor{Before: g.chance(50)}
	n := 1 + g.IntN(len(q.OrderBy))
	if q.OrderBy[0].Field.FieldPath != "__name__" && g.chance(3) {
		n = len(q.OrderBy) + 1
	}
	for i := range n {
		v := g.value()
		if i < len(q.OrderBy) && q.OrderBy[i].Field.FieldPath == "__name__" {
			v = reference(g.document())
		}
		c.Values = append(c.Values, v)
	}
	return c
}

func (g *generator) filter(depth int) *pb.StructuredQuery_Filter {
	if g.chance(35) && depth < 2 {
		f := &pb.StructuredQuery_CompositeFilter{Op: pb.StructuredQuery_CompositeFilter_AND}
		g.several(3, func() { f.Filters = append(f.Filters, g.filter(depth+1)) })
		return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_CompositeFilter{CompositeFilter: f}}
	}
	return g.fieldFilter()
}

// fieldFilter is never on the name: which other filters and orders go with that is a matter of the
// indexes that the service has.
func (g *generator) fieldFilter() *pb.StructuredQuery_Filter {
	f := &pb.StructuredQuery_FieldFilter{
		Field: ref(g.field()),
		Op: pick(g,
			pb.StructuredQuery_FieldFilter_EQUAL, pb.StructuredQuery_FieldFilter_EQUAL, pb.StructuredQuery_FieldFilter_EQUAL,
			pb.StructuredQuery_FieldFilter_LESS_THAN, pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL,
			pb.StructuredQuery_FieldFilter_GREATER_THAN, pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL,
			pb.StructuredQuery_FieldFilter_IN, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS,
		),
	}
	f.Value = g.value()
	if f.Op == pb.StructuredQuery_FieldFilter_IN {
		list := array()
		for range g.IntN(7) {
			list.GetArrayValue().Values = append(list.GetArrayValue().Values, g.value())
		}
		f.Value = list
	}
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{FieldFilter: f}}
}

func (g *generator) aggregation() proto.Message {
	base := g.query()
	base.Select = nil
	q := &pb.StructuredAggregationQuery{QueryType: &pb.StructuredAggregationQuery_StructuredQuery{StructuredQuery: base}}
	g.several(3, func() {
		q.Aggregations = append(q.Aggregations, &pb.StructuredAggregationQuery_Aggregation{
			Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{Count: &pb.StructuredAggregationQuery_Aggregation_Count{}},
		})
	})
	return &pb.RunAggregationQueryRequest{
		Parent:    g.parent(),
		QueryType: &pb.RunAggregationQueryRequest_StructuredAggregationQuery{StructuredAggregationQuery: q},
	}
}

// writes makes writes of different documents. For two writes of one document
// the emulator merges them first, refuses pairs that the service takes ("Cannot
// upsert then insert an entity in the same request") and answers both with what
// came of the last. One of them has a precondition at most: of two that do not
// hold either may give the code.
func (g *generator) writes() []*pb.Write {
	var out []*pb.Write
	seen := map[string]bool{}
	g.several(4, func() {
		name := g.document()
		if !seen[name] {
			seen[name] = true
			out = append(out, g.write(name))
		}
	})
	w := out[g.IntN(len(out))]
	w.CurrentDocument = g.precondition(writeTarget(w))
	return out
}

func (g *generator) write(name string) *pb.Write {
	w := &pb.Write{}
	if g.chance(20) {
		w.Operation = &pb.Write_Delete{Delete: name}
		return w
	}
	doc := &pb.Document{Name: name, Fields: g.fields()}
	if g.chance(10) {
		// To be cut to microseconds. In queries such times are not generated: the
		// emulator cuts them in lists and keeps them elsewhere.
		doc.Fields["b"] = &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{Nanos: 1999}}}
	}
	w.Operation = &pb.Write_Update{Update: doc}
	w.UpdateMask = g.mask()
	if g.chance(40) {
		g.several(2, func() { w.UpdateTransforms = append(w.UpdateTransforms, g.transform()) })
	}
	if g.chance(10) {
		// Request times have milliseconds, of which both servers may or may not
		// begin a new one between two commits; the count makes a change of both.
		w.UpdateTransforms = append(w.UpdateTransforms,
			&pb.DocumentTransform_FieldTransform{
				FieldPath: "at",
				TransformType: &pb.DocumentTransform_FieldTransform_SetToServerValue{
					SetToServerValue: pb.DocumentTransform_FieldTransform_REQUEST_TIME,
				},
			},
			&pb.DocumentTransform_FieldTransform{
				FieldPath:     "count",
				TransformType: &pb.DocumentTransform_FieldTransform_Increment{Increment: integer(1)},
			})
	}
	return w
}

func (g *generator) fields() map[string]*pb.Value {
	out := map[string]*pb.Value{}
	for _, name := range []string{"a", "b", "n", "m", "l", "k.k"} {
		switch {
		case g.chance(30):
		case name == "n":
			out[name] = g.number()
		case name == "m" && g.chance(80):
			out[name] = g.mapValue(0)
		case name == "l" && g.chance(80):
			out[name] = g.arrayValue()
		default:
			out[name] = g.value()
		}
	}
	return out
}

// precondition asks mostly for nothing, else for what may or may not hold.
func (g *generator) precondition(name string) *pb.Precondition {
	switch n := g.IntN(100); {
	case n < 50:
		return nil
	case n < 75:
		return &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: g.chance(60)}}
	default:
		commit, ok := g.written[name]
		if !ok || g.chance(20) {
			commit = g.IntN(g.commits + 1)
		}
		mark := &timestamppb.Timestamp{Seconds: markSeconds, Nanos: int32(commit)}
		return &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: mark}}
	}
}

func (g *generator) transform() *pb.DocumentTransform_FieldTransform {
	t := &pb.DocumentTransform_FieldTransform{FieldPath: g.field()}
	if g.chance(50) {
		t.TransformType = &pb.DocumentTransform_FieldTransform_Increment{Increment: g.number()}
	} else {
		t.TransformType = &pb.DocumentTransform_FieldTransform_Maximum{Maximum: g.number()}
	}
	return t
}
