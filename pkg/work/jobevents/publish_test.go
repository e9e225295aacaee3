// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobevents_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// names are the IDs of jobs.
func names(records []store.Record) (all []string) {
	for _, r := range records {
		all = append(all, r.ID)
	}
	return all
}

// TestPublish: an event is one message in the binary mode of the CloudEvents binding for Pub/Sub.
func TestPublish(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.Record(t, lives(t)["stalled"])
	got, err := w.Publish(t.Context(), []store.Record{r})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{r.ID}, names(got)); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	messages := w.Received(t)
	if len(messages) != len(r.Events) {
		t.Fatalf("%d messages, want %d", len(messages), len(r.Events))
	}
	for i, e := range eventsOf(t, r.Job) {
		m := messages[i]
		want := map[string]string{
			"ce-specversion": "1.0", "ce-id": e.ID(), "ce-source": "//vertextune/projects/test", "ce-type": e.Type(),
			"ce-subject": "tuningJobs/" + r.ID, "ce-time": e.Time().Format("2006-01-02T15:04:05.999999Z"),
			"content-type": "application/json",
		}
		if diff := cmp.Diff(want, m.Attributes); diff != "" {
			t.Errorf("attributes of event %d (-want +got):\n%s", i+1, diff)
		}
		if diff := cmp.Diff(string(e.Data()), string(m.Data)); diff != "" {
			t.Errorf("data of event %d (-want +got):\n%s", i+1, diff)
		}
		if m.OrderingKey != r.ID {
			t.Errorf("event %d is in the order of %q, want %q", i+1, m.OrderingKey, r.ID)
		}
	}
}

// TestPublish_the_rest: published events are not published again.
func TestPublish_the_rest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.Record(t, lives(t)["succeeded"])
	r.Published = int64(len(r.Events)) - 2
	if _, err := w.Publish(t.Context(), []store.Record{r}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ids(r, len(r.Events))[r.Published:], received(w.Received(t), r)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestPublish_again: an event that is published again is the same, whether the record was just
// written or read back.
func TestPublish_again(t *testing.T) {
	t.Parallel()
	for name, job := range lives(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			written := w.Record(t, job)
			asRead, err := w.Records.Job(t.Context(), job.ID)
			if err != nil {
				t.Fatal(err)
			}
			var all [2][]*pubsubpb.PubsubMessage
			for i, r := range []store.Record{written, asRead} {
				if _, err := w.Publish(t.Context(), []store.Record{r}); err != nil {
					t.Fatal(err)
				}
				all[i] = w.Received(t)
			}
			for i, first := range all[0] {
				again := all[1][i]
				if diff := cmp.Diff(first.Attributes, again.Attributes); diff != "" {
					t.Errorf("attributes of event %d (-first +again):\n%s", i+1, diff)
				}
				if diff := cmp.Diff(string(first.Data), string(again.Data)); diff != "" {
					t.Errorf("data of event %d (-first +again):\n%s", i+1, diff)
				}
			}
		})
	}
}

// TestPublish_in_order: the events of many jobs, more than fit into one request, arrive in the
// order of each job, even if several publishers publish the same.
func TestPublish_in_order(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var records []store.Record
	for i := range 20 {
		records = append(records, w.eventful(t, 1+i*13))
	}
	done := make(chan error)
	for range 3 {
		go func() {
			_, err := w.Publish(t.Context(), records)
			done <- err
		}()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Errorf("Publish: %v", err)
		}
	}
	messages := w.Received(t)
	for _, r := range records {
		wantOrder(t, r, received(messages, r), 3)
	}
}

// wantOrder fails the test unless each event of the job arrived at least the given number of times,
// and never before an earlier event of the job.
func wantOrder(t *testing.T, r store.Record, got []string, times int) {
	t.Helper()
	came := 0
	for i, id := range got {
		n := slices.Index(ids(r, len(r.Events)), id)
		if n < 0 || n > came {
			t.Fatalf("%s arrived at place %d, after the first %d events", id, i+1, came)
		}
		came = max(came, n+1)
	}
	if came < len(r.Events) || len(got) < times*len(r.Events) {
		t.Errorf("%d of %d events arrived, in %d messages", came, len(r.Events), len(got))
	}
}

