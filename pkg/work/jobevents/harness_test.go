// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobevents_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
)

const topic = "projects/test/topics/events"

// world is a Pub/Sub and a Firestore for one test, with a publisher.
type world struct {
	*jobevents.Publisher
	records *store.Store
	topics  *pubsub.Client

	mu sync.Mutex
	// publish, if set, replaces Publish; do makes the real call.
	publish func(r *pubsubpb.PublishRequest, do func() (any, error)) (any, error)
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	c, err := cloud.Start(t.Context(), cloud.Config{Project: "test", Inbox: "test-inbox", Data: "test-data", PubSubUnary: w.watch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	docs, err := c.FirestoreClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.records = store.New(docs)
	if w.topics, err = c.PubSubClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	publishing, err := c.PubSubClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.Publisher = jobevents.New(publishing, project, "events")
	t.Cleanup(func() {
		w.on(nil)
		if err := errors.Join(w.Close(), w.topics.Close(), w.records.Close()); err != nil {
			t.Errorf("close the clients: %v", err)
		}
	})
	return w
}

func (w *world) watch(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	w.mu.Lock()
	f := w.publish
	w.mu.Unlock()
	if r, ok := req.(*pubsubpb.PublishRequest); ok && f != nil {
		return f(r, func() (any, error) { return next(ctx, req) })
	}
	return next(ctx, req)
}

// on sets the function that replaces Publish; nil removes it.
func (w *world) on(f func(*pubsubpb.PublishRequest, func() (any, error)) (any, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.publish = f
}

// listen creates the topic, and returns a function that reads everything that is published to it
// afterwards.
func (w *world) listen(t *testing.T) (read func() []*pubsubpb.PubsubMessage) {
	t.Helper()
	if _, err := w.topics.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topic}); err != nil {
		t.Fatal(err)
	}
	const subscription = "projects/test/subscriptions/events"
	if _, err := w.topics.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: subscription, Topic: topic, EnableMessageOrdering: true,
	}); err != nil {
		t.Fatal(err)
	}
	return func() (all []*pubsubpb.PubsubMessage) {
		t.Helper()
		for {
			pulled, err := w.topics.SubscriptionAdminClient.Pull(t.Context(), &pubsubpb.PullRequest{
				Subscription: subscription, MaxMessages: 1000,
				//lint:ignore SA1019 there is nothing to wait for
				ReturnImmediately: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(pulled.ReceivedMessages) == 0 {
				return all
			}
			var ids []string
			for _, m := range pulled.ReceivedMessages {
				all, ids = append(all, m.Message), append(ids, m.AckId)
			}
			if err := w.topics.SubscriptionAdminClient.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{
				Subscription: subscription, AckIds: ids,
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// record writes the record of a job.
func (w *world) record(t *testing.T, job tuning.Job) store.Record {
	t.Helper()
	r, err := w.records.CreateJob(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// eventful records a job with so many events.
func (w *world) eventful(t *testing.T, events int) store.Record {
	t.Helper()
	job := recorded()
	job.ID = tuning.NewID(time.Now())
	for job = seen(job.MarkWaiting().MarkSubmitting(at(75)), "RUNNING", 1); len(job.Events) < events; {
		job.StalledAt = time.Time{}
		job = job.Stall(tuning.NoChange, at(len(job.Events)))
	}
	job.Events = job.Events[:events]
	return w.record(t, job)
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
