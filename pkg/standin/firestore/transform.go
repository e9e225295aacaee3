// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"fmt"
	"math"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// transform is a checked change of one field that depends on its value.
type transform struct {
	path fieldPath
	next func(old *pb.Value, now *timestamppb.Timestamp) *pb.Value
}

func parseTransforms(requests []*pb.DocumentTransform_FieldTransform) ([]transform, error) {
	transforms := make([]transform, len(requests))
	for i, r := range requests {
		t, err := parseTransform(r)
		if err != nil {
			return nil, err
		}
		for _, other := range transforms[:i] {
			if t.path.within(other.path) || other.path.within(t.path) {
				return nil, invalid("Cannot transform property %s and its nested property at the same time.", t.path[:min(len(t.path), len(other.path))])
			}
		}
		transforms[i] = t
	}
	return transforms, nil
}

func parseTransform(r *pb.DocumentTransform_FieldTransform) (transform, error) {
	path, err := parseFieldPath(r.GetFieldPath())
	if err != nil {
		return transform{}, err
	}
	if path.isName() {
		return transform{}, invalid("Invalid reserved name in field path %s", r.GetFieldPath())
	}
	t := transform{path: path}
	switch op := r.GetTransformType().(type) {
	case *pb.DocumentTransform_FieldTransform_SetToServerValue:
		if op.SetToServerValue != pb.DocumentTransform_FieldTransform_REQUEST_TIME {
			return t, invalid("ServerValue type must be specified for set_to_server_value transformation.")
		}
		t.next = requestTime
	case *pb.DocumentTransform_FieldTransform_Increment:
		t.next, err = numeric(op.Increment, add)
	case *pb.DocumentTransform_FieldTransform_Maximum:
		t.next, err = numeric(op.Maximum, larger)
	case nil:
		err = invalid("Operation type must be specified for field transformation.")
	default:
		err = unimplemented(fmt.Sprintf("the transform %T", op))
	}
	return t, err
}

// apply changes the field in place and returns its new value.
func (t transform) apply(fields map[string]*pb.Value, now *timestamppb.Timestamp) *pb.Value {
	value := t.next(lookup(fields, t.path), now)
	assign(fields, t.path, value)
	return value
}

// requestTime gives the commit's time in milliseconds, the precision that the service documents.
func requestTime(_ *pb.Value, now *timestamppb.Timestamp) *pb.Value {
	at := timestamppb.New(now.AsTime().Truncate(time.Millisecond))
	return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: at}}
}

// numeric makes a transform of two numbers. A field that is not a number becomes the operand.
func numeric(operand *pb.Value, f func(old, operand *pb.Value) *pb.Value) (func(*pb.Value, *timestamppb.Timestamp) *pb.Value, error) {
	if rankOf(operand) != rankNumber {
		return nil, invalid("Input must be int64 or double.")
	}
	return func(old *pb.Value, _ *timestamppb.Timestamp) *pb.Value {
		if rankOf(old) != rankNumber {
			return operand
		}
		return f(old, operand)
	}, nil
}

// add adds two integers, limited to their range, or two doubles if either is a double.
func add(a, b *pb.Value) *pb.Value {
	i, aIsInt := a.GetValueType().(*pb.Value_IntegerValue)
	j, bIsInt := b.GetValueType().(*pb.Value_IntegerValue)
	if !aIsInt || !bIsInt {
		return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: toFloat(a) + toFloat(b)}}
	}
	sum, ok := addInts(i.IntegerValue, j.IntegerValue)
	switch {
	case ok:
	case j.IntegerValue > 0:
		sum = math.MaxInt64
	default:
		sum = math.MinInt64
	}
	return intValue(sum)
}

func addInts(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (sum > a) == (b > 0)
}

func toFloat(v *pb.Value) float64 {
	if i, ok := v.GetValueType().(*pb.Value_IntegerValue); ok {
		return float64(i.IntegerValue)
	}
	return v.GetDoubleValue()
}

func intValue(i int64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: i}}
}

// larger returns the operand if it is larger than old, else old: equal values keep their type. NaN
// wins over every number.
func larger(old, operand *pb.Value) *pb.Value {
	switch {
	case isNaN(old):
		return old
	case isNaN(operand) || compareNumbers(operand, old) > 0:
		return operand
	default:
		return old
	}
}
