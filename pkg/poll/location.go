// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"errors"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// group is the unfinished jobs of one location: those Vertex AI has named, by name, and those it may or may
// not know, by our ID.
type group struct {
	named   map[string]store.Record
	orphans map[string]store.Record
}

func (p *Poller) sort(locations map[string]*group, r store.Record) {
	g := locations[r.Location]
	if g == nil {
		g = &group{named: map[string]store.Record{}, orphans: map[string]store.Record{}}
		locations[r.Location] = g
	}
	switch {
	case r.Name != "":
		g.named[r.Name] = r
	case r.Age(p.Now()) > orphaned:
		g.orphans[r.ID] = r
	}
}

// refresh asks Vertex AI about a location's jobs: by pages of the list where that takes fewer calls, and
// then one by one for what the pages did not show.
func (p *Poller) refresh(ctx context.Context, location string, g *group) error {
	if len(g.named) == 0 && len(g.orphans) == 0 {
		return nil
	}
	work := newWork()
	if len(g.named) > few || len(g.orphans) > 0 {
		if err := p.list(ctx, location, g, work); err != nil {
			return errors.Join(err, work.wait())
		}
	}
	for _, r := range g.named {
		work.do(func() error { return p.get(ctx, r) })
	}
	return work.wait()
}

// list reads pages until every job of the group was seen, and takes those out of it. Orphans are found by
// the label; one that is on no page was never accepted, which is certain only if all pages were read.
func (p *Poller) list(ctx context.Context, location string, g *group, work *work) error {
	pages := len(g.named)/pageSize + 1
	if len(g.orphans) > 0 {
		pages = max(pages, search)
	}
	complete, err := p.Vertex.List(ctx, location, pages, func(seen []tuning.Observation) bool {
		for _, o := range seen {
			if r, ok := g.named[o.Name]; ok {
				delete(g.named, o.Name)
				work.do(func() error { return p.apply(ctx, r, o) })
			} else if r, ok := g.orphans[o.Label]; ok {
				delete(g.orphans, o.Label)
				work.do(func() error { return p.apply(ctx, r, o) })
			}
		}
		return len(g.named) > 0 || len(g.orphans) > 0
	})
	if err != nil {
		return err
	}
	for _, r := range g.orphans {
		if complete {
			work.do(func() error { return p.abandon(ctx, r) })
		}
	}
	return nil
}

func (p *Poller) get(ctx context.Context, r store.Record) error {
	o, err := p.Vertex.Get(ctx, r.Name)
	if fault.KindOf(err) == fault.NotFound {
		// Vertex AI keeps jobs and has no way to delete one: it will not come back, and asking for it at
		// every tick would go on for ever.
		return p.write(ctx, r, r.Abandon(tuning.Failure{Code: 5, Message: fault.Of(err).Message}, p.Now()))
	}
	if err != nil {
		return err
	}
	return p.apply(ctx, r, o)
}

func (p *Poller) apply(ctx context.Context, r store.Record, o tuning.Observation) error {
	next, changed := r.Observe(o)
	if !changed {
		return nil
	}
	return p.write(ctx, r, next)
}

func (p *Poller) abandon(ctx context.Context, r store.Record) error {
	return p.write(ctx, r, r.Abandon(tuning.Failure{
		Code:    10,
		Message: "The service stopped before Vertex AI accepted the job. Nothing was billed. Start it again.",
	}, p.Now()))
}

func (p *Poller) write(ctx context.Context, r store.Record, next tuning.Job) error {
	_, err := p.Records.UpdateJob(ctx, r, next)
	if errors.Is(err, store.ErrChanged) {
		return nil // somebody else has written since, from an answer as good as ours; the next tick looks again
	}
	if err != nil {
		return err
	}
	p.Log.InfoContext(ctx, "job changed", "job_id", r.ID, "job_name", next.Name, "from", r.State, "to", next.State)
	return nil
}
