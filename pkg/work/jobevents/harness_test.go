// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobevents_test

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
)

// world is a local cloud for one test, with its publisher.
type world struct {
	*cloudtest.Cloud
	*jobevents.Publisher
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := cloudtest.Start(t)
	return &world{c, c.Events}
}

// eventful records a job with the given number of events.
func (w *world) eventful(t *testing.T, events int) store.Record {
	t.Helper()
	job := recorded()
	job.ID = tuning.NewID(time.Now())
	for job = observed(job.MarkWaiting().MarkSubmitting(at(75)), "RUNNING", 1); len(job.Events) < events; {
		job.StalledAt = time.Time{}
		job = job.Stall(tuning.NoChange, at(len(job.Events)))
	}
	job.Events = job.Events[:events]
	return w.Record(t, job)
}

// ids returns the IDs of the first events of a job.
func ids(r store.Record, events int) (all []string) {
	for i := range events {
		all = append(all, fmt.Sprintf("%s-%06d", r.ID, i+1))
	}
	return all
}

// received returns the IDs of a job's events in their order of arrival.
func received(messages []*pubsubpb.PubsubMessage, r store.Record) (all []string) {
	for _, m := range messages {
		if m.OrderingKey == r.ID {
			all = append(all, m.Attributes["ce-id"])
		}
	}
	return all
}
