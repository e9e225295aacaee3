// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package poll brings every job forward that is not done with. Cloud Scheduler sends a message through Pub/Sub
// every minute; each message is one tick: what Vertex AI says goes into the records, jobs that wait are sent when there
// is room, and what happened is published. Then starts that died are resumed, which can take long, and what changed by
// that is published too. Messages may come twice, late, or two at a time: a tick writes only over what it read, so none
// of that does harm.
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

	"github.com/vertextune/vertextune/pkg/jobstatus"
	"github.com/vertextune/vertextune/pkg/notify"
	"github.com/vertextune/vertextune/pkg/start"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
	"github.com/vertextune/vertextune/pkg/vertex"
)

const (
	batch = 500 // records read in one query
	// few is how many jobs are asked for one by one; above it, pages of the list cost fewer calls.
	few = 5
	// pageSize is how many jobs a page of Vertex AI's list holds.
	pageSize = 100
	// parallel is how many calls go on at a time, to Vertex AI and to Firestore.
	parallel = 16
	// search is how many pages are read to find jobs that Vertex AI may or may not have: all that there can be.
	search = 1000
)

// Poller brings jobs forward.
type Poller struct {
	Records *store.Store
	Vertex  *vertex.Client
	Starter *start.Starter
	Events  *notify.Publisher
	Reports *jobstatus.Teller // writes the reports on jobs that have ended
	// StalledAfter is how long a job may run without any change before it is told of; 0 is for ever.
	StalledAfter time.Duration
	// Timeout is how long a tick may take; 0 is as long as its caller waits.
	Timeout time.Duration
	Now     func() time.Time
	Log     *slog.Logger
}

// tick is the jobs as one tick knows them.
type tick struct {
	mu      sync.Mutex
	records map[string]store.Record // by ID, as they were read or written last
}

// now takes the record as the newest of its job.
func (t *tick) now(r store.Record) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.records[r.ID] = r
}

// at returns the jobs at a step of which nobody holds the lease, in an order of chance: if a tick's time is over
// before all are done, the same ones are not left over each time.
func (t *tick) at(step tuning.Step, now time.Time) (found []store.Record) {
	for _, r := range t.records {
		if r.Step == step && !r.Leased(now) {
			found = append(found, r)
		}
	}
	return found
}

// Tick brings every job forward. One that cannot be does not keep the others from it; the error joins them all.
// What there is no time for is left to the next tick. Preparing data comes last: whatever happens in it, all else is
// done and published.
func (p *Poller) Tick(ctx context.Context) error {
	t, err := p.read(ctx)
	if err != nil || len(t.records) == 0 {
		return err
	}
	cut := false
	during := func(share float64, steps ...func(context.Context, *tick) error) error {
		part, cancel := within(ctx, share)
		defer cancel()
		var all []error
		for _, step := range steps {
			all = append(all, step(part, t))
		}
		cut = cut || deadlineReached(part)
		return errors.Join(all...)
	}
	if len(t.at(tuning.Preparing, p.Now())) > 0 {
		err = errors.Join(during(1./2, p.observe, p.dispatch, p.discard), during(1./2, p.tell), during(3./4, p.prepare, p.dispatch))
	} else {
		err = during(3./4, p.observe, p.dispatch, p.discard)
	}
	if cut && ctx.Err() == nil {
		var unfinished []any
		if err != nil {
			unfinished = []any{"error", err}
		}
		p.Log.WarnContext(ctx, "the tick's time ended before its work, the next tick continues it", unfinished...)
		err = nil
	}
	return errors.Join(err, p.tell(ctx, t))
}

// within returns a context that ends when a share of the time that is left is over.
func within(ctx context.Context, share float64) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	left := time.Until(end)
	return context.WithDeadline(ctx, end.Add(-left+time.Duration(share*float64(left))))
}

// moment is how much sooner than our own clock a service may find that the time is over.
const moment = 50 * time.Millisecond

// deadlineReached reports whether there was no time for all of the work.
func deadlineReached(work context.Context) bool {
	end, ok := work.Deadline()
	return work.Err() != nil || ok && time.Until(end) < moment
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

// discard deletes what refused starts have left, when nobody can be writing it any more.
func (p *Poller) discard(ctx context.Context, t *tick) error {
	work := newWork(parallel)
	for _, r := range t.at(tuning.Refused, p.Now()) {
		work.do(func() error {
			if err := p.Starter.Discard(ctx, r); err != nil {
				return fmt.Errorf("delete what the refused start %s has left: %w", r.ID, err)
			}
			return nil
		})
	}
	return work.wait()
}

// tell publishes what was not told, and notes it. Whoever is at work on a job would take the note for somebody else's
// write, and leave the job: it is told of afterwards.
func (p *Poller) tell(ctx context.Context, t *tick) error {
	now := p.Now()
	untold := slices.DeleteFunc(slices.Collect(maps.Values(t.records)), func(r store.Record) bool {
		return len(r.Untold()) == 0 || r.Leased(now)
	})
	if len(untold) == 0 {
		return nil
	}
	untold, reportErr := p.report(ctx, untold)
	told, err := p.Events.Publish(ctx, untold)
	for _, r := range told {
		r.Told = int64(len(r.Events))
		t.now(r)
	}
	return errors.Join(reportErr, err, p.Records.MarkTold(ctx, told))
}
