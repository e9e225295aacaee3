// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"math"
	"math/rand/v2"
	"strconv"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// lastGeneratedSecond is above every timestamp that the generator makes and
// below every one that a server makes.
const lastGeneratedSecond = 1_500_000_000

// generator makes requests. The few documents, fields and values that it knows
// make requests meet each other often.
type generator struct {
	*rand.Rand
	database string
	commits  int            // answered so far
	written  map[string]int // the commit that last wrote a document
	queue    []proto.Message
}

func newGenerator(seed uint64, database string) *generator {
	return &generator{
		Rand:     rand.New(rand.NewPCG(seed, 0)),
		database: database,
		written:  map[string]int{},
	}
}

func (g *generator) root() string { return g.database + "/documents" }

func pick[T any](g *generator, choices ...T) T { return choices[g.IntN(len(choices))] }

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// several calls f up to n times, at least once.
func (g *generator) several(n int, f func()) {
	for range 1 + g.IntN(n) {
		f()
	}
}

func (g *generator) next() proto.Message {
	if len(g.queue) > 0 {
		op := g.queue[0]
		g.queue = g.queue[1:]
		return op
	}
	switch n := g.IntN(100); {
	case n < 35:
		return &pb.CommitRequest{Database: g.database, Writes: g.writes()}
	case n < 40:
		return &pb.BatchWriteRequest{Database: g.database, Writes: g.writes()}
	case n < 45:
		return g.transaction()
	case n < 50:
		return g.batchGet()
	case n < 53:
		return &pb.ListCollectionIdsRequest{Parent: g.parent(), PageSize: int32(g.IntN(3))}
	case n < 90:
		query := g.query()
		return &pb.RunQueryRequest{
			Parent:    g.parent(),
			QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: query},
		}
	default:
		return g.aggregation()
	}
}

// learn notes what a commit did, for preconditions on update times.
func (g *generator) learn(op proto.Message, got answer) {
	commit, ok := op.(*pb.CommitRequest)
	if !ok {
		return
	}
	if got.code != codes.OK {
		if len(commit.Transaction) > 0 { // as the official client does
			g.queue = append(g.queue, &pb.RollbackRequest{Database: g.database, Transaction: commit.Transaction})
		}
		return
	}
	for i, w := range commit.Writes {
		result := got.messages[0].(*pb.CommitResponse).WriteResults[i]
		g.written[writeTarget(w)] = int(result.GetUpdateTime().GetNanos())
	}
	g.commits++
}

func writeTarget(w *pb.Write) string {
	if w.GetDelete() != "" {
		return w.GetDelete()
	}
	return w.GetUpdate().GetName()
}

// transaction queues a transaction of some reads, then writes or a rollback.
// Nothing else runs meanwhile: the emulator would lock it out and wait, where
// the stand-in lets it through and refuses the transaction at its end.
func (g *generator) transaction() proto.Message {
	mark := []byte("transaction")
	g.several(2, func() {
		if g.chance(50) {
			read := g.batchGet()
			read.ConsistencySelector = &pb.BatchGetDocumentsRequest_Transaction{Transaction: mark}
			g.queue = append(g.queue, read)
			return
		}
		query := g.query()
		g.queue = append(g.queue, &pb.RunQueryRequest{
			Parent:              g.parent(),
			QueryType:           &pb.RunQueryRequest_StructuredQuery{StructuredQuery: query},
			ConsistencySelector: &pb.RunQueryRequest_Transaction{Transaction: mark},
		})
	})
	if g.chance(20) {
		g.queue = append(g.queue, &pb.RollbackRequest{Database: g.database, Transaction: mark})
	} else {
		g.queue = append(g.queue, &pb.CommitRequest{Database: g.database, Transaction: mark, Writes: g.writes()})
	}
	return &pb.BeginTransactionRequest{Database: g.database}
}

