// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package trainset

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// TestReservation: messages are kept while there is memory for them, and the memory is free
// afterwards.
func TestReservation(t *testing.T) {
	t.Parallel()
	var m memory
	reserve := func(bytes int64) *Reservation {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		r, err := m.reserve(ctx, bytes)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	large := &store.Message{Message: dataset.Message{Content: strings.Repeat("x", 10<<20)}}
	wantKept := func(r *Reservation, want int) {
		t.Helper()
		kept := 0
		for r.keep(large) {
			kept++
		}
		if kept != want {
			t.Errorf("%d messages were kept, want %d", kept, want)
		}
	}
	first := reserve(memoryBase)
	wantKept(first, 6) // of at most 64 MiB
	second := reserve(2 * memoryBase)
	wantKept(second, 5) // 52 MiB are free
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := m.reserve(ctx, memoryBase); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("with 2 MiB free: %v, want Unavailable", err)
	}
	first.Release()
	first.Release()
	third := reserve(memoryBase)
	wantKept(third, 6)
	third.Release()
	second.Release()
	all := reserve(memoryLimit)
	if all.keep(&store.Message{}) {
		t.Error("a message was kept, although no memory is free")
	}
	all.Release()
}
