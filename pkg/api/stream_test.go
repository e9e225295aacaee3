// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// heapWatch measures the live heap whenever a part of an upload reaches Cloud Storage.
type heapWatch struct {
	mu   sync.Mutex
	base uint64
	most uint64
	seen int
}

func live() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (h *heapWatch) http(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.mu.Lock()
		if h.base > 0 && r.Header.Get("Content-Range") != "" {
			h.most = max(h.most, live())
			h.seen++
		}
		h.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// It is not parallel: what other tests hold would count.
func TestStart_streams(t *testing.T) {
	const messages, size, bound = 20_000, 2 << 10, 32 << 20 // 80 MiB of texts
	var heap heapWatch
	s := newSystem(t, func(set *setup) { set.cloud.StorageWrap = heap.http })
	text := strings.Repeat("x", size)
	writer := s.firestore.BulkWriter(t.Context())
	for i := range messages {
		doc := s.firestore.Collection("messages").Doc(fmt.Sprintf("%05d", i))
		if _, err := writer.Set(doc, turn("long", "user", fmt.Sprintf("%05d %s", i, text))); err != nil {
			t.Fatal(err)
		}
	}
	writer.End()
	heap.mu.Lock()
	heap.base = live()
	heap.mu.Unlock()

	job := s.start(t, `{"session_id":"long"}`)
	if job.Pairs != messages {
		t.Errorf("got %d pairs, want %d", job.Pairs, messages)
	}
	if grown := int64(heap.most) - int64(heap.base); grown > bound || heap.seen < 10 {
		t.Errorf("the heap grew by %d MiB, seen in %d parts", grown>>20, heap.seen)
	}
	r, err := s.storage.Bucket(data).Object(strings.TrimPrefix(job.Job.TrainingData, "gs://"+data+"/")).NewReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for got := range bytes.Lines(content) {
		if !bytes.Contains(got, fmt.Appendf(nil, `"%05d x`, n)) {
			t.Fatalf("line %d is %.200s", n, got)
		}
		n++
	}
	if n != messages {
		t.Errorf("the file has %d lines", n)
	}
}
