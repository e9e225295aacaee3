// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package promotions moves the pointers of models: it promotes tuned models, and rolls back.
//
// A move has two sides, our document and the default checkpoint on Vertex AI, which no transaction
// covers together. So the move is recorded as pending first, in the transaction that checks it.
// Then the default checkpoint is set, which is idempotent, and then a second transaction completes
// the move. A crash leaves a pending move with a lease. After the lease, the next call or the next
// tick sets the checkpoint again and completes the move. The other orders do not heal: if the
// checkpoint were set first, no record would say so after a crash; if the pointer moved first, it
// could name a model that Vertex AI does not have. No other move can begin while one is pending, so
// the default checkpoint that was set last is that of the active version.
package promotions

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/backend"
)

// Service moves pointers.
type Service struct {
	Records   *store.Store
	Objects   *gcs.Store
	Vertex    *vertex.Client
	Catalogue catalogue.Provider
	// Lease is how long other processes leave a pending move alone.
	Lease time.Duration
	// BusyTimeout is how long a call waits for the move of another call.
	BusyTimeout time.Duration
	Now         func() time.Time
	Log         *slog.Logger
}

// New returns a service that works with what a function has opened.
func New(b *backend.Backend, client *vertex.Client) *Service {
	return &Service{
		Records: b.Records, Objects: b.Objects, Vertex: client, Catalogue: b.Catalogue, Lease: b.Config.Jobs.Lease,
		BusyTimeout: busyTimeout, Now: time.Now, Log: b.Log,
	}
}

// Order says whose pointer moves, and who wants it.
type Order struct {
	ModelID string
	Caller  string
	// Key, if it is not empty, makes the move idempotent: another request of the same caller with
	// the same key is the same move.
	Key string
	// Faults are the faults that were found when the request was read.
	Faults fault.Faults
}

// maxModelID is the longest ID of a model that has a pointer, in bytes. The ID becomes part of the
// attributes and of the ordering key of a Pub/Sub message, which have at most 1 KiB.
const maxModelID = 300

// checkModelID adds what is wrong with the ID of a model.
func (s *Service) checkModelID(ctx context.Context, id string, faults *fault.Faults) {
	switch {
	case !tuning.IsDocumentID(id) || len(id) > maxModelID:
		faults.Add("model_id", "INVALID_ID",
			fmt.Sprintf("must be the ID of a document, of at most %d bytes: no slash, no control character, not \".\", \"..\" or __x__.", maxModelID))
	case s.Catalogue.Current(ctx).Lookup(id) != nil:
		faults.Add("model_id", "BASE_MODEL_NAME",
			"is the name of a base model, which GET /api/v1/fine-tuning/models describes. A model that is promoted needs another ID.")
	}
}

// Get returns the pointer of a model.
func (s *Service) Get(ctx context.Context, modelID string) (store.Pointer, error) {
	var faults fault.Faults
	if s.checkModelID(ctx, modelID, &faults); faults.Count > 0 {
		return store.Pointer{}, faults.Err()
	}
	return s.Records.Pointer(ctx, modelID)
}

// RollBack makes the version before the active one the active one. leave is the number of the
// version to leave, or 0 for the active one. With that number, or with a key, it is idempotent.
func (s *Service) RollBack(ctx context.Context, o Order, leave int64) (promotion.Move, error) {
	if s.checkModelID(ctx, o.ModelID, &o.Faults); o.Faults.Count > 0 {
		return promotion.Move{}, o.Faults.Err()
	}
	wanted := o.move(promotion.RolledBack, leave)
	return s.move(ctx, o.ModelID, func(p promotion.Pointer, exists bool) (promotion.Move, bool, error) {
		if !exists {
			return wanted, false, fault.Refuse(fault.NotFound, "model_id", "UNKNOWN_MODEL", "There is no model %q in the collection models.", o.ModelID)
		}
		if known, err := repeated(p, wanted); known != nil || err != nil {
			return valueOf(known), false, err
		}
		return p.RollBack(leave, wanted)
	})
}

// move returns the part of a move that follows from its request.
func (o Order) move(action promotion.Action, request any) promotion.Move {
	m := promotion.Move{By: o.Caller, Request: promotion.Hash(action, o.ModelID, request)}
	if o.Key != "" {
		m.Key = promotion.KeyOf(o.Caller, o.Key)
	}
	return m
}

// repeated returns the move that an earlier request with the same key made, or nil.
func repeated(p promotion.Pointer, wanted promotion.Move) (*promotion.Move, error) {
	known := p.Keyed(wanted.Key)
	if known == nil || known.Request == wanted.Request {
		return known, nil
	}
	return nil, fault.Refuse(fault.AlreadyExists, "Idempotency-Key", "KEY_USED_FOR_ANOTHER_REQUEST",
		"The Idempotency-Key was used for another request. Use a new key for a new request.")
}

func valueOf(m *promotion.Move) promotion.Move {
	if m == nil {
		return promotion.Move{}
	}
	return *m
}

// now returns the time in microseconds, which is Firestore's precision.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }
