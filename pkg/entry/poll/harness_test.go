// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	central = "us-central1"
	europe  = "europe-west4"

	topic        = "projects/test/topics/job-events"
	subscription = "projects/test/subscriptions/all"
)

// world is a local cloud for one test, with a poller.
type world struct {
	*poll.Poller
	starter *jobs.Service // the poller's
	cloud   *cloud.Cloud
	records *store.Store
	vertex  *vertex.Client
	topics  *pubsub.Client
	begun   atomic.Int64
	limit   int64 // MAX_CONCURRENT_JOBS of new pollers

	mu    sync.Mutex
	calls map[string]int // calls that reached Vertex AI, Firestore or Pub/Sub, by method
	// answer, if set, may answer a call instead of the service; it returns nil, nil to leave the
	// call to the service.
	answer interceptor
	// edit, if set, may change a service's answer.
	edit func(reply any)
}

type interceptor func(ctx context.Context, method string, req any) (any, error)

// newWorld starts a cloud. Its jobs take an hour unless the test says otherwise.
func newWorld(t testing.TB, settings ...func(*cloud.Config)) *world {
	t.Helper()
	w := &world{calls: map[string]int{}}
	config := cloud.Config{
		Project: "test", Inbox: "test-inbox", Data: "test-data", JobDuration: time.Hour, ConcurrentJobs: 20000,
		FirestoreUnary: w.watch, VertexUnary: w.watch, PubSubUnary: w.watch, FirestoreStream: w.watchStream,
	}
	for _, set := range settings {
		set(&config)
	}
	var err error
	if w.cloud, err = cloud.Start(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.cloud.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	w.put(t, "x.jsonl", strings.Repeat(line, 20))
	docs, err := w.cloud.FirestoreClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.records = store.New(docs)
	w.records.Log = slog.New(slog.DiscardHandler)
	w.vertex = vertex.New("test", vertex.Config{EmulatorHost: w.cloud.Addresses.Vertex})
	if w.topics, err = w.cloud.PubSubClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(w.topics.Close(), w.vertex.Close(), w.records.Close()); err != nil {
			t.Errorf("close the clients: %v", err)
		}
	})
	if _, err := w.topics.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topic}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.topics.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: subscription, Topic: topic, EnableMessageOrdering: true,
	}); err != nil {
		t.Fatal(err)
	}
	w.Poller, w.starter = w.newPoller(t)
	w.taken()
	return w
}

// newPoller returns a poller as the function builds it, with its starter. Several pollers may run
// at the same time.
func (w *world) newPoller(t testing.TB) (*poll.Poller, *jobs.Service) {
	t.Helper()
	files, err := w.cloud.StorageClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	topics, err := w.cloud.PubSubClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	objects, events, log := gcs.New(files), jobevents.New(topics, "test", "job-events"), slog.New(slog.DiscardHandler)
	t.Cleanup(func() {
		if err := errors.Join(events.Close(), objects.Close()); err != nil {
			t.Errorf("close the poller's clients: %v", err)
		}
	})
	known, err := cloud.LoadFacts()
	if err != nil {
		t.Fatal(err)
	}
	back := backend.New(backend.Config{Project: "test", Location: central, Jobs: jobs.Config{
		DataBucket: "test-data", Lease: 30 * time.Second, CreateTimeout: 20 * time.Second, MaxConcurrentJobs: w.limit,
	}}, w.records, objects, known, log)
	back.Jobs.Vertex = w.vertex
	return &poll.Poller{
		Records: w.records, Vertex: w.vertex, Jobs: back.Jobs, Events: events, Reports: back.Presenter(), Now: time.Now, Log: log,
	}, back.Jobs
}

// line is one training example.
const line = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}` + "\n"

// put writes an object to the bucket of datasets, as the first attempt at a job's dataset does.
func (w *world) put(t testing.TB, name, content string) {
	t.Helper()
	objects, err := w.cloud.StorageClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = objects.Close() }()
	up := objects.Bucket("test-data").Object(name).NewWriter(t.Context())
	up.Metadata = map[string]string{"attempt": "0"}
	if _, err := io.WriteString(up, content); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Fatal(err)
	}
}

func (w *world) watch(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	method := tuning.LastSegment(info.FullMethod)
	w.mu.Lock()
	w.calls[method]++
	answer, edit := w.answer, w.edit
	w.mu.Unlock()
	if answer != nil {
		if got, err := answer(ctx, method, req); got != nil || err != nil {
			return got, err
		}
	}
	reply, err := next(ctx, req)
	if edit != nil {
		edit(reply)
	}
	return reply, err
}

func (w *world) watchStream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	w.mu.Lock()
	w.calls[tuning.LastSegment(info.FullMethod)]++
	w.mu.Unlock()
	return next(srv, stream)
}

// intercept sets the interceptor of all calls.
func (w *world) intercept(f interceptor) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

// editing sets a function that changes every answer.
func (w *world) editing(f func(reply any)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.edit = f
}

// fail answers the next calls of a method with an error, left times.
func (w *world) fail(method string, left int, err error) {
	var mu sync.Mutex
	w.intercept(func(_ context.Context, called string, _ any) (any, error) {
		mu.Lock()
		defer mu.Unlock()
		if called != method || left == 0 {
			return nil, nil
		}
		left--
		return nil, err
	})
}

// taken returns the calls since its last call.
func (w *world) taken() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := maps.Clone(w.calls)
	clear(w.calls)
	return calls
}

func (w *world) tick(t testing.TB) {
	t.Helper()
	if err := w.Tick(t.Context()); err != nil {
		t.Fatalf("Tick: %v", err)
	}
}
