// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// outcome is the result of the tests on a mutant.
type outcome int

const (
	noticed  outcome = iota // a test failed, or took too long
	survived                // all tests passed
	unbuilt                 // the change does not compile
)

// tester runs the tests of one package with one mutant.
type tester struct {
	dir     string // for temporary files
	pkg     string // such as pkg/core/usd
	timeout time.Duration
	first   *favourite
}

// favourite counts which test noticed how many mutants. The best one is run before all tests.
type favourite struct {
	mu      sync.Mutex
	noticed map[string]int
}

// pattern returns a pattern for the name of the best test, or "".
func (f *favourite) pattern() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	best := ""
	for name, n := range f.noticed {
		if n > f.noticed[best] || n == f.noticed[best] && name < best {
			best = name
		}
	}
	if best == "" {
		return ""
	}
	return "^" + best + "$"
}

var failedTest = regexp.MustCompile(`(?m)^--- FAIL: (\w+)`)

// count counts the first failed test of an output.
func (f *favourite) count(output []byte) {
	if found := failedTest.FindSubmatch(output); found != nil {
		f.mu.Lock()
		f.noticed[string(found[1])]++
		f.mu.Unlock()
	}
}

// binary returns the path of the package's test binary, which contains the switched mutants.
func (t tester) binary() string { return filepath.Join(t.dir, "switched.test") }

// build compiles that binary and checks that its tests pass while no mutant is on. The time that
// they take determines the time limit for a mutant's tests.
func (t *tester) build(files map[string][]byte) error {
	overlay, err := t.overlay("switched", files)
	if err != nil {
		return err
	}
	out, err := exec.Command("go", "test", "-c", "-vet=off", "-overlay="+overlay, "-o", t.binary(), "./"+t.pkg).CombinedOutput() //nolint:gosec,noctx // a developer names the packages
	if err != nil {
		return fmt.Errorf("compile the tests of %s: %w\n%s", t.pkg, err, out)
	}
	t.first = &favourite{noticed: map[string]int{}}
	begin := time.Now()
	if ok, err := t.passes(mutant{}); err != nil || !ok {
		return errors.Join(fmt.Errorf("the tests of %s fail without a change", t.pkg), err)
	}
	t.timeout = min(t.timeout, 5*time.Second+10*time.Since(begin))
	return nil
}

// overlay writes files for go's -overlay flag and returns the flag's value.
func (t tester) overlay(name string, files map[string][]byte) (string, error) {
	replace := map[string]string{}
	for path, text := range files {
		file, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		replace[file] = filepath.Join(t.dir, fmt.Sprint(name, len(replace), ".go"))
		if err := os.WriteFile(replace[file], text, 0o600); err != nil {
			return "", err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(t.dir, name+".json")
	return overlay, os.WriteFile(overlay, list, 0o600)
}

// test runs the tests with the mutant.
func (t tester) test(m mutant) (outcome, error) {
	if len(m.edits) > 0 {
		ok, err := true, error(nil)
		if pattern := t.first.pattern(); pattern != "" {
			ok, err = t.passes(m, "-test.run="+pattern)
		}
		if ok && err == nil {
			ok, err = t.passes(m)
		}
		if ok || err != nil {
			return survived, err
		}
		return noticed, nil
	}
	overlay, err := t.overlay(fmt.Sprint(m.number), map[string][]byte{m.file: m.mutated()})
	if err != nil {
		return survived, err
	}
	out, err := exec.Command("go", "test", "-overlay="+overlay, "-vet=off", "-count=1", "-failfast", "-short", //nolint:gosec,noctx // a developer names the packages
		"-timeout="+t.timeout.String(), "./"+t.pkg).CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return survived, nil
	case !errors.As(err, &failed):
		return survived, err
	case strings.Contains(string(out), "[build failed]") || strings.Contains(string(out), "[setup failed]"):
		return unbuilt, nil
	default:
		return noticed, nil
	}
}

// passes runs the binary with one mutant on, or none, and reports whether its tests pass in time.
func (t tester) passes(m mutant, more ...string) (bool, error) {
	ctx, cancel := context.WithTimeout(context.Background(), t.timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, t.binary(), append(more, "-test.short", "-test.failfast")...) //nolint:gosec // just built
	cmd.Dir = t.pkg
	cmd.Env = append(cmd.Environ(), variable+"="+strconv.Itoa(m.number), "GOGC=off", "GOMEMLIMIT=512MiB") // to collect garbage takes longer than the tests
	var failed *exec.ExitError
	out, err := cmd.CombinedOutput()
	if err != nil && !errors.As(err, &failed) && ctx.Err() == nil {
		return false, fmt.Errorf("run the tests of %s: %w", t.pkg, err)
	}
	t.first.count(out)
	return err == nil, nil
}
