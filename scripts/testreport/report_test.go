// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReport(t *testing.T) {
	t.Parallel()

	tests := []struct {
		name   string
		events []string
		out    string
		skips  []string
		totals string
	}{
		{
			name: "passing_tests_are_one_line_a_package",
			events: []string{
				`{"Action":"start","Package":"p"}`,
				`{"Action":"output","Package":"p","Output":"-test.shuffle 7\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: noise\n"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"PASS\n"}`,
				`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			out:    "ok  \tp\t0.1s\n",
			totals: "1 passed, 0 failed, 0 skipped",
		},
		{
			name: "table_of_a_passing_test_is_shown",
			events: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: \n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"        | fault | times |\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"        | none  |     7 |\n"}`,
				`{"Action":"pass","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`,
				`{"Action":"pass","Package":"p"}`,
			},
			out:    "| fault | times |\n| none  |     7 |\nok  \tp\t0.1s\n",
			totals: "1 passed, 0 failed, 0 skipped",
		},
		{
			name: "failing_test_shows_all_it_printed_and_how_to_repeat_it",
			events: []string{
				`{"Action":"output","Package":"p","Output":"-test.shuffle 7\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: got 1\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestA (0.00s)\n"}`,
				`{"Action":"fail","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			out:    "    a_test.go:3: got 1\n--- FAIL: TestA (0.00s)\n-test.shuffle 7\nFAIL\tp\t0.1s\n",
			totals: "0 passed, 1 failed, 0 skipped",
		},
		{
			name: "crash_shows_unfinished_tests_and_counts_once",
			events: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"panic: boom\n"}`,
				`{"Action":"output","Package":"q","Test":"TestB","Output":"still running\n"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
				`{"Action":"fail","Package":"p"}`,
			},
			out:    "panic: boom\nFAIL\tp\t0.1s\n",
			totals: "0 passed, 1 failed, 0 skipped",
		},
		{
			name: "package_that_does_not_build_is_a_failure",
			events: []string{
				`{"Action":"build-output","ImportPath":"p","Output":"a.go:1:1: undefined: x\n"}`,
				`{"Action":"build-fail","ImportPath":"p"}`,
				`{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}`,
				`{"Action":"fail","Package":"p","FailedBuild":"p"}`,
			},
			out:    "a.go:1:1: undefined: x\nFAIL\tp [build failed]\n",
			totals: "0 passed, 1 failed, 0 skipped",
		},
		{
			name: "absent_tool_is_told_once_and_other_skips_by_test",
			events: []string{
				`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: skipped: emulator: not installed\n"}`,
				`{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestA"}`,
				`{"Action":"output","Package":"p","Test":"TestB","Output":"    a_test.go:9: skipped: emulator: not installed\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestB"}`,
				`{"Action":"output","Package":"p","Test":"TestC/sub","Output":"        a_test.go:12: root may read all\n"}`,
				`{"Action":"skip","Package":"p","Test":"TestC/sub"}`,
				`{"Action":"skip","Package":"p","Test":"TestD"}`,
				`{"Action":"output","Package":"q","Output":"?   \tq\t[no test files]\n"}`,
				`{"Action":"skip","Package":"q"}`,
			},
			skips: []string{
				"skipped: emulator: not installed",
				"not run: p.TestC/sub: root may read all",
				"not run: p.TestD: no reason given",
			},
			totals: "0 passed, 0 failed, 4 skipped",
		},
		{
			name:   "foreign_line_is_passed_on",
			events: []string{`go: warning: something`},
			out:    "go: warning: something\n",
			totals: "0 passed, 0 failed, 0 skipped",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(strings.Join(tt.events, "\n") + "\n")); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.out, out.String()); diff != "" {
				t.Errorf("printed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.skips, r.skips); diff != "" {
				t.Errorf("skips (-want +got):\n%s", diff)
			}
			if got := r.totals(); got != tt.totals {
				t.Errorf("totals = %q, want %q", got, tt.totals)
			}
		})
	}
}

func TestAppendLines(t *testing.T) {
	t.Parallel()

	path := filepath.Join(t.TempDir(), "skips")
	for _, lines := range [][]string{{"a", "b "}, nil, {"c"}} {
		if err := appendLines(path, lines); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("a\nb\nc\n", string(got)); diff != "" {
		t.Errorf("file (-want +got):\n%s", diff)
	}
}
