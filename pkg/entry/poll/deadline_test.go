// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// changes returns jobs whose state on Vertex AI has changed.
func (w *world) changes(t *testing.T, n int) (records []store.Record) {
	t.Helper()
	for range n {
		records = append(records, w.begin(t, central))
	}
	w.cancel(t, records...)
	return records
}

// noted reports whether a commit marks events as published, rather than changing a job.
func noted(req any) bool {
	c, ok := req.(*firestorepb.CommitRequest)
	return ok && len(c.GetWrites()) > 0 && len(c.GetWrites()[0].GetUpdateTransforms()) > 0
}

// done counts the jobs that are up to date, and checks that all their events were published.
func (w *world) done(t *testing.T, records []store.Record) (n int) {
	t.Helper()
	received := w.receivedEvents(t)
	for _, r := range records {
		got := w.Read(t, r.ID)
		if got.State == tuning.Cancelling {
			n++
		}
		if len(got.Unpublished()) > 0 {
			t.Errorf("%s: not published: %v", r.ID, got.Unpublished())
		}
		if lines := received[r.ID]; len(lines) > 0 && cmp.Diff(history(got, 3), unique(lines)) != "" {
			t.Errorf("published of %s: %v", r.ID, lines)
		}
	}
	return n
}

// TestTick_that_is_cut: a tick that runs out of time publishes what it has done; the next ticks do
// the rest, until nothing is left.
func TestTick_that_is_cut(t *testing.T) {
	t.Parallel()
	const jobs, each = 20, 8
	w := newWorld(t)
	records := w.changes(t, jobs)
	var left atomic.Int64
	w.On("Commit", func(ctx context.Context, c faults.Call, do faults.Do) error {
		if !noted(c.Request) && left.Add(-1) < 0 {
			<-ctx.Done() // Firestore is slow
			return ctx.Err()
		}
		return do(ctx)
	})
	w.Timeout = 3 * time.Second
	for i, want := range []int{each, 2 * each, jobs} {
		left.Store(each)
		if err := w.Handle(t.Context(), tick()); err != nil {
			t.Errorf("tick %d: %v, want none: the next tick continues", i, err)
		}
		if got := w.done(t, records); got != want {
			t.Errorf("after tick %d %d jobs are up to date, want %d", i, got, want)
		}
	}
}

// TestTick_that_is_stopped: a tick that is stopped, as when Cloud Run removes the instance, loses
// nothing.
func TestTick_that_is_stopped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	records := w.changes(t, 20)
	ctx, cancel := context.WithCancel(t.Context())
	w.On("Commit", faults.After(8, func(ctx context.Context, _ faults.Call, _ faults.Do) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}))
	if err := w.Tick(ctx); err == nil {
		t.Error("Tick: no error, so that the message is not delivered again")
	}
	w.On("Commit", nil)
	// A write of the first tick may take effect while the second one reads.
	for range 2 {
		w.tick(t)
	}
	if got := w.done(t, records); got != len(records) {
		t.Errorf("%d jobs are up to date, want %d", got, len(records))
	}
}
