// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package faulttest runs the functions' own binaries against the stand-ins, lets one thing go wrong at each call that
// they make, and checks from outside what came of it: every start is one tuning job or a recorded failure, every
// change was told.
//
// By itself a run takes a sample of the calls and of what can go wrong at them. FAULTS=all takes all of them, FAULT_SEED
// repeats a sample, and FAULT_TIME says how long faults are then combined at random.
package faulttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// binaries is where the functions were built.
var binaries string

func TestMain(m *testing.M) {
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "faulttest:", err)
	}
	os.Exit(code)
}

func build(m *testing.M) (code int, err error) {
	if binaries, err = os.MkdirTemp("", "faulttest"); err != nil {
		return 1, err
	}
	defer func() { _ = os.RemoveAll(binaries) }()
	// Without symbols, they are linked in half the time.
	compile := exec.Command("go", "build", "-ldflags=-s -w", "-tags="+tags(), "-o", binaries+string(filepath.Separator), "../../functions/api", "../../functions/convert", "../../functions/poll")
	if out, err := compile.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("build the functions: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// tags are those that this test was built with: what is compiled already is used again.
func tags() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-tags" {
				return s.Value
			}
		}
	}
	return ""
}
