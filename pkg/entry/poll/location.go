// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"errors"
	"fmt"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// group holds the jobs of one location to look up on Vertex AI: named are the jobs with a name on
// Vertex AI, by that name; unconfirmed are those that Vertex AI may or may not have, by our ID;
// found has the jobs on Vertex AI for each unconfirmed one.
type group struct {
	named       map[string]store.Record
	unconfirmed map[string]store.Record
	found       map[string][]tuning.Observation
}

// needsMorePages reports whether another page may have an unconfirmed job. A job submitted more
// than once may exist more than once.
func (g *group) needsMorePages() bool {
	for id, r := range g.unconfirmed {
		if len(g.found[id]) == 0 || r.Submissions > 1 {
			return true
		}
	}
	return false
}

// observe refreshes every job that Vertex AI has, or may have.
func (p *Poller) observe(ctx context.Context, t *tick) error {
	locations := map[string]*group{}
	at := func(r store.Record) *group {
		g := locations[r.Location]
		if g == nil {
			g = &group{map[string]store.Record{}, map[string]store.Record{}, map[string][]tuning.Observation{}}
			locations[r.Location] = g
		}
		return g
	}
	for _, r := range t.unleased(tuning.Accepted, p.Now()) {
		at(r).named[r.Name] = r
	}
	for _, r := range t.unleased(tuning.Submitting, p.Now()) {
		at(r).unconfirmed[r.ID] = r
	}
	var all []error
	for location, g := range locations {
		if err := p.refresh(ctx, t, location, g); err != nil {
			all = append(all, fmt.Errorf("refresh the jobs in %s: %w", location, err))
		}
	}
	return errors.Join(all...)
}

// refresh reads a location's jobs from Vertex AI: by pages of the list if that takes fewer calls,
// and then one by one for the jobs that are not in these pages.
func (p *Poller) refresh(ctx context.Context, t *tick, location string, g *group) error {
	work := newWork(parallel)
	if len(g.named) > maxSingleGets || len(g.unconfirmed) > 0 {
		if err := p.list(ctx, t, location, g, work); err != nil {
			return errors.Join(err, work.wait())
		}
	}
	for _, r := range g.named {
		work.do(func() error { return p.get(ctx, t, r) })
	}
	return work.wait()
}

// list reads pages until it has seen every job of the group, and removes the named jobs that it has
// seen from the group. Orphans are found by their label. An orphan that is on no page was not
// created, but only if all pages were read.
func (p *Poller) list(ctx context.Context, t *tick, location string, g *group, work *work) error {
	pages := len(g.named)/pageSize + 1
	if len(g.unconfirmed) > 0 {
		pages = maxSearchPages
	}
	complete, err := p.Vertex.List(ctx, location, pages, func(seen []tuning.Observation) bool {
		for _, o := range seen {
			if r, ok := g.named[o.Name]; ok {
				delete(g.named, o.Name)
				work.do(func() error { return p.applyObservation(ctx, t, r, o) })
			} else if _, ok := g.unconfirmed[o.Label]; ok {
				g.found[o.Label] = append(g.found[o.Label], o)
			}
		}
		return len(g.named) > 0 || g.needsMorePages()
	})
	if err != nil {
		return err
	}
	for id, r := range g.unconfirmed {
		if found := g.found[id]; len(found) > 0 {
			work.do(func() error { return p.confirmCreated(ctx, t, r, found) })
		} else if complete {
			work.do(func() error { return p.write(ctx, t, r, r.MarkNotCreated(p.Now().UTC())) })
		}
	}
	return nil
}

// confirmCreated records the job that an unanswered create made. Usually there is one. If a create
// took so long that the job was submitted again, and both took effect, confirmCreated keeps the
// oldest job and cancels the others, so that they cost little. The record changes only after that,
// because only the record leads to the other jobs.
func (p *Poller) confirmCreated(ctx context.Context, t *tick, r store.Record, found []tuning.Observation) error {
	oldest := found[0]
	for _, o := range found[1:] {
		if o.CreatedAt.Before(oldest.CreatedAt) {
			oldest = o
		}
	}
	var all []error
	for _, o := range found {
		if o.Name == oldest.Name || tuning.FromVertex(o.VertexState).Finished() {
			continue
		}
		p.Log.ErrorContext(ctx, "a second job exists for one start and is cancelled", "job_id", r.ID, "job_name", o.Name, "kept", oldest.Name)
		all = append(all, p.Vertex.Cancel(ctx, o.Name))
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	return p.applyObservation(ctx, t, r, oldest)
}

func (p *Poller) get(ctx context.Context, t *tick, r store.Record) error {
	o, err := p.Vertex.Get(ctx, r.Name)
	if fault.KindOf(err) == fault.NotFound {
		// Vertex AI keeps jobs and cannot delete one, so the job will not reappear, and without an
		// end every tick would ask for it again.
		return p.write(ctx, t, r, r.Fail(tuning.Failure{Code: 5, Message: fault.From(err).Message}, p.Now().UTC()))
	}
	if err != nil {
		return err
	}
	return p.applyObservation(ctx, t, r, o)
}

// applyObservation records Vertex AI's description of a job, and acts on it: it marks a stalled
// job, and forwards a requested cancellation.
func (p *Poller) applyObservation(ctx context.Context, t *tick, r store.Record, o tuning.Observation) error {
	next, changed := r.Observe(o)
	if why := next.StalledNow(p.Now(), p.StalledAfter); why != "" {
		next, changed = next.Stall(why, p.Now().UTC()), true
	}
	if changed {
		return p.write(ctx, t, r, next)
	}
	if r.CancelDue() {
		t.put(p.Jobs.ForwardCancel(ctx, r))
	}
	return nil
}

func (p *Poller) write(ctx context.Context, t *tick, r store.Record, next tuning.Job) error {
	written, err := p.Records.UpdateJob(ctx, r, next)
	if errors.Is(err, store.ErrChanged) {
		// Another process has written the record since, from an observation as good as ours; the
		// next tick reads it again.
		return nil
	}
	if err != nil {
		return err
	}
	t.put(p.Jobs.ForwardCancel(ctx, written))
	return nil
}
