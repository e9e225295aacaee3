// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

const (
	maxDisjunctions = 30 // terms of a filter written as an OR of ANDs
	maxInValues     = 30
)

// predicate decides whether a document is in a result.
type predicate func(*pb.Document) bool

func matchNothing(*pb.Document) bool { return false }

// filterParser checks filters and collects what concerns a whole query.
type filterParser struct {
	database     string
	parts        []predicate // all of which a document must match
	inequalities []fieldPath // fields that the result has to be ordered by
	equalities   []fieldPath
	arrays       []fieldPath // searched for an element
	terms        int         // disjunctions after normalization
	onFields     bool        // some filter is on a field and not on the name
	nameEquality bool
}

// parse checks a query's whole filter; nil matches every document.
func (p *filterParser) parse(f *pb.StructuredQuery_Filter) (predicate, error) {
	p.terms = 1
	if f != nil {
		if err := p.parseFilter(f); err != nil {
			return nil, err
		}
	}
	switch {
	case p.nameEquality && len(p.inequalities) > 0 && !slices.ContainsFunc(p.inequalities, fieldPath.isName):
		return nil, invalid("Equality on key is not allowed if there are other inequality fields and key does not appear in inequalities.")
	case len(p.arrays) > 1:
		return nil, invalid("A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.")
	case p.terms > maxDisjunctions:
		return nil, invalid("Too many disjunctions after normalization. Result had %d disjunctions which is more than the maximum of %d",
			p.terms, maxDisjunctions)
	}
	return func(doc *pb.Document) bool {
		return !slices.ContainsFunc(p.parts, func(matches predicate) bool { return !matches(doc) })
	}, nil
}

func (p *filterParser) parseFilter(f *pb.StructuredQuery_Filter) error {
	switch f := f.GetFilterType().(type) {
	case *pb.StructuredQuery_Filter_CompositeFilter:
		switch f.CompositeFilter.GetOp() {
		case pb.StructuredQuery_CompositeFilter_AND:
		case pb.StructuredQuery_CompositeFilter_OR:
			return unimplemented("the filter operator OR")
		default:
			return invalid("Unsupported CompositeFilter operator.")
		}
		for _, sub := range f.CompositeFilter.GetFilters() {
			if err := p.parseFilter(sub); err != nil {
				return err
			}
		}
		return nil
	case *pb.StructuredQuery_Filter_FieldFilter:
		return p.parseField(f.FieldFilter)
	case *pb.StructuredQuery_Filter_UnaryFilter:
		return unimplemented("the filter operator " + f.UnaryFilter.GetOp().String())
	default:
		return invalid("Unknown Filter type.")
	}
}

// parseField checks a comparison of one field with a value.
func (p *filterParser) parseField(f *pb.StructuredQuery_FieldFilter) error {
	path, err := parseFieldPath(f.GetField().GetFieldPath())
	if err != nil {
		return err
	}
	p.onFields = p.onFields || !path.isName()
	switch op, operand := f.GetOp(), f.GetValue(); op {
	case pb.StructuredQuery_FieldFilter_LESS_THAN:
		return p.inequality(path, operand, func(c int) bool { return c < 0 })
	case pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL:
		return p.inequality(path, operand, func(c int) bool { return c <= 0 })
	case pb.StructuredQuery_FieldFilter_GREATER_THAN:
		return p.inequality(path, operand, func(c int) bool { return c > 0 })
	case pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL:
		return p.inequality(path, operand, func(c int) bool { return c >= 0 })
	case pb.StructuredQuery_FieldFilter_EQUAL:
		return p.equality(path, operand)
	case pb.StructuredQuery_FieldFilter_IN:
		return p.in(path, operand)
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
		return p.arrayContains(path, operand)
	case pb.StructuredQuery_FieldFilter_NOT_EQUAL, pb.StructuredQuery_FieldFilter_NOT_IN,
		pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
		return unimplemented("the filter operator " + op.String())
	default:
		return invalid("Unknown FieldFilter operator.")
	}
}

