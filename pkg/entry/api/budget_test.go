// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// longTalk adds a session with enough text to have a cost.
func (s *system) longTalk(session string) {
	for n := range 20 {
		s.message(fmt.Sprint(session, n), turn(session, "user", strings.Repeat(fmt.Sprintf("How is number %d doing today, and why ", n), 100)))
	}
}

// estimated decodes the estimate in a response.
func estimated(t *testing.T, answer map[string]any) (e estimate.Estimate) {
	t.Helper()
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatalf("read %s: %v", text, err)
	}
	return e
}

// TestStart_estimate: the figures in the response of a start are consistent with each other.
func TestStart_estimate(t *testing.T) {
	t.Parallel()
	const price = 3 // dollars per million tokens of gemini-3.1-flash-lite
	tests := []struct {
		name, hyperparameters string
		epochs                estimate.Range
	}{
		{"epochs_given", `{"epoch_count":4}`, estimate.Range{Low: 4, Expected: 4, High: 4}},
		{"epochs_left_open", `{}`, estimate.Range{Low: 3, High: 40}},
	}
	s := newSystem(t, nil)
	s.longTalk("long")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			job := s.start(t, `{"session_id":"long","hyperparameters":`+test.hyperparameters+`}`)
			e := estimated(t, job.Estimate)
			// There are 20 questions and answers in English, with about 3900 characters each.
			if e.Examples != 20 || e.Tokens.Expected < 25_000 || e.Tokens.Expected > 60_000 || e.Tokens.Low >= e.Tokens.Expected || e.Tokens.High <= e.Tokens.Expected {
				t.Errorf("%d examples of %v tokens", e.Examples, e.Tokens)
			}
			if diff := cmp.Diff(&test.epochs, e.Epochs); diff != "" {
				t.Errorf("epochs (-want +got):\n%s", diff)
			}
			product := estimate.Range{Low: e.Tokens.Low * e.Epochs.Low, Expected: e.Tokens.Expected * e.Epochs.Expected, High: e.Tokens.High * e.Epochs.High}
			if diff := cmp.Diff(&product, e.TrainingTokens); diff != "" {
				t.Errorf("training tokens (-want +got):\n%s", diff)
			}
			// The service may round an amount to a hundredth of a cent.
			near := func(got usd.Amount, tokens int64) bool {
				return max(got-usd.Amount(price*tokens), usd.Amount(price*tokens)-got) <= 50
			}
			if e.Cost == nil || !near(e.Cost.Low, product.Low) || !near(e.Cost.High, product.High) || (e.Cost.Expected != nil) != (product.Expected > 0) ||
				e.Cost.Expected != nil && !near(*e.Cost.Expected, product.Expected) {
				t.Errorf("cost %v of %v tokens", e.Cost, product)
			}
			want := fmt.Sprintf("%s tokens × %s epochs = %s training tokens; × $3.00 per 1,000,000 = %s", e.Tokens, e.Epochs, e.TrainingTokens, e.Cost)
			if diff := cmp.Diff(want, e.Arithmetic); diff != "" {
				t.Errorf("arithmetic (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(job.Estimate, s.status(t, job.Job.Name).Estimate); diff != "" {
				t.Errorf("in job-status (-start +status):\n%s", diff)
			}
		})
	}
}

