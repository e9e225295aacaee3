// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotions

import (
	"context"
	"time"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// retryWindow is how long a promotion is tried again that fails for a reason of Google's.
const retryWindow = time.Hour

// Automatic promotes the tuned model of a job whose start asked for it, if its evaluation meets the
// gate. The outcome is nil while the evaluation has not ended. It is idempotent. With an error, a
// later call must try again.
func (s *Service) Automatic(ctx context.Context, job tuning.Job) (*promotion.Outcome, error) {
	e, err := s.Records.Evaluation(ctx, evalrun.JobKeyID(job.ID))
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return s.outcome(promotion.Outcome{Detail: "The evaluation was not started. The warnings say why."}), nil
	case err != nil:
		return nil, err
	case !e.Finished:
		return nil, nil //nolint:nilnil // nil means that it is not decided
	}
	m, gain, err := s.promoteIf(ctx, job, e.Run)
	switch {
	case err == nil:
		return s.outcome(promotion.Outcome{State: promotion.Done, Version: m.Number, Gain: gain}), nil
	case !fault.IsCallers(err) || fault.IsTransient(err):
		if s.Now().Sub(e.EndedAt) < retryWindow {
			return nil, err
		}
	}
	return s.outcome(promotion.Outcome{Detail: fault.From(err).Message, Gain: gain}), nil
}

func (s *Service) outcome(o promotion.Outcome) *promotion.Outcome {
	if o.State == "" {
		o.State = promotion.NotPromoted
	}
	o.At = s.now()
	return &o
}

// promoteIf promotes a job after its evaluation. The gain is nil if it was not measured.
func (s *Service) promoteIf(ctx context.Context, job tuning.Job, run evalrun.Run) (promotion.Move, *promotion.Gain, error) {
	v, err := versionOf(job, "")
	if err != nil {
		return promotion.Move{}, nil, err
	}
	gain, err := s.gain(ctx, v, run, *job.PromoteIf)
	if err != nil {
		return promotion.Move{}, nil, err
	}
	if err := gain.Check(); err != nil {
		return promotion.Move{}, &gain, err
	}
	// No caller has an empty name. With the key, a crash before the outcome is recorded makes no
	// second move.
	o := Order{ModelID: job.ModelID, Key: job.ID}
	wanted := o.move(promotion.Promoted, job.ID)
	wanted.Version, wanted.Gain, wanted.By, wanted.Automatic = v, &gain, job.StartedBy, true
	m, err := s.move(ctx, job.ModelID, func(p promotion.Pointer, exists bool) (promotion.Move, bool, error) {
		if known, err := repeated(p, wanted); known != nil || err != nil {
			return valueOf(known), false, err
		}
		active := p.Active()
		switch {
		case !exists:
			return wanted, false, fault.New(fault.FailedPrecondition, "The document of the model was deleted from the collection models.")
		case active != nil && active.Version.JobCreatedAt.After(v.JobCreatedAt):
			return wanted, false, fault.New(fault.FailedPrecondition, "Version %d, of the newer job %s, is active.", active.Number, active.Version.JobID)
		}
		m, isNew := p.Promote(wanted)
		return m, isNew, nil
	})
	return m, &gain, err
}
