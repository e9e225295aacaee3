// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	cloudstorage "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// Of many that create the same object at once, exactly one may win, and its
// content must be what is there.
func TestOne_of_many_creates(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	for _, chunk := range []int{0, 256 << 10} {
		o := b.Object(fmt.Sprint("contended-", chunk))
		var wins atomic.Int64
		var won []byte
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				content := append(pattern(600<<10), byte(i))
				_, err := write(t.Context(), o.If(cloudstorage.Conditions{DoesNotExist: true}), content,
					func(w *cloudstorage.Writer) { w.ChunkSize = chunk })
				switch status := statusOf(t, err); status {
				case 0:
					wins.Add(1)
					won = content
				case http.StatusPreconditionFailed:
				default:
					t.Errorf("writer %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		diff(t, "winners", int64(1), wins.Load())
		same(t, "content", won, mustRead(t, o))
	}
}

// A reader gets the rest of its generation when that is replaced meanwhile.
func TestReader_keeps_its_generation(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	o := client(t, s).Bucket(testBucket).Object("o")
	old := pattern(64 << 20) // more than a connection buffers
	mustWrite(t, o, old)
	r, err := o.NewReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(r, first); err != nil {
		t.Fatal(err)
	}
	mustWrite(t, o, []byte("new"))
	rest, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "content", old, slices.Concat(first, rest))
	same(t, "new content", []byte("new"), mustRead(t, o))
}

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
