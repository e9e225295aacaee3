// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	central = cloudtest.Location
	europe  = "europe-west4"
)

// world is a local cloud for one test, with a poller.
type world struct {
	*cloudtest.Cloud
	*poll.Poller
	begun atomic.Int64
	limit int64 // MAX_CONCURRENT_JOBS of new pollers
}

func newWorld(t testing.TB, settings ...func(*cloud.Config)) *world {
	t.Helper()
	w := &world{Cloud: cloudtest.Start(t, settings...)}
	w.put(t, "x.jsonl", strings.Repeat(cloudtest.Example, 20))
	w.Poller = w.newPoller(t)
	w.newCalls()
	return w
}

// newPoller returns a poller with its own service. Several pollers may run at the same time.
func (w *world) newPoller(t testing.TB) *poll.Poller {
	t.Helper()
	return w.NewPoller(t, w.NewBackend(jobs.Config{MaxConcurrentJobs: w.limit}))
}

// put writes an object to the data bucket, as the first attempt at a job's dataset does.
func (w *world) put(t testing.TB, name, content string) {
	t.Helper()
	w.Upload(t, cloudtest.Data, name, content, map[string]string{"attempt": "0"})
}

// newCalls returns the number of calls by method since its last call, except those of Cloud
// Storage.
func (w *world) newCalls() map[string]int {
	return w.Taken(faults.Firestore, faults.Vertex, faults.PubSub)
}

func (w *world) tick(t testing.TB) {
	t.Helper()
	if err := w.Tick(t.Context()); err != nil {
		t.Fatalf("Tick: %v", err)
	}
}
