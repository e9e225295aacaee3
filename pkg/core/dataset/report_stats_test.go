// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

func example(question, answer string) string {
	return string(dataset.AppendPair(nil, question, answer))
}

func TestStats(t *testing.T) {
	t.Parallel()
	in := example("How are you?", "Fine.") + example("How are you?", "Fine.") + example("Why?", "…") + example(strings.Repeat("long ", 1000), "é日😀")
	out, report := convert(t, strings.NewReader(in), dataset.Options{Limits: dataset.Limits{ExampleTokens: 900}})
	if out != in {
		t.Errorf("the output is %q, want the input", out)
	}
	var got []string
	for _, f := range report.Faults {
		got = append(got, f.Field("data")+" "+f.Code)
	}
	want := []string{"data[1] DUPLICATE_EXAMPLE", "data[2].contents[1].parts[0].text NEAR_EMPTY_ANSWER", "data[3] OVER_TOKEN_LIMIT"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults mismatch (-want +got):\n%s", diff)
	}
	s := report.Stats
	if s.Turns != 8 || s.Duplicates != 1 || s.NearEmptyAnswers != 1 || s.OverTokenLimit != 1 || s.Compared != 3 {
		t.Errorf("stats are %+v", s)
	}
	if s.Characters != 17+17+5+5003 || s.CharactersPerExample.Max != 5003 || s.CharactersPerExample.Min != 5 {
		t.Errorf("characters are %d, %+v", s.Characters, s.CharactersPerExample)
	}
	if s.EstimatedTokens < 900 || s.EstimatedTokens > 1100 {
		t.Errorf("tokens are %d, want about 1000", s.EstimatedTokens)
	}
}

// TestOver_token_limit checks at which limits an example is probably too long, and at which it is
// certainly too long. Its estimate is 951.92 tokens, and it has at least 65 % of them.
func TestOver_token_limit(t *testing.T) {
	t.Parallel()
	in, whole := example("Why?", "So.")+example(strings.Repeat("long ", 1000), "é日😀"), dataset.Content{Characters: 5003, Tokens: 952}
	for limit, want := range map[int64][2]dataset.Content{952: {}, 951: {whole}, 618: {whole}, 617: {whole, whole}, 1: {
		{Characters: whole.Characters + 7, Tokens: whole.Tokens + 3}, {Characters: whole.Characters + 0, Tokens: whole.Tokens},
	}} {
		_, report := convert(t, strings.NewReader(in), dataset.Options{Limits: dataset.Limits{ExampleTokens: limit}})
		if says := fmt.Sprintf("about 952 tokens, the model takes %d:", limit); want[0] == whole && !strings.Contains(report.Faults[0].Message, says) {
			t.Errorf("limit %d: %+v, want a message that says %s", limit, report.Faults, says)
		}
		if got := [2]dataset.Content{report.Stats.OverLimit, report.Stats.SurelyOverLimit}; got != want {
			t.Errorf("limit %d: the examples over it and certainly over it are %+v, want %+v", limit, got, want)
		}
	}
	in = example(strings.Repeat("a", 99), "b") // 19.00 tokens
	for limit, want := range map[int64]int64{19: 0, 18: 1} {
		_, report := convert(t, strings.NewReader(in), dataset.Options{Limits: dataset.Limits{ExampleTokens: limit}})
		if s := report.Stats; s.EstimatedTokens != 19 || s.OverTokenLimit != want || s.OverLimit.Tokens != 19*want {
			t.Errorf("limit %d: %d tokens, %d over it with %d tokens", limit, s.EstimatedTokens, s.OverTokenLimit, s.OverLimit.Tokens)
		}
	}
}

// TestEstimateAgainstTokenizer compares the estimate with the counts of a real tokenizer.
func TestEstimateAgainstTokenizer(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/tokens.json")
	if err != nil {
		t.Fatal(err)
	}
	var samples []struct {
		Name, Text string
		Tokens     int64
	}
	if err := json.Unmarshal(data, &samples); err != nil {
		t.Fatal(err)
	}
	var sum float64
	for _, s := range samples {
		_, report := convert(t, strings.NewReader(example(s.Text, "a")), dataset.Options{})
		off := float64(report.Stats.EstimatedTokens)/float64(s.Tokens+1) - 1
		t.Logf("%s: %d tokens, estimated %+.0f %%", s.Name, s.Tokens, 100*off)
		if math.Abs(off) > 0.5 {
			t.Errorf("the estimate for %s is off by %+.0f %%", s.Name, 100*off)
		}
		sum += math.Abs(off)
	}
	if mean := sum / float64(len(samples)); mean > 0.15 {
		t.Errorf("the estimate is off by %.0f %% on average, want at most 15 %%", 100*mean)
	}
}

func TestFilesOfAnExample(t *testing.T) {
	t.Parallel()
	const image = `{"fileData":{"mimeType":"image/png","fileUri":"gs://b/o"}}`
	of := func(n int) string {
		return `{"contents":[{"role":"user","parts":[` + strings.Repeat(image+",", n-1) + image + `]},{"role":"model","parts":[{"text":"a"}]}]}` + "\n"
	}
	in := of(2)
	_, report := convert(t, strings.NewReader(in), dataset.Options{Limits: dataset.Limits{ExampleFiles: 1}})
	if report.Stats.Files != 2 || report.Counts[dataset.CodeTooManyFiles] != 1 || report.Errors != 0 {
		t.Errorf("found %d files and the faults %v, want 2 and one %s", report.Stats.Files, report.Counts, dataset.CodeTooManyFiles)
	}
	// A warning whose message differs only in its numbers is one row.
	_, report = convert(t, strings.NewReader(of(1)+of(10)+of(19)), dataset.Options{Limits: dataset.Limits{ExampleFiles: 1}})
	if len(report.Faults) != 1 || report.Faults[0].Count != 2 {
		t.Errorf("examples of 10 and 19 files have the faults %+v, want one row of two", report.Faults)
	}
}

