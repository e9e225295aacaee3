// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Filter selects jobs; a zero field selects all.
type Filter struct {
	State                tuning.State
	BaseModel, StartedBy string
	// LabelKey and LabelValue are a label that the job must have.
	LabelKey, LabelValue string
	// A job is selected if it was created at or after CreatedFrom, and before CreatedBefore.
	CreatedFrom, CreatedBefore time.Time
	// DisplayName is a part of the display name; case does not matter.
	DisplayName string
}

// Order is the order of a list of jobs, in the syntax of AIP-132.
type Order string

// The orders. Jobs with equal times are ordered by ID.
const (
	NewestFirst  Order = "created_at desc"
	OldestFirst  Order = "created_at asc"
	ChangedFirst Order = "updated_at desc"
)

// Orders are all orders; the first is the default.
var Orders = []Order{NewestFirst, OldestFirst, ChangedFirst}

const byCreation, byChange = "created_at", "updated_at"

func (o Order) field() string {
	if o == ChangedFirst {
		return byChange
	}
	return byCreation
}

func (o Order) direction() firestore.Direction {
	if o == OldestFirst {
		return firestore.Asc
	}
	return firestore.Desc
}

// Position is the position of a job in an order.
type Position struct {
	At time.Time
	ID string
}

func (o Order) position(j tuning.Job) *Position {
	if o == ChangedFirst {
		return &Position{At: j.UpdatedAt, ID: j.ID}
	}
	return &Position{At: j.CreatedAt, ID: j.ID}
}

// Page is a request for a page of jobs.
type Page struct {
	Filter
	Order Order
	Size  int
	Scan  int       // how many records may be read before the page is returned, full or not
	After *Position // where the previous page ended; nil for the first page
	// Extra are fields that are read in addition to the listed ones.
	Extra []string
	// Whole reads whole records, and not only the listed fields. Match, if set, selects among them.
	Whole bool
	Match func(tuning.Job) bool
}

// listed are the fields of a job in a list. A whole record can be a hundred times as long.
var listed = []string{
	"name", "location", "display_name", "base_model", "started_by", "spec.labels", "state", "tuned_model", "tuned_endpoint", "tentative", byCreation, byChange,
}

// scanBatch is how many records are read at a time if the query does not contain the whole filter.
// Whole records can be long, so fewer are read, and so can extra fields.
const scanBatch, extraBatch, wholeBatch = 500, 100, 50

// ListJobs returns a page of jobs, with the listed fields only, and the position where it ended,
// which is nil if there are no more jobs. A page may have fewer jobs than its size, or none,
// although more jobs follow: Scan limits the work.
//
// A job that existed when the first page was read is in exactly one page, whatever is created
// meanwhile. In the order of changes, a job that changes moves to the front: it is in no page
// twice, and the next list has it.
func (s *Store) ListJobs(ctx context.Context, p Page) ([]Record, *Position, error) {
	query, exact := p.query(s.client.Collection(jobs).Query)
	var found []Record
	var last *Position // the last record that was read
	for scanned := 0; scanned < p.Scan || last == nil; {
		size := p.Size + 1 - len(found) // one more shows whether there is another page
		switch {
		case exact:
		case p.Whole:
			size = max(size, wholeBatch)
		case len(p.Extra) > 0:
			size = max(size, extraBatch)
		default:
			size = max(size, scanBatch)
		}
		docs, err := query.Limit(size).Documents(ctx).GetAll()
		if err != nil {
			return nil, nil, wrap(err, "list jobs")
		}
		for _, r := range s.records(ctx, docs) {
			if p.selects(r.Job) && (p.Match == nil || p.Match(r.Job)) {
				if len(found) == p.Size {
					return found, last, nil
				}
				found = append(found, r)
			}
			last = p.Order.position(r.Job)
		}
		if len(docs) < size {
			return found, nil, nil
		}
		scanned += len(docs)
		query = query.StartAfter(docs[len(docs)-1])
	}
	return found, last, nil
}

// query adds to a query the parts of the filter that have an index, and reports whether that is the
// whole filter. Every combination would need a separate index, and each index costs money with
// every write of a job. So the default order has one index for each of three fields, the other
// orders use the indexes of single fields, and the rest of the filter is applied to the records
// that were read.
func (p Page) query(q firestore.Query) (_ firestore.Query, exact bool) {
	unindexed := p.Filter
	if p.Order == NewestFirst {
		q = unindexed.narrow(q)
	}
	if p.Order.field() == byCreation {
		if !unindexed.CreatedFrom.IsZero() {
			q = q.Where(byCreation, ">=", unindexed.CreatedFrom)
		}
		if !unindexed.CreatedBefore.IsZero() {
			q = q.Where(byCreation, "<", unindexed.CreatedBefore)
		}
		unindexed.CreatedFrom, unindexed.CreatedBefore = time.Time{}, time.Time{}
	}
	q = q.OrderBy(p.Order.field(), p.Order.direction()).OrderBy(firestore.DocumentID, p.Order.direction())
	if !p.Whole {
		q = q.Select(slices.Concat(listed, p.Extra)...)
	}
	if p.After != nil {
		q = q.StartAfter(p.After.At, p.After.ID)
	}
	return q, unindexed == Filter{} && p.Match == nil
}

// narrow adds one field to a query, the one that likely selects the fewest jobs, and removes it
// from the filter.
func (f *Filter) narrow(q firestore.Query) firestore.Query {
	switch {
	case f.State != "" && !f.State.Finished():
		q = q.Where("state", "==", f.State)
		f.State = ""
	case f.StartedBy != "":
		q = q.Where("started_by", "==", f.StartedBy)
		f.StartedBy = ""
	case f.BaseModel != "":
		q = q.Where("base_model", "==", f.BaseModel)
		f.BaseModel = ""
	case f.State != "":
		q = q.Where("state", "==", f.State)
		f.State = ""
	}
	return q
}

// selects reports whether the filter selects a job. No list has a tentative start.
func (f *Filter) selects(j tuning.Job) bool {
	value, has := j.Spec.Labels[f.LabelKey]
	return !j.Tentative && (f.State == "" || j.State == f.State) &&
		(f.BaseModel == "" || j.BaseModel == f.BaseModel) &&
		(f.StartedBy == "" || j.StartedBy == f.StartedBy) &&
		(f.LabelKey == "" || has && value == f.LabelValue) &&
		(f.CreatedFrom.IsZero() || !j.CreatedAt.Before(f.CreatedFrom)) &&
		(f.CreatedBefore.IsZero() || j.CreatedAt.Before(f.CreatedBefore)) &&
		strings.Contains(strings.ToLower(j.DisplayName), strings.ToLower(f.DisplayName))
}
