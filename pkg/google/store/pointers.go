// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"reflect"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
)

// Pointer is the pointer of a model, with the ID of the model's document.
type Pointer struct {
	ModelID string
	promotion.Pointer
}

// pointerFields are the fields of a model's document that hold its pointer. The others belong to
// the operator, and to writeBack. active is the same as the first element of history, for other
// readers of the document.
type pointerFields struct {
	Active    *promotion.Move  `firestore:"active"`
	History   []promotion.Move `firestore:"history"`
	Promotion struct {
		Pending   *promotion.Pending `firestore:"pending"`
		Published int64              `firestore:"published"`
		Watched   bool               `firestore:"watched"`
	} `firestore:"promotion"`
}

// Pointer returns the pointer of a model, or a NotFound error if there is no such document.
func (s *Store) Pointer(ctx context.Context, modelID string) (Pointer, error) {
	doc, err := s.client.Collection(models).Doc(modelID).Get(ctx)
	if doc != nil && !doc.Exists() { // without a document, NotFound is about the database
		return Pointer{}, unknownModel(modelID)
	}
	if err != nil {
		return Pointer{}, wrap(err, "read model", modelID)
	}
	return pointer(doc)
}

func pointer(doc *firestore.DocumentSnapshot) (Pointer, error) {
	p := Pointer{ModelID: doc.Ref.ID}
	if !doc.Exists() {
		return p, nil
	}
	var fields pointerFields
	if err := doc.DataTo(&fields); err != nil {
		return p, fault.Wrap(fault.FailedPrecondition, err,
			"The document models/%s has a field active, history or promotion that this service has not written. Rename the field.", doc.Ref.ID)
	}
	p.Moves, p.Pending, p.Published = fields.History, fields.Promotion.Pending, fields.Promotion.Published
	return p, nil
}

// commitAttempts is how often a transaction is tried whose outcome is not known.
const commitAttempts = 3

// ChangePointer writes the pointer that step returns in one transaction, and returns it. If there
// is no such document, step gets an empty pointer, and the document is created. step may refuse
// with an error; if it returns the pointer unchanged, nothing is written. step is called again if
// another process has written the document, and also if the answer to its own write was lost: then
// it must recognise what it has done.
func (s *Store) ChangePointer(
	ctx context.Context, modelID string, step func(p promotion.Pointer, exists bool) (promotion.Pointer, error),
) (changed Pointer, err error) {
	ref := s.client.Collection(models).Doc(modelID)
	for range commitAttempts {
		var refusal error
		err = s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
			refusal = nil
			docs, err := tx.GetAll([]*firestore.DocumentRef{ref})
			if err != nil {
				return err
			}
			if changed, refusal = pointer(docs[0]); refusal != nil {
				return refusal
			}
			before := changed.Pointer
			if changed.Pointer, refusal = step(before, docs[0].Exists()); refusal != nil || reflect.DeepEqual(before, changed.Pointer) {
				return refusal
			}
			return writePointer(tx, docs[0], changed.Pointer)
		})
		if err == nil || refusal != nil {
			return changed, err
		}
		switch status.Code(err) {
		case codes.InvalidArgument, codes.FailedPrecondition, codes.NotFound, codes.AlreadyExists, codes.Aborted:
			// The client retries a Commit whose answer was lost, and Firestore rejects the second
			// Commit of a transaction.
			continue
		}
		break
	}
	return changed, wrap(err, "write model", modelID)
}

func writePointer(tx *firestore.Transaction, doc *firestore.DocumentSnapshot, p promotion.Pointer) error {
	fields := pointerFields{Active: p.Active(), History: p.Moves}
	fields.Promotion.Pending, fields.Promotion.Published, fields.Promotion.Watched = p.Pending, p.Published, p.Watched()
	if !doc.Exists() {
		return tx.Create(doc.Ref, fields)
	}
	return tx.Update(doc.Ref, []firestore.Update{
		{Path: "active", Value: fields.Active},
		{Path: "history", Value: fields.History},
		{Path: "promotion", Value: fields.Promotion},
	})
}

// WatchedPointers returns up to limit pointers for which the poller has work to do. A document that
// cannot be decoded is skipped and logged.
func (s *Store) WatchedPointers(ctx context.Context, limit int) (all []Pointer, err error) {
	docs, err := s.client.Collection(models).Where("promotion.watched", "==", true).Limit(limit).Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the models to watch")
	}
	for _, doc := range docs {
		p, err := pointer(doc)
		if err != nil {
			s.Log.ErrorContext(ctx, "a model was skipped because its pointer cannot be decoded", "error", fmt.Errorf("decode a document of models: %w", err))
			continue
		}
		all = append(all, p)
	}
	return all, nil
}

// ActivePointers returns up to limit pointers that name an active version, the one that moved last
// first. Each has its newest move only. A document that cannot be decoded is skipped and logged.
func (s *Store) ActivePointers(ctx context.Context, limit int) (all []Pointer, err error) {
	docs, err := s.client.Collection(models).OrderBy("active.at", firestore.Desc).Limit(limit).Select("active").Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the models with an active version")
	}
	for _, doc := range docs {
		var fields struct {
			Active promotion.Move `firestore:"active"`
		}
		if err := doc.DataTo(&fields); err != nil {
			s.Log.ErrorContext(ctx, "a model was skipped because its active version cannot be decoded", "error", fmt.Errorf("decode a document of models: %w", err))
			continue
		}
		all = append(all, Pointer{ModelID: doc.Ref.ID, Pointer: promotion.Pointer{Moves: []promotion.Move{fields.Active}}})
	}
	return all, nil
}
