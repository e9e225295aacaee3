// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// prepare resumes starts whose dataset was not written. Those that were resumed least often come
// first. A start whose request is stored outside of its record, or whose last attempt was killed,
// is prepared alone after the others, because it may need more memory than there is.
func (p *Poller) prepare(ctx context.Context, t *tick) error {
	starts := t.unleased(tuning.Preparing, p.Now())
	slices.SortStableFunc(starts, func(a, b store.Record) int { return cmp.Compare(a.Attempts, b.Attempts) })
	together, alone := newWork(parallel), newWork(1)
	part, cancel := withTimeShare(ctx, 3./4)
	defer cancel()
	for _, r := range starts {
		if !large(r) {
			together.do(func() error { return p.resume(part, t, r) })
		}
	}
	err := together.wait()
	for _, r := range starts {
		if large(r) {
			alone.do(func() error { return p.resume(ctx, t, r) })
		}
	}
	return errors.Join(err, alone.wait())
}

// large reports whether preparing a start may take an unknown amount of memory.
func large(r store.Record) bool { return r.RequestData != "" || r.Abandoned() }

func (p *Poller) resume(ctx context.Context, t *tick, r store.Record) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the next tick resumes the start
	}
	now, err := p.Jobs.Resume(ctx, r)
	if err != nil {
		return fmt.Errorf("resume the start of job %s: %w", r.ID, err)
	}
	t.put(now)
	return nil
}

// maxConsecutiveFailures is how many submissions may fail in a row before dispatch stops, because
// Firestore or Vertex AI seems to be down.
const maxConsecutiveFailures = 5

// dispatch submits the jobs of the queue in their order, while there is room. A job that fails to
// submit is skipped, so that it does not block the queue; it is first again in the next tick. If
// several fail in a row, the services get no more calls until then.
func (p *Poller) dispatch(ctx context.Context, t *tick) error {
	var faults, skipped = newWork(1), []string(nil)
	failures := 0 // in a row
	for len(t.unleased(tuning.Waiting, p.Now())) > 0 {
		line, err := p.Jobs.Line(ctx, skipped)
		if err != nil {
			faults.failed(fmt.Errorf("read the queue: %w", err))
		}
		if len(line) == 0 {
			break
		}
		for _, r := range line {
			now, more, err := p.Jobs.Dispatch(ctx, r)
			switch {
			case err != nil:
				faults.failed(fmt.Errorf("submit job %s: %w", r.ID, err))
				skipped, failures = append(skipped, r.ID), failures+1
			case now.Step == tuning.Submitting: // the create was not answered
				t.put(now)
				failures++
			default:
				t.put(now)
				failures = 0
			}
			if err == nil && !more || failures == maxConsecutiveFailures || ctx.Err() != nil {
				return faults.wait()
			}
		}
	}
	return faults.wait()
}
