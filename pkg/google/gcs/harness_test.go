// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs_test

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

const bucket = cloudtest.Data

// world is a local Cloud Storage for one test, with our store and the official client.
type world struct{ *cloudtest.Cloud }

func newWorld(t *testing.T) world {
	t.Helper()
	return world{cloudtest.Start(t)}
}

// loseAnswer serves the first request that matches, and drops its connection before the answer.
func (w world) loseAnswer(match func(*http.Request) bool) (lost *atomic.Bool) {
	lost = &atomic.Bool{}
	w.OnAny(func(ctx context.Context, c faults.Call, do faults.Do) error {
		if !match(c.Request.(*http.Request)) || lost.Swap(true) {
			return do(ctx)
		}
		_ = do(ctx)
		return faults.ErrCut
	})
	return lost
}

func fill(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}

func (w world) write(t *testing.T, spec gcs.Spec, content string) int64 {
	t.Helper()
	generation, err := w.Objects.Write(t.Context(), spec, fill(content))
	if err != nil {
		t.Fatalf("write %s: %v", spec.Name, err)
	}
	return generation
}

// holds reads the live generation without our store.
func (w world) holds(t *testing.T, name, want string) {
	t.Helper()
	if got, attrs := w.Object(t, bucket, name); attrs == nil || got != want {
		t.Errorf("%s holds %.60q (there: %v), want %.60q", name, got, attrs != nil, want)
	}
}
