// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"
	"math"
	"slices"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// linePage is how many jobs of the line are read at a time.
const linePage = 20

// Line returns the first jobs that wait, in line, but for those that are skipped: no more than there is room for, and a
// page at most.
func (s *Starter) Line(ctx context.Context, skipped []string) ([]store.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Config.Lease) // Firestore's client tries as long as it may
	defer cancel()
	room, err := s.room(ctx)
	if err != nil || room <= 0 {
		return nil, err
	}
	line, err := s.Records.Queue(ctx, linePage+len(skipped))
	line = slices.DeleteFunc(line, func(r store.Record) bool { return slices.Contains(skipped, r.ID) })
	return line[:min(int64(len(line)), room, linePage)], err
}

// room returns how many more jobs may be on Vertex AI.
func (s *Starter) room(ctx context.Context) (int64, error) {
	limit := s.Config.MaxConcurrentJobs
	if limit <= 0 {
		return math.MaxInt64, nil
	}
	active, err := s.Records.CountAtStep(ctx, tuning.Submitting, tuning.Accepted)
	return limit - active, err
}

// Dispatch sends the job that is the first in line to Vertex AI, if there is room. It reports whether the next one may
// be tried: there was room for this one, or nothing to be done about it. While somebody else sends this job, the rest of
// the line is theirs to send.
func (s *Starter) Dispatch(ctx context.Context, r store.Record) (store.Record, bool, error) {
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
		r = fresh // only its events were published
	}
}

func (s *Starter) dispatch(ctx context.Context, r store.Record) (store.Record, bool, error) {
	call, cancel := context.WithTimeout(ctx, s.Config.Lease) // Firestore's client tries as long as it may
	next, sent, err := s.admit(call, r, r.Job)
	cancel()
	if _, poor := errors.AsType[*store.BudgetError](err); poor {
		// A failure that is published, rather than a wait of weeks for the next month.
		refused, err := s.Records.UpdateJob(ctx, r, r.Fail(failureOf(err), s.Now().UTC()))
		return refused, err == nil, err
	}
	if err != nil || !sent {
		return r, false, err
	}
	next, _ = s.submit(ctx, next)                 // a refusal is on record
	return next, next.Step != tuning.Waiting, nil // it waits again if Vertex AI has no room
}

// turn reports whether there is room for the job beside those that are ahead of it in line. A job that Vertex AI
// had no room for is not overtaken, and where nobody says how much room there is, none is. Behind a page of jobs it
// waits for the poller, however much room there is.
func (s *Starter) turn(ctx context.Context, job tuning.Job) (bool, error) {
	room := int64(1)
	if s.Config.MaxConcurrentJobs > 0 {
		var err error
		if room, err = s.room(ctx); err != nil || room <= 0 {
			return false, err
		}
	}
	line, err := s.Records.Queue(ctx, int(min(room, linePage)))
	if err != nil {
		return false, err
	}
	for _, other := range line {
		if tuning.InLine(other.Job, job) >= 0 {
			return true, nil
		}
		if other.Refusals > 0 {
			return false, nil
		}
	}
	return int64(len(line)) < min(room, linePage), nil
}
