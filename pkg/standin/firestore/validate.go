// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"fmt"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	maxDocumentBytes  = 1 << 20
	maxValueBytes     = maxDocumentBytes - 89 // of one string or byte string
	maxNesting        = 20                    // maps and arrays within each other, below the document
	vectorTypeKey     = "__type__"
	minTimestampSecs  = -62135596800 // 0001-01-01
	maxTimestampSecs  = 253402300799 // 9999-12-31
	nanosPerMicro     = 1000
	documentOverhead  = 32
	nameOverhead      = 16
	scalarBytes       = 8
	stringTerminator  = 1
	maxNanosOfASecond = 999_999_999
)

// normalizeFields checks fields that are about to be stored and cuts their
// timestamps to microseconds, as the service does, in place.
func normalizeFields(fields map[string]*pb.Value, depth int) error {
	if depth > maxNesting {
		return invalid("The document has maps or arrays nested deeper than %d levels.", maxNesting)
	}
	for name, value := range fields {
		if err := checkFieldName(name, depth); err != nil {
			return err
		}
		if len(value.GetStringValue()) > maxValueBytes || len(value.GetBytesValue()) > maxValueBytes {
			return invalid("The value of property %q is longer than %d bytes.", name, maxValueBytes)
		}
		if err := normalizeValue(value, depth); err != nil {
			return err
		}
	}
	return nil
}

func checkFieldName(name string, depth int) error {
	switch {
	case name == "" && depth == 0:
		return invalid("The property.name is the empty string.")
	case name == "":
		return invalid("A map contains an empty field name.")
	case len(name) > maxIDBytes:
		return invalid("The property.name is longer than %d bytes.", maxIDBytes)
	case name == vectorTypeKey:
		return unimplemented("vector values")
	case isReserved(name):
		return invalid("field name %s is reserved", name)
	}
	return nil
}

func normalizeValue(value *pb.Value, depth int) error {
	switch v := value.GetValueType().(type) {
	case *pb.Value_NullValue, *pb.Value_BooleanValue, *pb.Value_IntegerValue, *pb.Value_DoubleValue,
		*pb.Value_StringValue, *pb.Value_BytesValue:
		return nil
	case *pb.Value_TimestampValue:
		return normalizeTime(v.TimestampValue)
	case *pb.Value_ReferenceValue:
		_, err := parseDocument("Resource", v.ReferenceValue)
		return err
	case *pb.Value_GeoPointValue:
		return unimplemented("geo points")
	case *pb.Value_ArrayValue:
		return normalizeArray(v.ArrayValue.GetValues(), depth+1)
	case *pb.Value_MapValue:
		return normalizeFields(v.MapValue.GetFields(), depth+1)
	case nil:
		return invalid("Cannot convert firestore.v1.Value with type unset.")
	default:
		kind := strings.TrimPrefix(fmt.Sprintf("%T", v), "*firestorepb.Value_")
		return invalid("Cannot convert firestore.v1.Value with type %s.", kind)
	}
}

func normalizeArray(elements []*pb.Value, depth int) error {
	if depth > maxNesting {
		return invalid("The document has maps or arrays nested deeper than %d levels.", maxNesting)
	}
	for _, element := range elements {
		if rankOf(element) == rankArray {
			return invalid("Cannot convert an array value in an array value.")
		}
		if err := normalizeValue(element, depth); err != nil {
			return err
		}
	}
	return nil
}

func normalizeTime(t *timestamppb.Timestamp) error {
	switch {
	case t.GetSeconds() < minTimestampSecs || t.GetSeconds() > maxTimestampSecs:
		return invalid("Timestamp seconds exceeds limit for field.")
	case t.GetNanos() < 0 || t.GetNanos() > maxNanosOfASecond:
		return invalid("Timestamp nanos exceeds limit for field.")
	case t.GetNanos() > 0:
		t.Nanos -= t.Nanos % nanosPerMicro
	}
	return nil
}

// checkSize refuses a document above 1 MiB by the documented way of counting.
func checkSize(r resource, fields map[string]*pb.Value) error {
	size := nameBytes(r.path) + fieldsBytes(fields) + documentOverhead
	if size > maxDocumentBytes {
		return invalid("Document '%s' cannot be written because its size (%d bytes) exceeds the maximum allowed size of %d bytes.",
			r.name(), size, maxDocumentBytes)
	}
	return nil
}

// nameBytes counts each segment of a path as a string.
func nameBytes(path string) int {
	return len(path) + stringTerminator + nameOverhead
}

func fieldsBytes(fields map[string]*pb.Value) int {
	size := 0
	for name, value := range fields {
		size += len(name) + stringTerminator + valueBytes(value)
	}
	return size
}

func valueBytes(value *pb.Value) int {
	switch v := value.GetValueType().(type) {
	case *pb.Value_NullValue, *pb.Value_BooleanValue:
		return 1
	case *pb.Value_StringValue:
		return len(v.StringValue) + stringTerminator
	case *pb.Value_BytesValue:
		return len(v.BytesValue)
	case *pb.Value_ReferenceValue:
		if r, err := parseDocument("Resource", v.ReferenceValue); err == nil {
			return nameBytes(r.path)
		}
		return len(v.ReferenceValue)
	case *pb.Value_ArrayValue:
		size := 0
		for _, element := range v.ArrayValue.GetValues() {
			size += valueBytes(element)
		}
		return size
	case *pb.Value_MapValue:
		return fieldsBytes(v.MapValue.GetFields())
	default:
		return scalarBytes
	}
}