// TestPublish_fails_for_some: if one request fails, the later events of its job are held back, the
// job is not returned, and all its events arrive the next time. Other jobs are not affected.
func TestPublish_fails_for_some(t *testing.T) {
	t.Parallel()
	const events = 230 // more than fit into two requests
	for _, failing := range []int{1, 120, events} {
		t.Run(fmt.Sprintf("with_event_%d", failing), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var good, bad []store.Record
			for range 5 {
				good, bad = append(good, w.eventful(t, events)), append(bad, w.eventful(t, events))
			}
			broken := names(bad)
			w.On("Publish", faults.If(func(c faults.Call) bool {
				messages := c.Request.(*pubsubpb.PublishRequest).Messages
				job := messages[0].OrderingKey
				return slices.Contains(broken, job) && slices.ContainsFunc(messages, func(m *pubsubpb.PubsubMessage) bool {
					return m.Attributes["ce-id"] == fmt.Sprintf("%s-%06d", job, failing)
				})
			}, faults.Fail(codes.PermissionDenied)))
			published, err := w.Publish(t.Context(), slices.Concat(bad, good))
			if diff := cmp.Diff(names(good), names(published)); diff != "" {
				t.Errorf("published (-want +got):\n%s", diff)
			}
			if err == nil || strings.Count(err.Error(), "publish the events of job") != len(bad) || fault.KindOf(err) != fault.UpstreamFailed {
				t.Errorf("Publish = %v, want an error for each job", err)
			}
			w.On("Publish", nil)
			before := w.Received(t)
			for _, r := range bad {
				got := received(before, r)
				if len(got) >= failing || !slices.Equal(got, ids(r, len(got))) {
					t.Errorf("of %s arrived at first %v", r.ID, got)
				}
			}
			if published, err = w.Publish(t.Context(), bad); err != nil || len(published) != len(bad) {
				t.Errorf("Publish again = %d jobs, %v", len(published), err)
			}
			messages := slices.Concat(before, w.Received(t))
			for _, r := range slices.Concat(good, bad) {
				wantOrder(t, r, received(messages, r), 1)
			}
		})
	}
}

// TestPublish_takes_too_long: events that are still being sent at the deadline do not count as
// published, and are published the next time.
func TestPublish_takes_too_long(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.eventful(t, 250)
	goOn := make(chan struct{})
	w.On("Publish", faults.Before(func() { <-goOn }))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	published, err := w.Publish(ctx, []store.Record{r})
	if len(published) != 0 || fault.KindOf(err) != fault.DeadlineExceeded {
		t.Errorf("Publish = %d jobs, %v", len(published), err)
	}
	close(goOn)
	if published, err := w.Publish(t.Context(), []store.Record{r}); err != nil || len(published) != 1 {
		t.Errorf("Publish again = %d jobs, %v", len(published), err)
	}
	wantOrder(t, r, received(w.Received(t), r), 2)
}

// TestPublish_to_no_topic: nothing is published while the topic is missing, and everything once it
// exists.
func TestPublish_to_no_topic(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.On("Publish", faults.Fail(codes.NotFound))
	r := w.eventful(t, 250)
	for range 2 {
		published, err := w.Publish(t.Context(), []store.Record{r})
		if len(published) != 0 || fault.KindOf(err) != fault.NotFound || !strings.Contains(err.Error(), r.ID) {
			t.Errorf("Publish = %d jobs, %v", len(published), err)
		}
	}
	w.On("Publish", nil)
	if published, err := w.Publish(t.Context(), []store.Record{r}); err != nil || len(published) != 1 {
		t.Errorf("Publish = %d jobs, %v", len(published), err)
	}
	if diff := cmp.Diff(ids(r, 250), received(w.Received(t), r)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}
