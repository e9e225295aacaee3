// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package hashset_test

import (
	"math/rand/v2"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/hashset"
)

// TestMap_is_bounded: the slots stop growing, and all hashes that were added before are still
// found.
func TestMap_is_bounded(t *testing.T) {
	t.Parallel()
	const maxSlots = 1 << 14
	m := hashset.New[uint32](maxSlots)
	if _, ok := m.Find(1); ok || m.Len() != 0 || m.Slots() != 0 {
		t.Error("an empty map holds something")
	}
	random := rand.New(rand.NewPCG(1, 2))
	hashes := make([]uint64, 2*maxSlots)
	for i := range hashes {
		hashes[i] = random.Uint64()
		if m.Add(hashes[i], uint32(i)) {
			t.Fatalf("hash %d is found before it was added", i)
		}
		if kept := i < maxSlots*7/8; m.Add(hashes[i], uint32(i+1000)) != kept {
			t.Fatalf("hash %d is kept: %v, want %v", i, !kept, kept)
		}
		if n := m.Len(); m.Slots() < maxSlots && 4*n > 3*m.Slots() {
			t.Fatalf("%d of %d slots are used", n, m.Slots())
		}
	}
	if m.Slots() != maxSlots || m.Len() != maxSlots*7/8 {
		t.Errorf("%d of %d slots are used, want 7/8 of %d", m.Len(), m.Slots(), maxSlots)
	}
	for i, hash := range hashes {
		n, ok := m.Find(hash)
		if ok != (i < m.Len()) || ok && n != uint32(i) { // the first value counts
			t.Fatalf("hash %d of %d is found: %v, with %d", i, m.Len(), ok, n)
		}
	}
}

func TestMap_holds_the_hash_0(t *testing.T) {
	t.Parallel()
	m := hashset.New[uint32](1024)
	if m.Add(0, 7) || !m.Add(0, 8) {
		t.Error("0 is found before it was added, or not after")
	}
	if n, ok := m.Find(0); !ok || n != 7 {
		t.Errorf("0 is found: %v, with %d", ok, n)
	}
}

// TestMap_grows_when_three_quarters_are_used checks the number of slots before and after.
func TestMap_grows_when_three_quarters_are_used(t *testing.T) {
	t.Parallel()
	m := hashset.New[struct{}](1 << 14)
	for hash := range uint64(769) {
		if n := m.Slots(); m.Add(hash+1, struct{}{}) || hash > 0 && n != 1024 {
			t.Fatalf("hash %d of %d slots is found before it was added", hash, n)
		}
	}
	if m.Slots() != 2048 {
		t.Errorf("%d hashes have %d slots, want 2048", m.Len(), m.Slots())
	}
}

// TestMap_of_similar_hashes: hashes whose slots are the same use all slots.
func TestMap_of_similar_hashes(t *testing.T) {
	t.Parallel()
	m := hashset.New[int](1024)
	for i := range 896 {
		m.Add(uint64(i+1)<<20, i)
	}
	for i := range 896 {
		if value, found := m.Find(uint64(i+1) << 20); !found || value != i {
			t.Fatalf("hash %d is found: %v, with %d", i, found, value)
		}
	}
}

func TestMap_Clear(t *testing.T) {
	t.Parallel()
	m := hashset.New[int](1024)
	m.Add(5, 7)
	m.Clear()
	if value, found := m.Find(5); found || value != 0 {
		t.Errorf("after Clear the hash is found: %v, with %d", found, value)
	}
	if m.Len() != 0 || m.Slots() != 1024 || m.Add(5, 8) || !m.Add(5, 9) {
		t.Errorf("after Clear %d of %d slots are used, or a hash is still there", m.Len(), m.Slots())
	}
}

// TestMap_keeps_the_hash_0_when_it_grows: the hash 0, which also marks a free slot, is kept like
// any other when the map grows.
func TestMap_keeps_the_hash_0_when_it_grows(t *testing.T) {
	t.Parallel()
	m := hashset.New[int](1 << 14)
	m.Add(0, 7)
	for i := range uint64(4000) {
		m.Add(1<<32+i, 1)
	}
	if value, found := m.Find(0); !found || value != 7 {
		t.Errorf("Find(0) = %d, %t after growing to %d slots, want 7, true", value, found, m.Slots())
	}
}
