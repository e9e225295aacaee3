// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// count counts the questions that reach Vertex AI.
func (w *world) count(hook faults.Hook) *atomic.Int64 {
	n := &atomic.Int64{}
	w.On(ask, func(ctx context.Context, c faults.Call, do faults.Do) error {
		n.Add(1)
		if hook == nil {
			return do(ctx)
		}
		return hook(ctx, c, do)
	})
	return n
}

// TestEvaluation_from_start_to_report: the tuned model knows the answers, and the base does not.
func TestEvaluation_from_start_to_report(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{Budget: jobs.Budget{Monthly: 100_000_000}})
	job := w.train(t)
	before := w.reserved(t)
	asked := w.count(nil)
	e := w.evaluate(t, order(job))
	if e.State != evalrun.Pending || e.Examples != 40 || e.Estimate.Cost == nil || w.reserved(t)-before != e.Estimate.Cost.High {
		t.Errorf("started: %+v; reserved %s more", e.Run, w.reserved(t)-before)
	}
	first, more := w.step(t, e)
	if first.State != evalrun.Running || first.Cursor != 10 || !more || asked.Load() != 20 {
		t.Errorf("after a piece of 10 examples and %d questions: %+v", asked.Load(), first.Run)
	}
	done := w.finish(t, first)
	r := done.Result
	if done.State != evalrun.Succeeded || r.Verdict != string(evaluation.VerdictBetter) || r.Side != "tuned" || r.Examples != 40 || r.Gain < 80 {
		t.Fatalf("%+v", done.Run)
	}
	if asked.Load() != 80 || done.PromptTokens == 0 || done.Billed == 0 || int64(w.reserved(t)-before) != done.Billed {
		t.Errorf("%d questions, %d prompt tokens, billed %d, reserved %s more", asked.Load(), done.PromptTokens, done.Billed, w.reserved(t)-before)
	}
	rows, err := evaluation.ReadRows(strings.NewReader(w.object(t, r.Answers)))
	if err != nil || len(rows) != 40 || rows[0].Answers["base"].Text == rows[0].Answers["tuned"].Text {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if text := w.object(t, r.Markdown); !strings.Contains(text, "tuned is better than base") {
		t.Errorf("the report says %s", text)
	}
	if text := w.object(t, r.Report); !strings.Contains(text, `"bill_usd"`) || !strings.Contains(text, `"schema": 1`) {
		t.Errorf("the report says %s", text)
	}
	if again, more := w.step(t, done); more || again.Result.Answers != r.Answers {
		t.Error("an evaluation that has ended changed")
	}
	if log := w.Cloud.Log.String(); strings.Contains(log, "capital") || !strings.Contains(log, "the evaluation ended") {
		t.Errorf("log:\n%s", log)
	}
}

// TestStep_quota: without quota the rest waits, and what was answered is not asked again.
func TestStep_quota(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	e := w.evaluate(t, order(w.train(t)))
	asked := w.count(faults.After(25, faults.Fail(codes.ResourceExhausted)))
	e, _ = w.step(t, e)
	waits, more := w.step(t, e)
	if more || waits.Cursor < 10 || waits.Cursor > 12 || waits.Tries != 0 || !strings.Contains(waits.Detail, "quota") || waits.Leased(w.Now()) {
		t.Errorf("after %d questions: more %v, %+v", asked.Load(), more, waits.Run)
	}
	for range 20 {
		waits, _ = w.step(t, waits)
	}
	if waits.Finished || waits.Tries != 0 {
		t.Errorf("without quota: %+v", waits.Run)
	}
	asked = w.count(nil)
	left := 2 * (40 - waits.Cursor)
	done := w.finish(t, waits)
	if asked.Load() != left || done.Result.Examples != 40 || done.Detail != "" {
		t.Errorf("asked %d questions, want %d: %+v", asked.Load(), left, done.Run)
	}
}

