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

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

const region = cloudtest.Location

// world is a local Vertex AI for one test, with our client.
type world struct {
	*vertex.Client
	cloud *cloudtest.Cloud

	mu    sync.Mutex
	calls []call
}

// call is a call that reached Vertex AI.
type call struct {
	method string
	left   time.Duration // time until its deadline; 0 means none
	req    any
}

func newWorld(t *testing.T, settings ...func(*cloud.Config)) *world {
	t.Helper()
	settings = append(settings, func(c *cloud.Config) { c.Project = "acme" })
	w := &world{cloud: cloudtest.Start(t, settings...)}
	w.Client = w.cloud.Vertex
	w.cloud.Upload(t, cloudtest.Data, "x.jsonl", strings.Repeat(cloudtest.Example, 20), nil)
	w.cloud.OnAny(func(ctx context.Context, c faults.Call, do faults.Do) error {
		taken := call{method: c.Method, req: c.Request}
		if deadline, ok := ctx.Deadline(); ok {
			taken.left = time.Until(deadline)
		}
		w.mu.Lock()
		w.calls = append(w.calls, taken)
		w.mu.Unlock()
		return do(ctx)
	})
	return w
}

// taken returns the calls since its last call.
func (w *world) taken() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
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
