// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/vertextune/vertextune/pkg/poll"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
	"github.com/vertextune/vertextune/pkg/vertex"
)

const (
	central = "us-central1"
	europe  = "europe-west4"
)

// world is a Google Cloud of its own, with a poller on it.
type world struct {
	*poll.Poller
	records *store.Store
	vertex  *vertex.Client
	bare    *aiplatform.GenAiTuningClient
	begun   int

	mu    sync.Mutex
	calls map[string]int // by method, that reached Vertex AI or Firestore
	// answer, if set, may answer a call in the place of the service: with nil, nil it does not.
	answer func(method string, req any) (any, error)
}

func newWorld(t *testing.T, jobDuration time.Duration) *world {
	t.Helper()
	w := &world{calls: map[string]int{}}
	c, err := cloud.Start(t.Context(), cloud.Config{
		Project: "test", Inbox: "test-inbox", Data: "test-data", JobDuration: jobDuration, ConcurrentJobs: 1000,
		FirestoreUnary: w.watch, VertexUnary: w.watch,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	w.upload(t, c)
	docs, err := c.FirestoreClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.records = store.New(docs)
	w.vertex = vertex.New(vertex.Config{Project: "test", Location: central, EmulatorHost: c.Addresses.Vertex})
	w.bare, err = aiplatform.NewGenAiTuningClient(t.Context(), option.WithEndpoint(c.Addresses.Vertex), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(w.bare.Close(), w.vertex.Close(), w.records.Close()); err != nil {
			t.Errorf("close the clients: %v", err)
		}
	})
	w.Poller = &poll.Poller{Records: w.records, Vertex: w.vertex, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	return w
}

// upload puts what all jobs train on.
func (w *world) upload(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	objects, err := c.StorageClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = objects.Close() }()
	const line = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}`
	up := objects.Bucket("test-data").Object("x.jsonl").NewWriter(t.Context())
	if _, err := io.WriteString(up, strings.Repeat(line+"\n", 20)); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Fatal(err)
	}
}

func (w *world) watch(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	method := info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:]
	w.mu.Lock()
	w.calls[method]++
	answer := w.answer
	w.mu.Unlock()
	if answer != nil {
		if got, err := answer(method, req); got != nil || err != nil {
			return got, err
		}
	}
	return next(ctx, req)
}

// intercept puts f before both services from now on.
func (w *world) intercept(f func(method string, req any) (any, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answer = f
}

// taken returns the calls so far and forgets them.
func (w *world) taken() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := maps.Clone(w.calls)
	clear(w.calls)
	return calls
}

// newJob is a job that is recorded and that Vertex AI does not know.
func (w *world) newJob(location string) tuning.Job {
	w.begun++
	now := time.Now().UTC().Truncate(time.Microsecond)
	return tuning.Job{
		ID: tuning.NewID(now), Location: location, DisplayName: fmt.Sprintf("job %d", w.begun), BaseModel: "gemini-1.5-flash-001",
		TrainingData: "gs://test-data/x.jsonl", State: tuning.Queued, CreatedAt: now, UpdatedAt: now,
	}
}

// begin makes a job on Vertex AI with a record that says what Vertex AI said.
func (w *world) begin(t *testing.T, location string) store.Record {
	t.Helper()
	job := w.newJob(location)
	job, _ = job.Observe(w.onVertex(t, job))
	return w.record(t, job)
}

func (w *world) onVertex(t *testing.T, job tuning.Job) tuning.Observation {
	t.Helper()
	seen, err := w.vertex.Create(t.Context(), job)
	if err != nil {
		t.Fatalf("create a job on Vertex AI: %v", err)
	}
	return seen
}

func (w *world) record(t *testing.T, job tuning.Job) store.Record {
	t.Helper()
	record, err := w.records.CreateJob(t.Context(), job)
	if err != nil {
		t.Fatalf("record a job: %v", err)
	}
	return record
}

func (w *world) read(t *testing.T, r store.Record) store.Record {
	t.Helper()
	record, err := w.records.Job(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// cancel asks Vertex AI to end jobs, which shows at once.
func (w *world) cancel(t *testing.T, records ...store.Record) {
	t.Helper()
	for _, r := range records {
		if err := w.bare.CancelTuningJob(t.Context(), &aiplatformpb.CancelTuningJobRequest{Name: r.Name}); err != nil {
			t.Fatalf("cancel %s: %v", r.Name, err)
		}
	}
}

func (w *world) tick(t *testing.T) {
	t.Helper()
	if err := w.Tick(t.Context()); err != nil {
		t.Fatalf("Tick: %v", err)
	}
}

// inTenMinutes lets the poller look when every record is old enough to be looked into.
func (w *world) inTenMinutes() { w.Now = func() time.Time { return time.Now().Add(10 * time.Minute) } }
