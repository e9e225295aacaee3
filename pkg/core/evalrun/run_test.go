// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evalrun_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func sides() []evalrun.Side {
	return []evalrun.Side{
		{Name: "base", Priced: true, InputPrice: 1_000_000, OutputPrice: 4_000_000},
		{Name: "tuned", Priced: true, InputPrice: 2_000_000, OutputPrice: 8_000_000},
	}
}

// TestRun_life: the states, the cursor, and what is kept of the reservation.
func TestRun_life(t *testing.T) {
	t.Parallel()
	created := evalrun.Run{State: evalrun.Pending, Sides: sides(), Examples: 10, Reserved: 1000, Month: "2026-11"}
	taken := created.Take(noon.Add(time.Minute), noon)
	if taken.State != evalrun.Running || !taken.StartedAt.Equal(noon) || !taken.Leased(noon) || taken.Leased(noon.Add(time.Minute)) {
		t.Errorf("taken: %+v", taken)
	}
	again := taken.Take(noon.Add(2*time.Minute), noon.Add(time.Minute))
	if !again.StartedAt.Equal(noon) {
		t.Errorf("a second lease changed the start to %s", again.StartedAt)
	}
	delayed := again.Delay("no answer", true, noon).Delay("no quota", false, noon)
	if delayed.Tries != 1 || delayed.Detail != "no quota" || delayed.Leased(noon) {
		t.Errorf("delayed: %+v", delayed)
	}
	first := delayed.Bill(evalrun.Usage{PromptTokens: 5, OutputTokens: 6, Price: 70}).Advance(4, noon)
	second := first.Bill(evalrun.Usage{PromptTokens: 1, OutputTokens: 2, Price: 30}).Advance(6, noon)
	if first.AllAsked() || !second.AllAsked() || second.Tries != 0 || second.Detail != "" || second.PromptTokens != 6 || second.OutputTokens != 8 {
		t.Errorf("advanced: %+v", second)
	}
	if diff := cmp.Diff([]int64{0, 4}, second.Pieces); diff != "" || len(first.Pieces) != 1 {
		t.Errorf("pieces (-want +got):\n%s", diff)
	}
	done := second.Succeed(evalrun.Result{Side: "tuned"}, noon)
	if done.State != evalrun.Succeeded || !done.Finished || done.Reserved != 100 || !done.EndedAt.Equal(noon) || done.Result.Side != "tuned" {
		t.Errorf("succeeded: %+v", done)
	}
	second.Billed = 2000
	if failed := second.Fail(tuning.Failure{Message: "gone"}, noon); failed.State != evalrun.Failed || failed.Reserved != 1000 || failed.Failure.Message != "gone" {
		t.Errorf("failed: %+v", failed)
	}
	if names := created.Names(); !cmp.Equal(names, []string{"base", "tuned"}) {
		t.Errorf("names: %v", names)
	}
}

// TestPrice: two sides are asked two examples of 40 and 80 bytes.
func TestPrice(t *testing.T) {
	t.Parallel()
	examples := []evalrun.Text{{Question: 40, Answer: 400}, {Question: 80, Answer: 600}}
	limit := evalrun.OutputLimit(examples)
	if limit != 600 {
		t.Errorf("the limit of an answer is %d tokens", limit)
	}
	got := evalrun.Price(examples, sides(), nil, limit)
	want := evalrun.Estimate{
		Questions: 4, PromptTokens: evalrun.Range{Expected: 60, High: 120}, OutputTokens: evalrun.Range{Expected: 500, High: 2400},
		// 30·$1 + 250·$4 and 30·$2 + 250·$8, then 60 and 1200 tokens, for a million each
		Cost:       &evalrun.Cost{Expected: 30 + 1000 + 60 + 2000, High: 60 + 4800 + 120 + 9600},
		Arithmetic: "2 models × 2 examples: at most 120 tokens of questions, and at most 600 tokens of each answer",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	judge := evalrun.Side{Name: "judge", Priced: true, InputPrice: 3_000_000, OutputPrice: 9_000_000}
	judged := evalrun.Price(examples, sides(), &judge, limit)
	want = evalrun.Estimate{
		// Each example is judged twice. A prompt has the question, three answers and 1000 bytes
		// more.
		Questions: 8, PromptTokens: evalrun.Range{Expected: 60 + 2*(560+720), High: 120 + 2*(1920+2040)},
		OutputTokens: evalrun.Range{Expected: 500 + 64, High: 2400 + 2048},
		Cost:         &evalrun.Cost{Expected: want.Cost.Expected + 2560*3 + 64*9, High: want.Cost.High + 7920*3 + 2048*9},
		Arithmetic:   want.Arithmetic + "; the judge is asked 4 times: at most 7920 tokens of questions, and at most 512 tokens of each answer",
	}
	if diff := cmp.Diff(want, judged); diff != "" {
		t.Errorf("with a judge (-want +got):\n%s", diff)
	}
	judge.Priced = false
	if (evalrun.Run{Sides: sides(), Judge: &judge}).Priced() || evalrun.Price(examples, sides(), &judge, limit).Cost != nil {
		t.Error("the price of the judge does not count")
	}
	unknown := sides()
	unknown[1].Priced = false
	if got := evalrun.Price(examples, unknown, nil, limit); got.Cost != nil || !strings.HasSuffix(got.Arithmetic, "the price of tuned is not known") {
		t.Errorf("without a price: %+v", got)
	}
	if (evalrun.Run{Sides: unknown}).Priced() || !(evalrun.Run{Sides: sides()}).Priced() {
		t.Error("Priced does not say whether the price of each side is known")
	}
	for answer, want := range map[int]int64{0: 512, 1 << 20: 8192} {
		if got := evalrun.OutputLimit([]evalrun.Text{{Answer: answer}}); got != want {
			t.Errorf("the limit for %d bytes is %d, want %d", answer, got, want)
		}
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	a, b := evalrun.NewID(noon), evalrun.NewID(noon)
	key := evalrun.KeyID("ci", "k")
	if a == b || key != evalrun.KeyID("ci", "k") || key == evalrun.KeyID("c", "ik") || key == evalrun.KeyID("ci", "k2") {
		t.Errorf("%s %s %s", a, b, key)
	}
	for id, want := range map[string]bool{a: true, key: true, "": false, "ev-": false, "vt-20261123-120000-aaaaaaaaaa": false, key + "0": false} {
		if evalrun.IsID(id) != want {
			t.Errorf("IsID(%q) is not %v", id, want)
		}
	}
}
