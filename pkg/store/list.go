// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"strings"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// Filter says which jobs are meant; what is zero leaves all in.
type Filter struct {
	State                tuning.State
	BaseModel, StartedBy string
	// LabelKey and LabelValue are one label that the job carries.
	LabelKey, LabelValue string
	// CreatedFrom is at or after this time, CreatedBefore before that one.
	CreatedFrom, CreatedBefore time.Time
	// DisplayName is a part of the name, in small or capital letters.
	DisplayName string
}

// Order is what jobs are listed by, in the words of AIP-132.
type Order string

// The orders. Jobs that are equal in it go by their IDs.
const (
	NewestFirst  Order = "created_at desc"
	OldestFirst  Order = "created_at asc"
	ChangedFirst Order = "updated_at desc"
)

// Orders are all orders, the usual one first.
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

// Position is that of a job in an order.
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

// Page says which jobs to list.
type Page struct {
	Filter
	Order Order
	Size  int
	Scan  int       // how many records to look at before the page is given as it is
	After *Position // where the page before ended; nil for the first
}

// listed are the fields of a job in a list. The rest of a record can be a hundred times as long.
var listed = []string{
	"name", "location", "display_name", "base_model", "started_by", "spec.labels", "state", "tuned_model", "tentative", byCreation, byChange,
}

// scanBatch is how many records are asked for at a time where some of them are left out.
const scanBatch = 500

// ListJobs returns a page of jobs, with the listed fields only, and where it ended: nil if there are no more. A
// page can hold fewer jobs than its size, or none, though there are more: Scan bounds the work.
//
// What was there when the first page was read is in one page, whatever is created in the meantime. In the order of
// changes a job that changes moves to the front: it is in no page twice, and the next list has it.
func (s *Store) ListJobs(ctx context.Context, p Page) ([]Record, *Position, error) {
	query, exact := p.query(s.client.Collection(jobs).Query)
	var found []Record
	var last *Position // what was looked at
	for scanned := 0; scanned < p.Scan || last == nil; {
		size := p.Size + 1 - len(found) // one more tells whether there is another page
		if !exact {
			size = max(size, scanBatch)
		}
		docs, err := query.Limit(size).Documents(ctx).GetAll()
		if err != nil {
			return nil, nil, wrap(err, "list jobs")
		}
		for _, r := range s.records(ctx, docs) {
			if p.takes(r.Job) {
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

// query puts into a query what there is an index for, and reports whether that is all of the filter. Every
// combination would need an index of its own, and every index is paid for with each write of a job: so the usual
// order has one for each of three fields, the others have those of single fields, and the rest is looked through.
func (p Page) query(q firestore.Query) (_ firestore.Query, exact bool) {
	rest := p.Filter
	if p.Order == NewestFirst {
		q = rest.narrow(q)
	}
	if p.Order.field() == byCreation {
		if !rest.CreatedFrom.IsZero() {
			q = q.Where(byCreation, ">=", rest.CreatedFrom)
		}
		if !rest.CreatedBefore.IsZero() {
			q = q.Where(byCreation, "<", rest.CreatedBefore)
		}
		rest.CreatedFrom, rest.CreatedBefore = time.Time{}, time.Time{}
	}
	q = q.OrderBy(p.Order.field(), p.Order.direction()).OrderBy(firestore.DocumentID, p.Order.direction()).Select(listed...)
	if p.After != nil {
		q = q.StartAfter(p.After.At, p.After.ID)
	}
	return q, rest == Filter{}
}

// narrow puts one field into a query, that of which there are likely the fewest jobs, and takes it out of the filter.
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

// takes reports whether the filter leaves a job in. A tentative start is in no list.
func (f *Filter) takes(j tuning.Job) bool {
	value, has := j.Spec.Labels[f.LabelKey]
	return !j.Tentative && (f.State == "" || j.State == f.State) &&
		(f.BaseModel == "" || j.BaseModel == f.BaseModel) &&
		(f.StartedBy == "" || j.StartedBy == f.StartedBy) &&
		(f.LabelKey == "" || has && value == f.LabelValue) &&
		(f.CreatedFrom.IsZero() || !j.CreatedAt.Before(f.CreatedFrom)) &&
		(f.CreatedBefore.IsZero() || j.CreatedAt.Before(f.CreatedBefore)) &&
		strings.Contains(strings.ToLower(j.DisplayName), strings.ToLower(f.DisplayName))
}
