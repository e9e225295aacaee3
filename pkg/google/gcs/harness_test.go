// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs_test

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
	"testing"

	cloudstorage "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

const bucket = "test-data"

// world is a local Cloud Storage for one test, with our store and the official client.
type world struct {
	store  *gcs.Store
	client *cloudstorage.Client
	wrap   atomic.Pointer[func(http.ResponseWriter, *http.Request, http.Handler)]
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	c, err := cloud.Start(t.Context(), cloud.Config{
		Project: "test", Inbox: "test-inbox", Data: bucket,
		StorageWrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if wrap := w.wrap.Load(); wrap != nil {
					(*wrap)(rw, r, next)
					return
				}
				next.ServeHTTP(rw, r)
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	if w.client, err = c.StorageClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.store = gcs.New(w.client)
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	return w
}

// intercept sets the handler of Cloud Storage's requests.
func (w *world) intercept(f func(http.ResponseWriter, *http.Request, http.Handler)) { w.wrap.Store(&f) }

// loseAnswers serves the first n requests that match, and drops their connections before the
// answers.
func (w *world) loseAnswers(n int64, match func(*http.Request) bool) (lost *atomic.Int64) {
	lost = &atomic.Int64{}
	w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if !match(r) || lost.Load() >= n {
			next.ServeHTTP(rw, r)
			return
		}
		lost.Add(1)
		next.ServeHTTP(discard{http.Header{}}, r)
		panic(http.ErrAbortHandler)
	})
	return lost
}

// discard is a response writer whose response is discarded.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

func fill(content string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}
}

func (w *world) write(t *testing.T, spec gcs.Spec, content string) int64 {
	t.Helper()
	generation, err := w.store.Write(t.Context(), spec, fill(content))
	if err != nil {
		t.Fatalf("write %s: %v", spec.Name, err)
	}
	return generation
}

// content reads the live generation without our store; ok is false if there is none.
func (w *world) content(t *testing.T, name string) (content string, ok bool) {
	t.Helper()
	r, err := w.client.Bucket(bucket).Object(name).ReadCompressed(true).NewReader(t.Context())
	if err != nil {
		return "", false
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(r); err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return b.String(), true
}

func (w *world) holds(t *testing.T, name, want string) {
	t.Helper()
	if got, ok := w.content(t, name); !ok || got != want {
		t.Errorf("%s holds %.60q (there: %v), want %.60q", name, got, ok, want)
	}
}
