// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"fmt"

	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// maxPointers is how many models a tick works on.
const maxPointers = 100

// promote decides the promotions that starts have asked for, after the end of the job was
// published. It returns no error, for the same reason as evaluate.
func (p *Poller) promote(ctx context.Context, t *tick) {
	for _, r := range t.records {
		if !r.AwaitsPromotion() || len(r.Unpublished()) > 0 || ctx.Err() != nil {
			continue
		}
		if err := p.decide(ctx, r); err != nil {
			p.Log.WarnContext(ctx, "the promotion of a job was delayed", "job_id", r.ID, "error", err)
		}
	}
}

// decide promotes a job, if its evaluation has ended and meets the gate, and records the outcome.
func (p *Poller) decide(ctx context.Context, r store.Record) error {
	outcome, err := p.Promotions.Automatic(ctx, r.Job)
	if err != nil || outcome == nil {
		return err
	}
	_, err = p.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if j.AwaitsPromotion() && len(j.Unpublished()) == 0 {
			j.Promotion, j.Watched = outcome, false
		}
		return j, nil
	})
	if err == nil {
		p.Log.InfoContext(ctx, "the promotion of a job was decided", "job_id", r.ID, "state", outcome.State)
	}
	return err
}

// movePointers completes interrupted moves of pointers to active versions, and publishes completed
// moves. It returns no error, for the same reason as evaluate.
func (p *Poller) movePointers(ctx context.Context) {
	watched, err := p.Records.WatchedPointers(ctx, maxPointers)
	if err != nil {
		p.Log.ErrorContext(ctx, "the models to watch were not read", "error", err)
		return
	}
	work := newWork(parallel)
	for _, pointer := range watched {
		work.do(func() error { return p.movePointer(ctx, pointer) })
	}
	if err := work.wait(); err != nil {
		p.Log.ErrorContext(ctx, "the promotions of some models were delayed", "error", err)
	}
}

func (p *Poller) movePointer(ctx context.Context, pointer store.Pointer) error {
	if pointer.Pending != nil {
		if err := p.Promotions.Resume(ctx, pointer); err != nil {
			return fmt.Errorf("resume the promotion of a model: %w", err)
		}
		var err error
		if pointer, err = p.Records.Pointer(ctx, pointer.ModelID); err != nil {
			return err
		}
	}
	moves := pointer.Unpublished()
	if len(moves) == 0 {
		return nil
	}
	if err := p.Events.PublishMoves(ctx, pointer.ModelID, moves); err != nil {
		return err
	}
	// After a crash before this write, the next tick publishes the same events again.
	_, err := p.Records.ChangePointer(ctx, pointer.ModelID, func(now promotion.Pointer, _ bool) (promotion.Pointer, error) {
		now.Published = max(now.Published, moves[len(moves)-1].Number)
		return now, nil
	})
	return err
}
