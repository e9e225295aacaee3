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

// noise is an endless file that does not compress and costs nothing to read.
type noise struct{}

var noiseBlock = func() (b [64 << 10]byte) {
	_, _ = rand.Read(b[:]) // never fails
	return b
}()

func (noise) Read(p []byte) (int, error) { return copy(p, noiseBlock[:]), nil }

// transfer sends a request and drops the answer, without anything but the server's work in this
// process: the client does not hash. It returns the length of the answer.
func transfer(t *testing.T, method, url string, body io.Reader, length int64) int64 {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = length
	res, err := plainClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := io.Copy(io.Discard, res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d, %d bytes, %v", method, url, res.StatusCode, n, err)
	}
	return n
}

// Memory must not grow with the object. Not parallel: it measures the process.
func TestMemory_is_flat(t *testing.T) {
	s := start(t, storage.Config{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	transfer(t, "POST", s.URL()+"/upload/storage/v1/b/"+testBucket+"/o?uploadType=media&name=o", io.LimitReader(noise{}, largeSize), largeSize)
	diff(t, "bytes read", int64(largeSize), transfer(t, "GET", s.URL()+"/"+testBucket+"/o", nil, 0))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d MiB up and down allocated %d KiB", largeSize>>20, used>>10)
	}
}
