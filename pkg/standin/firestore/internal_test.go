// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	stdcmp "cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// TestTree holds a tree to a map, and every earlier tree to an earlier map.
func TestTree(t *testing.T) {
	t.Parallel()
	type version struct {
		tree *tree[int]
		want map[string]int
	}
	r := rand.New(rand.NewPCG(1, 1))
	now := version{want: map[string]int{}}
	var versions []version
	for i := range 5000 {
		key := fmt.Sprint(r.IntN(300))
		now.want = maps.Clone(now.want)
		if r.IntN(3) > 0 {
			now.tree, now.want[key] = now.tree.put(key, i), i
		} else {
			now.tree = now.tree.remove(key)
			delete(now.want, key)
		}
		if i%100 == 0 {
			versions = append(versions, now)
		}
	}
	for i, v := range append(versions, now) {
		keys := slices.Sorted(maps.Keys(v.want))
		var up, down []string
		for key, value := range v.tree.from("") {
			if got, ok := v.tree.get(key); !ok || got != value || value != v.want[key] {
				t.Fatalf("version %d: %s is %d, get says %d, want %d", i, key, value, got, v.want[key])
			}
			up = append(up, key)
		}
		for key := range v.tree.backward() {
			down = append(down, key)
		}
		slices.Reverse(down)
		if diff := cmp.Diff(keys, up) + cmp.Diff(keys, down); diff != "" {
			t.Fatalf("version %d (-want +got):\n%s", i, diff)
		}
		start := fmt.Sprint(r.IntN(300))
		var rest []string
		for key := range v.tree.from(start) {
			rest = append(rest, key)
		}
		at, _ := slices.BinarySearch(keys, start)
		if !slices.Equal(keys[at:], rest) {
			t.Fatalf("version %d from %s: got %v, want %v", i, start, rest, keys[at:])
		}
	}
}

func TestCompareNames(t *testing.T) {
	t.Parallel()
	rising := []string{"c", "c/1", "c/1/c/1", "c/10", "c/2", "c/a", "c/a/b/c", "c/a-", "c-/1", "c-/1/c/0", "d"}
	for i, a := range rising {
		for j, b := range rising {
			if got := compareNames(a, b); got != stdcmp.Compare(i, j) {
				t.Errorf("compare %q with %q: got %d, want %d", a, b, got, stdcmp.Compare(i, j))
			}
		}
	}
}

// TestClock runs with a clock that is ahead of the machine's, as after the
// machine's was set back, so that only the store keeps times rising.
func TestClock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	ahead := time.Now().Add(time.Hour).UnixMicro()
	s.clock = ahead
	last := timestamppb.New(time.UnixMicro(ahead))
	target := resource{database: "projects/p/databases/d", path: "c/d"}
	// The last commit leaves nothing behind that could tell its time.
	for _, w := range []*write{{target: target}, {target: target, remove: true}} {
		resp, err := s.commit(target.database, []*write{w}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if compareTimes(resp.CommitTime, last) <= 0 {
			t.Errorf("commit at %v after %v", resp.CommitTime.AsTime(), last.AsTime())
		}
		last = resp.CommitTime
		if at := readTime(t, s, target.database); compareTimes(at, last) < 0 {
			t.Errorf("read at %v after a commit at %v", at.AsTime(), last.AsTime())
		}
	}
	for range 2 { // as written, then as compacted
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		if s, err = openStore(dir); err != nil {
			t.Fatal(err)
		}
		if at := readTime(t, s, target.database); compareTimes(at, last) < 0 {
			t.Errorf("read at %v after reopening, with a commit at %v before", at.AsTime(), last.AsTime())
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}

func readTime(t *testing.T, s *store, database string) *timestamppb.Timestamp {
	t.Helper()
	v, err := s.view(database, consistency{})
	if err != nil {
		t.Fatal(err)
	}
	return v.at
}
