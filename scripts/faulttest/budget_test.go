// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/usd"
)

// budget returns the scenario's limit for a month, in millionths of a dollar; 0 means no limit.
func (s scenario) budget() int64 {
	var amount usd.Amount
	if text := s.settings["MONTHLY_BUDGET_USD"]; text != "" {
		if err := amount.UnmarshalText([]byte(text)); err != nil {
			panic(err)
		}
	}
	return int64(amount)
}

// reserved returns the reserved amount of each month.
func (w *world) reserved(ctx context.Context) (map[string]int64, error) {
	docs, err := w.docs.Collection("tuning_control").Documents(ctx).GetAll()
	if err != nil {
		return nil, fmt.Errorf("read the budgets: %w", err)
	}
	all := map[string]int64{}
	for _, doc := range docs {
		if month, ok := strings.CutPrefix(doc.Ref.ID, "budget-"); ok {
			all[month], _ = doc.Data()["reserved_micro_usd"].(int64)
		}
	}
	return all, nil
}

// overspent describes a month whose reserved amount is above its budget, or returns "".
func (w *world) overspent(ctx context.Context) string {
	budget := w.scenario.budget()
	if budget == 0 {
		return ""
	}
	held, err := w.reserved(ctx)
	if err != nil {
		return err.Error()
	}
	for month, n := range held {
		if n < 0 || n > budget {
			return fmt.Sprintf("%d of %d are held of %s", n, budget, month)
		}
	}
	return ""
}

// checkBudget checks the final reservations: each month holds the cost of the jobs that Vertex AI
// received, and nothing for other jobs. The budget must also have been too small for all jobs.
func (r *run) checkBudget(records map[string]record) {
	if r.scenario.budget() == 0 {
		return
	}
	held, err := r.reserved(r.t.Context())
	if err != nil {
		r.t.Error(err)
	}
	paid := 0
	for _, rec := range records {
		want := int64(0)
		if rec.Name != "" {
			want = rec.Cost
			paid++
		}
		if rec.Reserved != want || rec.Name != "" && rec.Cost == 0 {
			r.t.Errorf("a job holds %d, want %d: %+v", rec.Reserved, want, rec)
		}
		if rec.Reserved != 0 {
			held[rec.Month] -= rec.Reserved
		}
	}
	for _, e := range r.allEvaluations() {
		held[e.Month] -= e.Reserved
	}
	for month, n := range held {
		if n != 0 {
			r.t.Errorf("%d are held of %s for no job and no evaluation: %+v", n, month, records)
		}
	}
	lost := slices.ContainsFunc(r.orders, func(o *order) bool { return o.lost }) // without a key, nothing stores a refusal
	if !r.scenario.evaluates && len(records) > 1 && paid == len(records) && r.refusals == 0 && !lost {
		r.t.Errorf("the budget had room for all of %+v", records)
	}
}

// checkCounts checks that the tokens of each job were counted, or that a warning says that they
// were not.
func (r *run) checkCounts(records map[string]record) {
	for _, rec := range records {
		if rec.Name == "" {
			continue
		}
		counted := bytes.Contains(rec.Estimate, []byte(`"basis":"COUNTED_ALL"`))
		warned := slices.ContainsFunc(rec.Warnings, func(w string) bool { return strings.Contains(w, "did not count") })
		if wanted := r.scenario.settings["COUNT_TOKENS"] == "true"; counted == warned && wanted || !wanted && (counted || warned) {
			r.t.Errorf("the tokens are counted: %t, a warning says that they are not: %t: %s", counted, warned, rec.Estimate)
		}
	}
}
