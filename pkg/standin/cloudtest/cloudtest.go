// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package cloudtest starts the stand-ins for one test, with the clients, the stores and the
// services that the functions build on them. A test counts the calls, makes them fail, and moves
// the clock.
package cloudtest

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
	"github.com/vertextune/vertextune/pkg/work/jobmetrics"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// The names that a test has unless it changes the configuration.
const (
	Project  = "test"
	Inbox    = "test-inbox"
	Data     = "test-data"
	Location = "us-central1"
	Topic    = "job-events"
)

// Cloud is the running stand-ins with clients of them. Its Injector sees the calls of all clients.
type Cloud struct {
	*faults.Injector
	Run *cloud.Cloud

	// Google's clients.
	Firestore *firestore.Client
	PubSub    *pubsub.Client

	// What the functions build on such clients.
	Records   *store.Store
	Objects   *gcs.Store
	Vertex    *vertex.Client
	Events    *jobevents.Publisher
	Catalogue cloud.Facts

	// Log has the lines of the records and of all services.
	Log *Log

	config  cloud.Config
	storage io.Closer    // the client, which StorageClient returns
	ahead   atomic.Int64 // nanoseconds by which Now is ahead of the real time
}

// Start starts a cloud, which ends with the test. Its jobs take an hour, and Vertex AI has quota
// for all of them, unless a setting changes that. The topic of the events exists, with a
// subscription.
func Start(t testing.TB, settings ...func(*cloud.Config)) *Cloud {
	t.Helper()
	c := &Cloud{Log: &Log{}}
	config := cloud.Config{Project: Project, Inbox: Inbox, Data: Data, JobDuration: time.Hour, ConcurrentJobs: 20_000}
	for _, set := range settings {
		set(&config)
	}
	c.Injector, c.config = faults.Watch(config)
	var err error
	if c.Run, err = cloud.Start(background(t), c.config); err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, c.Run.Close)
	if c.Catalogue, err = cloud.LoadFacts(); err != nil {
		t.Fatal(err)
	}
	c.connect(t)
	topic := c.topic()
	if _, err := c.PubSub.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topic}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.PubSub.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: c.subscription(), Topic: topic, EnableMessageOrdering: true,
	}); err != nil {
		t.Fatal(err)
	}
	c.Begin(nil)
	return c
}

// StorageClient returns the client of Cloud Storage. It is no method, so that only the tests that
// use it pay for its type: see gcs.Store.
func StorageClient(c *Cloud) *storage.Client {
	client, _ := c.storage.(*storage.Client) // connect has put it there
	return client
}

// background is the context of what outlives the test's own context, until the clean-up.
func background(t testing.TB) context.Context { return context.WithoutCancel(t.Context()) }

func closeAtEnd(t testing.TB, closers ...func() error) {
	t.Cleanup(func() {
		var errs []error
		for _, f := range closers {
			errs = append(errs, f())
		}
		if err := errors.Join(errs...); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

func (c *Cloud) connect(t testing.TB) {
	t.Helper()
	var err error
	if c.Firestore, err = c.Run.FirestoreClient(background(t), store.ClientOption()); err != nil {
		t.Fatal(err)
	}
	client, err := storage.NewClient(background(t), c.Run.StorageOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	c.storage = client
	c.PubSub, c.Events = c.pubSubClient(t), c.publisher(t)
	c.Records, c.Objects = store.New(c.Firestore), gcs.New(client)
	c.Records.Log = c.Logger()
	c.Vertex = vertex.New(c.config.Project, vertex.Config{EmulatorHost: c.Run.Addresses.Vertex})
	closeAtEnd(t, c.Vertex.Close, c.Objects.Close, c.Records.Close)
}

func (c *Cloud) pubSubClient(t testing.TB) *pubsub.Client {
	t.Helper()
	client, err := c.Run.PubSubClient(background(t))
	if err != nil {
		t.Fatal(err)
	}
	closeAtEnd(t, client.Close)
	return client
}

// publisher returns a publisher with its own client, which the publisher closes.
func (c *Cloud) publisher(t testing.TB) *jobevents.Publisher {
	t.Helper()
	client, err := c.Run.PubSubClient(background(t))
	if err != nil {
		t.Fatal(err)
	}
	events := jobevents.New(client, c.config.Project, Topic)
	closeAtEnd(t, events.Close)
	return events
}

// Now is the time of the services, which Advance sets ahead.
func (c *Cloud) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Advance sets the time of the services ahead.
func (c *Cloud) Advance(d time.Duration) { c.ahead.Add(int64(d)) }

// Logger returns a logger that writes to Log.
func (c *Cloud) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(c.Log, nil)) }

// NewBackend returns what every function works with, as the functions build it, with Vertex AI.
// Without other values, leases take 30 seconds and a create 20.
func (c *Cloud) NewBackend(config jobs.Config) *backend.Backend {
	config.DataBucket = c.config.Data
	config.Lease, config.CreateTimeout = cmp.Or(config.Lease, 30*time.Second), cmp.Or(config.CreateTimeout, 20*time.Second)
	back := backend.New(backend.Config{Project: c.config.Project, Location: Location, Jobs: config}, c.Records, c.Objects, c.Catalogue, c.Logger())
	back.Jobs.Vertex, back.Jobs.Now = c.Vertex, c.Now
	return back
}

// NewPoller returns a poller as the function builds it. Each has its own publisher, so that several
// can run at the same time as instances do.
func (c *Cloud) NewPoller(t testing.TB, back *backend.Backend) *poll.Poller {
	t.Helper()
	evaluator := evaluations.New(back, c.Vertex)
	evaluator.Now = c.Now
	promoter := promotions.New(back, c.Vertex)
	promoter.Now = c.Now
	return &poll.Poller{
		Records: back.Records, Vertex: c.Vertex, Jobs: back.Jobs, Events: c.publisher(t), Reports: back.Presenter(),
		Metrics:     &jobmetrics.Keeper{Vertex: c.Vertex, Objects: back.Objects, Bucket: back.Config.Jobs.DataBucket},
		Evaluations: evaluator, Promotions: promoter, Now: c.Now, Log: back.Log,
	}
}

// Log is a log that a test can read while it is written.
type Log struct {
	mu   sync.Mutex
	text strings.Builder
}

// Write appends to the log.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns what was written since the last Reset.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// Reset empties the log.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}
