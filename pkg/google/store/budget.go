// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// month is the document of a month's budget, such as tuning_control/budget-2026-11.
type month struct {
	Reserved int64 `firestore:"reserved_micro_usd"`
}

func (s *Store) month(name string) *firestore.DocumentRef {
	return s.client.Collection(control).Doc("budget-" + name)
}

// checkBudget returns a BudgetError if a month, in the version that was read, does not have the
// amount wanted. The write that follows is conditioned on that version, so two jobs cannot both
// take the last dollar.
func checkBudget(doc *firestore.DocumentSnapshot, name string, wanted, budget int64) error {
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

// Reserved returns how much the jobs of a month, such as 2026-11, have reserved together, in
// millionths of a US dollar. It may be more by the time that a job is submitted.
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

// reservedBy returns how much a job still has to reserve in the month in which it is admitted,
// beyond its present reservation in that month.
func reservedBy(before, next tuning.Job) int64 {
	if before.Month == next.Month {
		return next.Reserved - before.Reserved
	}
	return next.Reserved
}

// reserve reserves an amount in a month. The condition on the admission document alone would
// suffice only if both documents were read at the same time, which Firestore does not promise
// outside of a transaction.
func reserve(tx *firestore.Transaction, doc *firestore.DocumentSnapshot, wanted int64) error {
	if !doc.Exists() {
		return tx.Create(doc.Ref, month{Reserved: wanted})
	}
	return tx.Update(doc.Ref, []firestore.Update{{Path: "reserved_micro_usd", Value: firestore.Increment(wanted)}},
		firestore.LastUpdateTime(doc.UpdateTime))
}

// returnReserved returns to its month the part of a reservation that the job does not need, or that
// it now takes from another month.
func (s *Store) returnReserved(tx *firestore.Transaction, before, next tuning.Job) error {
	freed := before.Reserved
	if before.Month == next.Month {
		freed = max(before.Reserved-next.Reserved, 0)
	}
	if freed == 0 {
		return nil
	}
	return tx.Set(s.month(before.Month), map[string]any{"reserved_micro_usd": firestore.Increment(-freed)}, firestore.MergeAll)
}

// Succeeded returns the newest jobs on a base model that have succeeded, with the fields of the
// estimate and the times only.
func (s *Store) Succeeded(ctx context.Context, baseModel string, limit int) ([]Record, error) {
	docs, err := s.client.Collection(jobs).Where("base_model", "==", baseModel).Where("state", "==", tuning.Succeeded).
		OrderBy("created_at", firestore.Desc).Limit(limit).Select("estimate", "started_at", "ended_at").Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the jobs that succeeded")
	}
	return s.records(ctx, docs), nil
}