// TestStart_budget: a job that may cost more than its budget is refused with the figures before
// Vertex AI is called. A dry run reports the same.
func TestStart_budget(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		budget     jobs.Budget
		reason     string // empty if the job is accepted
		wantTexts  []string
	}{
		{name: "fits", body: `{"session_id":"long","max_cost_usd":10,"hyperparameters":{"epoch_count":3}}`},
		{
			name: "over", body: `{"session_id":"long","max_cost_usd":0.5,"hyperparameters":{"epoch_count":40}}`, reason: "OVER_BUDGET",
			wantTexts: []string{"more than $0.50, max_cost_usd of the request", "× 40 epochs", "It would fit with hyperparameters.epoch_count of 3 or less."},
		},
		{
			name: "epochs_left_open", body: `{"session_id":"long","max_cost_usd":2}`, reason: "OVER_BUDGET",
			wantTexts: []string{"3 to 40 epochs", "It would fit with hyperparameters.epoch_count of 14 or less."},
		},
		{name: "epochs_left_open_and_fits", body: `{"session_id":"long","max_cost_usd":20}`},
		{
			name: "not_one_epoch", body: `{"session_id":"long","max_cost_usd":0.01,"hyperparameters":{"epoch_count":1}}`, reason: "OVER_BUDGET",
			wantTexts: []string{"Not even one epoch fits"},
		},
		{
			name: "default", body: `{"session_id":"long"}`, budget: jobs.Budget{Default: 2 * usd.Dollar}, reason: "OVER_BUDGET",
			wantTexts: []string{"$2.00, the default of this service"},
		},
		{name: "more_than_the_default", body: `{"session_id":"long","max_cost_usd":20}`, budget: jobs.Budget{Default: 2 * usd.Dollar}},
		{
			name: "ceiling", body: `{"session_id":"long","max_cost_usd":20}`, budget: jobs.Budget{Ceiling: 2 * usd.Dollar}, reason: "OVER_BUDGET",
			wantTexts: []string{"$2.00, the ceiling of this service"},
		},
		{
			name: "force_does_not_lift_the_limit", body: `{"session_id":"long","max_cost_usd":2,"force":true}`, reason: "OVER_BUDGET",
			wantTexts: []string{"$2.00, max_cost_usd of the request"},
		},
		{
			name: "price_not_known", body: `{"session_id":"long","base_model":"gemini-3.5-flash-lite","max_cost_usd":1000}`, reason: "COST_UNKNOWN",
			wantTexts: []string{"may not be more than $1,000.00", "GET /api/v1/fine-tuning/models"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t, func(set *setup) { set.api.Jobs.Budget = test.budget })
			s.longTalk("long")
			plan := s.plan(t, test.body)
			if test.reason == "" {
				if len(plan.Refusals) > 0 {
					t.Errorf("the dry run refuses it: %v", plan.Refusals)
				}
				s.start(t, test.body)
				s.onlyCreate(t)
				return
			}
			f := s.post(t, base+"/start", test.body).failed(http.StatusBadRequest)
			for _, part := range test.wantTexts {
				if !strings.Contains(f.Message, part) {
					t.Errorf("the message does not contain %q: %s", part, f.Message)
				}
			}
			refusal := violation{Field: "max_cost_usd", Reason: test.reason, Description: f.Message}
			if diff := cmp.Diff([]violation{refusal}, plan.Refusals); diff != "" {
				t.Errorf("the dry run (-start +dry run):\n%s", diff)
			}
			reason, figures := f.reason()
			e := estimated(t, plan.Estimate)
			want := map[string]string{"arithmetic": e.Arithmetic, "max_cost_usd": figures["max_cost_usd"]}
			if e.Cost != nil {
				want["cost_low_usd"], want["cost_high_usd"] = e.Cost.Low.String(), e.Cost.High.String()
			}
			if diff := cmp.Diff(want, figures); diff != "" || reason != test.reason || f.Status != "FAILED_PRECONDITION" || figures["max_cost_usd"] == "" {
				t.Errorf("%s %s, figures (-want +got):\n%s", f.Status, reason, diff)
			}
			s.wantNoVertexCalls(t)
			if listed := s.list(t, "").Jobs; len(listed) != 0 {
				t.Errorf("%d jobs are listed", len(listed))
			}
		})
	}
}

// TestStart_budget_of_the_month: the upper bounds of all estimates are added up.
func TestStart_budget_of_the_month(t *testing.T) {
	t.Parallel()
	const monthly = usd.Amount(2_000_000) // enough for the first job, which takes more than half, but not for a second one
	s := newSystem(t, func(set *setup) { set.api.Jobs.Budget.Monthly = monthly })
	s.longTalk("long")
	const body = `{"session_id":"long","hyperparameters":{"epoch_count":10}}`
	first := estimated(t, s.start(t, body).Estimate)
	if first.Cost.High <= monthly/2 || first.Cost.High > monthly {
		t.Fatalf("the first job may cost %s of %s", first.Cost.High, monthly)
	}
	s.onlyCreate(t)
	f := s.post(t, base+"/start", body).failed(http.StatusBadRequest)
	if reason, _ := f.reason(); reason != "MONTHLY_BUDGET" || strings.Count(f.Message, "$"+first.Cost.High.String()) != 2 || !strings.Contains(f.Message, "$2.00") {
		t.Errorf("%s: %s", reason, f.Message)
	}
	if diff := cmp.Diff([]string{"max_cost_usd MONTHLY_BUDGET"}, f.places()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(s.Run.Vertex.Jobs()); n != 1 {
		t.Errorf("%d jobs on Vertex AI", n)
	}
}
