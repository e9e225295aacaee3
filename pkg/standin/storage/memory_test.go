// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"runtime"
	"testing"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

const largeSize = 200 << 20

// upload sends n bytes in one request and nothing but the server's work in
// this process: the client does not hash.
func upload(tb testing.TB, s *storage.Server, n int64) {
	tb.Helper()
	url := s.URL() + "/upload/storage/v1/b/" + testBucket + "/o?uploadType=media&name=o"
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url, io.LimitReader(noise{}, n))
	if err != nil {
		tb.Fatal(err)
	}
	req.ContentLength = n
	drain(tb, req, -1)
}

func download(tb testing.TB, s *storage.Server, n int64) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), http.MethodGet, s.URL()+"/"+testBucket+"/o", nil)
	if err != nil {
		tb.Fatal(err)
	}
	drain(tb, req, n)
}

// drain sends req and reads all of the answer, which has n bytes or, if n is
// negative, any number.
func drain(tb testing.TB, req *http.Request, n int64) {
	tb.Helper()
	res, err := plainClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != http.StatusOK || n >= 0 && got != n {
		tb.Fatalf("%s %s: %d, %d bytes, %v", req.Method, req.URL, res.StatusCode, got, err)
	}
}

// noise is an endless file that does not compress and costs nothing to read.
type noise struct{}

var noiseBlock = func() (b [64 << 10]byte) {
	_, _ = rand.Read(b[:]) // never fails
	return b
}()

func (noise) Read(p []byte) (int, error) { return copy(p, noiseBlock[:]), nil }

// Memory must not grow with the object. Not parallel: it measures the process.
func TestMemory_is_flat(t *testing.T) {
	s := start(t, storage.Config{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	upload(t, s, largeSize)
	download(t, s, largeSize)
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d MiB up and down allocated %d KiB", largeSize>>20, used>>10)
	}
}
