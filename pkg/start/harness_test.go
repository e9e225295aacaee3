// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	gcs "cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/poll"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/start"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
	"github.com/vertextune/vertextune/pkg/vertex"
)

const (
	bucket    = "test-data"
	location  = "us-central1"
	baseModel = "gemini-1.5-flash-001"
)

// world is a Google Cloud of its own, with a starter and a poller on it.
type world struct {
	*start.Starter
	poller  *poll.Poller
	records *store.Store
	vertex  *vertex.Client
	docs    *gcf.Client
	objects *gcs.Client
	log     *lockedBuffer

	// onCommit and onCreate, if set, are called in the place of Firestore's Commit and Vertex AI's CreateTuningJob,
	// with the number of the call (from 1) and what would have been done.
	onCommit, onCreate atomic.Pointer[hook]
	commits, creates   atomic.Int64
}

type hook func(n int64, do func() (any, error)) (any, error)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{log: &lockedBuffer{}}
	watch := func(suffix string, count *atomic.Int64, on *atomic.Pointer[hook]) grpc.UnaryServerInterceptor {
		return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			do := func() (any, error) { return next(ctx, req) }
			if !strings.HasSuffix(info.FullMethod, suffix) {
				return do()
			}
			n := count.Add(1)
			if f := on.Load(); f != nil {
				return (*f)(n, do)
			}
			return do()
		}
	}
	c, err := cloud.Start(t.Context(), cloud.Config{
		Project: "test", Inbox: "test-inbox", Data: bucket, JobDuration: time.Hour, ConcurrentJobs: 100,
		FirestoreUnary: watch("/Commit", &w.commits, &w.onCommit), VertexUnary: watch("/CreateTuningJob", &w.creates, &w.onCreate),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	if w.docs, err = c.FirestoreClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.objects, err = c.StorageClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.records = store.New(w.docs)
	w.vertex = vertex.New(vertex.Config{Project: "test", Location: location, EmulatorHost: c.Addresses.Vertex})
	objects := object.New(w.objects)
	t.Cleanup(func() {
		if err := errors.Join(w.vertex.Close(), objects.Close(), w.records.Close()); err != nil {
			t.Errorf("close the clients: %v", err)
		}
	})
	log := slog.New(slog.NewTextHandler(w.log, nil))
	w.Starter = &start.Starter{
		Records: w.records, Objects: objects, Vertex: w.vertex, Bucket: bucket, BaseModel: baseModel, Location: location,
		Now: time.Now, Log: log,
	}
	w.poller = &poll.Poller{Records: w.records, Vertex: w.vertex, Now: time.Now, Log: log}
	return w
}

// lockedBuffer is a log that tests read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

type fields = map[string]any

func (w *world) put(t *testing.T, path string, data any) {
	t.Helper()
	if _, err := w.docs.Doc(path).Set(t.Context(), data); err != nil {
		t.Fatalf("put %s: %v", path, err)
	}
}

// message puts one message with its related one. An empty related role is none.
func (w *world) message(t *testing.T, id, session, role, text, relatedRole, relatedText string) {
	t.Helper()
	doc := fields{"content": text, "role": role, "session_id": session}
	if relatedRole != "" {
		doc["related_message"] = fields{"content": relatedText, "role": relatedRole}
	}
	w.put(t, "messages/"+id, doc)
}

// conversation puts a session of three good pairs.
func (w *world) conversation(t *testing.T, session string) {
	t.Helper()
	for _, n := range []string{"1", "2", "3"} {
		w.message(t, session+n, session, "user", "question "+n, "assistant", "answer "+n)
	}
}

// dataset reads what the job trains on.
func (w *world) dataset(t *testing.T, job tuning.Job) string {
	t.Helper()
	in, name, _ := tuning.ParseURI(job.TrainingData)
	r, err := w.objects.Bucket(in).Object(name).NewReader(t.Context())
	if err != nil {
		t.Fatalf("read %s: %v", job.TrainingData, err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func (w *world) upload(t *testing.T, name, content string) {
	t.Helper()
	up := w.objects.Bucket(bucket).Object(name).NewWriter(t.Context())
	if _, err := io.WriteString(up, content); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Fatal(err)
	}
}

// datasets counts the objects that starts have written.
func (w *world) datasets(t *testing.T) (n int) {
	t.Helper()
	it := w.objects.Bucket(bucket).Objects(t.Context(), &gcs.Query{Prefix: "datasets/"})
	for {
		_, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
}

// jobs returns all records, newest first.
func (w *world) jobs(t *testing.T) []store.Record {
	t.Helper()
	all, err := w.records.ListJobs(t.Context(), store.Page{Size: 100})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// onVertex returns the jobs that there are on Vertex AI.
func (w *world) onVertex(t *testing.T) (all []tuning.Observation) {
	t.Helper()
	if _, err := w.vertex.List(t.Context(), location, 10, func(page []tuning.Observation) bool {
		all = append(all, page...)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// tickLater lets a poller look when every record is old enough to be looked into.
func (w *world) tickLater(t *testing.T) {
	t.Helper()
	w.poller.Now = func() time.Time { return time.Now().Add(10 * time.Minute) }
	if err := w.poller.Tick(t.Context()); err != nil {
		t.Fatalf("Tick: %v", err)
	}
}
