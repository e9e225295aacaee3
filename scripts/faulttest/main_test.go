// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package faulttest runs the functions' own binaries against the stand-ins. It makes one thing fail
// at each call that they make, and checks the result from outside: every start is one tuning job or
// a recorded failure, and every change was published.
//
// By default a run takes a sample of the calls and of the kinds of faults. FAULTS=all takes all of
// them, FAULT_SEED repeats a sample, and FAULT_TIME sets how long random combinations of faults are
// then tried.
package faulttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"testing"
)

// binaries is the folder of the compiled functions.
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

// tags returns the build tags of this test, so that compiled packages are reused.
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