func TestLimitsOfTheFile(t *testing.T) {
	t.Parallel()
	in := example("a", "b") + example("c", "d")
	for name, tc := range map[string]struct {
		limits dataset.Limits
		want   map[string]int64
	}{
		"none":          {dataset.Limits{}, map[string]int64{}},
		"fits":          {dataset.Limits{Examples: 2, OutputBytes: int64(len(in)), ExampleTokens: 1}, map[string]int64{}},
		"many_examples": {dataset.Limits{Examples: 1}, map[string]int64{dataset.CodeTooManyExamples: 1}},
		"one_byte":      {dataset.Limits{OutputBytes: 1}, map[string]int64{dataset.CodeOutputTooLarge: 1}},
		"many_bytes":    {dataset.Limits{OutputBytes: int64(len(in)) - 1}, map[string]int64{dataset.CodeOutputTooLarge: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report := convert(t, strings.NewReader(in), dataset.Options{Limits: tc.limits})
			if diff := cmp.Diff(tc.want, report.Counts); diff != "" {
				t.Errorf("counts mismatch (-want +got):\n%s", diff)
			}
		})
	}
}

// A single record must not fill the report or the memory.
func TestMany_faults_in_a_record(t *testing.T) {
	t.Parallel()
	const n = 20_000
	for name, tc := range map[string]struct{ record, code string }{
		"text":  {`{"contents":[{"role":"user","parts":[{"text":"` + strings.Repeat(`\x`, n) + `"}]}]}`, "INVALID_ESCAPE"},
		"parts": {`{"contents":[{"role":"user","parts":[` + strings.Repeat(`{},`, n-1) + `{}]}]}`, dataset.CodeEmptyPart},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Ten errors of one kind are kept, and they do not hide the error of another kind.
			_, report := convert(t, strings.NewReader(tc.record), dataset.Options{MaxFaults: 10})
			if report.Errors < n || len(report.Faults) != 11 || !report.Truncated || report.Counts[tc.code] == 0 {
				t.Errorf("%d errors, %d of them kept, counts %v", report.Errors, len(report.Faults), report.Counts)
			}
		})
	}
}

// Without an option, 200 errors of a kind are kept, also of a value inside a string.
func TestFaults_of_a_record_are_bounded(t *testing.T) {
	t.Parallel()
	of := func(n int, tools string) string {
		return `{"messages":[` + usr + `,` + asst + `],"tools":` + tools + `[` + strings.Repeat("1,", n) + `{}]` + tools + `}`
	}
	for _, tc := range []struct {
		record         string
		errors, listed int64
	}{
		{of(199, ""), 199, 199}, {of(200, ""), 200, 200}, {of(201, ""), 201, 200}, {of(200, `"`), 200, 200}, {of(300, `"`), 200, 200},
	} {
		_, report := convert(t, strings.NewReader(tc.record), dataset.Options{})
		if report.Errors != tc.errors || int64(len(report.Faults)) != tc.listed || report.Truncated != (tc.listed < tc.errors) {
			t.Errorf("%.80s…: %d errors, %d rows, truncated %t; want %d and %d", tc.record, report.Errors, len(report.Faults), report.Truncated, tc.errors, tc.listed)
		}
	}
}

func TestMany_calls_in_a_record(t *testing.T) {
	t.Parallel()
	var messages strings.Builder
	const n = 100
	for i := range n {
		fmt.Fprintf(&messages, `{"role":"user","content":"q"},{"role":"assistant","tool_calls":[{"id":"c%d","function":{"name":"f%d","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c%d","content":"r"},{"role":"assistant","content":"a"},`, i, i, i)
	}
	out, report := convert(t, strings.NewReader(`{"messages":[`+strings.TrimSuffix(messages.String(), ",")+`]}`), dataset.Options{})
	if report.Errors > 0 || strings.Count(out, `{"functionResponse":{"name":"f`) != n || !strings.Contains(out, `{"functionResponse":{"name":"f99"`) {
		t.Errorf("errors %v in %s", report.Counts, out)
	}
}

// The call of a result is searched among the last 1024 calls before the turn, and among the first
// 1024 calls without a result.
func TestResultsOfManyCalls(t *testing.T) {
	t.Parallel()
	calls := func(n int) string {
		var all strings.Builder
		for i := range n {
			fmt.Fprintf(&all, `,{"id":"c%d","name":"f"}`, i)
		}
		return `{"role":"assistant","tool_calls":[` + all.String()[1:] + `]}`
	}
	result := func(i int) string { return fmt.Sprintf(`{"role":"tool","tool_call_id":"c%d","content":"r"}`, i) }
	for in, found := range map[string]bool{
		calls(1030) + "," + result(1023): true, calls(1030) + "," + result(1024): false,
		calls(1030) + "," + result(0) + "," + result(1024): true, calls(1030) + "," + result(1) + "," + result(1024): false,
		calls(1030) + "," + usr + "," + asst + "," + result(6): true, calls(1030) + "," + usr + "," + asst + "," + result(5): false,
		calls(1030) + "," + usr + "," + asst + "," + result(1029): true, calls(3) + "," + usr + "," + asst + "," + result(0): true,
	} {
		_, report := convert(t, strings.NewReader(`{"messages":[`+usr+`,`+in+`,`+asst+`]}`), dataset.Options{})
		if got := report.Counts[dataset.CodeUnknownCall] == 0; got != found {
			t.Errorf("…%s: the call is found: %t, want %t", in[len(in)-60:], got, found)
		}
	}
}
