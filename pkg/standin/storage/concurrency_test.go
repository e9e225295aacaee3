// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"bytes"
	"fmt"
	"net/http"
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

// Readers and writers of one name: every read must be of one generation whole,
// also when that is replaced meanwhile.
func TestReaders_keep_their_generation(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	o := client(t, s).Bucket(testBucket).Object("o")
	fill := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 1<<20) }
	mustWrite(t, o, fill(0))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				content, err := read(t.Context(), o)
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				if len(content) != 1<<20 || len(slices.Compact(content)) != 1 {
					t.Errorf("read a mixture")
					return
				}
			}
		})
	}
	last := int64(0)
	for i := range 20 {
		attrs := mustWrite(t, o, fill(i))
		if attrs.Generation <= last {
			t.Errorf("generation %d follows %d", attrs.Generation, last)
		}
		last = attrs.Generation
	}
	close(stop)
	wg.Wait()
}