// checkOperand checks a value to be compared with by the rules for stored ones, but does not change
// it: a time within a microsecond equals no stored one.
func (p *filterParser) checkOperand(path fieldPath, operand *pb.Value) error {
	if err := normalizeValue(proto.CloneOf(operand), 0); err != nil {
		return err
	}
	if !path.isName() {
		return nil
	}
	if rankOf(operand) != rankReference {
		return invalid("__key__ filter value must be a Key")
	}
	target, err := parseDocument("Resource", operand.GetReferenceValue())
	if err == nil && target.database != p.database {
		return invalid("The request was for database '%s' but was attempting to access database '%s'", p.database, target.database)
	}
	return err
}

// inequality matches values of the operand's type only. Null and NaN are not ordered against
// anything.
func (p *filterParser) inequality(path fieldPath, operand *pb.Value, accepts func(c int) bool) error {
	if err := p.checkOperand(path, operand); err != nil {
		return err
	}
	if !ordered(operand) {
		p.parts = append(p.parts, matchNothing)
		return nil
	}
	p.inequalities = append(p.inequalities, path)
	p.onField(path, func(v *pb.Value) bool {
		return rankOf(v) == rankOf(operand) && ordered(v) && accepts(compareValues(v, operand))
	})
	return nil
}

// ordered reports whether a value can be equal to or ordered against another: null and NaN cannot.
func ordered(v *pb.Value) bool { return !isNull(v) && !isNaN(v) }

func isNull(v *pb.Value) bool { return rankOf(v) == rankNull }

// in matches a field that equals one of the values in an array.
func (p *filterParser) in(path fieldPath, operand *pb.Value) error {
	values := operand.GetArrayValue().GetValues()
	switch {
	case rankOf(operand) != rankArray:
		return invalid("'IN' requires an ArrayValue.")
	case len(values) == 0:
		return invalid("'IN' requires a non-empty ArrayValue.")
	case len(values) > maxInValues:
		return invalid("'IN' supports up to %d comparison values.", maxInValues)
	}
	return p.equality(path, values...)
}

// equality matches a field that equals one of the operands.
func (p *filterParser) equality(path fieldPath, operands ...*pb.Value) error {
	for _, operand := range operands {
		if err := p.checkOperand(path, operand); err != nil {
			return err
		}
	}
	p.nameEquality = p.nameEquality || path.isName()
	p.equalities = append(p.equalities, path)
	// Beyond the limit the exact number does not matter.
	p.terms = min(p.terms*distinct(operands), 1<<20)
	p.onField(path, func(v *pb.Value) bool { return ordered(v) && contains(operands, v) })
	return nil
}

// distinct counts the values of which none equals another.
func distinct(values []*pb.Value) int {
	sorted := slices.SortedFunc(slices.Values(values), compareValues)
	return len(slices.CompactFunc(sorted, func(a, b *pb.Value) bool { return compareValues(a, b) == 0 }))
}

// arrayContains matches an array that has the operand as an element.
func (p *filterParser) arrayContains(path fieldPath, operand *pb.Value) error {
	if path.isName() {
		return invalid("the name __key__ is reserved")
	}
	if err := p.checkOperand(path, operand); err != nil {
		return err
	}
	p.arrays = append(p.arrays, path)
	p.onField(path, func(v *pb.Value) bool {
		return ordered(operand) && contains(v.GetArrayValue().GetValues(), operand)
	})
	return nil
}

func contains(values []*pb.Value, v *pb.Value) bool {
	return slices.ContainsFunc(values, func(w *pb.Value) bool { return compareValues(v, w) == 0 })
}

// onField adds a test of the value of a field. A document without the field does not match.
func (p *filterParser) onField(path fieldPath, accepts func(*pb.Value) bool) {
	p.parts = append(p.parts, func(doc *pb.Document) bool {
		v := valueAt(doc, path)
		return v != nil && accepts(v)
	})
}

// valueAt finds a field of a document or, as a reference, its name.
func valueAt(doc *pb.Document, path fieldPath) *pb.Value {
	if path.isName() {
		return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: doc.Name}}
	}
	return lookup(doc.Fields, path)
}
