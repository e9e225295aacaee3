// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

const region = "us-central1"

// world is a local Vertex AI for one test, with our client.
type world struct {
	*vertex.Client
	cloud *cloud.Cloud

	mu    sync.Mutex
	calls []call
	fail  error // the answer to every call, if set
}

// call is a call that reached Vertex AI.
type call struct {
	method string
	left   time.Duration // time until its deadline; 0 means none
	req    any
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	c, err := cloud.Start(t.Context(), cloud.Config{
		Project: "acme", Inbox: "test-inbox", Data: "test-data", JobDuration: time.Hour, ConcurrentJobs: 1000, VertexUnary: w.watch,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.cloud = c
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	objects, err := c.StorageClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = objects.Close() })
	const line = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}`
	upload := objects.Bucket("test-data").Object("x.jsonl").NewWriter(t.Context())
	if _, err := upload.Write([]byte(strings.Repeat(line+"\n", 20))); err != nil {
		t.Fatal(err)
	}
	if err := upload.Close(); err != nil {
		t.Fatal(err)
	}
	w.Client = vertex.New("acme", vertex.Config{EmulatorHost: c.Addresses.Vertex})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Errorf("close the client: %v", err)
		}
	})
	return w
}

func (w *world) watch(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	c := call{method: info.FullMethod[strings.LastIndexByte(info.FullMethod, '/')+1:], req: req}
	if deadline, ok := ctx.Deadline(); ok {
		c.left = time.Until(deadline)
	}
	w.mu.Lock()
	w.calls = append(w.calls, c)
	fail := w.fail
	w.mu.Unlock()
	if fail != nil {
		return nil, fail
	}
	return next(ctx, req)
}

// taken returns the calls since its last call.
func (w *world) taken() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}

func (w *world) failWith(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = err
}

func job(n int) tuning.Job {
	return tuning.Job{
		ID: fmt.Sprintf("vt-20261123-120000-aaaaaaa%03d", n), Location: region, DisplayName: fmt.Sprintf("job %d", n),
		BaseModel: "gemini-1.5-flash-001", TrainingData: "gs://test-data/x.jsonl",
	}
}

func (w *world) create(t *testing.T, job tuning.Job) tuning.Observation {
	t.Helper()
	seen, err := w.Create(t.Context(), job)
	if err != nil {
		t.Fatalf("Create %s: %v", job.ID, err)
	}
	return seen
}
