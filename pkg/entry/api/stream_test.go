// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
)

// heapWatch measures the live heap whenever a part of an upload reaches Cloud Storage.
type heapWatch struct {
	mu    sync.Mutex
	base  uint64
	peak  uint64
	parts int
}

func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (h *heapWatch) http(w http.ResponseWriter, r *http.Request, next http.Handler) {
	h.mu.Lock()
	if h.base > 0 && r.Header.Get("Content-Range") != "" {
		h.peak = max(h.peak, live())
		h.parts++
	}
	h.mu.Unlock()
	next.ServeHTTP(w, r)
}

// TestStart_streams is not parallel, because it would also measure the memory of other tests.
func TestStart_streams(t *testing.T) {
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	// 80 MiB of text, of which a start keeps at most 64 MiB.
	const messages, size, bound = 40_000, 1 << 10, (64 + 24) << 20
	var heap heapWatch
	s := newSystem(t, func(s *setup) { s.api.RequestTimeout = 5 * time.Minute }) // each part waits for the garbage collector
	s.OnHTTP(heap.http)
	text := strings.Repeat("x", size)
	for first := 0; first < messages; first += 500 {
		if err := s.Firestore.RunTransaction(t.Context(), func(_ context.Context, tx *firestore.Transaction) error {
			for i := first; i < first+500; i++ {
				fields := turn("long", "user", fmt.Sprintf("%05d %s", i, text))
				fields["created_at"] = time.Unix(int64(i), 0)
				if err := tx.Set(s.Firestore.Collection("messages").Doc(fmt.Sprintf("%05d", messages-i)), fields); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	heap.mu.Lock()
	heap.base = live()
	heap.mu.Unlock()

	job := s.start(t, `{"session_id":"long"}`)
	if job.Pairs != messages {
		t.Errorf("got %d pairs, want %d", job.Pairs, messages)
	}
	heap.mu.Lock()
	grown, parts := int64(heap.peak)-int64(heap.base), heap.parts
	heap.mu.Unlock()
	if grown > bound || parts < 5 {
		t.Errorf("the heap grew by %d MiB, seen in %d parts", grown>>20, parts)
	}
	content, _ := s.Object(t, data, strings.TrimPrefix(job.Job.TrainingData, "gs://"+data+"/"))
	n := 0
	for got := range strings.Lines(content) {
		if !strings.Contains(got, fmt.Sprintf(`"%05d x`, n)) {
			t.Fatalf("line %d is %.200s", n, got)
		}
		n++
	}
	if n != messages {
		t.Errorf("the file has %d lines", n)
	}
}
