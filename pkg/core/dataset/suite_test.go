// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// TestSuite uses the files of strictjson's suite as arguments of a call, where any value is
// allowed, and as whole files.
func TestSuite(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../strictjson/testdata/suite/[ny]_*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in the suite: %v", err)
	}
	const before = `{"contents":[` + turn1 + `,{"role":"model","parts":[{"functionCall":{"name":"f","args":{"v":`
	const behind = `}}}]}]}`
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			doc, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			// Two files contain a name more than once, and two contain numbers that are out of
			// range for Vertex AI.
			accept := strings.HasPrefix(name, "y_") && !strings.Contains(name, "duplicated_key") &&
				name != "y_number_many_digits" && name != "y_number_huge_exponent"
			in := before + string(doc) + behind
			out, report := convert(t, strings.NewReader("["+in+"]"), dataset.Options{})
			if (report.Errors == 0) != accept {
				t.Errorf("as arguments it has the faults %+v, want accepted: %t", report.Faults, accept)
			}
			if report.Errors == 0 && !judged([]byte(out)) {
				t.Errorf("the output is not valid: %s", out)
			}
			// No file of the suite is a dataset, so each must be rejected without a crash.
			if _, report := convert(t, bytes.NewReader(doc), dataset.Options{}); report.Errors == 0 {
				t.Errorf("as a file it is accepted")
			}
		})
	}
}
