// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"slices"

	"cloud.google.com/go/firestore"
)

// markBatch is how many records are marked in one write; Firestore takes 500 writes at a time.
const markBatch = 400

// MarkPublished records that all events of these versions of the records were published. The write
// needs no condition: the number only grows, and a finished job gets no more events.
func (s *Store) MarkPublished(ctx context.Context, published []Record) error {
	for batch := range slices.Chunk(published, markBatch) {
		err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
			for _, r := range batch {
				updates := []firestore.Update{{Path: "told", Value: firestore.FieldTransformMaximum(len(r.Events))}}
				if r.Finished && !r.AwaitsPromotion() {
					updates = append(updates, firestore.Update{Path: "watched", Value: false})
				}
				if err := tx.Update(s.client.Collection(jobs).Doc(r.ID), updates); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return wrap(err, "record which events were published")
		}
	}
	return nil
}
