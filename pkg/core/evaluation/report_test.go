// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// rowsOf returns n rows with the same right answer. The answers of each side are given by a
// function; "-" is no answer.
func rowsOf(right evaluation.Content, n int, sides map[string]func(i int) string) []evaluation.Row {
	rows := make([]evaluation.Row, n)
	for i := range rows {
		question := json.RawMessage(fmt.Sprintf(`{"role":"user","parts":[{"text":"Question %d"}]}`, i))
		rows[i] = evaluation.NewRow(evaluation.Example{
			Key: fmt.Sprintf("%032x", i), Line: int64(i + 1), Question: evaluation.Question{Contents: []json.RawMessage{question}}, Right: right,
		})
		for side, answer := range sides {
			if said := answer(i); said != "-" {
				rows[i].Answered(side, evaluation.Answer{Content: text(said), FinishReason: "STOP", PromptTokens: 10, OutputTokens: 2})
			}
		}
	}
	return rows
}

func alwaysSays(said string) func(int) string { return func(int) string { return said } }

// firstThen says first for the first n examples, and then after that.
func firstThen(n int, first, then string) func(int) string {
	return func(i int) string {
		if i < n {
			return first
		}
		return then
	}
}

func compare(t *testing.T, rows []evaluation.Row, sides []string, o evaluation.Options) *evaluation.Report {
	t.Helper()
	report, err := evaluation.Compare(rows, sides, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestCompare_better(t *testing.T) {
	t.Parallel()
	rows := rowsOf(text("Paris"), 40, map[string]func(int) string{"base": firstThen(10, "Paris", "Rome"), "tuned": firstThen(30, "paris.", "Rome")})
	report := compare(t, rows, []string{"base", "tuned"}, evaluation.Options{Costs: map[string]evaluation.TuningCost{"tuned": {Billed: new(12 * usd.Dollar)}}})
	if report.Schema != 1 || report.Examples != 40 || len(report.Seed) != 16 || report.Primary != evaluation.MetricNormalizedMatch ||
		report.PrimaryReason != "40 of 40 right answers are texts of at most 5 words" {
		t.Errorf("the report is %+v", report)
	}
	c := report.Comparisons[0]
	if c.Base != "base" || c.Tuned != "tuned" || c.Examples != 40 || c.Verdict != evaluation.VerdictBetter || !strings.HasPrefix(c.Sentence, "tuned is better than base: normalised match is 25.0") {
		t.Errorf("the comparison is %+v", c)
	}
	if c.CostPerPoint == nil || *c.CostPerPoint != 240_000 { // 12 dollars for 50 points
		t.Errorf("a point cost %v", c.CostPerPoint)
	}
	var metrics []evaluation.Metric
	for _, m := range c.Metrics {
		metrics = append(metrics, m.Metric)
		if m.Metric == evaluation.MetricExactMatch && (m.Verdict != evaluation.VerdictWorse || m.Base != 0.25 || m.Tuned != 0 || m.Difference != -0.25 || m.Examples != 40 || m.Differ != 10) {
			t.Errorf("exact match is %+v", m)
		}
	}
	want := []evaluation.Metric{evaluation.MetricExactMatch, evaluation.MetricNormalizedMatch, evaluation.MetricRougeL, evaluation.MetricChrF, evaluation.MetricLengthRatio}
	if diff := cmp.Diff(want, metrics); diff != "" {
		t.Errorf("metrics mismatch (-want +got):\n%s", diff)
	}
	if len(c.Wins) != 5 || len(c.Losses) != 0 {
		t.Fatalf("%d wins and %d losses are shown", len(c.Wins), len(c.Losses))
	}
	win := evaluation.Extreme{Key: rows[10].Key, Line: 11, TunedScore: 1, Question: "Question 10", Right: "Paris", Base: "Rome", Tuned: "paris."}
	if diff := cmp.Diff(win, c.Wins[0]); diff != "" {
		t.Errorf("first win mismatch (-want +got):\n%s", diff)
	}
}

func TestCompare_sides(t *testing.T) {
	t.Parallel()
	rows := rowsOf(text("Paris"), 12, map[string]func(int) string{"base": firstThen(2, "-", "Paris"), "tuned": firstThen(11, "Paris", "-"), "other": alwaysSays("-")})
	rows[5].Answered("tuned", evaluation.Answer{Content: text("Par"), FinishReason: "MAX_TOKENS", PromptTokens: 10})
	rows[6].Answered("tuned", evaluation.Answer{FinishReason: "STOP"})
	bill := 3 * usd.Dollar
	report := compare(t, rows, []string{"base", "tuned", "other"}, evaluation.Options{Costs: map[string]evaluation.TuningCost{"tuned": {Billed: &bill}}, Primary: evaluation.MetricExactMatch})
	if report.Primary != evaluation.MetricExactMatch || report.PrimaryReason != "it was chosen by the caller" {
		t.Errorf("the primary metric is %s: %s", report.Primary, report.PrimaryReason)
	}
	side := report.Sides[1]
	if side.Name != "tuned" || side.Answered != 11 || side.Unanswered != 1 || side.PromptTokens != 100 || side.OutputTokens != 18 || side.Bill == nil || *side.Bill != bill {
		t.Errorf("the side is %+v", side)
	}
	if diff := cmp.Diff(map[string]int{"MAX_TOKENS": 1, evaluation.WrongEmpty: 1}, side.Wrong); diff != "" {
		t.Errorf("wrong answers mismatch (-want +got):\n%s", diff)
	}
	if got := side.Means[evaluation.MetricExactMatch]; math.Abs(got-9.0/11) > 1e-12 || side.Applied[evaluation.MetricExactMatch] != 11 || report.Sides[0].Bill != nil {
		t.Errorf("the mean of exact match is %v of %d", got, side.Applied[evaluation.MetricExactMatch])
	}
	c := report.Comparisons[0]
	if c.Examples != 9 || c.Verdict != evaluation.VerdictNone || !strings.HasPrefix(c.Sentence, "Only 9 examples") || c.CostPerPoint != nil || len(c.Wins) != 0 || len(c.Losses) != 2 {
		t.Errorf("the comparison is %+v", c)
	}
	if c.Losses[0].Tuned != "Par [MAX_TOKENS]" || c.Losses[1].Tuned != "[EMPTY]" {
		t.Errorf("the losses are %+v", c.Losses)
	}
	if c := report.Comparisons[1]; c.Tuned != "other" || c.Examples != 0 || len(c.Metrics) != 0 || c.Verdict != evaluation.VerdictNone || c.Sentence != "No example can be compared, so nothing is known about other." {
		t.Errorf("a side without answers: %+v", c)
	}
	if _, err := json.Marshal(report); err != nil {
		t.Error(err)
	}
}

// TestCompare_extremes checks that the largest differences come first.
func TestCompare_extremes(t *testing.T) {
	t.Parallel()
	right := strings.Repeat("long ", 80) + "answer"
	said := func(i int) string { return right[:len(right)-20*i] }
	rows := rowsOf(text(right), 8, map[string]func(int) string{"base": said, "tuned": alwaysSays(right)})
	c := compare(t, rows, []string{"base", "tuned"}, evaluation.Options{}).Comparisons[0]
	if c.Wins[0].Line != 8 || c.Wins[4].Line != 4 || c.Wins[0].Right != right[:300]+"…" || c.Wins[0].Base != right[:len(right)-140] {
		t.Errorf("the wins are %+v", c.Wins)
	}
	c = compare(t, rows, []string{"tuned", "base"}, evaluation.Options{Primary: evaluation.MetricRougeL}).Comparisons[0]
	if c.Losses[0].Line != 8 || c.Losses[4].Line != 4 || len(c.Wins) != 0 {
		t.Errorf("the losses are %+v", c.Losses)
	}
}

func TestCompare_primary(t *testing.T) {
	t.Parallel()
	call := evaluation.Content{Calls: []evaluation.Call{{Name: "f"}}}
	short, long, object := text("a b c d e"), text("a b c d e f"), text(`{"a":"x y z x y z"}`)
	tests := []struct {
		name   string
		rights []evaluation.Content
		want   evaluation.Metric
	}{
		{"calls", []evaluation.Content{call}, evaluation.MetricCallArguments},
		{"json", []evaluation.Content{object}, evaluation.MetricJSONValues},
		{"fenced_json", []evaluation.Content{text("```json\n{}\n```")}, evaluation.MetricJSONValues},
		{"short", []evaluation.Content{short}, evaluation.MetricNormalizedMatch},
		{"long", []evaluation.Content{long}, evaluation.MetricChrF},
		{"most_frequent", []evaluation.Content{call, object, long, short, long}, evaluation.MetricChrF},
		{"first_of_equal", []evaluation.Content{long, short, object, call}, evaluation.MetricCallArguments},
		{"first_of_equal_texts", []evaluation.Content{long, short}, evaluation.MetricNormalizedMatch},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var rows []evaluation.Row
			for _, right := range tc.rights {
				rows = append(rows, rowsOf(right, 1, map[string]func(int) string{"base": alwaysSays("x"), "tuned": alwaysSays("y")})...)
			}
			report := compare(t, rows, []string{"base", "tuned"}, evaluation.Options{})
			if report.Primary != tc.want {
				t.Errorf("the primary metric is %s (%s), want %s", report.Primary, report.PrimaryReason, tc.want)
			}
		})
	}
}

