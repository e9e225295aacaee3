// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// prepare resumes starts whose dataset was not written: those that were resumed least often come first. One whose
// request is kept outside of its record, or whose last attempt was killed, is prepared alone after the others: it may
// need more memory than there is.
func (p *Poller) prepare(ctx context.Context, t *tick) error {
	starts := t.at(tuning.Preparing, p.Now())
	slices.SortStableFunc(starts, func(a, b store.Record) int { return cmp.Compare(a.Attempts, b.Attempts) })
	together, alone := newWork(parallel), newWork(1)
	part, cancel := within(ctx, 3./4)
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

// large reports whether preparing a start may take more memory than is known.
func large(r store.Record) bool { return r.RequestData != "" || r.Abandoned() }

func (p *Poller) resume(ctx context.Context, t *tick, r store.Record) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // the next tick resumes it
	}
	now, err := p.Starter.Resume(ctx, r)
	if err != nil {
		return fmt.Errorf("resume the start of job %s: %w", r.ID, err)
	}
	t.now(now)
	return nil
}

// inARow is how many jobs, one after the other, fail to be sent until that is put down to Firestore or Vertex AI.
const inARow = 5

// dispatch sends jobs that wait, in line, while there is room. One that cannot be sent is skipped, so that it does not
// hold up those behind it, and is the first again in the next tick. When none can be sent, the services are left alone
// until then.
func (p *Poller) dispatch(ctx context.Context, t *tick) error {
	var faults, skipped = newWork(1), []string(nil)
	lost := 0 // in a row
	for len(t.at(tuning.Waiting, p.Now())) > 0 {
		line, err := p.Starter.Line(ctx, skipped)
		if err != nil {
			faults.failed(fmt.Errorf("read the line: %w", err))
		}
		if len(line) == 0 {
			break
		}
		for _, r := range line {
			now, more, err := p.Starter.Dispatch(ctx, r)
			switch {
			case err != nil:
				faults.failed(fmt.Errorf("send job %s: %w", r.ID, err))
				skipped, lost = append(skipped, r.ID), lost+1
			case now.Step == tuning.Submitting: // and not answered
				t.now(now)
				lost++
			default:
				t.now(now)
				lost = 0
			}
			if err == nil && !more || lost == inARow || ctx.Err() != nil {
				return faults.wait()
			}
		}
	}
	return faults.wait()
}
