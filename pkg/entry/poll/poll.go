// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package poll advances every unfinished job. Cloud Scheduler sends a message through Pub/Sub every
// minute, and each message is one tick. A tick refreshes the records from Vertex AI, submits queued
// jobs while there is capacity, and publishes events. Then it resumes interrupted starts, which can
// take long, and publishes the events of that too. At last it does some work of the evaluations,
// and completes and publishes promotions. Messages may arrive twice, late, or two at a time: a tick
// writes a record only if the record has not changed since it was read, so none of that does harm.
package poll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
	"github.com/vertextune/vertextune/pkg/work/jobmetrics"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

const (
	batch = 500 // records read in one query
	// maxSingleGets is how many jobs are read one by one; for more jobs, pages of the list cost
	// fewer calls.
	maxSingleGets = 5
	// pageSize is how many jobs a page of Vertex AI's list has.
	pageSize = 100
	// parallel is how many calls to Vertex AI and Firestore run at the same time.
	parallel = 16
	// maxSearchPages is how many pages are read to find jobs that Vertex AI may or may not have.
	// The limit only stops an endless list, because all jobs fit into this number of pages.
	maxSearchPages = 1000
)

// Poller advances jobs.
type Poller struct {
	Records *store.Store
	Vertex  *vertex.Client
	Jobs    *jobs.Service
	Events  *jobevents.Publisher
	Reports *jobview.Presenter // writes the reports on jobs that have ended
	Metrics *jobmetrics.Keeper // keeps the metrics of jobs that have ended
	// Evaluations does the work of evaluations, and Promotions moves the pointers of models.
	Evaluations *evaluations.Service
	Promotions  *promotions.Service
	// StalledAfter is how long a job may run without any change before it counts as stalled; 0
	// means no limit.
	StalledAfter time.Duration
	// Timeout is how long a tick may take; 0 means as long as its caller waits.
	Timeout time.Duration
	Now     func() time.Time
	Log     *slog.Logger
}

// tick holds the jobs that one tick works on.
type tick struct {
	mu      sync.Mutex
	records map[string]store.Record // by ID, in the version that was read or written last
}

// put stores a record as the newest version of its job.
func (t *tick) put(r store.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records[r.ID] = r
}

// unleased returns the unleased jobs at a step, in random (map) order, so that ticks that run out
// of time do not always skip the same jobs.
func (t *tick) unleased(step tuning.Step, now time.Time) (found []store.Record) {
	for _, r := range t.records {
		if r.Step == step && !r.Leased(now) {
			found = append(found, r)
		}
	}
	return found
}

// Tick advances every job, and then the evaluations and the pointers of models. Only the work on
// jobs can fail the tick.
func (p *Poller) Tick(ctx context.Context) error {
	err := p.advance(ctx)
	p.evaluate(ctx)
	p.movePointers(ctx)
	return err
}

// advance advances every job. A job that fails does not stop the others; the error joins the errors
// of all of them. Work for which there is no time is left to the next tick. Everything else is done
// and published before data are prepared, because preparing can take long or crash.
func (p *Poller) advance(ctx context.Context) error {
	t, err := p.read(ctx)
	if err != nil || len(t.records) == 0 {
		return err
	}
	timedOut := false
	during := func(share float64, steps ...func(context.Context, *tick) error) error {
		part, cancel := withTimeShare(ctx, share)
		defer cancel()
		var all []error
		for _, step := range steps {
			all = append(all, step(part, t))
		}
		timedOut = timedOut || deadlineReached(part)
		return errors.Join(all...)
	}
	if len(t.unleased(tuning.Preparing, p.Now())) > 0 {
		err = errors.Join(during(1./2, p.observe, p.dispatch, p.discard), during(1./2, p.publish), during(3./4, p.prepare, p.dispatch))
	} else {
		err = during(3./4, p.observe, p.dispatch, p.discard)
	}
	if timedOut && ctx.Err() == nil {
		var unfinished []any
		if err != nil {
			unfinished = []any{"error", err}
		}
		p.Log.WarnContext(ctx, "the tick ran out of time and the next tick continues its work", unfinished...)
		err = nil
	}
	err = errors.Join(err, p.publish(ctx, t))
	p.promote(ctx, t)
	return err
}

// withTimeShare returns a context that ends after a share of the time that is left.
func withTimeShare(ctx context.Context, share float64) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	left := time.Until(end)
	return context.WithDeadline(ctx, end.Add(-left+time.Duration(share*float64(left))))
}

// clockSkew is how early a server may see our deadline expire.
const clockSkew = 50 * time.Millisecond

// deadlineReached reports whether the work ran out of time.
func deadlineReached(work context.Context) bool {
	end, ok := work.Deadline()
	return work.Err() != nil || ok && time.Until(end) < clockSkew
}

func (p *Poller) read(ctx context.Context) (*tick, error) {
	t := &tick{records: map[string]store.Record{}}
	for after, more := "", true; more; {
		records, err := p.Records.Watched(ctx, after, batch)
		if err != nil {
			return nil, fmt.Errorf("read the jobs to watch: %w", err)
		}
		for _, r := range records {
			after = r.ID
			t.records[r.ID] = r
		}
		more = len(records) == batch
	}
	return t, nil
}

// discard deletes the files and the records of refused starts, once no process can be writing them
// any more.
func (p *Poller) discard(ctx context.Context, t *tick) error {
	work := newWork(parallel)
	for _, r := range t.unleased(tuning.Refused, p.Now()) {
		work.do(func() error {
			if err := p.Jobs.Discard(ctx, r); err != nil {
				return fmt.Errorf("delete the refused start %s: %w", r.ID, err)
			}
			return nil
		})
	}
	return work.wait()
}

// publish publishes the unpublished events and marks them as published. Events of leased jobs are
// published later: marking them would look to the lease holder like a concurrent write, and it
// would stop its work.
func (p *Poller) publish(ctx context.Context, t *tick) error {
	now := p.Now()
	pending := slices.DeleteFunc(slices.Collect(maps.Values(t.records)), func(r store.Record) bool {
		return len(r.Unpublished()) == 0 || r.Leased(now)
	})
	if len(pending) == 0 {
		return nil
	}
	pending, reportErr := p.report(ctx, t, pending)
	sent, err := p.Events.Publish(ctx, pending)
	// If the write fails, the same events are published again.
	if markErr := p.Records.MarkPublished(ctx, sent); markErr != nil {
		return errors.Join(reportErr, err, markErr)
	}
	for _, r := range sent {
		r.Published = int64(len(r.Events))
		t.put(r)
	}
	return errors.Join(reportErr, err)
}
