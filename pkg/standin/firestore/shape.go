// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import "slices"

// The modes of a field in an index.
const (
	Ascending  = "ASCENDING"
	Descending = "DESCENDING"
	Contains   = "CONTAINS" // the elements of an array
)

// IndexField is one field of an index, or one key that a query is sorted by.
type IndexField struct {
	Path, Mode string
}

// Index is a composite index, which the service does not make by itself. The document's name
// follows the fields in the direction of the last one.
type Index struct {
	Collection string
	Group      bool // of every collection of that id; no query here needs one
	Fields     []IndexField
}

// Shape is a query without its values: all that decides which index serves it.
type Shape struct {
	Collection string
	// Equal are the fields that are compared for equality (== and in), and Arrays those that are
	// searched for an element; by name.
	Equal, Arrays []string
	// Orders are all orders: fields of inequalities are in it, and the document's name is the last.
	Orders []IndexField
}

func newShape(q *query, filters filterParser) Shape {
	s := Shape{Collection: q.collection}
	s.Equal, s.Arrays = names(filters.equalities), names(filters.arrays)
	for _, o := range q.orders {
		mode := Ascending
		if o.direction < 0 {
			mode = Descending
		}
		s.Orders = append(s.Orders, IndexField{o.path.String(), mode})
	}
	return s
}

// names are the paths except the document's name, sorted and without repeats.
func names(paths []fieldPath) []string {
	var out []string
	for _, path := range paths {
		if !path.isName() {
			out = append(out, path.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Index returns the composite index that the service needs for the query: without it, the service
// refuses the query, which no emulator does. The index has no fields where the indexes of single
// fields serve, which the service keeps of every field, in both directions:
//
//   - equalities alone, which are found by merging these indexes
//   - one order or inequality alone
//   - one search of an array alone
//
// Anything else needs the fields of equalities, then the array's, then those of the order, each in
// its direction. Fields of equalities may come in any order; here they are sorted, so that a query
// has one index.
//
// https://cloud.google.com/firestore/docs/query-data/index-overview
func (s Shape) Index() Index {
	orders := s.sorted()
	if s.single(orders) {
		return Index{}
	}
	index := Index{Collection: s.Collection}
	for _, path := range s.Equal {
		index.Fields = append(index.Fields, IndexField{path, Ascending})
	}
	for _, path := range s.Arrays {
		index.Fields = append(index.Fields, IndexField{path, Contains})
	}
	index.Fields = append(index.Fields, orders...)
	index.Fields = implied(index.Fields)
	return index
}

// implied removes the name where it is last and the service adds it by itself.
func implied(fields []IndexField) []IndexField {
	n := len(fields) - 1
	if n == 0 {
		return fields
	}
	follows := fields[n-1].Mode
	if follows == Contains {
		follows = Ascending
	}
	if fields[n] == (IndexField{nameField, follows}) {
		return fields[:n]
	}
	return fields
}

// sorted are the orders that have an effect: a field that equals a value sorts nothing.
func (s Shape) sorted() []IndexField {
	return slices.DeleteFunc(slices.Clone(s.Orders), func(o IndexField) bool { return slices.Contains(s.Equal, o.Path) })
}

// single reports whether the indexes of single fields serve the query.
func (s Shape) single(orders []IndexField) bool {
	byName := len(orders) == 1
	switch {
	case len(s.Equal)+len(s.Arrays) == 0:
		return byName || len(implied(orders)) == 1
	case len(s.Arrays) == 0:
		return byName
	default: // the elements of an array are kept in one direction, and merged with nothing
		return byName && orders[0].Mode == Ascending && len(s.Equal) == 0 && len(s.Arrays) == 1
	}
}

// Fields are the fields that the query reads, each of which must be indexed.
func (s Shape) Fields() []string {
	fields := slices.Concat(s.Equal, s.Arrays)
	for _, o := range s.sorted() {
		if o.Path != nameField {
			fields = append(fields, o.Path)
		}
	}
	return fields
}
