// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotions

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/store"
)

const (
	// busyTimeout is the default of Service.BusyTimeout.
	busyTimeout = 10 * time.Second
	// pause is the time between two attempts to begin a move.
	pause = 100 * time.Millisecond
	// writeTimeout limits the write of the result of a call to Vertex AI, after the context has
	// ended.
	writeTimeout = 10 * time.Second
	// maxAge is the age at which a pending move is abandoned if Vertex AI does not answer.
	maxAge = time.Hour
)

// plan returns the move to make on a pointer that has no pending move. If isNew is false, it
// returns an earlier move, which is the answer.
type plan func(p promotion.Pointer, exists bool) (m promotion.Move, isNew bool, err error)

// move makes one move and returns it. If another move is pending, that move is completed first,
// unless another process works on it.
func (s *Service) move(ctx context.Context, modelID string, next plan) (promotion.Move, error) {
	a := attempt{plan: next, now: s.now, lease: s.Lease}
	for end := time.Now().Add(s.BusyTimeout); ; {
		pointer, err := s.Records.ChangePointer(ctx, modelID, a.step)
		switch {
		case err != nil:
			return promotion.Move{}, err
		case a.state == answered:
			return a.move, nil
		case a.state == begun:
			return s.apply(ctx, modelID, a.move)
		case a.state == resumed:
			// If Vertex AI refused the other move, it does not exist any more.
			if _, err := s.apply(ctx, modelID, pointer.Pending.Move); err != nil && !isRefused(err) {
				return promotion.Move{}, err
			}
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			end = time.Time{}
		}
		if time.Now().After(end) {
			return promotion.Move{}, &fault.Error{
				Kind: fault.Unavailable, Reason: "PROMOTION_IN_PROGRESS", RetryAfter: s.Lease, Busy: true, Err: ctx.Err(),
				Message: "Another promotion or rollback of this model is in progress. Try again later.",
			}
		}
	}
}

// attempt begins one move, in one or more calls of step, and holds the outcome.
type attempt struct {
	plan  plan
	now   func() time.Time
	lease time.Duration

	state state
	move  promotion.Move // the move that was begun, or the move that is the answer
}

type state int

const (
	busy     state = iota // another process works on a pending move
	resumed               // this process works on a pending move
	begun                 // the wanted move is pending
	answered              // the move was made before
)

// step begins the wanted move. An earlier call of step may have been written although the answer to
// the write was lost. So the move keeps its ID, by which step finds it.
func (a *attempt) step(p promotion.Pointer, exists bool) (promotion.Pointer, error) {
	if made := p.Made(a.move.ID); made != nil {
		a.state, a.move = answered, *made
		return p, nil
	}
	if p.Pending != nil {
		switch {
		case p.Pending.Move.ID == a.move.ID:
			a.state = begun
			return p, nil
		case p.Pending.Leased(a.now()):
			a.state = busy
			return p, nil
		}
		a.state = resumed
		return p.Lease(a.now().Add(a.lease)), nil
	}
	m, isNew, err := a.plan(p, exists)
	if err != nil {
		return p, err
	}
	if !isNew {
		a.state, a.move = answered, m
		return p, nil
	}
	if a.move.ID != "" {
		m.ID = a.move.ID
	}
	a.state, a.move = begun, m
	return p.Begin(m, a.now(), a.now().Add(a.lease)), nil
}

// Resume completes the pending move of a model, if no process works on it. An error is transient: a
// later call tries again.
func (s *Service) Resume(ctx context.Context, p store.Pointer) error {
	if p.Pending == nil || p.Pending.Leased(s.Now()) {
		return nil
	}
	leased := false
	changed, err := s.Records.ChangePointer(ctx, p.ModelID, func(now promotion.Pointer, _ bool) (promotion.Pointer, error) {
		if leased = now.Pending != nil && !now.Pending.Leased(s.Now()); !leased {
			return now, nil
		}
		return now.Lease(s.now().Add(s.Lease)), nil
	})
	if err != nil || !leased {
		return err
	}
	if _, err := s.apply(ctx, p.ModelID, changed.Pending.Move); err != nil && !isRefused(err) {
		return err
	}
	return nil
}

// apply sends a pending move to Vertex AI, and completes it. If Vertex AI refuses it, the move is
// abandoned. If the outcome is not known, the move stays pending, without a lease.
func (s *Service) apply(ctx context.Context, modelID string, m promotion.Move) (promotion.Move, error) {
	// The call ends before the lease does, so that no later move overtakes it.
	call, cancel := context.WithTimeout(ctx, s.Lease*3/4)
	defer cancel()
	err := s.Vertex.SetDefaultCheckpoint(call, m.Version.TunedModel, m.Version.Checkpoint)
	ctx, cancelWrite := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancelWrite()
	changed, writeErr := s.Records.ChangePointer(ctx, modelID, func(p promotion.Pointer, _ bool) (promotion.Pointer, error) {
		switch {
		case p.Pending == nil || p.Pending.Move.ID != m.ID: // another process has finished it
			return p, nil
		case err == nil:
			return p.Complete(s.now()), nil
		case isRefused(err) || s.Now().Sub(p.Pending.BegunAt) > maxAge:
			return p.Abandon(), nil
		default:
			return p.Lease(time.Time{}), nil
		}
	})
	if writeErr != nil {
		return m, errors.Join(err, writeErr)
	}
	if made := changed.Made(m.ID); made != nil {
		s.Log.InfoContext(ctx, "the pointer of a model moved", "action", made.Action, "version", made.Number, "job_id", made.Version.JobID, "caller", made.By)
		return *made, nil
	}
	if err == nil { // another process has abandoned it
		err = fault.New(fault.Unavailable, "The promotion was given up before Vertex AI answered. Try again.")
	}
	return m, deleted(m, err)
}

// isRefused reports whether Vertex AI has certainly not taken a change, and will not take it later.
func isRefused(err error) bool {
	switch gcperr.Code(err) {
	case codes.NotFound, codes.InvalidArgument, codes.FailedPrecondition, codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return true
	default:
		return false
	}
}

// deleted returns the error for a tuned model that Vertex AI does not have, or err.
func deleted(m promotion.Move, err error) error {
	if fault.KindOf(err) != fault.NotFound {
		return err
	}
	field := "job_name"
	if m.Action == promotion.RolledBack {
		field = "version"
	}
	e := fault.Wrap(fault.FailedPrecondition, err,
		"The tuned model of job %s was deleted on Vertex AI, so it cannot be the active version. Promote another job.", m.Version.JobID)
	e.Reason = "MODEL_DELETED"
	e.Violations = []fault.Violation{{Field: field, Reason: e.Reason, Description: e.Message}}
	return e
}
