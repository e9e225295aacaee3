// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package poll keeps the job records in step with Vertex AI. Cloud Scheduler sends a message through
// Pub/Sub every minute; each message is one tick. Messages may come twice, late, or two at a time: a tick
// reads what is there, writes only what changed and only over what it read, so none of that does harm.
package poll

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Records is where the jobs are kept.
type Records interface {
	// Unfinished returns up to limit unfinished jobs in order of ID, those after the one given.
	Unfinished(ctx context.Context, after string, limit int) ([]store.Record, error)
	// UpdateJob writes next over r, or returns store.ErrChanged if r is not what is there any more.
	UpdateJob(ctx context.Context, r store.Record, next tuning.Job) (store.Record, error)
}

// Vertex is what the poller asks of Vertex AI.
type Vertex interface {
	Get(ctx context.Context, name string) (tuning.Observation, error)
	// List visits the jobs of a location a page of 100 at a time, until visit returns false or maxPages
	// were read. It reports whether it came to the end.
	List(ctx context.Context, location string, maxPages int, visit func([]tuning.Observation) bool) (bool, error)
}

const (
	batch = 500 // records read in one query
	// few is how many jobs are asked for one by one; above it, pages of the list cost fewer calls.
	few = 5
	// pageSize is how many jobs a page of Vertex AI's list holds.
	pageSize = 100
	// parallel is how many calls go on at a time, to Vertex AI and to Firestore.
	parallel = 8
	// orphaned is the age at which a record that Vertex AI's name was never written to is looked into: no
	// start takes longer than this between recording a job and writing what Vertex AI answered.
	orphaned = 3 * time.Minute
	// search is how many pages are read to find the jobs of such records.
	search = 50
)

// Poller brings records up to date.
type Poller struct {
	Records Records
	Vertex  Vertex
	Now     func() time.Time
	Log     *slog.Logger
}

// Tick brings every unfinished job up to date. One job that cannot be asked about or written does not keep
// the others from it; the error joins them all.
func (p *Poller) Tick(ctx context.Context) error {
	locations := map[string]*group{}
	unfinished := 0
	for after, more := "", true; more; {
		records, err := p.Records.Unfinished(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("read the unfinished jobs: %w", err)
		}
		for _, r := range records {
			after = r.ID
			p.sort(locations, r)
		}
		unfinished += len(records)
		more = len(records) == batch
	}
	var all []error
	for location, g := range locations {
		if err := p.refresh(ctx, location, g); err != nil {
			all = append(all, fmt.Errorf("bring the jobs in %s up to date: %w", location, err))
		}
	}
	p.Log.DebugContext(ctx, "tick", "unfinished", unfinished)
	return errors.Join(all...)
}
