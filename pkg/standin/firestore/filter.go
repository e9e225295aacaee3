// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

const (
	maxDisjunctions = 30 // terms of a filter written as an OR of ANDs
	maxInValues     = 30
	maxNotInValues  = 10
)

// predicate decides whether a document is in a result.
type predicate func(*pb.Document) bool

func never(*pb.Document) bool { return false }

// filter is a checked filter and what limits need to know about it.
type filter struct {
	matches predicate
	terms   int // disjunctions after normalization
	arrays  int // most array-contains filters in any one of them
}

// filterParser checks filters and gathers what spans a whole query.
type filterParser struct {
	database       string
	inequalities   []fieldPath // fields that the result has to be ordered by
	negations      int         // filters of which a query may have only one
	hasNotIn       bool
	hasDisjunction bool // OR, IN or ARRAY_CONTAINS_ANY
	hasOr          bool
	onFields       bool // some filter is on a field rather than the name
	nameEquality   bool
	equalities     []fieldPath
	arrays         []fieldPath // searched for an element
}

// parse checks a query's whole filter; nil matches every document.
func (p *filterParser) parse(f *pb.StructuredQuery_Filter) (predicate, error) {
	if f == nil {
		return func(*pb.Document) bool { return true }, nil
	}
	out, err := p.parseFilter(f)
	switch {
	case err != nil:
		return nil, err
	case p.negations > 1:
		return nil, invalid("Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter allowed per query.")
	case p.hasNotIn && p.hasDisjunction:
		return nil, invalid("'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'.")
	case p.nameEquality && len(p.inequalities) > 0 && !slices.ContainsFunc(p.inequalities, fieldPath.isName):
		return nil, invalid("Equality on key is not allowed if there are other inequality fields and key does not appear in inequalities.")
	case out.arrays > 1:
		return nil, invalid("A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.")
	case out.terms > maxDisjunctions:
		return nil, invalid("Too many disjunctions after normalization. Result had %d disjunctions which is more than the maximum of %d",
			out.terms, maxDisjunctions)
	}
	return out.matches, nil
}

func (p *filterParser) parseFilter(f *pb.StructuredQuery_Filter) (filter, error) {
	switch f := f.GetFilterType().(type) {
	case *pb.StructuredQuery_Filter_CompositeFilter:
		return p.parseComposite(f.CompositeFilter)
	case *pb.StructuredQuery_Filter_FieldFilter:
		return p.parseField(f.FieldFilter)
	case *pb.StructuredQuery_Filter_UnaryFilter:
		return p.parseUnary(f.UnaryFilter)
	default:
		return filter{}, invalid("Unknown Filter type.")
	}
}

func (p *filterParser) parseComposite(f *pb.StructuredQuery_CompositeFilter) (filter, error) {
	var parts []filter
	for _, sub := range f.GetFilters() {
		part, err := p.parseFilter(sub)
		if err != nil {
			return filter{}, err
		}
		parts = append(parts, part)
	}
	switch f.GetOp() {
	case pb.StructuredQuery_CompositeFilter_AND:
		return allOf(parts), nil
	case pb.StructuredQuery_CompositeFilter_OR:
		if len(parts) == 0 {
			return filter{}, invalid("Composite filter must have at least one sub-filter.")
		}
		p.hasDisjunction, p.hasOr = true, true
		return anyOf(parts), nil
	default:
		return filter{}, invalid("Unsupported CompositeFilter operator.")
	}
}

func allOf(parts []filter) filter {
	out := filter{terms: 1}
	for _, part := range parts {
		// Beyond the limit the exact number does not matter, only that it is.
		out.terms = min(out.terms*part.terms, 1<<20)
		out.arrays += part.arrays
	}
	out.matches = func(doc *pb.Document) bool {
		return !slices.ContainsFunc(parts, func(part filter) bool { return !part.matches(doc) })
	}
	return out
}

func anyOf(parts []filter) filter {
	out := filter{}
	for _, part := range parts {
		out.terms += part.terms
		out.arrays = max(out.arrays, part.arrays)
	}
	out.matches = func(doc *pb.Document) bool {
		return slices.ContainsFunc(parts, func(part filter) bool { return part.matches(doc) })
	}
	return out
}

func (p *filterParser) parseUnary(f *pb.StructuredQuery_UnaryFilter) (filter, error) {
	path, err := parseFieldPath(f.GetField().GetFieldPath())
	if err != nil {
		return filter{}, err
	}
	if path.isName() {
		return filter{}, invalid("__key__ filter value must be a Key")
	}
	p.onFields = true
	var accepts func(*pb.Value) bool
	switch f.GetOp() {
	case pb.StructuredQuery_UnaryFilter_IS_NULL:
		accepts = isNull
		p.equalities = append(p.equalities, path)
	case pb.StructuredQuery_UnaryFilter_IS_NAN:
		accepts = isNaN
		p.equalities = append(p.equalities, path)
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NULL:
		accepts = func(v *pb.Value) bool { return !isNull(v) }
		p.negate(path)
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NAN:
		accepts = func(v *pb.Value) bool { return !isNull(v) && !isNaN(v) }
		p.negate(path)
	default:
		return filter{}, invalid("Unknown UnaryFilter operator.")
	}
	return filter{matches: onField(path, accepts), terms: 1}, nil
}

// negate notes a filter of which a query may have only one, and which orders it.
func (p *filterParser) negate(path fieldPath) {
	p.negations++
	p.inequalities = append(p.inequalities, path)
}

func isNull(v *pb.Value) bool { return rankOf(v) == rankNull }

// onField applies a test to the value of a field. A document without the field
// never passes.
func onField(path fieldPath, accepts func(*pb.Value) bool) predicate {
	return func(doc *pb.Document) bool {
		v := valueAt(doc, path)
		return v != nil && accepts(v)
	}
}

// valueAt finds a field of a document or, as a reference, its name.
func valueAt(doc *pb.Document, path fieldPath) *pb.Value {
	if path.isName() {
		return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: doc.Name}}
	}
	return lookup(doc.Fields, path)
}