func TestCompare_errors(t *testing.T) {
	t.Parallel()
	rows := rowsOf(text("a"), 1, nil)
	tests := []struct {
		name  string
		rows  []evaluation.Row
		sides []string
		o     evaluation.Options
		want  string
	}{
		{"no_rows", nil, []string{"a", "b"}, evaluation.Options{}, "no rows"},
		{"one_side", rows, []string{"a"}, evaluation.Options{}, "two sides are needed, not 1"},
		{"same_sides", rows, []string{"a", "b", "a"}, evaluation.Options{}, `"a" occurs twice`},
		{"unknown_metric", rows, []string{"a", "b"}, evaluation.Options{Primary: "bleu"}, `"bleu" cannot be the primary metric`},
		{"length", rows, []string{"a", "b"}, evaluation.Options{Primary: evaluation.MetricLengthRatio}, "cannot be the primary metric"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := evaluation.Compare(tc.rows, tc.sides, tc.o); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q", err, tc.want)
			}
		})
	}
}

// TestRows_roundTrip checks that a report of rows that were kept in a file is the same.
func TestRows_roundTrip(t *testing.T) {
	t.Parallel()
	rows := rowsOf(text("a <b> \u2028 c d e f"), 12, map[string]func(int) string{"base": alwaysSays("a b"), "tuned": firstThen(11, "a <b> c", "-")})
	rows[3].Judgements = map[string]evaluation.Judgement{"tuned": evaluation.Judge(evaluation.PreferB, evaluation.PreferA)}
	var file strings.Builder
	if err := evaluation.WriteRows(&file, rows); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(file.String(), "\n"); n != 12 || !strings.Contains(file.String(), "<b>") {
		t.Errorf("%d lines: %s", n, file.String())
	}
	read, err := evaluation.ReadRows(strings.NewReader(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, read); diff != "" {
		t.Errorf("rows mismatch (-want +got):\n%s", diff)
	}
	want, got := compare(t, rows, []string{"base", "tuned"}, evaluation.Options{}), compare(t, read, []string{"base", "tuned"}, evaluation.Options{})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report mismatch (-want +got):\n%s", diff)
	}
	var zero evaluation.Row
	zero.Answered("base", evaluation.Answer{Content: text("a")})
	if len(zero.Answers) != 1 {
		t.Errorf("the zero row has the answers %v", zero.Answers)
	}
	if _, err := evaluation.ReadRows(strings.NewReader(file.String() + "{")); err == nil || !strings.Contains(err.Error(), "row 13") {
		t.Errorf("the error of a broken row is %v", err)
	}
}