func (g *generator) batchGet() *pb.BatchGetDocumentsRequest {
	// Each document is requested once. Firestore documents neither an order of the results, nor
	// how many results a document has that is requested twice.
	r := &pb.BatchGetDocumentsRequest{Database: g.database, Mask: g.mask()}
	seen := map[string]bool{}
	g.several(3, func() {
		if name := g.document(); !seen[name] {
			seen[name] = true
			r.Documents = append(r.Documents, name)
		}
	})
	return r
}

// document names one of a few documents, some below others.
func (g *generator) document() string {
	id := strconv.Itoa(g.IntN(12))
	if g.chance(30) {
		id = pick(g, "a", "B", "a-", "_", "ä", "10", "01")
	}
	return g.parent() + "/" + g.collection() + "/" + id
}

func (g *generator) collection() string { return pick(g, "c", "c", "c", "c", "d") }

func (g *generator) parent() string {
	if g.chance(80) {
		return g.root()
	}
	return g.root() + "/c/" + strconv.Itoa(g.IntN(2))
}

// field gives a path in the form of the protocol. The first ones have values of
// all kinds; m is mostly a map, l an array, and one needs quotes.
func (g *generator) field() string {
	return pick(g, "a", "a", "b", "b", "n", "m", "m.x", "m.y", "m.x.z", "l", "`k.k`")
}

func (g *generator) mask() *pb.DocumentMask {
	if g.chance(60) {
		return nil
	}
	m := &pb.DocumentMask{}
	for range g.IntN(4) {
		m.FieldPaths = append(m.FieldPaths, g.field())
	}
	return m
}

func integer(i int64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: i}}
}

func double(f float64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: f}}
}

func text(s string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}}
}

func reference(name string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: name}}
}

func array(values ...*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
}

func (g *generator) number() *pb.Value {
	if g.chance(60) {
		return integer(pick[int64](g, 0, 1, 2, 3, -1, 1<<53, 1<<53+1, math.MaxInt64, math.MinInt64))
	}
	return double(pick[float64](g, 0, math.Copysign(0, -1), 1, 1.5, -1, 1<<53, math.NaN(), math.Inf(1), math.Inf(-1), math.Exp2(63)))
}

func (g *generator) scalar() *pb.Value {
	switch g.IntN(10) {
	case 0:
		return &pb.Value{ValueType: &pb.Value_NullValue{NullValue: structpb.NullValue_NULL_VALUE}}
	case 1:
		return &pb.Value{ValueType: &pb.Value_BooleanValue{BooleanValue: g.chance(50)}}
	case 2, 3:
		return text(pick(g, "", "a", "b", "ab", "A", "ä", "\uffff", "\U0001f600"))
	case 4:
		return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: pick(g, []byte{}, []byte{0}, []byte("a"), []byte{255})}}
	case 5:
		return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{
			Seconds: pick[int64](g, 0, -1, 1_000_000_000), Nanos: pick[int32](g, 0, 1000, 2000),
		}}}
	case 6:
		return reference(g.document())
	default:
		return g.number()
	}
}

func (g *generator) value() *pb.Value {
	switch g.IntN(12) {
	case 0:
		return g.arrayValue()
	case 1:
		return g.mapValue(1)
	default:
		return g.scalar()
	}
}

func (g *generator) arrayValue() *pb.Value {
	v := array()
	for range g.IntN(4) {
		element := g.scalar()
		if g.chance(10) {
			element = g.mapValue(1)
		}
		v.GetArrayValue().Values = append(v.GetArrayValue().Values, element)
	}
	return v
}

func (g *generator) mapValue(depth int) *pb.Value {
	m := &pb.MapValue{Fields: map[string]*pb.Value{}}
	for _, name := range []string{"x", "y", "z"} {
		switch {
		case g.chance(50):
		case depth < 2 && g.chance(30):
			m.Fields[name] = g.mapValue(depth + 1)
		default:
			m.Fields[name] = g.scalar()
		}
	}
	return &pb.Value{ValueType: &pb.Value_MapValue{MapValue: m}}
}
