// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command mutate changes one operator, constant or statement of a package at a time and runs the
// package's tests. If they still pass, the tests have a gap. It prints the changes that no test
// noticed, and fails if the tests noticed fewer than 95 % of them.
//
//	go run ./scripts/mutate [-n 40] [-seed 1] [PACKAGE]...
//
// Without arguments it tries the packages that import no cloud SDK. Changes that cannot alter
// behaviour are listed in equivalent.txt, each with its reason, and do not count. The command does
// not write to the source tree: go's -overlay flag replaces the files.
//
// The tests of a package are compiled once, with all its mutants switched off; an environment
// variable switches one on. A mutant that cannot be switched, for example a changed constant, is
// compiled alone. The test that has noticed most mutants is run first, and all tests are run only
// if it passes. The tests of a mutant are stopped after ten times the time that they take without a
// mutant.
package main

import (
	"cmp"
	_ "embed"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// purePackages import no cloud SDK, so their own tests are fast. These tests alone must notice the
// mutants.
var purePackages = []string{
	"catalogue", "dataset", "endpoint", "estimate", "evaluation", "hashset", "manifest", "metrics", "remedy", "requestfields", "sourceindex", "split",
	"strictjson", "tokensample", "tuning", "usd",
}

// minimum is the percentage of mutants that the tests must notice.
const minimum = 95

//go:embed equivalent.txt
var equivalents string

func main() {
	perPackage := flag.Int("n", 40, "try at most this many mutants of each package; 0 tries all")
	seed := flag.Uint64("seed", 1, "number that selects the mutants; another number selects others")
	timeout := flag.Duration("timeout", time.Minute, "stop the tests of one mutant after this time, which counts as noticed")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		for _, name := range purePackages {
			packages = append(packages, "pkg/core/"+name)
		}
	}
	ok, err := run(packages, *perPackage, *seed, *timeout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

// run tries the mutants of all packages and reports whether the tests noticed enough of them.
func run(packages []string, perPackage int, seed uint64, timeout time.Duration) (bool, error) {
	dir, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var total tally
	for _, name := range packages {
		name = filepath.Clean(name)
		t, possible, err := tryPackage(name, perPackage, seed, tester{dir: dir, pkg: name, timeout: timeout})
		if err != nil {
			return false, err
		}
		fmt.Printf("%-16s %s, of %d possible mutants\n", name, t, possible) //nolint:forbidigo // output of a command
		total.add(t)
	}
	fmt.Printf("%-16s %s\n", "total", total) //nolint:forbidigo // output of a command
	return total.share() >= minimum, nil
}

// tryPackage tries mutants of one package, and returns the number of possible mutants. It does not
// try a mutant that the type checker rejects, because such a mutant does not compile.
func tryPackage(name string, perPackage int, seed uint64, tester tester) (sum tally, possible int, err error) {
	source, err := load(name)
	if err != nil {
		return sum, 0, err
	}
	all := source.mutants()
	known := knownEquivalents(equivalents)
	var chosen []mutant
	for _, m := range choose(all, perPackage, seed) {
		switch {
		case known[m.key()]:
			sum.equivalent++
		case !source.builds(&m):
			sum.unbuilt++
		default:
			chosen = append(chosen, m)
		}
	}
	if err := tester.build(source.overlay(chosen)); err != nil {
		return sum, 0, err
	}
	sum.add(try(chosen, tester))
	return sum, len(all), nil
}

// choose returns n of the mutants, in the order of the source. The same seed gives the same choice.
func choose(all []mutant, n int, seed uint64) []mutant {
	if n <= 0 || len(all) <= n {
		return all
	}
	chosen := slices.Clone(all)
	random := rand.New(rand.NewPCG(seed, seed))
	random.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	chosen = chosen[:n]
	slices.SortFunc(chosen, func(a, b mutant) int {
		return cmp.Or(strings.Compare(a.file, b.file), cmp.Compare(a.from, b.from))
	})
	return chosen
}

// try runs the tests on each mutant, in parallel on all processors.
func try(mutants []mutant, tester tester) tally {
	var (
		mu   sync.Mutex
		sum  tally
		wait sync.WaitGroup
		next = make(chan mutant)
	)
	for range runtime.NumCPU() {
		wait.Go(func() {
			for m := range next {
				outcome, err := tester.test(m)
				mu.Lock()
				sum.count(m, outcome, err)
				mu.Unlock()
			}
		})
	}
	for _, m := range mutants {
		next <- m
	}
	close(next)
	wait.Wait()
	return sum
}

// tally counts the outcomes of mutants.
type tally struct{ noticed, survived, unbuilt, equivalent int }

func (t *tally) add(u tally) {
	t.noticed += u.noticed
	t.survived += u.survived
	t.unbuilt += u.unbuilt
	t.equivalent += u.equivalent
}

func (t *tally) count(m mutant, outcome outcome, err error) {
	switch {
	case err != nil:
		fmt.Printf("%s: cannot be tried: %v\n", m, err) //nolint:forbidigo // output of a command
		t.survived++
	case outcome == survived:
		fmt.Printf("%s: no test noticed\n", m) //nolint:forbidigo // output of a command
		t.survived++
	case outcome == unbuilt:
		t.unbuilt++
	default:
		t.noticed++
	}
}

// share returns the percentage of the mutants that the tests noticed.
func (t tally) share() float64 {
	if t.noticed+t.survived == 0 {
		return 100
	}
	return 100 * float64(t.noticed) / float64(t.noticed+t.survived)
}

func (t tally) String() string {
	return fmt.Sprintf("%5.1f %%: noticed %d, not noticed %d, equivalent %d, not compiled %d",
		t.share(), t.noticed, t.survived, t.equivalent, t.unbuilt)
}

// knownEquivalents reads lines of the form FILE: OLD LINE => NEW LINE; a line that begins with # is
// a reason.
func knownEquivalents(text string) map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known[line] = true
		}
	}
	return known
}
