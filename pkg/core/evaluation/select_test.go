// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
)

// datasetOf returns n lines of a dataset.
func datasetOf(n int) []string {
	lines := make([]string, n)
	for i := range lines {
		lines[i] = contents(fmt.Sprintf(`{"role":"user","parts":[{"text":"Question %d"}]}`, i), fmt.Sprintf(`{"role":"model","parts":[{"text":"Answer %d"}]}`, i))
	}
	return lines
}

func selected(t *testing.T, lines []string, n int) evaluation.Selection {
	t.Helper()
	s, err := evaluation.Select(strings.NewReader(strings.Join(lines, "\n")), n)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keysOf(s evaluation.Selection) (keys []string) {
	for _, e := range s.Examples {
		keys = append(keys, e.Key)
	}
	slices.Sort(keys)
	return keys
}

// TestSelect_theSame checks that neither the order nor copies of lines change the selection.
func TestSelect_theSame(t *testing.T) {
	t.Parallel()
	lines := datasetOf(1000)
	first := selected(t, lines, 50)
	if len(first.Examples) != 50 || first.Lines != 1000 || len(first.Skipped) > 0 {
		t.Fatalf("%d examples of %d lines, skipped: %v", len(first.Examples), first.Lines, first.Skipped)
	}
	for i, e := range first.Examples {
		if want := fmt.Sprintf("Answer %d", e.Line-1); e.Right.Text != want || i > 0 && e.Line <= first.Examples[i-1].Line {
			t.Errorf("line %d has the answer %q, want %q; lines must ascend", e.Line, e.Right.Text, want)
		}
	}
	slices.Reverse(lines)
	second := selected(t, append(lines, lines...), 50)
	if diff := cmp.Diff(keysOf(first), keysOf(second)); diff != "" {
		t.Errorf("another order selects other examples:\n%s", diff)
	}
	if larger := selected(t, lines, 80); !isSubset(keysOf(first), keysOf(larger)) {
		t.Error("a larger selection does not contain the smaller one")
	}
	if n := len(selected(t, lines, 0).Examples); n != evaluation.DefaultExamples {
		t.Errorf("%d examples are selected by default", n)
	}
	if first.Examples[0].Line > 100 || first.Examples[49].Line < 900 { // the chance is below 1 %
		t.Errorf("the selection is from line %d to %d of 1000", first.Examples[0].Line, first.Examples[49].Line)
	}
}

func isSubset(part, whole []string) bool {
	return !slices.ContainsFunc(part, func(key string) bool { return !slices.Contains(whole, key) })
}

func TestSelect_skipped(t *testing.T) {
	t.Parallel()
	line := datasetOf(1)[0]
	text := "\n" + line + "\n\n{}\n[]\n" + contents(userTurn, modelTurn, modelTurn) + "\n" +
		strings.Replace(line, "Question", strings.Repeat("x", 1<<20), 1) + "\n" + contents(userTurn, userTurn, modelTurn) + "\r\n"
	s, err := evaluation.Select(strings.NewReader(text), 5)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{evaluation.SkipNoAnswer: 1, evaluation.SkipNotJSON: 1, evaluation.SkipQuestionOfModel: 1, evaluation.SkipTooLarge: 1}
	if diff := cmp.Diff(want, s.Skipped); diff != "" || s.Lines != 6 {
		t.Errorf("%d lines; skipped mismatch (-want +got):\n%s", s.Lines, diff)
	}
	if len(s.Examples) != 2 || s.Examples[0].Line != 2 || s.Examples[1].Line != 8 {
		t.Errorf("the examples are %+v", s.Examples)
	}
}

// TestSelect_longLines checks the limits of a line and of all lines together.
func TestSelect_longLines(t *testing.T) {
	t.Parallel()
	line := datasetOf(1)[0]
	fits := strings.Replace(line, "Question", strings.Repeat("x", 1<<20-len(line)+len("Question")), 1)
	s := selected(t, []string{fits, strings.Replace(fits, "x", "xx", 1)}, 5)
	if longer := selected(t, []string{strings.Replace(fits, "x", "xx", 1)}, 5); longer.Skipped[evaluation.SkipTooLarge] != 1 {
		t.Errorf("a line that is one byte too long: %v", longer.Skipped)
	}
	if len(fits) != 1<<20 || len(s.Examples) != 1 || s.Skipped[evaluation.SkipTooLarge] != 1 {
		t.Errorf("%d examples, skipped: %v", len(s.Examples), s.Skipped)
	}
}

// TestSelector_heldBytes checks that large lines make the selection smaller, and that it is still
// the same in any order.
func TestSelector_heldBytes(t *testing.T) {
	t.Parallel()
	lines := datasetOf(50)
	for i, line := range lines {
		lines[i] = strings.Replace(line, "Question", strings.Repeat("x", 50*i), 1)
	}
	held := func() (keys []string, size int) {
		selector := evaluation.NewSelector(40)
		selector.SetMaxHeld(20_000)
		for _, line := range lines {
			selector.Add([]byte(line))
		}
		selection := selector.Selection()
		for _, e := range selection.Examples {
			size += len(lines[e.Line-1])
		}
		return keysOf(selection), size
	}
	first, size := held()
	slices.Reverse(lines)
	second, _ := held()
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("another order selects other examples:\n%s", diff)
	}
	if len(first) >= 40 || size > 20_000 || size < 15_000 {
		t.Errorf("%d examples of %d bytes are held", len(first), size)
	}
}

func TestSelect_readError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	_, err := evaluation.Select(io.MultiReader(strings.NewReader("{}\n"), iotest.ErrReader(broken)), 5)
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
}
