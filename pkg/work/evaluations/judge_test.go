// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// judged returns a request whose answers are judged too.
func judged(r evaluations.StartRequest) evaluations.StartRequest {
	r.Judge = true
	return r
}

// onJudge sets a hook for the questions to the judge alone, and returns their number.
func (w *world) onJudge(hook faults.Hook) *atomic.Int64 {
	n := &atomic.Int64{}
	w.On(ask, func(ctx context.Context, c faults.Call, do faults.Do) error {
		if !strings.Contains(fmt.Sprint(c.Request), "BEGIN RIGHT ANSWER") {
			return do(ctx)
		}
		n.Add(1)
		if hook == nil {
			return do(ctx)
		}
		return hook(ctx, c, do)
	})
	return n
}

// untilJudge steps until all sides were asked.
func (w *world) untilJudge(t *testing.T, e store.Evaluation) store.Evaluation {
	t.Helper()
	for !e.AllAsked() {
		e, _ = w.step(t, e)
	}
	return e
}

// TestJudge: the judge compares answers that differ, twice, and its bill is part of the
// evaluation's.
func TestJudge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{Budget: jobs.Budget{Monthly: 100_000_000}})
	job := w.train(t)
	before := w.reserved(t)
	asked := w.onJudge(nil)
	e := w.evaluate(t, judged(order(job)))
	if e.Judge == nil || e.Judge.Model != w.Cloud.Vertex.BaseModelName("us", "gemini-3.5-flash") || e.Estimate.Questions != 160 {
		t.Fatalf("%+v", e.Run)
	}
	answered := w.untilJudge(t, e)
	if answered.Asked() != 40 || answered.Judged() != 0 || asked.Load() != 0 {
		t.Errorf("%d questions to the judge: %+v", asked.Load(), answered.Run)
	}
	done := w.finish(t, answered)
	rows, err := evaluation.ReadRows(strings.NewReader(w.object(t, done.Result.Answers)))
	if err != nil {
		t.Fatal(err)
	}
	differ, tokens := int64(0), int64(0)
	for _, row := range rows {
		if j := row.Judgements["tuned"]; !row.Answers["base"].IsSame(row.Answers["tuned"]) {
			differ++
			tokens += j.PromptTokens
		} else if j.Winner != evaluation.WinnerTie {
			t.Errorf("equal answers are judged as %+v", j)
		}
	}
	j := done.Result.Judge
	if j == nil || j.Examples != 40 || int64(j.TunedWins) != differ || differ < 20 || asked.Load() != 2*differ || done.Judged() != 40 {
		t.Errorf("%d questions about %d answers: %+v", asked.Load(), differ, j)
	}
	if price := done.Judge.Price(tokens, 0); tokens == 0 || done.Billed-answered.Billed < int64(price) || int64(w.reserved(t)-before) != done.Billed {
		t.Errorf("billed %d after %d, reserved %s more", done.Billed, answered.Billed, w.reserved(t)-before)
	}
	if text := w.object(t, done.Result.Markdown); !strings.Contains(text, "A judge model compared 40 examples") {
		t.Error(text)
	}
}

// TestJudge_contradicts_itself: a judge that always prefers the first answer decides nothing.
func TestJudge_contradicts_itself(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	e := w.evaluate(t, judged(order(w.train(t))))
	asked := w.onJudge(faults.Edit(func(reply any) {
		part := reply.(*aiplatformpb.GenerateContentResponse).GetCandidates()[0].GetContent().GetParts()[0]
		part.Data = &aiplatformpb.Part_Text{Text: "Answer: **A**"}
	}))
	j := w.finish(t, e).Result.Judge
	if int64(j.Contradictions) != asked.Load()/2 || j.TunedWins+j.BaseWins != 0 || j.Contradictions == 0 {
		t.Errorf("%+v", j)
	}
}

// TestJudge_waits_and_resumes: the judge has no quota for a while, and a process crashes. No
// judgement that was written is asked for again.
func TestJudge_waits_and_resumes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	e := w.untilJudge(t, w.evaluate(t, judged(order(w.train(t)))))
	// The questions are about ten examples, in both orders, and come in any order. So 12 answers
	// complete at least two examples.
	w.onJudge(faults.After(12, faults.Fail(codes.ResourceExhausted)))
	waits, more := w.step(t, e)
	if more || waits.Judged() == 0 || waits.Judged() > 10 || !strings.Contains(waits.Detail, "quota") {
		t.Fatalf("more %v: %+v", more, waits.Run)
	}
	asked := w.onJudge(nil)
	w.On("Commit", faults.After(1, faults.Fail(codes.PermissionDenied)))
	if _, _, err := w.Step(t.Context(), waits); err == nil {
		t.Fatal("the commit did not fail")
	}
	w.On("Commit", nil)
	written := asked.Load()
	w.Advance(10 * time.Minute)
	next, _ := w.step(t, w.read(t, e.ID))
	if asked.Load() != written || next.Judged() != waits.Judged()+10 || next.PromptTokens <= waits.PromptTokens {
		t.Errorf("%d questions, want %d: %+v", asked.Load(), written, next.Run)
	}
	if done := w.finish(t, next); done.Result.Judge.Examples != 40 || done.Result.Judge.Unreadable != 0 {
		t.Errorf("%+v", done.Result.Judge)
	}
}

// TestJudge_is_gone: without the judge the answers are compared nevertheless.
func TestJudge_is_gone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	e := w.untilJudge(t, w.evaluate(t, judged(order(w.train(t)))))
	w.onJudge(faults.After(25, faults.Fail(codes.NotFound)))
	done := w.finish(t, e)
	if done.State != evalrun.Succeeded || done.Result.Judge != nil || done.Result.Examples != 40 || len(done.Warnings) != 1 {
		t.Errorf("%+v", done.Run)
	}
}

// fixedCatalogue is a catalogue that does not change.
type fixedCatalogue struct{ catalogue *catalogue.Catalogue }

func (k fixedCatalogue) Current(context.Context) *catalogue.Catalogue { return k.catalogue }

// TestJudge_refused: there is a judge only where the catalogue has one, and its price counts.
func TestJudge_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	plain := order(w.train(t))
	plan, err := w.DryRun(t.Context(), plain)
	if err != nil {
		t.Fatal(err)
	}
	r := judged(plain)
	withJudge, err := w.DryRun(t.Context(), r)
	if err != nil || withJudge.Estimate.Cost.High <= plan.Estimate.Cost.High || !strings.Contains(withJudge.Estimate.Arithmetic, "the judge is asked 80 times") {
		t.Errorf("%+v, %v", withJudge.Estimate, err)
	}
	r.MaxCost = plan.Estimate.Cost.High
	if _, err := w.Start(t.Context(), r); reason(err) != "max_cost_usd OVER_BUDGET" {
		t.Error(err)
	}
	for name, change := range map[string]func(*catalogue.Catalogue){
		"none":       func(c *catalogue.Catalogue) { c.Judge = nil },
		"not_served": func(c *catalogue.Catalogue) { c.Lookup(c.Judge.Value).ServingLocations = nil },
	} {
		c, err := catalogue.Load(catalogue.JSON())
		if err != nil {
			t.Fatal(err)
		}
		change(c)
		w.Service.Catalogue = fixedCatalogue{c}
		if _, err := w.Start(t.Context(), r); reason(err) != "judge NO_JUDGE" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
