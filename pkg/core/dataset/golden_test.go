// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldenDir contains, for each case, an input X.in.*, its examples in X.out.jsonl (absent if the
// input has errors), and its reports in X.report.json and X.report.md.
const goldenDir = "../../../testdata/datasets"

func TestGolden(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob(filepath.Join(goldenDir, "*", "*.in.*"))
	if err != nil || len(inputs) == 0 {
		t.Fatalf("no golden cases in %s: %v", goldenDir, err)
	}
	for _, input := range inputs {
		base, _, _ := strings.Cut(input, ".in.")
		t.Run(filepath.Base(filepath.Dir(input))+"/"+filepath.Base(base), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			report, err := dataset.Convert(t.Context(), &out, bytes.NewReader(data), dataset.Options{})
			if err != nil {
				t.Fatalf("Convert: %v", err)
			}
			if report.Errors > 0 {
				out.Reset() // the output of a file with errors must not be used
			}
			text, err := json.MarshalIndent(report, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, base+".report.md", report.Markdown())
			golden(t, base+".report.json", append(text, '\n'))
			golden(t, base+".out.jsonl", out.Bytes())
		})
	}
}

// golden compares got with a file. The file must not exist if got is empty.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		writeGolden(t, name, got)
		return
	}
	want, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s mismatch (-want +got):\n%s", filepath.Base(name), diff)
	}
}

func writeGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	err := os.Remove(name)
	if len(got) > 0 {
		err = os.WriteFile(name, got, 0o644)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}
