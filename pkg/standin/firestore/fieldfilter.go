// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// parseField checks a comparison of one field with a value.
func (p *filterParser) parseField(f *pb.StructuredQuery_FieldFilter) (filter, error) {
	path, err := parseFieldPath(f.GetField().GetFieldPath())
	if err != nil {
		return filter{}, err
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
	case pb.StructuredQuery_FieldFilter_NOT_EQUAL:
		p.negate(path)
		if isNull(operand) { // matches nothing, so there is nothing to order
			p.inequalities = p.inequalities[:len(p.inequalities)-1]
		}
		return p.otherThan(path, []*pb.Value{operand})
	case pb.StructuredQuery_FieldFilter_IN, pb.StructuredQuery_FieldFilter_NOT_IN,
		pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
		return p.parseList(path, op, operand)
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
		return p.arrayContains(path, []*pb.Value{operand})
	default:
		return filter{}, invalid("Unknown FieldFilter operator.")
	}
}

// parseList checks the operators that take an array of values.
func (p *filterParser) parseList(path fieldPath, op pb.StructuredQuery_FieldFilter_Operator, operand *pb.Value) (filter, error) {
	limit := maxInValues
	if op == pb.StructuredQuery_FieldFilter_NOT_IN {
		limit = maxNotInValues
	}
	values := operand.GetArrayValue().GetValues()
	switch {
	case rankOf(operand) != rankArray:
		return filter{}, invalid("'%s' requires an ArrayValue.", op)
	case len(values) == 0:
		return filter{}, invalid("'%s' requires an non-empty ArrayValue.", op)
	case len(values) > limit:
		return filter{}, invalid("'%s' supports up to %d comparison values.", op, limit)
	}
	switch op {
	case pb.StructuredQuery_FieldFilter_IN:
		p.hasDisjunction = true
		return p.equality(path, values...)
	case pb.StructuredQuery_FieldFilter_NOT_IN:
		p.hasNotIn = true
		p.negate(path)
		return p.otherThan(path, values)
	default:
		p.hasDisjunction = true
		return p.arrayContains(path, values)
	}
}

// checkOperand holds a value to be compared with to the rules for stored ones,
// but leaves it as it is: a time within a microsecond equals no stored one.
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

func (p *filterParser) checkOperands(path fieldPath, operands []*pb.Value) error {
	for _, operand := range operands {
		if err := p.checkOperand(path, operand); err != nil {
			return err
		}
	}
	return nil
}

// inequality matches values of the operand's type only. Null and NaN are not
// ordered against anything.
func (p *filterParser) inequality(path fieldPath, operand *pb.Value, accepts func(c int) bool) (filter, error) {
	if err := p.checkOperand(path, operand); err != nil {
		return filter{}, err
	}
	if !ordered(operand) {
		return filter{matches: never, terms: 1}, nil
	}
	p.inequalities = append(p.inequalities, path)
	return filter{terms: 1, matches: onField(path, func(v *pb.Value) bool {
		return rankOf(v) == rankOf(operand) && ordered(v) && accepts(compareValues(v, operand))
	})}, nil
}

// ordered reports whether a value can be equal to or ordered against
// another: null and NaN are found by the unary filters only.
func ordered(v *pb.Value) bool { return !isNull(v) && !isNaN(v) }

// equality matches a field that equals one of the operands.
func (p *filterParser) equality(path fieldPath, operands ...*pb.Value) (filter, error) {
	if err := p.checkOperands(path, operands); err != nil {
		return filter{}, err
	}
	p.nameEquality = p.nameEquality || path.isName()
	p.equalities = append(p.equalities, path)
	usable := slices.DeleteFunc(slices.Clone(operands), func(v *pb.Value) bool { return !ordered(v) })
	return filter{terms: distinct(operands), matches: onField(path, func(v *pb.Value) bool {
		return contains(usable, v)
	})}, nil
}

// distinct counts the values of which none equals another.
func distinct(values []*pb.Value) int {
	sorted := slices.SortedFunc(slices.Values(values), compareValues)
	return len(slices.CompactFunc(sorted, func(a, b *pb.Value) bool { return compareValues(a, b) == 0 }))
}

// otherThan matches a field that is there, is not null and equals no operand.
// It matches nothing when an operand is null.
func (p *filterParser) otherThan(path fieldPath, operands []*pb.Value) (filter, error) {
	if err := p.checkOperands(path, operands); err != nil {
		return filter{}, err
	}
	if slices.ContainsFunc(operands, isNull) {
		return filter{matches: never, terms: 1}, nil
	}
	return filter{terms: 1, matches: onField(path, func(v *pb.Value) bool {
		return !isNull(v) && (isNaN(v) || !contains(operands, v))
	})}, nil
}

// arrayContains matches an array that has one of the operands as an element.
func (p *filterParser) arrayContains(path fieldPath, operands []*pb.Value) (filter, error) {
	if path.isName() {
		return filter{}, invalid("the name __key__ is reserved")
	}
	if err := p.checkOperands(path, operands); err != nil {
		return filter{}, err
	}
	p.arrays = append(p.arrays, path)
	usable := slices.DeleteFunc(slices.Clone(operands), func(v *pb.Value) bool { return !ordered(v) })
	return filter{terms: distinct(operands), arrays: 1, matches: onField(path, func(v *pb.Value) bool {
		return slices.ContainsFunc(v.GetArrayValue().GetValues(), func(e *pb.Value) bool { return contains(usable, e) })
	})}, nil
}
