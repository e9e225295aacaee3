// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"iter"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// row is a document of a result with its sort keys, one for each order but the last, which is the
// document's own name.
type row struct {
	doc  *pb.Document
	keys []*pb.Value
}

// run yields the documents of the result in order, before the limit and the projection are applied.
func (q *query) run(s state) iter.Seq[*pb.Document] {
	if len(q.orders) == 1 {
		return q.scanByName(s)
	}
	return func(yield func(*pb.Document) bool) {
		rows := slices.Collect(q.rows(s))
		slices.SortFunc(rows, q.compareRows)
		for _, r := range rows {
			if !yield(r.doc) {
				return
			}
		}
	}
}

// scanByName reads the collection in the order in which it is stored, so that nothing is collected
// or sorted and a page begins at its cursor.
func (q *query) scanByName(s state) iter.Seq[*pb.Document] {
	return func(yield func(*pb.Document) bool) {
		c := s.collection(q.collectionPath())
		scan := c.backward()
		if q.orders[0].direction > 0 {
			scan = c.from(q.firstID())
		}
		for _, doc := range scan {
			r := row{doc: doc}
			if q.end.excludesAfter(q, r) {
				return
			}
			if !q.start.excludesBefore(q, r) && q.matches(doc) && !yield(doc) {
				return
			}
		}
	}
}

func (q *query) collectionPath() string {
	if q.parent.path == "" {
		return q.collection
	}
	return q.parent.path + "/" + q.collection
}

// firstID is where a scan by name may begin, according to the start cursor.
func (q *query) firstID() string {
	if q.start == nil || len(q.start.values) == 0 {
		return ""
	}
	r, err := parseDocument("Resource", q.start.values[0].GetReferenceValue())
	if err != nil || r.database != q.parent.database {
		return ""
	}
	if path, id := r.split(); path == q.collectionPath() {
		return id
	}
	return ""
}

// rows yields what the query finds, in no particular order.
func (q *query) rows(s state) iter.Seq[row] {
	return func(yield func(row) bool) {
		for _, doc := range s.collection(q.collectionPath()).from("") {
			r, ok := q.row(doc)
			if ok && !q.start.excludesBefore(q, r) && !q.end.excludesAfter(q, r) && !yield(r) {
				return
			}
		}
	}
}

// row collects a document's sort keys. A document that does not match or lacks a field to order by
// is in no index that serves the query.
func (q *query) row(doc *pb.Document) (row, bool) {
	if !q.matches(doc) {
		return row{}, false
	}
	keys := make([]*pb.Value, len(q.orders)-1)
	for i := range keys {
		if keys[i] = lookup(doc.Fields, q.orders[i].path); keys[i] == nil {
			return row{}, false
		}
	}
	return row{doc: doc, keys: keys}, true
}

func (q *query) compareRows(a, b row) int {
	for i := range a.keys {
		if c := compareValues(a.keys[i], b.keys[i]); c != 0 {
			return c * q.orders[i].direction
		}
	}
	return compareNames(a.doc.Name, b.doc.Name) * q.orders[len(q.orders)-1].direction
}

// compare places a row before, at or after the values of the bound.
func (b *bound) compare(q *query, r row) int {
	for i, v := range b.values {
		var c int
		if i < len(r.keys) {
			c = compareValues(r.keys[i], v)
		} else {
			c = compareNames(r.doc.Name, v.GetReferenceValue())
		}
		if c != 0 {
			return c * q.orders[i].direction
		}
	}
	return 0
}

// excludesBefore reports whether a result that starts at b leaves the row out.
func (b *bound) excludesBefore(q *query, r row) bool {
	if b == nil {
		return false
	}
	c := b.compare(q, r)
	return c < 0 || c == 0 && !b.before
}

// excludesAfter reports whether a result that ends at b leaves the row out.
func (b *bound) excludesAfter(q *query, r row) bool {
	if b == nil {
		return false
	}
	c := b.compare(q, r)
	return c > 0 || c == 0 && b.before
}

// page yields the documents of the result up to the limit.
func (q *query) page(s state) iter.Seq[*pb.Document] {
	return func(yield func(*pb.Document) bool) {
		if q.limit == 0 {
			return
		}
		seen := 0
		for doc := range q.run(s) {
			seen++
			if !yield(doc) || seen == q.limit {
				return
			}
		}
	}
}

// sameResults reports whether the query finds the same documents in both states, none of them
// written in between.
func (q *query) sameResults(a, b state) bool {
	if a.collection(q.collectionPath()) == b.collection(q.collectionPath()) {
		return true
	}
	return slices.Equal(slices.Collect(q.page(a)), slices.Collect(q.page(b)))
}
