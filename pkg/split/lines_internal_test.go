// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package split

import (
	"math/rand/v2"
	"testing"
)

// Memory stops growing, and what was remembered before that is still found.
func TestLines_are_bounded(t *testing.T) {
	t.Parallel()
	var l lines
	if _, ok := l.find(1); ok {
		t.Error("nothing was found")
	}
	random := rand.New(rand.NewPCG(1, 2))
	hashes := make([]uint64, maxSlots)
	for i := range hashes {
		hashes[i] = random.Uint64()
		l.add(hashes[i], int64(i)+1)
		l.add(hashes[i], int64(i)+1000) // the first counts
	}
	if size := len(l.hashes)*8 + len(l.numbers)*4; size > 24<<20 {
		t.Errorf("lines take %d bytes, want 24 MiB at most", size)
	}
	if len(l.hashes) != maxSlots || l.n >= maxSlots || l.n < maxSlots*3/4 {
		t.Errorf("%d of %d slots are used", l.n, len(l.hashes))
	}
	for i, hash := range hashes {
		n, ok := l.find(hash)
		if ok != (int64(i) < l.n) || ok && n != int64(i)+1 {
			t.Fatalf("line %d of %d remembered ones is found: %v, as %d", i+1, l.n, ok, n)
		}
	}
	l = lines{}
	l.add(0, 7)
	if n, ok := l.find(0); !ok || n != 7 {
		t.Errorf("a hash of 0 is found: %v, as %d", ok, n)
	}
}