func TestWriteRows_errors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	rows := rowsOf(text("a"), 1, nil)
	if err := evaluation.WriteRows(failing{broken}, rows); !errors.Is(err, broken) {
		t.Errorf("the error of the writer is %v", err)
	}
	rows[0].Right.Calls = []evaluation.Call{{Name: "f", Args: json.RawMessage("{")}}
	if err := evaluation.WriteRows(&strings.Builder{}, rows); err == nil || !strings.Contains(err.Error(), rows[0].Key) {
		t.Errorf("the error of a row that is not JSON is %v", err)
	}
	if _, err := evaluation.ReadRows(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("the error of the reader is %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestCostPerPoint(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		bill usd.Amount
		gain float64
		want usd.Amount
		ok   bool
	}{
		{"gain", 10 * usd.Dollar, 4, 2_500_000, true},
		{"rounded", 10, 4, 3, true},
		{"free", 0, 4, 0, true},
		{"no_gain", usd.Dollar, 0, 0, false},
		{"loss", usd.Dollar, -1, 0, false},
		{"no_number", usd.Dollar, math.NaN(), 0, false},
		{"infinite", usd.Dollar, math.Inf(1), 0, false},
		{"no_bill", -1, 4, 0, false},
		{"tiny_gain", math.MaxInt64, 1e-9, math.MaxInt64, true},
		{"largest", math.MaxInt64, 1, math.MaxInt64, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got, ok := evaluation.CostPerPoint(tc.bill, tc.gain); got != tc.want || ok != tc.ok {
				t.Errorf("a point cost %d (%t), want %d (%t)", got, ok, tc.want, tc.ok)
			}
		})
	}
}
