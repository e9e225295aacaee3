// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"fmt"
	"iter"
	"math/big"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/structpb"
)

const maxAggregations = 5

// aggregation is one checked figure to compute over a result.
type aggregation struct {
	alias string
	field fieldPath // nil for a count
	upTo  int64     // bound of a count, -1 is none
	mean  bool      // average rather than sum
	total total
}

func parseAggregations(requests []*pb.StructuredAggregationQuery_Aggregation) ([]*aggregation, error) {
	if len(requests) == 0 {
		return nil, invalid("Aggregations can not be empty.")
	}
	if len(requests) > maxAggregations {
		return nil, invalid("The maximum number of aggregations allowed in an aggregation query is %d. Received: %d", maxAggregations, len(requests))
	}
	var out []*aggregation
	unnamed := 0
	for _, r := range requests {
		a, err := parseAggregation(r)
		if err != nil {
			return nil, err
		}
		if a.alias == "" {
			unnamed++
			a.alias = fmt.Sprintf("field_%d", unnamed)
		}
		if slices.ContainsFunc(out, func(b *aggregation) bool { return a.alias == b.alias }) {
			return nil, invalid("Aggregation aliases contain duplicate alias: %s.", a.alias)
		}
		out = append(out, a)
	}
	return out, nil
}

func parseAggregation(r *pb.StructuredAggregationQuery_Aggregation) (*aggregation, error) {
	a := &aggregation{alias: r.GetAlias(), upTo: -1}
	if isReserved(a.alias) {
		return nil, invalid("The property.name %q is reserved.", a.alias)
	}
	var field *pb.StructuredQuery_FieldReference
	switch op := r.GetOperator().(type) {
	case *pb.StructuredAggregationQuery_Aggregation_Count_:
		if limit := op.Count.GetUpTo(); limit != nil {
			if a.upTo = limit.GetValue(); a.upTo < 0 {
				return nil, invalid("The `up_to` value in a COUNT aggregation must be greater than or equal to zero.")
			}
		}
		return a, nil
	case *pb.StructuredAggregationQuery_Aggregation_Sum_:
		field = op.Sum.GetField()
	case *pb.StructuredAggregationQuery_Aggregation_Avg_:
		field, a.mean = op.Avg.GetField(), true
	default:
		return nil, invalid("Operator field in Aggregation is not set.")
	}
	var err error
	if a.field, err = parseFieldPath(field.GetFieldPath()); err != nil {
		return nil, err
	}
	if a.field.isName() {
		return nil, invalid("Aggregations are not supported for the property: __key__")
	}
	return a, nil
}

// figures are the fields that the aggregations are of.
func figures(aggregations []*aggregation) []fieldPath {
	var fields []fieldPath
	for _, a := range aggregations {
		if a.field != nil {
			fields = append(fields, a.field)
		}
	}
	return fields
}

// checkProjection refuses figures of fields that the base query leaves out.
func checkProjection(aggregations []*aggregation, selected mask) error {
	for _, field := range figures(aggregations) {
		if selected != nil && !slices.ContainsFunc(selected, func(p fieldPath) bool { return p.compare(field) == 0 }) {
			return invalid("The aggregation property %s is not present in the base query's property mask.", field)
		}
	}
	return nil
}

// aggregate computes the figures over documents that have all the fields.
func aggregate(docs iter.Seq[*pb.Document], aggregations []*aggregation) map[string]*pb.Value {
	var count int64
	for doc := range docs {
		count++
		for _, a := range aggregations {
			if a.field != nil {
				a.total.add(lookup(doc.Fields, a.field))
			}
		}
	}
	fields := map[string]*pb.Value{}
	for _, a := range aggregations {
		fields[a.alias] = a.result(count)
	}
	return fields
}

func (a *aggregation) result(count int64) *pb.Value {
	switch {
	case a.field == nil && a.upTo >= 0:
		return intValue(min(count, a.upTo))
	case a.field == nil:
		return intValue(count)
	case a.mean:
		return a.total.mean()
	default:
		return a.total.sum()
	}
}

// total adds numbers up: integers exactly, doubles apart from them, so that
// neither loses the other's last digits.
type total struct {
	count   int64
	ints    big.Int
	floats  float64
	inexact bool // there was a double
}

func (t *total) add(v *pb.Value) {
	switch v := v.GetValueType().(type) {
	case *pb.Value_IntegerValue:
		t.count++
		t.ints.Add(&t.ints, big.NewInt(v.IntegerValue))
	case *pb.Value_DoubleValue:
		t.count++
		t.floats += v.DoubleValue
		t.inexact = true
	}
}

// sum is an integer if all numbers are and it fits.
func (t *total) sum() *pb.Value {
	if !t.inexact && t.ints.IsInt64() {
		return intValue(t.ints.Int64())
	}
	ints, _ := new(big.Float).SetInt(&t.ints).Float64()
	return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: ints + t.floats}}
}

func (t *total) mean() *pb.Value {
	if t.count == 0 {
		return nullValue()
	}
	return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: toFloat(t.sum()) / float64(t.count)}}
}

func intValue(i int64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: i}}
}

func nullValue() *pb.Value {
	return &pb.Value{ValueType: &pb.Value_NullValue{NullValue: structpb.NullValue_NULL_VALUE}}
}
