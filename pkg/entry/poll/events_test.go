// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// receivedEvents returns the published events of each job in their order, as ID and type, and
// removes them from the subscription.
func (w *world) receivedEvents(t testing.TB) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, m := range w.Received(t) {
		all[m.OrderingKey] = append(all[m.OrderingKey], m.Attributes["ce-id"]+" "+m.Attributes["ce-type"])
	}
	return all
}

// history returns the expected result of receivedEvents for a job's events from a number on.
func history(r store.Record, from int) (lines []string) {
	for _, e := range r.Events[from-1:] {
		lines = append(lines, r.EventID(e)+" vertextune.tuningJob.v1."+string(e.Type))
	}
	return lines
}

// unique removes repetitions: two pollers, or a poller and the next one, may both publish an event.
func unique(lines []string) (out []string) {
	for _, line := range lines {
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	return out
}

// finishedJob returns a finished job without any published event.
func (w *world) finishedJob(t *testing.T) store.Record {
	t.Helper()
	job := w.submitting(central)
	job.Published = 0
	return w.Record(t, job.Fail(tuning.Failure{Code: 3, Message: "refused"}, time.Now().UTC().Truncate(time.Microsecond)))
}

// TestEvents_are_published_again: events are published again with the same IDs if they were not
// marked as published, and then no more.
func TestEvents_are_published_again(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.finishedJob(t)
	want := history(record, 1)
	w.On("Commit", faults.First(1, faults.Fail(codes.PermissionDenied)))
	if err := w.Tick(t.Context()); err == nil {
		t.Error("Tick: no error, although the events were not marked as published")
	}
	if diff := cmp.Diff(want, w.receivedEvents(t)[record.ID]); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	if got := w.Read(t, record.ID); !got.Watched || got.Published != 0 {
		t.Errorf("watched: %v, published %d", got.Watched, got.Published)
	}
	w.tick(t)
	if diff := cmp.Diff(want, w.receivedEvents(t)[record.ID]); diff != "" {
		t.Errorf("published again (-want +got):\n%s", diff)
	}
	if got := w.Read(t, record.ID); got.Watched || got.Published != 2 {
		t.Errorf("watched: %v, published %d of 2", got.Watched, got.Published)
	}
	w.newCalls()
	w.tick(t)
	if diff := cmp.Diff(idleTickCalls, w.newCalls()); diff != "" {
		t.Errorf("calls after publishing (-want +got):\n%s", diff)
	}
}

// TestEvents_that_cannot_be_published: their job stays watched, and the events of other jobs are
// published.
func TestEvents_that_cannot_be_published(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := w.finishedJob(t)
	var good []store.Record
	for range 5 {
		good = append(good, w.finishedJob(t))
	}
	w.On("Publish", faults.If(func(c faults.Call) bool {
		return c.Request.(*pubsubpb.PublishRequest).GetMessages()[0].GetOrderingKey() == bad.ID
	}, faults.Fail(codes.PermissionDenied)))
	for range 2 {
		if err := w.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), bad.ID) {
			t.Errorf("Tick = %v, want an error about job %s", err, bad.ID)
		}
	}
	received := w.receivedEvents(t)
	for _, r := range good {
		if got := w.Read(t, r.ID); got.Watched {
			t.Errorf("job %s is published and watched", r.ID)
		}
		if diff := cmp.Diff(history(r, 1), received[r.ID]); diff != "" {
			t.Errorf("published (-want +got):\n%s", diff)
		}
	}
	if got := w.Read(t, bad.ID); !got.Watched || got.Published != 0 || len(received[bad.ID]) > 0 {
		t.Errorf("the unpublished job: watched %v, marked %d, published %v", got.Watched, got.Published, received[bad.ID])
	}
	w.On("Publish", nil)
	w.tick(t)
	if diff := cmp.Diff(history(bad, 1), w.receivedEvents(t)[bad.ID]); diff != "" {
		t.Errorf("published in the end (-want +got):\n%s", diff)
	}
	if got := w.Read(t, bad.ID); got.Watched {
		t.Error("the job is still watched")
	}
}

// TestEvents_without_a_topic: nothing is lost while the topic is missing, and all events of a job
// are published in order when it exists again.
func TestEvents_without_a_topic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	running, over := w.begin(t, central), w.finishedJob(t)
	w.On("Publish", faults.FailWith(status.Error(codes.NotFound, "Topic not found")))
	w.cancel(t, running)
	if err := w.Tick(t.Context()); err == nil {
		t.Error("Tick: no error, with nothing published")
	}
	if got := w.Read(t, running.ID); got.State != tuning.Cancelling || got.Published != 2 {
		t.Errorf("the record does not change: %s, published %d", got.State, got.Published)
	}
	w.On("Publish", nil)
	w.tick(t)
	want := map[string][]string{running.ID: history(w.Read(t, running.ID), 3), over.ID: history(over, 1)}
	if diff := cmp.Diff(want, w.receivedEvents(t)); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}
