// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// outcome is what became of a mutant.
type outcome int

const (
	noticed  outcome = iota // a test failed, or ran for too long
	survived                // all tests passed
	unbuilt                 // the change does not compile
)

// tester runs the tests of one package with one file replaced.
type tester struct {
	dir     string // for temporary files
	pkg     string
	timeout time.Duration
}

func (t tester) test(n int, m mutant) (outcome, error) {
	base := filepath.Join(t.dir, fmt.Sprint(n))
	file, err := filepath.Abs(m.file)
	if err != nil {
		return survived, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{file: base + ".go"}})
	if err != nil {
		return survived, err
	}
	err = errors.Join(os.WriteFile(base+".go", m.mutated(), 0o600), os.WriteFile(base+".json", overlay, 0o600))
	if err != nil {
		return survived, err
	}
	out, err := exec.Command("go", "test", "-overlay="+base+".json", "-vet=off", "-count=1", "-failfast", "-short",
		"-timeout="+t.timeout.String(), t.pkg).CombinedOutput()
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