// TestStep_crash: a piece that was written, but not recorded, is not asked again.
func TestStep_crash(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	e := w.evaluate(t, order(w.train(t)))
	asked := w.count(nil)
	// The first commit takes the lease; those that follow are lost with the process.
	w.On("Commit", faults.After(1, faults.Fail(codes.PermissionDenied)))
	if _, more, err := w.Step(t.Context(), e); err == nil || more {
		t.Fatalf("more %v, %v", more, err)
	}
	w.On("Commit", nil)
	crashed := w.read(t, e.ID)
	if crashed.Cursor != 0 || asked.Load() != 20 {
		t.Fatalf("%d questions: %+v", asked.Load(), crashed.Run)
	}
	if same, more := w.step(t, crashed); more || same.Cursor != 0 {
		t.Error("a leased evaluation was continued")
	}
	w.Advance(10 * time.Minute)
	next, more := w.step(t, crashed)
	if next.Cursor != 10 || !more || asked.Load() != 20 || next.PromptTokens == 0 {
		t.Errorf("%d questions: %+v", asked.Load(), next.Run)
	}
	if done := w.finish(t, next); asked.Load() != 80 || done.Result.Examples != 40 {
		t.Errorf("%d questions: %+v", asked.Load(), done.Run)
	}
}

// TestStep_fails: what cannot pass ends the evaluation with the cause.
func TestStep_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{Budget: jobs.Budget{Monthly: 100_000_000}})
	job := w.train(t)
	before := w.reserved(t)
	for what, c := range map[string]struct {
		code  codes.Code
		steps int // until the end
	}{
		"deleted_endpoint": {codes.NotFound, 1},
		"no_permission":    {codes.PermissionDenied, 6},
	} {
		e := w.evaluate(t, order(job))
		w.On(ask, faults.Fail(c.code))
		for i := range c.steps {
			if e.Finished {
				t.Errorf("%s: ended before step %d", what, i)
			}
			e, _, _ = w.Step(t.Context(), e) // the error is that of the call
		}
		if e.State != evalrun.Failed || e.Failure == nil || e.Failure.Code != int32(c.code) || e.Failure.Message == "" {
			t.Errorf("%s: %+v", what, e.Run)
		}
		if w.reserved(t) != before {
			t.Errorf("%s: reserved %s more", what, w.reserved(t)-before)
		}
		w.On(ask, nil)
	}
	old := w.evaluate(t, order(job))
	w.Advance(25 * time.Hour)
	if e, _ := w.step(t, old); e.State != evalrun.Failed || !strings.Contains(e.Failure.Message, "24h") {
		t.Errorf("after a day: %+v", e.Run)
	}
	lost := w.evaluate(t, order(job))
	name := strings.TrimPrefix(lost.Questions, "gs://"+bucket+"/")
	w.Remove(t, bucket, name)
	if e, _ := w.step(t, lost); e.State != evalrun.Failed || !strings.Contains(e.Failure.Message, "deleted") {
		t.Errorf("without its questions: %+v", e.Run)
	}
}

// TestStep_skips_bad_questions: a question that a model refuses, or never answers, does not count.
func TestStep_skips_bad_questions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	job := w.train(t)
	refused := w.evaluate(t, order(job))
	w.On(ask, faults.First(1, faults.Fail(codes.InvalidArgument)))
	if done := w.finish(t, refused); done.Result.Examples != 39 {
		t.Errorf("%+v", done.Run)
	}
	broken := w.evaluate(t, order(job))
	first := regexp.MustCompile(`country\d+\.`).FindString(w.object(t, broken.Questions))
	isFirst := func(c faults.Call) bool { return strings.Contains(fmt.Sprint(c.Request), first) }
	w.On(ask, faults.If(isFirst, faults.Fail(codes.Internal)))
	for range 5 {
		var err error
		if broken, _, err = w.Step(t.Context(), broken); err == nil || broken.Cursor != 0 {
			t.Fatalf("%v: %+v", err, broken.Run)
		}
	}
	next, more := w.step(t, broken)
	if next.Cursor == 0 || !more || next.Tries != 0 {
		t.Fatalf("a question that fails %d times was not given up: %+v", broken.Tries, next.Run)
	}
	if done := w.finish(t, next); done.Result.Examples != 39 {
		t.Errorf("%+v", done.Run)
	}
	nothing := w.evaluate(t, order(job))
	w.On(ask, faults.Fail(codes.InvalidArgument))
	for more := true; more; {
		nothing, more = w.step(t, nothing)
	}
	if nothing.State != evalrun.Failed || !strings.Contains(nothing.Failure.Message, "nothing to compare") {
		t.Errorf("%+v", nothing.Run)
	}
}
