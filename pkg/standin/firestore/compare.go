// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"bytes"
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// rank is the place of a value's type in the order of all values.
type rank int

const (
	rankNull rank = iota
	rankBool
	rankNumber
	rankTimestamp
	rankString
	rankBytes
	rankReference
	rankArray
	rankMap
)

func rankOf(v *pb.Value) rank {
	switch v.GetValueType().(type) {
	case *pb.Value_BooleanValue:
		return rankBool
	case *pb.Value_IntegerValue, *pb.Value_DoubleValue:
		return rankNumber
	case *pb.Value_TimestampValue:
		return rankTimestamp
	case *pb.Value_StringValue:
		return rankString
	case *pb.Value_BytesValue:
		return rankBytes
	case *pb.Value_ReferenceValue:
		return rankReference
	case *pb.Value_ArrayValue:
		return rankArray
	case *pb.Value_MapValue:
		return rankMap
	default:
		return rankNull
	}
}

// compareValues is the order of an index: types by rank, and within a type by
// value. Integers and doubles are one type and compared exactly, NaN is the
// least number and equal to itself, both zeros are equal.
func compareValues(a, b *pb.Value) int {
	r := rankOf(a)
	if c := cmp.Compare(r, rankOf(b)); c != 0 {
		return c
	}
	switch r {
	case rankBool:
		return compareBools(a.GetBooleanValue(), b.GetBooleanValue())
	case rankNumber:
		return compareNumbers(a, b)
	case rankTimestamp:
		return compareTimes(a.GetTimestampValue(), b.GetTimestampValue())
	case rankString:
		return strings.Compare(a.GetStringValue(), b.GetStringValue())
	case rankBytes:
		return bytes.Compare(a.GetBytesValue(), b.GetBytesValue())
	case rankReference:
		return compareNames(a.GetReferenceValue(), b.GetReferenceValue())
	case rankArray:
		return slices.CompareFunc(a.GetArrayValue().GetValues(), b.GetArrayValue().GetValues(), compareValues)
	case rankMap:
		return compareMaps(a.GetMapValue().GetFields(), b.GetMapValue().GetFields())
	default:
		return 0
	}
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

func compareTimes(a, b *timestamppb.Timestamp) int {
	return cmp.Or(cmp.Compare(a.GetSeconds(), b.GetSeconds()), cmp.Compare(a.GetNanos(), b.GetNanos()))
}

// compareNames orders resource names segment by segment.
func compareNames(a, b string) int {
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == b[i]:
		case a[i] == '/': // a segment that has ended is a prefix of the other
			return -1
		case b[i] == '/':
			return 1
		default:
			return cmp.Compare(a[i], b[i])
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareMaps orders maps as lists of key and value, sorted by key.
func compareMaps(a, b map[string]*pb.Value) int {
	keysA, keysB := slices.Sorted(maps.Keys(a)), slices.Sorted(maps.Keys(b))
	for i := range min(len(keysA), len(keysB)) {
		if c := strings.Compare(keysA[i], keysB[i]); c != 0 {
			return c
		}
		if c := compareValues(a[keysA[i]], b[keysB[i]]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(keysA), len(keysB))
}

// compareNumbers compares integers and doubles by their exact values, which
// converting one to the other would lose above 2^53.
func compareNumbers(a, b *pb.Value) int {
	i, aIsInt := a.GetValueType().(*pb.Value_IntegerValue)
	j, bIsInt := b.GetValueType().(*pb.Value_IntegerValue)
	switch {
	case aIsInt && bIsInt:
		return cmp.Compare(i.IntegerValue, j.IntegerValue)
	case aIsInt:
		return compareIntFloat(i.IntegerValue, b.GetDoubleValue())
	case bIsInt:
		return -compareIntFloat(j.IntegerValue, a.GetDoubleValue())
	default:
		return cmp.Compare(a.GetDoubleValue(), b.GetDoubleValue())
	}
}

func compareIntFloat(i int64, f float64) int {
	const two63 = 1 << 63
	switch {
	case math.IsNaN(f) || f < -two63:
		return 1
	case f >= two63:
		return -1
	}
	whole := math.Trunc(f) // exact, and within int64
	return cmp.Or(cmp.Compare(i, int64(whole)), cmp.Compare(whole, f))
}

func isNaN(v *pb.Value) bool {
	d, ok := v.GetValueType().(*pb.Value_DoubleValue)
	return ok && math.IsNaN(d.DoubleValue)
}

// identical reports whether two sets of fields are the same in every bit, so
// that writing one over the other changes nothing. Unlike the order of values
// it distinguishes 1 from 1.0 and 0.0 from -0.0.
func identical(a, b map[string]*pb.Value) bool {
	return maps.EqualFunc(a, b, identicalValues)
}

func identicalValues(v, w *pb.Value) bool {
	switch a := v.GetValueType().(type) {
	case *pb.Value_IntegerValue:
		b, ok := w.GetValueType().(*pb.Value_IntegerValue)
		return ok && a.IntegerValue == b.IntegerValue
	case *pb.Value_DoubleValue:
		b, ok := w.GetValueType().(*pb.Value_DoubleValue)
		return ok && math.Float64bits(a.DoubleValue) == math.Float64bits(b.DoubleValue)
	case *pb.Value_ArrayValue:
		b, ok := w.GetValueType().(*pb.Value_ArrayValue)
		return ok && slices.EqualFunc(a.ArrayValue.GetValues(), b.ArrayValue.GetValues(), identicalValues)
	case *pb.Value_MapValue:
		b, ok := w.GetValueType().(*pb.Value_MapValue)
		return ok && identical(a.MapValue.GetFields(), b.MapValue.GetFields())
	}
	return compareValues(v, w) == 0
}
