// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// linePage is how many queued jobs are read at a time.
const linePage = 20

// Line returns the first jobs of the queue except the skipped ones: at most as many as there is
// room for, and at most one page.
func (s *Service) Line(ctx context.Context, skipped []string) ([]store.Record, error) {
	// Without a timeout, Firestore's client retries until ctx ends.
	ctx, cancel := context.WithTimeout(ctx, s.Config.Lease)
	defer cancel()
	room, err := s.freeSlots(ctx)
	if err != nil || room <= 0 {
		return nil, err
	}
	line, err := s.Records.Queue(ctx, linePage+len(skipped))
	line = slices.DeleteFunc(line, func(r store.Record) bool { return slices.Contains(skipped, r.ID) })
	return line[:min(int64(len(line)), room, linePage)], err
}

// freeSlots returns how many more jobs may run on Vertex AI.
func (s *Service) freeSlots(ctx context.Context) (int64, error) {
	limit := s.Config.MaxConcurrentJobs
	if limit <= 0 {
		return math.MaxInt64, nil
	}
	active, err := s.Records.CountAtStep(ctx, tuning.Submitting, tuning.Accepted)
	return limit - active, err
}

// Dispatch submits the job that is first in the queue, if there is room. It reports whether the
// next one may be tried: this job was submitted, or it needs no submission any more. If another
// process is submitting this job, the rest of the queue is left to that process.
func (s *Service) Dispatch(ctx context.Context, r store.Record) (store.Record, bool, error) {
	for {
		now, more, err := s.dispatch(ctx, r)
		if !errors.Is(err, store.ErrChanged) {
			return now, more, err
		}
		fresh, err := s.Records.Job(ctx, r.ID)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			return r, true, nil
		case err != nil:
			return r, false, err
		case fresh.Step != tuning.Waiting:
			return fresh, fresh.Step != tuning.Submitting, nil
		}
		r = fresh // nothing but its events were published
	}
}

func (s *Service) dispatch(ctx context.Context, r store.Record) (store.Record, bool, error) {
	// Without a timeout, Firestore's client retries until ctx ends.
	call, cancel := context.WithTimeout(ctx, s.Config.Lease)
	next, sent, err := s.admit(call, r, r.Job)
	cancel()
	if _, overBudget := errors.AsType[*store.BudgetError](err); overBudget {
		// The job fails with an event, because the alternative is a wait of weeks for the next
		// month.
		refused, err := s.Records.UpdateJob(ctx, r, r.Fail(FailureOf(err), s.Now().UTC()))
		return refused, err == nil, err
	}
	if err != nil || !sent {
		return r, false, err
	}
	next, _ = s.submit(ctx, next)                 // the record has the error
	return next, next.Step != tuning.Waiting, nil // if Vertex AI has no room, the job waits again
}

// isNext reports whether there is room for the job in addition to the jobs ahead of it in the
// queue. A job that Vertex AI refused for lack of quota is never overtaken. Without a limit for
// concurrent jobs, no job is overtaken. A job behind a full page of others waits for the poller,
// even if there is room.
func (s *Service) isNext(ctx context.Context, job tuning.Job) (bool, error) {
	room := int64(1)
	if s.Config.MaxConcurrentJobs > 0 {
		var err error
		if room, err = s.freeSlots(ctx); err != nil || room <= 0 {
			return false, err
		}
	}
	line, err := s.Records.Queue(ctx, int(min(room, linePage)))
	if err != nil {
		return false, err
	}
	for _, other := range line {
		if tuning.CompareQueue(other.Job, job) >= 0 {
			return true, nil
		}
		if other.Refusals > 0 {
			return false, nil
		}
	}
	return int64(len(line)) < min(room, linePage), nil
}
