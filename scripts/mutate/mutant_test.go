// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const sample = `package x

import "cmp"

var on, room = false, make([]int, 0, 8)

func f(a, b int, ok bool) (n int) {
	if a < b && !ok {
		n = a + 1
	}
	for i := 0; i < min(a, 3); i++ {
		n -= a * b / 2 % 7
	}
	g(true)
	if a != b || ok {
		n--
	}
	return cmp.Or(a, b)
}

func g(bool) {}
`

// sampled returns the sample package, without types.
func sampled(t *testing.T) *source {
	t.Helper()
	s := &source{dir: "x", name: "x", files: []string{"x.go"}, texts: map[string][]byte{"x.go": []byte(sample)}, fset: token.NewFileSet()}
	tree, err := parser.ParseFile(s.fset, "x.go", sample, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.trees, s.info = map[string]*ast.File{"x.go": tree}, &types.Info{}
	return s
}

func TestMutants(t *testing.T) {
	t.Parallel()
	var got []string
	for _, m := range sampled(t).mutants() {
		got = append(got, m.String())
	}
	want := []string{
		"x.go:5: var on, room = false, make([]int, 0, 8) => var on, room = true, make([]int, 0, 8)",
		"x.go:5: var on, room = false, make([]int, 0, 8) => var on, room = false, make([]int, 1, 8)",
		"x.go:8: if a < b && !ok { => if !(a < b && !ok) {",
		"x.go:8: if a < b && !ok { => if a < b || !ok {",
		"x.go:8: if a < b && !ok { => if a <= b && !ok {",
		"x.go:8: if a < b && !ok { => if a < b && ok {",
		"x.go:9: n = a + 1 => _ = a + 1",
		"x.go:9: n = a + 1 => n = a - 1",
		"x.go:9: n = a + 1 => n = a + 2",
		"x.go:11: for i := 0; i < min(a, 3); i++ { => for i := 1; i < min(a, 3); i++ {",
		"x.go:11: for i := 0; i < min(a, 3); i++ { => for i := 0; i <= min(a, 3); i++ {",
		"x.go:11: for i := 0; i < min(a, 3); i++ { => for i := 0; i < max(a, 3); i++ {",
		"x.go:11: for i := 0; i < min(a, 3); i++ { => for i := 0; i < min(a, 4); i++ {",
		"x.go:11: for i := 0; i < min(a, 3); i++ { => for i := 0; i < min(a, 3); i-- {",
		"x.go:12: n -= a * b / 2 % 7 => _ = a * b / 2 % 7",
		"x.go:12: n -= a * b / 2 % 7 => n -= a * b / 2 * 7",
		"x.go:12: n -= a * b / 2 % 7 => n -= a * b * 2 % 7",
		"x.go:12: n -= a * b / 2 % 7 => n -= a / b / 2 % 7",
		"x.go:12: n -= a * b / 2 % 7 => n -= a * b / 3 % 7",
		"x.go:12: n -= a * b / 2 % 7 => n -= a * b / 2 % 8",
		"x.go:14: g(true) => _ = 0",
		"x.go:14: g(true) => g(false)",
		"x.go:15: if a != b || ok { => if !(a != b || ok) {",
		"x.go:15: if a != b || ok { => if a != b && ok {",
		"x.go:15: if a != b || ok { => if a == b || ok {",
		"x.go:16: n-- => n++",
		"x.go:18: return cmp.Or(a, b) => return cmp.Or(b, a)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("mutants:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestChoose_is_repeatable(t *testing.T) {
	t.Parallel()
	all := sampled(t).mutants()
	key := func(chosen []mutant) (keys []string) {
		for _, m := range chosen {
			keys = append(keys, m.key())
		}
		return keys
	}
	first := key(choose(all, 4, 1))
	if len(first) != 4 || !slices.Equal(first, key(choose(all, 4, 1))) {
		t.Errorf("seed 1 chose %q first, and other mutants the second time", first)
	}
	if slices.Equal(first, key(choose(all, 4, 2))) {
		t.Errorf("seeds 1 and 2 chose the same mutants: %q", first)
	}
}

// TestRun runs the whole command on a module whose tests notice each change except one. Some
// mutants are switched, and one is compiled alone.
func TestRun(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"go.mod": "module example.com/x\n\ngo 1.26\n",
		"pkg/x/x.go": `package x

const limit = 3

// F returns n, but limit at most, and 1 if n is negative.
func F(n int) int {
	if n < 0 {
		return 1
	}
	if n > limit {
		n = limit
	}
	return n
}
`,
		"pkg/x/x_test.go": `package x

import "testing"

func Test(t *testing.T) {
	for n, want := range map[int]int{-1: 1, 0: 0, 1: 1, 2: 2, 5: 3} {
		if got := F(n); got != want {
			t.Errorf("F(%d) = %d, want %d", n, got, want)
		}
	}
}
`,
	} {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o750), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	source, err := load("pkg/x")
	if err != nil {
		t.Fatal(err)
	}
	var switched, alone int
	for _, m := range source.mutants() {
		if !source.builds(&m) { //nolint:gocritic // each case has a different message
			t.Errorf("%s does not compile", m)
		} else if len(m.edits) > 0 {
			switched++
		} else {
			alone++
		}
	}
	if switched != 7 || alone != 1 {
		t.Errorf("%d mutants are switched, %d compiled alone, want 7 and 1", switched, alone)
	}
	got, possible, err := tryPackage("pkg/x", 0, 1, tester{dir: t.TempDir(), pkg: "pkg/x", timeout: time.Minute})
	want := tally{noticed: 7, survived: 1} // n >= limit
	if err != nil || possible != 8 || got != want {
		t.Errorf("of %d mutants: %+v, %v; want %+v of 8", possible, got, err, want)
	}
}

func TestKnownEquivalents(t *testing.T) {
	t.Parallel()
	known := knownEquivalents("# why\nx.go: a < b => a <= b\n\n")
	if len(known) != 1 || !known["x.go: a < b => a <= b"] {
		t.Errorf("known equivalents: %v", known)
	}
}

// TestFavourite checks that the test that noticed most mutants is run first.
func TestFavourite(t *testing.T) {
	t.Parallel()
	f := &favourite{noticed: map[string]int{}}
	var got []string
	for _, out := range []string{"PASS\n", "--- FAIL: TestB (0.00s)\n    --- FAIL: TestB/x\nFAIL", "ok\n--- FAIL: TestC (1s)\n--- FAIL: TestD", "--- FAIL: TestC (1s)", "panic: x"} {
		f.count([]byte(out))
		got = append(got, f.pattern())
	}
	if want := []string{"", "^TestB$", "^TestB$", "^TestC$", "^TestC$"}; !slices.Equal(got, want) {
		t.Errorf("the patterns are %q, want %q", got, want)
	}
}
