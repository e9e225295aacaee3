// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// admission is the document that every admission of a job to Vertex AI writes when their number is limited. Two
// admissions at a time conflict over it, and the later one counts anew.
const admission = control + "/admission"

// CountAtStep returns how many jobs are at one of the steps.
func (s *Store) CountAtStep(ctx context.Context, steps ...tuning.Step) (int64, error) {
	const name = "n"
	query := s.client.Collection(jobs).Where("step", "in", steps)
	result, err := query.NewAggregationQuery().WithCount(name).Get(ctx)
	if err != nil {
		return 0, wrap(err, "count jobs")
	}
	n, ok := result[name].(*firestorepb.Value)
	if !ok {
		return 0, fmt.Errorf("count jobs: Firestore answered %T", result[name])
	}
	return n.GetIntegerValue(), nil
}

// Queue returns the first jobs that wait for room, in line.
func (s *Store) Queue(ctx context.Context, limit int) ([]Record, error) {
	docs, err := s.client.Collection(jobs).Where("step", "==", tuning.Waiting).
		OrderBy("priority", firestore.Desc).OrderBy("created_at", firestore.Asc).Limit(limit).
		Select("priority", "created_at", "step", "refusals").Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the jobs that wait")
	}
	return s.records(ctx, docs), nil
}

// Admission is what admits a job to Vertex AI; 0 is no limit.
type Admission struct {
	MaxConcurrent int64 // jobs that are there, or on their way
	MonthlyBudget int64 // what the jobs of a month may reserve together, in millionths of a US dollar
}

// BudgetError is returned for a job that the month has no money left for. Amounts are in millionths of a US dollar.
type BudgetError struct {
	Month            string
	Reserved, Wanted int64
}

// Error says so with the figures.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("the budget of %s has no room for %d beside %d", e.Month, e.Wanted, e.Reserved)
}

// Admit writes next, which is r on its way to Vertex AI, in the place of r if there is room and money for it. It
// returns ErrChanged as UpdateJob does, a BudgetError, or false if there is no room.
func (s *Store) Admit(ctx context.Context, r Record, next tuning.Job, a Admission) (Record, bool, error) {
	limit := a.MaxConcurrent
	if limit <= 0 && next.Reserved == r.Reserved {
		written, err := s.UpdateJob(ctx, r, next)
		return written, err == nil, err
	}
	full := false
	ref, gate := s.client.Collection(jobs).Doc(r.ID), s.client.Doc(admission)
	err := s.client.RunTransaction(ctx, func(ctx context.Context, tx *firestore.Transaction) error {
		docs, err := tx.GetAll([]*firestore.DocumentRef{gate, ref})
		if err != nil {
			return err
		}
		if !docs[1].Exists() || !docs[1].UpdateTime.Equal(r.version) {
			return ErrChanged
		}
		// Counted after the gate was read: an admission that is written from here on makes this one try again.
		active := int64(-1)
		if limit > 0 {
			if active, err = s.CountAtStep(ctx, tuning.Submitting, tuning.Accepted); err != nil {
				return err
			}
		}
		if full = active >= limit; full {
			return nil
		}
		if err := s.reserve(ctx, tx, r.Job, next, a.MonthlyBudget); err != nil {
			return err
		}
		if err := tx.Set(gate, map[string]any{"job_id": r.ID, "at": firestore.ServerTimestamp}); err != nil {
			return err
		}
		return tx.Update(ref, moving(next))
	})
	_, broke := errors.AsType[*BudgetError](err)
	switch {
	case errors.Is(err, ErrChanged):
		return Record{}, false, ErrChanged
	case broke:
		return r, false, err
	case err != nil:
		return Record{}, false, s.lost(ctx, r, err, "admit job "+r.ID)
	case full:
		return r, false, nil
	}
	now, err := s.Job(ctx, r.ID)
	return now, err == nil, err
}

// lost returns ErrChanged for a transaction that failed after the record was written all the same, by its own
// lost attempt or by somebody else: whoever asked reads it again.
func (s *Store) lost(ctx context.Context, r Record, err error, doing string) error {
	if now, readErr := s.Job(ctx, r.ID); readErr == nil && !now.version.Equal(r.version) {
		return ErrChanged
	}
	return wrap(err, doing)
}
