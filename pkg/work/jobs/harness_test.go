// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	cloudstorage "cloud.google.com/go/storage"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
	bucket    = "test-data"
	location  = "us-central1"
	baseModel = "gemini-1.5-flash-001"
	topic     = "test-events"
)

// world is a local cloud for one test, with a starter and a poller. Both read the time from a clock
// that a test can advance.
type world struct {
	*jobs.Service
	poller  *poll.Poller
	records *store.Store
	vertex  *vertex.Client
	docs    *gcf.Client
	objects *cloudstorage.Client
	log     *lockedBuffer
	ahead   atomic.Int64 // nanoseconds ahead of the real time
	wire
}

// newWorld returns a world; settings change the cloud's configuration.
func newWorld(t *testing.T, settings ...func(*cloud.Config)) *world {
	t.Helper()
	w := &world{log: &lockedBuffer{}}
	config := cloud.Config{
		Project: "test", Inbox: "test-inbox", Data: bucket, JobDuration: time.Hour, ConcurrentJobs: 100,
		FirestoreUnary: w.unary, FirestoreStream: w.stream, VertexUnary: w.unary, StorageWrap: w.http,
	}
	for _, set := range settings {
		set(&config)
	}
	c, err := cloud.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	w.connect(t, c)
	return w
}

func (w *world) connect(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	var err error
	if w.docs, err = c.FirestoreClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.objects, err = c.StorageClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	topics, err := c.PubSubClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/test/topics/" + topic}); err != nil {
		t.Fatal(err)
	}
	w.records = store.New(w.docs)
	w.vertex = vertex.New("test", vertex.Config{EmulatorHost: c.Addresses.Vertex})
	objects, events := gcs.New(w.objects), jobevents.New(topics, "test", topic)
	t.Cleanup(func() {
		if err := errors.Join(events.Close(), w.vertex.Close(), objects.Close(), w.records.Close()); err != nil {
			t.Errorf("close the clients: %v", err)
		}
	})
	now := func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	log := slog.New(slog.NewTextHandler(w.log, nil))
	known, err := cloud.LoadFacts()
	if err != nil {
		t.Fatal(err)
	}
	back := backend.New(backend.Config{Project: "test", Location: location, Jobs: jobs.Config{
		DataBucket: bucket, Lease: 30 * time.Second, CreateTimeout: 20 * time.Second, BaseModel: baseModel,
	}}, w.records, objects, known, log)
	w.Service = back.Jobs
	w.Vertex, w.Now = w.vertex, now
	w.poller = &poll.Poller{
		Records: w.records, Vertex: w.vertex, Jobs: w.Service, Events: events, Reports: back.Presenter(), Now: now, Log: log,
	}
}

// later advances the clock.
func (w *world) later(d time.Duration) { w.ahead.Add(int64(d)) }

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
	w.later(allLeasesOver)
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

// hook replaces a call of a method. It gets the number of the call, from 1, and a function that
// makes the real call.
type hook func(n int64, do func() (any, error)) (any, error)

// wire counts the calls of every method of Firestore and Vertex AI, and lets tests intercept them
// and the requests to Cloud Storage. Methods are named by their last part, such as CreateTuningJob.
type wire struct {
	mu    sync.Mutex
	calls map[string]int64
	hooks map[string]hook
	web   func(http.ResponseWriter, *http.Request, http.Handler)
}

// on sets the hook of a method; nil removes it.
func (w *wire) on(method string, h hook) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hooks == nil {
		w.hooks = map[string]hook{}
	}
	w.hooks[method] = h
}

// count returns how often a method was called.
func (w *wire) count(method string) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[method]
}

// onStorage sets the handler of Cloud Storage's requests; nil removes it.
func (w *wire) onStorage(f func(http.ResponseWriter, *http.Request, http.Handler)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.web = f
}

func (w *wire) serve(fullMethod string, do func() (any, error)) (any, error) {
	method := tuning.LastSegment(fullMethod)
	w.mu.Lock()
	if w.calls == nil {
		w.calls = map[string]int64{}
	}
	w.calls[method]++
	n, h := w.calls[method], w.hooks[method]
	w.mu.Unlock()
	if h == nil {
		return do()
	}
	return h(n, do)
}

func (w *wire) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	return w.serve(info.FullMethod, func() (any, error) { return next(ctx, req) })
}

func (w *wire) stream(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	_, err := w.serve(info.FullMethod, func() (any, error) { return nil, next(srv, stream) })
	return err
}

func (w *wire) http(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		f := w.web
		w.mu.Unlock()
		if f == nil {
			next.ServeHTTP(rw, r)
			return
		}
		f(rw, r, next)
	})
}

// fails answers with the code and does nothing.
func fails(code codes.Code) hook {
	return func(int64, func() (any, error)) (any, error) { return nil, status.Error(code, "not now") }
}

// loses makes the call and, if it succeeds, answers with the code.
func loses(code codes.Code) hook {
	return func(_ int64, do func() (any, error)) (any, error) {
		if answer, err := do(); err != nil {
			return answer, err
		}
		return nil, status.Error(code, "the connection broke")
	}
}

// first applies h to the next calls, so many of them.
func first(calls int64, h hook) hook {
	var done atomic.Int64
	return func(n int64, do func() (any, error)) (any, error) {
		if done.Add(1) > calls {
			return do()
		}
		return h(n, do)
	}
}

// after applies h to the calls after the next ones, so many of them.
func after(calls int64, h hook) hook {
	var done atomic.Int64
	return func(n int64, do func() (any, error)) (any, error) {
		if done.Add(1) <= calls {
			return do()
		}
		return h(n, do)
	}
}

// meanwhile calls f before each of the calls.
func meanwhile(f func()) hook {
	return func(_ int64, do func() (any, error)) (any, error) {
		f()
		return do()
	}
}

// events returns the type of each event of a job.
func events(job tuning.Job) (all []string) {
	for _, e := range job.Events {
		all = append(all, fmt.Sprintf("%s %s", e.Type, e.To))
	}
	return all
}
