// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// generated returns a file from the generator that scripts/bench also uses.
func generated(tb testing.TB, args ...string) []byte {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "gen")
	build := exec.CommandContext(tb.Context(), "go", "build", "-o", name, "./testdata/bench/gen")
	if out, err := build.CombinedOutput(); err != nil {
		tb.Fatalf("build the generator: %v\n%s", err, out)
	}
	data, err := exec.CommandContext(tb.Context(), name, args...).Output()
	if err != nil {
		tb.Fatalf("run the generator: %v", err)
	}
	return data
}

func BenchmarkConvert(b *testing.B) {
	for name, args := range map[string][]string{
		"gemini_lines":   {"-n", "10000"},
		"gemini_pretty":  {"-n", "10000", "-layout", "pretty"},
		"openai_lines":   {"-n", "10000", "-format", "openai"},
		"sharegpt_lines": {"-n", "10000", "-format", "sharegpt"},
		"alpaca_array":   {"-n", "10000", "-format", "alpaca", "-layout", "array"},
		"messages_lines": {"-n", "10000", "-format", "messages"},
	} {
		b.Run(name, func(b *testing.B) {
			data := generated(b, args...)
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				report, err := dataset.Convert(b.Context(), io.Discard, bytes.NewReader(data), dataset.Options{Workers: 1})
				if err != nil || report.Errors > 0 {
					b.Fatalf("Convert: %v, %v", err, report.Faults)
				}
			}
		})
	}
}
