// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	bucket    = cloudtest.Data
	location  = cloudtest.Location
	baseModel = "gemini-1.5-flash-001"
)

// world is a local cloud for one test, with a service and a poller.
type world struct {
	*cloudtest.Cloud
	*jobs.Service
	poller *poll.Poller
}

// newWorld returns a world; settings change the cloud's configuration.
func newWorld(t *testing.T, settings ...func(*cloud.Config)) *world {
	t.Helper()
	c := cloudtest.Start(t, settings...)
	back := c.NewBackend(jobs.Config{BaseModel: baseModel})
	return &world{c, back.Jobs, c.NewPoller(t, back)}
}

// Now is the time of the cloud and of the service.
func (w *world) Now() time.Time { return w.Cloud.Now() }

// allLeasesOver is longer than any lease of a world.
const allLeasesOver = time.Minute

func (w *world) tick(t *testing.T) {
	t.Helper()
	if err := w.poller.Tick(t.Context()); err != nil {
		t.Fatalf("Tick: %v", err)
	}
}

// tickLater runs a tick after all leases have expired.
func (w *world) tickLater(t *testing.T) {
	t.Helper()
	w.Advance(allLeasesOver)
	w.tick(t)
}

// order is an order of the caller ci.
func order(r tuning.Request) jobs.StartRequest { return jobs.StartRequest{Request: r, Caller: "ci"} }

// start starts a job on a session, which must work.
func (w *world) start(t *testing.T, o jobs.StartRequest) tuning.Job {
	t.Helper()
	job, err := w.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	return job
}

// events returns the type of each event of a job.
func events(job tuning.Job) (all []string) {
	for _, e := range job.Events {
		all = append(all, fmt.Sprintf("%s %s", e.Type, e.To))
	}
	return all
}
