// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// reason returns the field and the reason of the first violation of an error.
func reason(err error) string {
	if v := fault.From(err).Violations; len(v) > 0 {
		return v[0].Field + " " + v[0].Reason
	}
	return ""
}

func TestStart_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{Buckets: []string{"allowed"}, Budget: jobs.Budget{Ceiling: 1_000_000, Monthly: 900_000}})
	job := w.train(t)
	w.Upload(t, bucket, "bad.jsonl", "no JSON\n", nil)
	queued, err := w.jobs.Start(t.Context(), jobs.StartRequest{Request: tuning.Request{TrainingData: "gs://" + bucket + "/train.jsonl"}, Caller: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		kind   fault.Kind
		change func(*evalrun.Request)
	}{
		"job_name REQUIRED":                      {fault.InvalidArgument, func(r *evalrun.Request) { r.JobName = "" }},
		"job_name UNKNOWN_JOB":                   {fault.NotFound, func(r *evalrun.Request) { r.JobName += "0" }},
		"job_name JOB_NOT_SUCCEEDED":             {fault.FailedPrecondition, func(r *evalrun.Request) { r.JobName = queued.ID }},
		"against UNKNOWN_JOB":                    {fault.NotFound, func(r *evalrun.Request) { r.Against = "1" }},
		"evaluation_data NO_EVALUATION_DATA":     {fault.FailedPrecondition, func(r *evalrun.Request) { r.Data = "" }},
		"evaluation_data INVALID_URI":            {fault.InvalidArgument, func(r *evalrun.Request) { r.Data = "gs://b/x.csv" }},
		"evaluation_data NOT_ALLOWED":            {fault.InvalidArgument, func(r *evalrun.Request) { r.Data = "gs://foreign/x.jsonl" }},
		"evaluation_data UNKNOWN_OBJECT":         {fault.NotFound, func(r *evalrun.Request) { r.Data = "gs://" + bucket + "/none.jsonl" }},
		"evaluation_data NO_EVALUATION_EXAMPLES": {fault.FailedPrecondition, func(r *evalrun.Request) { r.Data = "gs://" + bucket + "/bad.jsonl" }},
		"checkpoints[1] UNKNOWN_CHECKPOINT":      {fault.InvalidArgument, func(r *evalrun.Request) { r.Checkpoints = []string{"1", "77"} }},
		"checkpoints[1] DUPLICATE":               {fault.InvalidArgument, func(r *evalrun.Request) { r.Checkpoints = []string{"1", "1"} }},
		"metric INVALID_METRIC":                  {fault.InvalidArgument, func(r *evalrun.Request) { r.Metric = "bleu" }},
		"metric METRIC_DOES_NOT_APPLY":           {fault.FailedPrecondition, func(r *evalrun.Request) { r.Metric = "json_keys" }},
		"max_cost_usd OUT_OF_RANGE":              {fault.InvalidArgument, func(r *evalrun.Request) { r.MaxCost = -1 }},
		"max_cost_usd OVER_BUDGET":               {fault.FailedPrecondition, func(r *evalrun.Request) { r.MaxCost = 1 }},
	} {
		r := order(job)
		c.change(&r.Request)
		if _, err := w.Start(t.Context(), r); reason(err) != want || fault.KindOf(err) != c.kind {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// TestStart_sides: an evaluation asks the base and the tuned model, the base and checkpoints, or
// two tuned models.
func TestStart_sides(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	a := w.train(t, func(r *tuning.Request) { r.ValidationSplit = 0.3 })
	b := w.train(t)
	continued := a
	continued.ID, continued.BaseModel = tuning.NewID(w.Now()), "projects/1/locations/us-central1/models/2@1"
	continued.Name, continued.Number = "projects/1/locations/us-central1/tuningJobs/77", "77"
	if _, err := w.Cloud.Records.CreateJob(t.Context(), continued, nil); err != nil {
		t.Fatal(err)
	}
	ofContinued := order(continued)
	ofContinued.JobName = continued.ID
	if _, err := w.Start(t.Context(), ofContinued); reason(err) != "job_name MODEL_NOT_SERVED" {
		t.Error(err)
	}
	ofContinued.Against = b.ID
	w.evaluate(t, ofContinued)
	for _, c := range []struct {
		change func(*evalrun.Request)
		want   []string // name and model
	}{
		{func(*evalrun.Request) {}, []string{"base us " + w.Cloud.Vertex.BaseModelName("us", baseModel), "tuned us " + a.TunedEndpoint}},
		{func(r *evalrun.Request) { r.Against = b.ID }, []string{"against us " + b.TunedEndpoint, "tuned us " + a.TunedEndpoint}},
		{
			func(r *evalrun.Request) { r.Checkpoints = []string{a.Checkpoints[1].ID, a.Checkpoints[0].ID} },
			[]string{
				"base us " + w.Cloud.Vertex.BaseModelName("us", baseModel),
				"checkpoint-" + a.Checkpoints[1].ID + " us " + a.Checkpoints[1].Endpoint,
				"checkpoint-" + a.Checkpoints[0].ID + " us " + a.Checkpoints[0].Endpoint,
			},
		},
	} {
		r := order(a)
		r.Data = "" // the job's validation data
		c.change(&r.Request)
		e := w.evaluate(t, r)
		var got []string
		for _, s := range e.Sides {
			got = append(got, s.Name+" "+s.Location+" "+s.Model)
			if s.ThinkingLevel != "MINIMAL" || s.ThinkingBudget != nil {
				t.Errorf("%s thinks %q, %v", s.Name, s.ThinkingLevel, s.ThinkingBudget)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" || e.Data != a.Spec.ValidationData {
			t.Errorf("%+v (-want +got):\n%s", e.Run, diff)
		}
		if done := w.finish(t, e); done.State != evalrun.Succeeded || done.Result.Sentence == "" {
			t.Errorf("%+v", done.Run)
		}
	}
}

// TestStart_key: two starts with the same key are one evaluation, which reserves its cost once.
func TestStart_key(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{Budget: jobs.Budget{Monthly: 100_000_000}})
	r := order(w.train(t))
	before := w.reserved(t)
	r.Key = "k"
	first, again := w.evaluate(t, r), w.evaluate(t, r)
	if first.ID != again.ID || w.reserved(t)-before != first.Estimate.Cost.High {
		t.Errorf("%s and %s; reserved %s more", first.ID, again.ID, w.reserved(t)-before)
	}
	other := r
	other.Caller = "cd"
	if e := w.evaluate(t, other); e.ID == first.ID {
		t.Error("two callers share a key")
	}
	r.MaxExamples = 7
	if _, err := w.Start(t.Context(), r); reason(err) != "Idempotency-Key KEY_USED_FOR_ANOTHER_REQUEST" || fault.KindOf(err) != fault.AlreadyExists {
		t.Error(err)
	}
}

// TestDryRun creates nothing, and says what a start would refuse.
func TestDryRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	r := order(w.train(t))
	r.MaxExamples = 5
	dry := func(monthly int64) evaluations.Plan {
		t.Helper()
		w.Config.Budget.Monthly = usd.Amount(monthly)
		plan, err := w.DryRun(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	plan := dry(0)
	if plan.Examples != 5 || plan.Estimate.Cost == nil || len(plan.Refusals) != 0 || len(plan.Warnings) != 1 || !strings.Contains(plan.Warnings[0], "too few") {
		t.Errorf("%+v", plan)
	}
	if plan = dry(1); len(plan.Refusals) != 1 || plan.Refusals[0].Reason != "MONTHLY_BUDGET" {
		t.Errorf("%+v", plan.Refusals)
	}
	if _, err := w.Start(t.Context(), r); reason(err) != "max_cost_usd MONTHLY_BUDGET" {
		t.Error(err)
	}
	r.MaxCost = 1
	if plan = dry(0); len(plan.Refusals) != 1 || plan.Refusals[0].Reason != "OVER_BUDGET" {
		t.Errorf("%+v", plan.Refusals)
	}
	docs, err := w.Firestore.Collection("evaluations").Documents(t.Context()).GetAll()
	if err != nil || len(docs) != 0 {
		t.Errorf("%d records, %v", len(docs), err)
	}
}

// TestStart_memory: starts that select examples wait for each other, but not longer than their
// callers wait.
func TestStart_memory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	r := order(w.train(t))
	reading, proceed := make(chan struct{}), make(chan struct{})
	w.On("RunQuery", faults.First(1, faults.Before(func() { close(reading); <-proceed })))
	first := make(chan error)
	go func() {
		_, err := w.Start(t.Context(), r)
		first <- err
	}()
	<-reading
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for what, start := range map[string]func() error{
		"start":   func() error { _, err := w.Start(ctx, r); return err },
		"dry run": func() error { _, err := w.DryRun(ctx, r); return err },
	} {
		if err := start(); fault.KindOf(err) != fault.Unavailable || !fault.From(err).Busy {
			t.Errorf("the %s during another start: %v", what, err)
		}
	}
	close(proceed)
	if err := <-first; err != nil {
		t.Error(err)
	}
	w.evaluate(t, r)
}

// TestStart_without_prices: a limit cannot hold a cost that is not known.
func TestStart_without_prices(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	r := order(w.train(t, func(r *tuning.Request) { r.BaseModel = "gemini-3.5-flash-lite" }))
	e := w.evaluate(t, r)
	if e.Estimate.Cost != nil || e.Reserved != 0 || len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "not known") {
		t.Errorf("%+v", e.Run)
	}
	r.MaxCost = 1_000_000
	if _, err := w.Start(t.Context(), r); reason(err) != "max_cost_usd COST_UNKNOWN" {
		t.Error(err)
	}
	if done := w.finish(t, e); done.Billed != 0 || done.PromptTokens == 0 {
		t.Errorf("%+v", done.Run)
	}
}

// TestStartOf: if a job repeats another job, its model is compared with the model of that job.
func TestStartOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jobs.Config{})
	old := w.train(t, func(r *tuning.Request) { r.ValidationSplit = 0.3 })
	for from, want := range map[string]string{"": w.Cloud.Vertex.BaseModelName("us", baseModel), old.ID: old.TunedEndpoint} {
		next := w.train(t, func(r *tuning.Request) { r.ValidationSplit, r.RetunedFrom = 0.3, from })
		for range 2 {
			if err := w.StartOf(t.Context(), next); err != nil {
				t.Fatal(err)
			}
		}
		e := w.read(t, evalrun.JobKeyID(next.ID))
		if e.JobID != next.ID || e.Sides[0].Model != want || e.Sides[1].Model != next.TunedEndpoint {
			t.Errorf("from %q: %+v", from, e.Sides)
		}
	}
}
