// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		budget estimate.Budget
		want   usd.Amount
		from   string
	}{
		{estimate.Budget{}, 0, "default"},
		{estimate.Budget{Request: 5}, 5, "request"},
		{estimate.Budget{Default: 6}, 6, "default"},
		{estimate.Budget{Request: 5, Default: 6}, 5, "request"},
		{estimate.Budget{Request: 9, Default: 6, Ceiling: 7}, 7, "ceiling"},
		{estimate.Budget{Request: 5, Ceiling: 7}, 5, "request"},
		{estimate.Budget{Default: 8, Ceiling: 7}, 7, "ceiling"},
		{estimate.Budget{Ceiling: 7}, 7, "ceiling"},
		{estimate.Budget{Request: 5, Ceiling: 1}, 1, "ceiling"},
	} {
		if got, from := tt.budget.Limit(); got != tt.want || !strings.Contains(from, tt.from) {
			t.Errorf("limit of %+v = %d from %s, want %d from %s", tt.budget, got, from, tt.want, tt.from)
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		model     string
		tokens    int64
		epochs    int64
		budget    estimate.Budget
		reason    string
		wantTexts []string
	}{
		{"no_limit", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{}, "", nil},
		{"within", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: 74 * usd.Dollar}, "", nil},
		{"exactly", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: 73_500_000}, "", nil},
		{"a_millionth_less", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: 73_499_999}, "OVER_BUDGET", []string{"epoch_count of 39 or less"}},
		{"expected_would_fit", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Default: 60 * usd.Dollar}, "OVER_BUDGET", []string{"$73.50", "$60.00, the default", "epoch_count of 32 or less", "$52.50"}},
		{"unset_epochs_pass_at_their_upper_end", "gemini-3.1-flash-lite", 437_500, 0, estimate.Budget{Request: 50 * usd.Dollar}, "OVER_BUDGET", []string{"3 to 40 epochs", "epoch_count of 27 or less"}},
		{"ceiling", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: 100 * usd.Dollar, Ceiling: 10 * usd.Dollar}, "OVER_BUDGET", []string{"$10.00, the ceiling"}},
		{"one_epoch_would_fit", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: 2 * usd.Dollar}, "OVER_BUDGET", []string{"It would fit with 1 epoch."}},
		{"tiny", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: 1}, "OVER_BUDGET", []string{"$73.50, which is more than $0.000001, max"}},
		{"a_millionth_too_much", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: 73_499_999}, "OVER_BUDGET", []string{"$73.50, which is more than $73.499999, max"}},
		{"thousands", "gemini-3.1-flash-lite", 437_500_000, 40, estimate.Budget{Request: 12_345 * usd.Dollar}, "OVER_BUDGET", []string{"$73,500.00, which is more than $12,345.00, max"}},
		{"not_one_epoch", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Request: usd.Dollar}, "OVER_BUDGET", []string{"Not even one epoch"}},
		{"price_unknown", "gemini-3.5-flash-lite", 437_500, 40, estimate.Budget{Request: usd.Dollar}, "COST_UNKNOWN", []string{"not known", "Name a model"}},
		{"epochs_unknown", "gemini-3.1-flash-lite without unset_epochs", 437_500, 0, estimate.Budget{Request: usd.Dollar}, "COST_UNKNOWN", []string{"Give hyperparameters.epoch_count"}},
		{"price_unknown_with_a_month_s_budget", "gemini-3.5-flash-lite", 437_500, 40, estimate.Budget{Monthly: usd.Dollar}, "COST_UNKNOWN", []string{"$1.00, the month's budget"}},
		{"whether_the_month_has_room_is_not_said_here", "gemini-3.1-flash-lite", 437_500, 40, estimate.Budget{Monthly: usd.Dollar}, "", nil},
		{"model_unknown", "", 437_500, 40, estimate.Budget{Ceiling: usd.Dollar}, "COST_UNKNOWN", []string{"not known"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			job := estimate.Job{Examples: 166, Tokens: tt.tokens, Epochs: tt.epochs}
			if id, without, _ := strings.Cut(tt.model, " "); id != "" {
				job.Model = model(t, id)
				if without != "" {
					bare := *job.Model
					bare.UnsetEpochs, job.Model = nil, &bare
				}
			}
			e := estimate.Make(job)
			err := e.Check(tt.budget)
			if tt.reason == "" {
				if err != nil {
					t.Errorf("Check = %v", err)
				}
				return
			}
			got := fault.From(err)
			if got.Kind != fault.FailedPrecondition || got.Reason != tt.reason || got.Metadata["arithmetic"] != e.Arithmetic {
				t.Errorf("Check = %+v", got)
			}
			want := []fault.Violation{{Field: "max_cost_usd", Reason: tt.reason, Description: got.Message}}
			if diff := cmp.Diff(want, got.Violations); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			for _, want := range tt.wantTexts {
				if !strings.Contains(got.Message, want) {
					t.Errorf("%q does not say %q", got.Message, want)
				}
			}
		})
	}
}

// The number of epochs that fits is named even for a single token.
func TestBudget_of_one_token(t *testing.T) {
	t.Parallel()
	price := 3 * usd.Dollar
	e := estimate.Estimate{Tokens: estimate.Range{High: 1}, Price: &price, Cost: &estimate.Cost{High: 60}}
	if err := e.Check(estimate.Budget{Request: 30}); !strings.Contains(fault.From(err).Message, "epoch_count of 10 or less") {
		t.Errorf("Check = %v", err)
	}
}

// A job that passes costs at most the budget for every true value within the range. The number of
// epochs that a refusal suggests also passes.
func TestBudget_holds(t *testing.T) {
	t.Parallel()
	var priced []*catalogue.Model
	for i := range catalogue.Default().Models {
		if m := &catalogue.Default().Models[i]; m.TrainingPrice != nil {
			priced = append(priced, m)
		}
	}
	refused := 0
	for range 5000 {
		job := estimate.Job{
			Tokens: rand.Int64N(10_000_000), Epochs: rand.Int64N(60), Characters: rand.Int64N(40_000_000),
			Model: priced[rand.IntN(len(priced))], TuningMode: []string{catalogue.PEFT, catalogue.Full}[rand.IntN(2)],
		}
		budget := estimate.Budget{Request: usd.Amount(rand.Int64N(int64(500 * usd.Dollar))), Ceiling: 300 * usd.Dollar}
		limit, _ := budget.Limit()
		e := estimate.Make(job)
		if err := e.Check(budget); err == nil {
			tokens, epochs := e.Tokens.Low+rand.Int64N(e.Tokens.High-e.Tokens.Low+1), e.Epochs.Low+rand.Int64N(e.Epochs.High-e.Epochs.Low+1)
			if bill := e.Price.CostOf(tokens * epochs); bill > limit {
				t.Fatalf("a bill of %s passed a limit of %s: %s", bill, limit, e.Arithmetic)
			}
			continue
		}
		refused++
		if job.Epochs = limit.UnitsFor(*e.Price) / max(1, e.Tokens.High); job.Epochs > 0 {
			fitting := estimate.Make(job)
			if err := fitting.Check(budget); err != nil {
				t.Fatalf("%d epochs do not fit: %v", job.Epochs, err)
			}
		}
	}
	if refused < 100 {
		t.Errorf("only %d of 5000 jobs were refused", refused)
	}
}
