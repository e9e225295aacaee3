// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"errors"
	"fmt"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// group is the jobs of one location to ask Vertex AI about: those it has named, by name, and those it may or may
// not know, by our ID, each with what was found of it.
type group struct {
	named   map[string]store.Record
	orphans map[string]store.Record
	found   map[string][]tuning.Observation
}

// seeks reports whether any of the orphans may be on another page. Of one that was sent more than once there may be
// more than one.
func (g *group) seeks() bool {
	for id, r := range g.orphans {
		if len(g.found[id]) == 0 || r.Submissions > 1 {
			return true
		}
	}
	return false
}

// observe asks Vertex AI about every job that it has, or may have.
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
	for _, r := range t.at(tuning.Accepted, p.Now()) {
		at(r).named[r.Name] = r
	}
	for _, r := range t.at(tuning.Submitting, p.Now()) {
		at(r).orphans[r.ID] = r
	}
	var all []error
	for location, g := range locations {
		if err := p.refresh(ctx, t, location, g); err != nil {
			all = append(all, fmt.Errorf("bring the jobs in %s up to date: %w", location, err))
		}
	}
	return errors.Join(all...)
}

// refresh asks Vertex AI about a location's jobs: by pages of the list where that takes fewer calls, and
// then one by one for what the pages did not show.
func (p *Poller) refresh(ctx context.Context, t *tick, location string, g *group) error {
	work := newWork(parallel)
	if len(g.named) > few || len(g.orphans) > 0 {
		if err := p.list(ctx, t, location, g, work); err != nil {
			return errors.Join(err, work.wait())
		}
	}
	for _, r := range g.named {
		work.do(func() error { return p.get(ctx, t, r) })
	}
	return work.wait()
}

// list reads pages until every job of the group was seen, and takes those out of it. Orphans are found by the
// label; that one is on no page means that it never arrived only if all pages were read.
func (p *Poller) list(ctx context.Context, t *tick, location string, g *group, work *work) error {
	pages := len(g.named)/pageSize + 1
	if len(g.orphans) > 0 {
		pages = search
	}
	complete, err := p.Vertex.List(ctx, location, pages, func(seen []tuning.Observation) bool {
		for _, o := range seen {
			if r, ok := g.named[o.Name]; ok {
				delete(g.named, o.Name)
				work.do(func() error { return p.follow(ctx, t, r, o) })
			} else if _, ok := g.orphans[o.Label]; ok {
				g.found[o.Label] = append(g.found[o.Label], o)
			}
		}
		return len(g.named) > 0 || g.seeks()
	})
	if err != nil {
		return err
	}
	for id, r := range g.orphans {
		if found := g.found[id]; len(found) > 0 {
			work.do(func() error { return p.adopt(ctx, t, r, found) })
		} else if complete {
			work.do(func() error { return p.write(ctx, t, r, r.NeverArrived(p.Now().UTC())) })
		}
	}
	return nil
}

// adopt takes the job that Vertex AI made of a submission that was not answered. There is one. If a request took
// so long that it was given up for lost, and arrived all the same after a second one, the older job is kept and the
// others are cancelled, so that they cost as little as can be. Until that is done the record stays as it is: nothing
// else would lead to them.
func (p *Poller) adopt(ctx context.Context, t *tick, r store.Record, found []tuning.Observation) error {
	keep := found[0]
	for _, o := range found[1:] {
		if o.CreatedAt.Before(keep.CreatedAt) {
			keep = o
		}
	}
	var all []error
	for _, o := range found {
		if o.Name == keep.Name || tuning.FromVertex(o.VertexState).Finished() {
			continue
		}
		p.Log.ErrorContext(ctx, "a second job for one start, cancelled", "job_id", r.ID, "job_name", o.Name, "kept", keep.Name)
		all = append(all, p.Vertex.Cancel(ctx, o.Name))
	}
	if err := errors.Join(all...); err != nil {
		return err
	}
	return p.follow(ctx, t, r, keep)
}

func (p *Poller) get(ctx context.Context, t *tick, r store.Record) error {
	o, err := p.Vertex.Get(ctx, r.Name)
	if fault.KindOf(err) == fault.NotFound {
		// Vertex AI keeps jobs and has no way to delete one: it will not come back, and asking for it at
		// every tick would go on for ever.
		return p.write(ctx, t, r, r.Fail(tuning.Failure{Code: 5, Message: fault.Of(err).Message}, p.Now().UTC()))
	}
	if err != nil {
		return err
	}
	return p.follow(ctx, t, r, o)
}

// follow writes what Vertex AI says of a job, and what follows from it: that it has stalled, or that Vertex AI is to
// be told that it is not wanted any more.
func (p *Poller) follow(ctx context.Context, t *tick, r store.Record, o tuning.Observation) error {
	next, changed := r.Observe(o)
	if why := next.StalledNow(p.Now(), p.StalledAfter); why != "" {
		next, changed = next.Stall(why, p.Now().UTC()), true
	}
	if changed {
		return p.write(ctx, t, r, next)
	}
	if r.CancelDue() {
		t.now(p.Starter.PassOn(ctx, r))
	}
	return nil
}

func (p *Poller) write(ctx context.Context, t *tick, r store.Record, next tuning.Job) error {
	written, err := p.Records.UpdateJob(ctx, r, next)
	if errors.Is(err, store.ErrChanged) {
		return nil // somebody else has written since, from an answer as good as ours; the next tick looks again
	}
	if err != nil {
		return err
	}
	t.now(p.Starter.PassOn(ctx, written))
	return nil
}
