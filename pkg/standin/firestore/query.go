// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// query is a checked structured query.
type query struct {
	parent     resource
	collection string // id
	matches    predicate
	orders     []order // whole: the last one is by name
	start, end *bound
	limit      int  // -1 is none
	mask       mask // nil is every field
	shape      Shape
}

// order is one key that results are sorted by.
type order struct {
	path      fieldPath
	direction int // 1 ascending, -1 descending
}

// bound is a position in the order of results, before or after every document whose keys begin with
// values.
type bound struct {
	values []*pb.Value
	before bool
}

// parseQuery checks a query on a collection below parent.
func parseQuery(parent string, q *pb.StructuredQuery) (*query, error) {
	root, err := parseParent("Document parent", parent)
	if err != nil {
		return nil, err
	}
	out := &query{parent: root, limit: -1}
	if err := out.parseFrom(q.GetFrom()); err != nil {
		return nil, err
	}
	filters := filterParser{database: root.database}
	if out.matches, err = filters.parse(q.GetWhere()); err != nil {
		return nil, err
	}
	if err := checkIndexable(q.GetOrderBy(), filters); err != nil {
		return nil, err
	}
	if err := out.parseOrders(q.GetOrderBy(), filters.inequalities); err != nil {
		return nil, err
	}
	out.shape = newShape(out, filters)
	if out.start, err = out.parseCursor(q.GetStartAt(), len(q.GetOrderBy())); err != nil {
		return nil, err
	}
	if out.end, err = out.parseCursor(q.GetEndAt(), len(q.GetOrderBy())); err != nil {
		return nil, err
	}
	if out.mask, err = parseSelect(q.GetSelect()); err != nil {
		return nil, err
	}
	return out, out.parseLimits(q)
}

func (q *query) parseFrom(from []*pb.StructuredQuery_CollectionSelector) error {
	if len(from) > 1 {
		return invalid("StructuredQuery.from cannot have more than one collection selector.")
	}
	if len(from) == 0 || from[0].GetCollectionId() == "" {
		return unimplemented("a query without a collection id")
	}
	if from[0].GetAllDescendants() {
		return unimplemented("a query on a collection group")
	}
	q.collection = from[0].GetCollectionId()
	return checkID("Collection", q.collection)
}

func (q *query) parseLimits(sq *pb.StructuredQuery) error {
	if sq.GetOffset() != 0 {
		return unimplemented("offset")
	}
	if limit := sq.GetLimit(); limit != nil {
		if q.limit = int(limit.GetValue()); q.limit < 0 {
			return invalid("limit is negative")
		}
	}
	if sq.GetFindNearest() != nil {
		return unimplemented("find_nearest")
	}
	return nil
}

// checkIndexable refuses a query that no index can serve: there is no index of names alone in
// descending order.
func checkIndexable(asked []*pb.StructuredQuery_Order, filters filterParser) error {
	if len(asked) == 1 && asked[0].GetField().GetFieldPath() == nameField && !filters.onFields &&
		asked[0].GetDirection() == pb.StructuredQuery_DESCENDING {
		return status.Error(codes.FailedPrecondition, "Firestore does not support descending key scans")
	}
	return nil
}

// parseOrders completes the order that was asked for. The required fields that it lacks follow by
// name, then the document's name, all in the direction of the last order given.
func (q *query) parseOrders(asked []*pb.StructuredQuery_Order, required []fieldPath) error {
	direction := 1
	has := func(path fieldPath) bool {
		return slices.ContainsFunc(q.orders, func(o order) bool { return o.path.compare(path) == 0 })
	}
	add := func(path fieldPath) error {
		if n := len(q.orders); n > 0 && q.orders[n-1].path.isName() {
			return invalid("order by clause cannot contain more fields after the key")
		}
		q.orders = append(q.orders, order{path: path, direction: direction})
		return nil
	}
	for _, o := range asked {
		path, err := parseFieldPath(o.GetField().GetFieldPath())
		if err != nil {
			return err
		}
		if has(path) {
			return invalid("order by clause cannot contain duplicate fields %s", path)
		}
		switch o.GetDirection() {
		case pb.StructuredQuery_ASCENDING, pb.StructuredQuery_DIRECTION_UNSPECIFIED:
			direction = 1
		case pb.StructuredQuery_DESCENDING:
			direction = -1
		default:
			return invalid("Unrecognized ordering.")
		}
		if err := add(path); err != nil {
			return err
		}
	}
	for _, path := range slices.SortedFunc(slices.Values(required), fieldPath.compare) {
		if path.isName() || has(path) {
			continue
		}
		if err := add(path); err != nil {
			return err
		}
	}
	byName := fieldPath{nameField}
	if has(byName) {
		return nil
	}
	return add(byName)
}

// parseCursor checks a position, which may name at most as many keys as the client asked to order
// by.
func (q *query) parseCursor(c *pb.Cursor, asked int) (*bound, error) {
	if c == nil {
		return nil, nil
	}
	if len(c.GetValues()) > asked {
		return nil, invalid("Cursor has too many values.")
	}
	for i, v := range c.GetValues() {
		if q.orders[i].path.isName() && rankOf(v) != rankReference {
			return nil, invalid("Cursor __key__ value is not a document reference.")
		}
		if err := normalizeValue(v, 0); err != nil {
			return nil, err
		}
	}
	return &bound{values: c.GetValues(), before: c.GetBefore()}, nil
}

// parseSelect reads a projection; an empty one is of every field.
func parseSelect(s *pb.StructuredQuery_Projection) (mask, error) {
	var out mask
	for _, field := range s.GetFields() {
		path, err := parseFieldPath(field.GetFieldPath())
		if err != nil {
			return nil, err
		}
		out = append(out, path)
	}
	return out, nil
}
