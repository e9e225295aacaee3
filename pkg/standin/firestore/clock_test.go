// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

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
