// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// month is what is kept of a month's budget, one document each: tuning_control/budget-2026-11.
type month struct {
	Reserved int64 `firestore:"reserved_micro_usd"`
}

func (s *Store) month(name string) *firestore.DocumentRef {
	return s.client.Collection(control).Doc("budget-" + name)
}

// reserve takes what next reserves from its month, or returns a BudgetError if the month does not have it. The
// document is read and written in the transaction, so two jobs cannot both take the last dollar.
func (s *Store) reserve(_ context.Context, tx *firestore.Transaction, before, next tuning.Job, budget int64) error {
	wanted := next.Reserved - before.Reserved
	if wanted == 0 {
		return nil
	}
	ref := s.month(next.Month)
	var m month
	doc, err := tx.Get(ref)
	if err != nil && status.Code(err) != codes.NotFound {
		return err
	}
	if err == nil {
		if err := doc.DataTo(&m); err != nil {
			return wrap(err, "decode the budget of "+next.Month)
		}
	}
	if budget > 0 && wanted > budget-m.Reserved {
		return &BudgetError{Month: next.Month, Reserved: m.Reserved, Wanted: wanted}
	}
	m.Reserved += wanted
	return tx.Set(ref, m)
}

// giveBack returns to its month what a job reserved and does not need.
func (s *Store) giveBack(tx *firestore.Transaction, before, next tuning.Job) error {
	freed := before.Reserved - next.Reserved
	if freed == 0 {
		return nil
	}
	return tx.Set(s.month(before.Month), map[string]any{"reserved_micro_usd": firestore.Increment(-freed)}, firestore.MergeAll)
}

// Succeeded returns the newest jobs on a base model that have succeeded.
func (s *Store) Succeeded(ctx context.Context, baseModel string, limit int) ([]Record, error) {
	docs, err := s.client.Collection(jobs).Where("base_model", "==", baseModel).Where("state", "==", tuning.Succeeded).
		OrderBy("created_at", firestore.Desc).Limit(limit).Select("estimate", "started_at", "ended_at").Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the jobs that succeeded")
	}
	return s.records(ctx, docs), nil
}
