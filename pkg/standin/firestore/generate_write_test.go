// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

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
