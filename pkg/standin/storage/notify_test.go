// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// collector gathers deliveries until it has had enough of them.
type collector struct {
	mu   sync.Mutex
	got  []storage.Object
	want int
	done context.CancelFunc
}

func (c *collector) deliver(_ context.Context, o storage.Object) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, o)
	if len(c.got) == c.want {
		c.done()
	}
	return nil
}

// collect runs a Finalized loop until want objects were delivered.
func collect(t *testing.T, s *storage.Server, want int) []storage.Object {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c := &collector{want: want, done: cancel}
	if err := s.Finalized(ctx, testBucket, c.deliver); err != nil {
		t.Fatalf("Finalized: %v", err)
	}
	if len(c.got) < want {
		t.Fatalf("got %d objects, want %d", len(c.got), want)
	}
	return c.got
}

func TestFinalized_carries_the_resource(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{Notify: []string{testBucket}})
	o := client(t, s).Bucket(testBucket).Object("dir/ü.jsonl")
	attrs := mustWrite(t, o, []byte("hello"))
	diff(t, "pending", 1, s.Pending(testBucket))
	got := collect(t, s, 1)[0]
	res := request(t, "GET", got.SelfLink, nil)
	var want storage.Object
	if err := json.Unmarshal([]byte(res.Body), &want); err != nil {
		t.Fatal(err)
	}
	diff(t, "object", want, got)
	diff(t, "generation", attrs.Generation, got.Generation)
	diff(t, "pending", 0, s.Pending(testBucket))
	diff(t, "media", "hello", request(t, "GET", got.MediaLink, nil).Body)
	body, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{
		`"kind":"storage#object"`, `"size":"5"`, fmt.Sprintf(`"generation":"%d"`, attrs.Generation), `"metageneration":"1"`,
		`"md5Hash":"XUFAKrxLKna5cZ2REBfFkg=="`, `"crc32c":"mnG7TA=="`, `"storageClass":"STANDARD"`,
	} {
		if !bytes.Contains(body, []byte(field)) {
			t.Errorf("no %s in %s", field, body)
		}
	}
}

func TestFinalized_redelivers(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{Notify: []string{testBucket}})
	b := client(t, s).Bucket(testBucket)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var mu sync.Mutex
	tries := map[string]int{}
	served := make(chan error, 1)
	go func() {
		served <- s.Finalized(ctx, testBucket, func(_ context.Context, o storage.Object) error {
			mu.Lock()
			defer mu.Unlock()
			tries[o.Name]++
			if o.Name == "bad" && tries["bad"] < 3 {
				return errors.New("not now")
			}
			if tries["good"] > 0 && tries["bad"] == 3 {
				cancel()
			}
			return nil
		})
	}()
	mustWrite(t, b.Object("bad"), nil)
	mustWrite(t, b.Object("good"), nil)
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	diff(t, "tries", map[string]int{"bad": 3, "good": 1}, tries)
	diff(t, "pending", 0, s.Pending(testBucket))
}

func TestFinalized_survives_restart(t *testing.T) {
	t.Parallel()
	cfg := storage.Config{Dir: t.TempDir(), Notify: []string{testBucket}, Buckets: []string{testBucket, "silent-bucket"}}
	s := start(t, cfg)
	c := client(t, s)
	b := c.Bucket(testBucket)
	for i := range 10 {
		mustWrite(t, b.Object(fmt.Sprint(i)), nil)
	}
	mustWrite(t, b.Object("large"), pattern(600<<10))
	mustWrite(t, b.Object("1"), []byte("again"))
	mustWrite(t, c.Bucket("silent-bucket").Object("x"), nil)
	diff(t, "pending", []int{12, 0}, []int{s.Pending(testBucket), s.Pending("silent-bucket")})
	first := collect(t, s, 4)
	left := s.Pending(testBucket)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = start(t, cfg)
	diff(t, "pending", left, s.Pending(testBucket))
	names := map[string]int{}
	generations := map[int64]bool{}
	for _, o := range append(first, collect(t, s, left)...) {
		if !generations[o.Generation] { // a delivery may be repeated
			names[o.Name]++
		}
		generations[o.Generation] = true
	}
	diff(t, "delivered", map[string]int{"0": 1, "1": 2, "2": 1, "3": 1, "4": 1, "5": 1, "6": 1, "7": 1, "8": 1, "9": 1, "large": 1}, names)
	diff(t, "pending", 0, s.Pending(testBucket))
}

func TestFinalized_refuses(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{Notify: []string{testBucket}})
	never := func(context.Context, storage.Object) error { return nil }
	if err := s.Finalized(t.Context(), "other", never); err == nil {
		t.Error("a bucket that does not notify: no error")
	}
	mustWrite(t, client(t, s).Bucket(testBucket).Object("o"), nil)
	started, served := make(chan bool), make(chan error, 1)
	go func() {
		served <- s.Finalized(t.Context(), testBucket, func(ctx context.Context, _ storage.Object) error {
			started <- true
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	<-started
	if err := s.Finalized(t.Context(), testBucket, never); err == nil {
		t.Error("a second loop: no error")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Errorf("Close ends the loop with %v", err)
	}
	if err := s.Finalized(t.Context(), testBucket, never); err == nil {
		t.Error("after Close: no error")
	}
}
