// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/option"
	raw "google.golang.org/api/storage/v1"
)

// bucket is a storage emulator that can list one bucket and nothing else.
type bucket struct {
	mu      sync.Mutex
	objects map[string]*raw.Object
	broken  bool
	lists   int
}

func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lists++
	if b.broken || r.URL.Path != "/storage/v1/b/inbox/o" {
		http.Error(w, "broken", http.StatusNotFound) // which the client does not retry
		return
	}
	list := &raw.Objects{Kind: "storage#objects"}
	for _, o := range b.objects {
		list.Items = append(list.Items, o)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list)
}

func (b *bucket) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

// waitForLists waits until the bucket was listed n more times.
func (b *bucket) waitForLists(t *testing.T, n int) {
	t.Helper()
	b.mu.Lock()
	want := b.lists + n
	b.mu.Unlock()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Millisecond) {
		b.mu.Lock()
		lists := b.lists
		b.mu.Unlock()
		if lists >= want {
			return
		}
	}
	t.Fatal("the bucket is not listed any more")
}

func TestWatch(t *testing.T) {
	t.Parallel()
	b := &bucket{objects: map[string]*raw.Object{
		"old":  {Bucket: "inbox", Name: "old", Generation: 8, Size: 3, Updated: "2026-01-02T03:04:05Z", Metadata: map[string]string{"k": "v"}},
		"zero": {Bucket: "inbox", Name: "zero", Updated: "2026-01-02T03:04:05Z"},
	}}
	c, err := storage.NewClient(t.Context(), option.WithoutAuthentication(),
		option.WithEndpoint(serve(t, b)+"/storage/v1/"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	url, events := collect(t)
	trigger := &Trigger{Name: "convert", URL: url}
	run(t, func(ctx context.Context) error {
		return Watch(ctx, trigger, c.Bucket("inbox"), 5*time.Millisecond)
	})

	type object struct {
		Name, Bucket, Generation, Size string
		Metadata                       map[string]string
	}
	want := func(objects ...object) {
		t.Helper()
		got, wanted := map[string]object{}, map[string]object{}
		for _, o := range objects {
			wanted[o.Name] = o
			var data object
			if err := next(t, events).DataAs(&data); err != nil {
				t.Fatalf("decode: %v", err)
			}
			got[data.Name] = data
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			t.Errorf("objects (-want +got)\n%s", diff)
		}
		b.waitForLists(t, 3)
		if len(events) > 0 {
			t.Errorf("%d more events, the first %v", len(events), next(t, events))
		}
	}
	old := object{"old", "inbox", "8", "3", map[string]string{"k": "v"}}
	zero := object{"zero", "inbox", "0", "0", nil}
	want(old, zero)

	b.change(func() { b.objects["old"].Generation, b.objects["old"].Updated = 9, "2026-01-02T03:04:06Z" })
	old.Generation = "9"
	want(old)

	b.change(func() { b.objects["zero"].Updated = "2026-01-02T03:04:07Z" })
	want(zero)

	b.change(func() { b.broken = true })
	b.waitForLists(t, 2)
	b.change(func() { b.broken = false })
	want() // what was known before the failure still is

	b.change(func() { delete(b.objects, "old") })
	b.waitForLists(t, 3)
	b.change(func() {
		b.objects["old"] = &raw.Object{Bucket: "inbox", Name: "old", Generation: 10, Size: 3, Metadata: old.Metadata}
	})
	old.Generation = "10"
	want(old)
}
