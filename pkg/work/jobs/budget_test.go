// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestMonthlyBudget: a start that exceeds what is left of the month's budget is refused, and its
// key keeps the refusal.
func TestMonthlyBudget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	epochs := int64(1)
	o := order(tuning.Request{SessionID: "s", BaseModel: "gemini-3.1-flash-lite", Hyperparameters: tuning.Hyperparameters{EpochCount: &epochs}})
	w.Config.Budget.Monthly = usd.Dollar
	first := w.start(t, o)
	if first.Cost == 0 || first.Reserved != first.Cost || first.Month != time.Now().UTC().Format("2006-01") {
		t.Errorf("the job reserves %d of %q, want its cost of %d", first.Reserved, first.Month, first.Cost)
	}
	w.Config.Budget.Monthly = usd.Amount(2*first.Cost - 1)
	_, err := w.Start(t.Context(), o)
	if e := fault.From(err); e.Reason != "MONTHLY_BUDGET" || e.Kind != fault.FailedPrecondition || !strings.Contains(e.Message, usd.Amount(first.Cost).String()) {
		t.Errorf("a second start: %v", err)
	}
	w.wantRefused(t, fault.From(err), 1)
	refusals := func() (reasons []string) {
		plan, err := w.DryRun(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range plan.Refusals {
			reasons = append(reasons, v.Reason)
		}
		return reasons
	}
	if got := refusals(); !slices.Equal(got, []string{"MONTHLY_BUDGET"}) {
		t.Errorf("a dry run is refused for %q", got)
	}
	w.Config.Budget.Monthly++
	if got := refusals(); len(got) != 0 {
		t.Errorf("a dry run is refused for %q", got)
	}
	w.start(t, o)
}

// TestBudget_of_the_line: a queued job that exceeds the budget fails and does not block the queue;
// a job that finds no room reserves its cost only once.
func TestBudget_of_the_line(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Config.Budget.Monthly = 10
	for i, cost := range []int64{6, 5, 4} {
		w.waits(t, []string{"a", "b", "c"}[i], func(j *tuning.Job) {
			j.Cost, j.CreatedAt = cost, j.CreatedAt.Add(time.Duration(i-3)*time.Second)
		})
	}
	w.On("CreateTuningJob", faults.After(1, faults.First(1, faults.Fail(codes.ResourceExhausted))))
	// b fails before c is submitted for the first time.
	for i, want := range [][]string{{"a"}, {"a", "c"}} {
		w.tick(t)
		if diff := cmp.Diff(want, w.sent(t)); diff != "" {
			t.Errorf("submitted after tick %d (-want +got):\n%s", i+1, diff)
		}
	}
	for _, r := range w.Recorded(t) {
		want := map[string]int64{"a": 6, "b": 0, "c": 4}[r.DisplayName]
		if failed := r.State == tuning.Failed; r.Reserved != want || failed != (r.DisplayName == "b") || failed && r.Failure.Reason != "MONTHLY_BUDGET" {
			t.Errorf("job %s is in %s with %+v and reserves %d, want %d", r.DisplayName, r.State, r.Failure, r.Reserved, want)
		}
	}
}

// TestAdmission_that_Firestore_refuses: an error of Firestore during the admission, such as an
// index that is being built, fails no job.
func TestAdmission_that_Firestore_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.waits(t, "a", func(*tuning.Job) {})
	// The first query of the tick has its index.
	w.On("RunQuery", faults.After(1, faults.Fail(codes.FailedPrecondition)))
	if err := w.poller.Tick(t.Context()); err == nil {
		t.Error("Tick: no error")
	}
	w.On("RunQuery", nil)
	if got := w.onlyRecord(t); got.Step != tuning.Waiting {
		t.Errorf("the job is at %s with %+v", got.Step, got.Failure)
	}
	w.tick(t)
	w.one(t)
}
