// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// sampleRows are the answers of the sample report in README.md.
func sampleRows() []evaluation.Row {
	rows := make([]evaluation.Row, 24)
	for i := range rows {
		question := json.RawMessage(fmt.Sprintf(`{"role":"user","parts":[{"text":"Where is order %d?"}]}`, 100+i))
		right := fmt.Sprintf("Order %d left our warehouse on Monday and arrives on Thursday.", 100+i)
		rows[i] = evaluation.NewRow(evaluation.Example{
			Key: fmt.Sprintf("%032x", i), Line: int64(i + 1), Right: text(right),
			Question: evaluation.Question{Contents: []json.RawMessage{question}},
		})
		base, tuned := evaluation.Answer{Content: text(fmt.Sprintf("Your order %d is on its way!", 100+i)), FinishReason: "STOP"}, evaluation.Answer{Content: text(right), FinishReason: "STOP"}
		winner := evaluation.Judge(evaluation.PreferB, evaluation.PreferA)
		switch {
		case i == 11:
			base.Text, tuned.Text, winner = right, "Order 111 `left`.\nIt arrives.", evaluation.Judge(evaluation.PreferA, evaluation.PreferB)
		case i == 17:
			base.FinishReason = "MAX_TOKENS"
		case i%3 == 1:
			tuned.Text, winner = fmt.Sprintf("Order %d arrives on Thursday.", 100+i), evaluation.Judge(evaluation.PreferA, evaluation.PreferA)
		}
		rows[i].Answered("base", base)
		rows[i].Answered("tuned", tuned)
		rows[i].Judgements = map[string]evaluation.Judgement{"tuned": winner}
	}
	return rows
}

// TestREADME_report compares the sample in README.md with the beginning of the report on
// sampleRows.
func TestREADME_report(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)\n```markdown\n(.*?)```\n").FindSubmatch(readme)
	if block == nil {
		t.Fatal("README.md has no sample report")
	}
	report := compare(t, sampleRows(), []string{"base", "tuned"}, evaluation.Options{Costs: map[string]evaluation.TuningCost{
		"tuned": {Estimated: new(usd.Amount(19_200_000)), Billed: new(usd.Amount(18_500_000))},
	}})
	want, got := string(block[1]), string(report.Markdown())
	if got = got[:min(len(got), len(want))]; len(want) < 1000 || got != want {
		t.Errorf("the sample report in README.md is another one (-README +report):\n%s", cmp.Diff(want, got))
	}
}

// TestREADME_metrics checks that README.md describes each metric that a report can have.
func TestREADME_metrics(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rights := []evaluation.Content{text(`{"a":1}`), {Calls: []evaluation.Call{{Name: "f"}}}}
	for _, right := range rights {
		for metric := range evaluation.Score(right, evaluation.Answer{Content: right}) {
			if !strings.Contains(string(readme), fmt.Sprintf("\n| %#q | ", metric)) {
				t.Errorf("README.md does not describe %s", metric)
			}
		}
	}
}

// TestMarkdown checks what the sample report does not have.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	rows := rowsOf(text("yes | no"), 24, map[string]func(int) string{"a_base": alwaysSays("``"), "b": alwaysSays("`x\u202e"), "c": alwaysSays("-")})
	for i := range rows {
		rows[i].Judgements = map[string]evaluation.Judgement{"b": evaluation.Judge("", "")}
	}
	rows[0].Answered("b", evaluation.Answer{FinishReason: "SAFETY"})
	rows[1].Answered("b", evaluation.Answer{FinishReason: "STOP"})
	rows[2].Answered("b", evaluation.Answer{Content: text("yes | no")})
	rows[2].Question.Contents = nil
	got := string(compare(t, rows, []string{"a_base", "b", "c"}, evaluation.Options{}).Markdown())
	for _, want := range []string{
		"**24 examples show no difference between b and a\\_base: normalised match is 0.0 points for a\\_base and 4.2 for b, and the scores differ in only 1. ",
		"\nThe verdict rests on normalised match alone: 24 of 24 right answers are texts of at most 5 words.",
		"\nEach of the 2 models is compared with the base by itself.",
		"\n| a\\_base | 24 | 0 |  |\n| b | 24 | 0 | 1 EMPTY, 1 SAFETY |\n| c | 0 | 24 |  |\n",
		"| exact match | 24 | 0.0 | 4.2 | +4.2 | 0.0 to +12.5 | no difference shown |\n",
		"| length ratio | 24 | 0.25 | 0.37 | +0.12 | +0.06 to +0.19 |  |\n",
		"A judge model compared 24 examples in both orders: the tuned model wins 0, the base wins 0, and 0 are ties. The judge contradicted itself in 0 (0.0 %). 24 of its answers could not be read.\n",
		"- question: (nothing)\n- right: `yes | no`\n- base: ``` `` ```\n- tuned: `yes | no`\n",
		"## c against a\\_base\n\nThere is no example that both answered.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the report has no %q", want)
		}
	}
	if strings.Contains(got, "loses most") || strings.Contains(got, "US dollars") || strings.Contains(got, "of the wins") || t.Failed() {
		t.Errorf("the report is:\n%s", got)
	}
}
