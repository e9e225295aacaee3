// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

func newEvaluation(n int, reserved int64) evalrun.Run {
	return evalrun.Run{
		ID: fmt.Sprintf("ev-20261123-120000-%s", letters(n)), JobID: jobID(1), State: evalrun.Pending,
		Sides:    []evalrun.Side{{Name: "base", Model: "m", Location: "us"}, {Name: "tuned", Model: "e", Location: "us"}},
		Examples: 3, Skipped: map[string]int64{"NOT_JSON": 1}, Reserved: reserved, Month: november, Request: "hash",
		CreatedAt: noon.Add(time.Duration(n) * time.Minute), UpdatedAt: noon,
	}
}

func (w *world) evaluate(t *testing.T, run evalrun.Run) store.Evaluation {
	t.Helper()
	e, isNew, err := w.CreateEvaluation(t.Context(), run, 0)
	if err != nil || !isNew {
		t.Fatalf("CreateEvaluation %s: %v, new %v", run.ID, err, isNew)
	}
	return e
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		run := newEvaluation(1, 0)
		e := w.evaluate(t, run)
		if again, isNew, err := w.CreateEvaluation(ctx, newEvaluation(1, 700), 0); err != nil || isNew || again.Reserved != 0 {
			t.Errorf("created twice: %+v, %v, %v", again, isNew, err)
		}
		next := e.Take(noon.Add(time.Minute), noon).Bill(evalrun.Usage{PromptTokens: 3, OutputTokens: 4, Price: 5}).Advance(2, noon)
		written, err := w.UpdateEvaluation(ctx, e, next)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.UpdateEvaluation(ctx, e, next); !errors.Is(err, store.ErrChanged) {
			t.Errorf("a write through an old version: %v", err)
		}
		read, err := w.Evaluation(ctx, run.ID)
		if diff := cmp.Diff(next, read.Run, cmpopts.EquateEmpty()); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		unfinished, err := w.UnfinishedEvaluations(ctx, 10)
		if err != nil || len(unfinished) != 1 {
			t.Errorf("unfinished: %+v, %v", unfinished, err)
		}
		if _, err := w.UpdateEvaluation(ctx, written, next.Fail(tuning.Failure{Message: "gone"}, noon)); err != nil {
			t.Fatal(err)
		}
		if unfinished, err = w.UnfinishedEvaluations(ctx, 10); err != nil || len(unfinished) != 0 {
			t.Errorf("unfinished after the end: %+v, %v", unfinished, err)
		}
		w.evaluate(t, newEvaluation(3, 0))
		second := w.evaluate(t, newEvaluation(2, 0))
		if newest, ok, err := w.NewestEvaluation(ctx, jobID(1)); err != nil || !ok || newest.ID != newEvaluation(3, 0).ID {
			t.Errorf("newest: %+v, %v, %v", newest, ok, err)
		}
		if _, ok, err := w.NewestEvaluation(ctx, jobID(2)); err != nil || ok {
			t.Errorf("newest of a job without one: %v, %v", ok, err)
		}
		for _, id := range []string{newEvaluation(9, 0).ID, "", "a/b"} {
			if _, err := w.Evaluation(ctx, id); fault.KindOf(err) != fault.NotFound {
				t.Errorf("evaluation %q: %v", id, err)
			}
		}
		w.put(t, "evaluations/"+newEvaluation(8, 0).ID, fields{"finished": false, "updated_at": noon, "job_id": 7})
		if _, err := w.UpdateEvaluation(ctx, second, second.Delay("no quota", false, noon.Add(time.Minute))); err != nil {
			t.Fatal(err)
		}
		unfinished, err = w.UnfinishedEvaluations(ctx, 10)
		if err != nil || len(unfinished) != 2 || unfinished[1].ID != second.ID {
			t.Errorf("unfinished with one that cannot be decoded, the last changed last: %+v, %v", unfinished, err)
		}
	})
}

// TestEvaluation_budget: the amount is reserved once, with the record, and what was not used is
// returned with the end.
func TestEvaluation_budget(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		e, _, err := w.CreateEvaluation(ctx, newEvaluation(1, 60), 100)
		if err != nil {
			t.Fatal(err)
		}
		var over *store.BudgetError
		if _, _, err := w.CreateEvaluation(ctx, newEvaluation(2, 41), 100); !errors.As(err, &over) || over.Reserved != 60 {
			t.Errorf("over the budget: %v", err)
		}
		// The other process that creates it at the same time has taken the amount.
		if again, isNew, err := w.CreateEvaluation(ctx, newEvaluation(1, 60), 100); err != nil || isNew || again.Reserved != 60 {
			t.Errorf("created by two processes: %+v, %v, %v", again.Run, isNew, err)
		}
		if w.count(t, "evaluations") != 1 {
			t.Error("a refused evaluation has a record")
		}
		done := e.Bill(evalrun.Usage{Price: 25}).Advance(3, noon).Succeed(evalrun.Result{}, noon)
		if _, err := w.UpdateEvaluation(ctx, e, done); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]int64{november: 25}, w.reserved(t)); diff != "" {
			t.Errorf("after the end (-want +got):\n%s", diff)
		}
	})
}

// TestEvaluation_concurrent: together, evaluations never reserve more than the budget.
func TestEvaluation_concurrent(t *testing.T) {
	t.Parallel()
	w := connect(t, startFirestore(t, nil))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			var over *store.BudgetError
			if _, _, err := w.CreateEvaluation(t.Context(), newEvaluation(i, 30), 100); err != nil && !errors.As(err, &over) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := w.count(t, "evaluations"); n != 3 || w.reserved(t)[november] != 90 {
		t.Errorf("%d evaluations reserve %v", n, w.reserved(t))
	}
}

// TestEvaluation_lost_answers: a commit whose answer is lost has happened once.
func TestEvaluation_lost_answers(t *testing.T) {
	t.Parallel()
	w := connect(t, startFirestore(t, nil))
	ctx := t.Context()
	w.On("Commit", faults.First(1, faults.Lose(codes.Unavailable)))
	e, _, err := w.CreateEvaluation(ctx, newEvaluation(1, 60), 100)
	if err != nil || w.reserved(t)[november] != 60 {
		t.Fatalf("%v; reserved %v", err, w.reserved(t))
	}
	w.On("Commit", faults.First(1, faults.Lose(codes.Unavailable)))
	_, err = w.UpdateEvaluation(ctx, e, e.Fail(tuning.Failure{}, noon))
	if err != nil && !errors.Is(err, store.ErrChanged) {
		t.Error(err)
	}
	if got, err := w.Evaluation(ctx, e.ID); err != nil || !got.Finished || w.reserved(t)[november] != 0 {
		t.Errorf("%+v, %v; reserved %v", got, err, w.reserved(t))
	}
}
