// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"testing"
)

const sample = `package x

import "cmp"

func f(a, b int, ok bool) (n int) {
	if a < b && !ok {
		n = a + 1
	}
	n++
	g(true)
	return cmp.Or(a, b)
}
`

func TestMutantsOfFile(t *testing.T) {
	t.Parallel()
	all, err := mutantsOfFile("x.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		got = append(got, m.String())
	}
	want := []string{
		"x.go:6: if a < b && !ok { => if !(a < b && !ok) {",
		"x.go:6: if a < b && !ok { => if a < b || !ok {",
		"x.go:6: if a < b && !ok { => if a <= b && !ok {",
		"x.go:6: if a < b && !ok { => if a < b && ok {",
		"x.go:7: n = a + 1 => _ = a + 1",
		"x.go:7: n = a + 1 => n = a - 1",
		"x.go:7: n = a + 1 => n = a + 2",
		"x.go:9: n++ => n--",
		"x.go:10: g(true) => _ = 0",
		"x.go:10: g(true) => g(false)",
		"x.go:11: return cmp.Or(a, b) => return cmp.Or(b, a)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("mutants:\n%q\nwant:\n%q", got, want)
	}
}

func TestChoose_is_repeatable(t *testing.T) {
	t.Parallel()
	all, err := mutantsOfFile("x.go", []byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	key := func(chosen []mutant) (keys []string) {
		for _, m := range chosen {
			keys = append(keys, m.key())
		}
		return keys
	}
	first := key(choose(all, 4, 1))
	if len(first) != 4 || !slices.Equal(first, key(choose(all, 4, 1))) {
		t.Errorf("seed 1 chose %q, then others", first)
	}
	if slices.Equal(first, key(choose(all, 4, 2))) {
		t.Errorf("seeds 1 and 2 chose the same mutants: %q", first)
	}
}

func TestKnownEquivalents(t *testing.T) {
	t.Parallel()
	known := knownEquivalents("# why\nx.go: a < b => a <= b\n\n")
	if len(known) != 1 || !known["x.go: a < b => a <= b"] {
		t.Errorf("known equivalents: %v", known)
	}
}
