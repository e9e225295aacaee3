// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// month is what is kept of a month's budget, one document each: tuning_control/budget-2026-11.
type month struct {
	Reserved int64 `firestore:"reserved_micro_usd"`
}

func (s *Store) month(name string) *firestore.DocumentRef {
	return s.client.Collection(control).Doc("budget-" + name)
}

// affords refuses what a month does not have, as it was read. The write that follows is conditioned on that, so two
// jobs cannot both take the last dollar.
func affords(doc *firestore.DocumentSnapshot, name string, wanted, budget int64) error {
	reserved, err := reservedIn(doc, name)
	if err == nil && budget > 0 && wanted > budget-reserved {
		err = &BudgetError{Month: name, Reserved: reserved, Wanted: wanted}
	}
	return err
}

func reservedIn(doc *firestore.DocumentSnapshot, name string) (int64, error) {
	var m month
	if !doc.Exists() {
		return 0, nil
	}
	if err := doc.DataTo(&m); err != nil {
		return 0, wrap(err, "decode the budget of "+name)
	}
	return m.Reserved, nil
}

// Reserved returns what the jobs of a month, such as 2026-11, may cost together, in millionths of a dollar. By the time
// that a job is sent it may be more.
func (s *Store) Reserved(ctx context.Context, name string) (int64, error) {
	doc, err := s.month(name).Get(ctx)
	if doc != nil && !doc.Exists() {
		return 0, nil
	}
	if err != nil {
		return 0, wrap(err, "read the budget of "+name)
	}
	return reservedIn(doc, name)
}

// claim is what a job takes from the month that it is admitted in, beside what it holds of that already.
func claim(before, next tuning.Job) int64 {
	if before.Month == next.Month {
		return next.Reserved - before.Reserved
	}
	return next.Reserved
}

// take takes from a month what a job may cost. The gate alone would do as a condition only if both were read at one
// time, which Firestore does not promise of reads that are in no transaction.
func take(tx *firestore.Transaction, doc *firestore.DocumentSnapshot, wanted int64) error {
	if !doc.Exists() {
		return tx.Create(doc.Ref, month{Reserved: wanted})
	}
	return tx.Update(doc.Ref, []firestore.Update{{Path: "reserved_micro_usd", Value: firestore.Increment(wanted)}},
		firestore.LastUpdateTime(doc.UpdateTime))
}

// giveBack returns to its month what a job reserved and does not need, or takes from another month now.
func (s *Store) giveBack(tx *firestore.Transaction, before, next tuning.Job) error {
	freed := before.Reserved
	if before.Month == next.Month {
		freed = max(before.Reserved-next.Reserved, 0)
	}
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
