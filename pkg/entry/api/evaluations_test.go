// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	core "github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

// evaluationReply is what the tests read of an evaluation.
type evaluationReply struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	JobID    string `json:"job_id"`
	Sides    []evalrun.Side
	Data     string `json:"evaluation_data"`
	Examples int    `json:"examples"`
	Estimate struct {
		Cost *struct {
			High float64 `json:"high"`
		} `json:"cost_usd"`
	} `json:"estimate"`
	Billed struct {
		Cost *float64 `json:"cost_usd"`
	} `json:"billed"`
	Result *struct {
		Verdict string `json:"verdict"`
	} `json:"result"`
	Error *struct {
		Message string `json:"message"`
	} `json:"error"`
	StartedBy string `json:"started_by"`
}

// tuned returns the name of a job that can be evaluated with its validation data.
func (s *system) tuned(t *testing.T) string {
	t.Helper()
	s.Upload(t, data, "held-out.jsonl", strings.Repeat(cloudtest.Example, 3), nil)
	return s.ended(t, func(j *tuning.Job) {
		j.TunedEndpoint, j.Spec.ValidationData = "projects/1/locations/us/endpoints/9", "gs://"+data+"/held-out.jsonl"
		j.Checkpoints = []tuning.Checkpoint{{ID: "1", Epoch: 1, Step: 10, Endpoint: "projects/1/locations/us/endpoints/8"}}
	})
}

func (s *system) evaluate(t *testing.T, body string, edit ...func(*http.Request)) evaluationReply {
	t.Helper()
	var got struct {
		Message    string          `json:"message"`
		Evaluation evaluationReply `json:"evaluation"`
	}
	s.send(t, http.MethodPost, base+"/evaluations", body, edit...).decode(&got)
	if got.Message != "Evaluation started successfully" {
		t.Errorf("the message is %q", got.Message)
	}
	return got.Evaluation
}

// evaluationOf returns the evaluation that the status of a job has.
func (s *system) evaluationOf(t *testing.T, job string) (found map[string]any) {
	t.Helper()
	var status struct {
		Evaluation map[string]any `json:"evaluation"`
	}
	s.get(t, base+"/job-status/"+url.PathEscape(job)).decode(&status)
	return status.Evaluation
}

func TestEvaluations(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	job := s.tuned(t)
	if found := s.evaluationOf(t, job); found != nil {
		t.Errorf("the status has %v", found)
	}
	started := s.evaluate(t, `{"job_name":"`+job+`","judge":true}`)
	if started.State != "PENDING" || started.StartedBy != caller || started.Examples != 1 || len(started.Sides) != 2 || started.Estimate.Cost == nil {
		t.Errorf("started %+v", started)
	}
	var read evaluationReply
	s.get(t, base+"/evaluations/"+started.ID).decode(&read)
	if diff := cmp.Diff(started, read); diff != "" {
		t.Errorf("(-started +read):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{"id": started.ID, "state": "PENDING"}, s.evaluationOf(t, job)); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
	end := func(next func(evalrun.Run) evalrun.Run) {
		t.Helper()
		e, err := s.Records.Evaluation(t.Context(), started.ID)
		if err == nil {
			_, err = s.Records.UpdateEvaluation(t.Context(), e, next(e.Run))
		}
		if err != nil {
			t.Fatal(err)
		}
		read = evaluationReply{}
		s.get(t, base+"/evaluations/"+started.ID).decode(&read)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	end(func(r evalrun.Run) evalrun.Run { return r.Take(now, now).Delay("It waits.", true, now) })
	if read.State != "RUNNING" || read.Result != nil {
		t.Errorf("running: %+v", read)
	}
	end(func(r evalrun.Run) evalrun.Run {
		return r.Bill(evalrun.Usage{PromptTokens: 1, OutputTokens: 1, Price: 7}).Advance(1, now).Succeed(evalrun.Result{
			Side: "tuned", Verdict: "better", Sentence: "It is better.", Metric: "chrf", Gain: 1, Low: 0.5, High: 2, Examples: 1,
			TuningEstimate: new(usd.Amount(2_500_000)), TuningBill: new(2 * usd.Dollar), CostPerPoint: new(2 * usd.Dollar),
			Judge:  &core.JudgeSummary{Examples: 1, TunedWins: 1, WinRate: &core.Rate{Share: 1, Low: 0.25, High: 1}},
			Report: "gs://b/report.json", Markdown: "gs://b/report.md", Answers: "gs://b/answers.jsonl",
		}, now)
	})
	if read.State != "SUCCEEDED" || read.Result.Verdict != "better" || *read.Billed.Cost != 0.000007 {
		t.Errorf("succeeded: %+v", read)
	}
	want := map[string]any{
		"id": started.ID, "state": "SUCCEEDED", "side": "tuned", "verdict": "better", "sentence": "It is better.", "metric": "chrf",
		"gain_points": 1.0, "gain_low": 0.5, "gain_high": 2.0, "examples": 1.0,
		"tuning_estimate_usd": 2.5, "tuning_bill_usd": 2.0, "cost_per_point_usd": 2.0,
		"judge": map[string]any{
			"examples": 1.0, "tuned_wins": 1.0, "base_wins": 0.0, "ties": 0.0, "contradictions": 0.0, "unreadable": 0.0, "contradiction_share": 0.0,
			"win_rate": map[string]any{"share": 1.0, "low": 0.25, "high": 1.0},
		},
		"report": "gs://b/report.json", "report_markdown": "gs://b/report.md", "answers": "gs://b/answers.jsonl",
	}
	if diff := cmp.Diff(want, s.evaluationOf(t, job)); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
	end(func(r evalrun.Run) evalrun.Run { return r.Fail(tuning.Failure{Code: 5, Message: "gone"}, now) })
	if read.State != "FAILED" || read.Error.Message != "gone" {
		t.Errorf("failed: %+v", read)
	}
}

func TestEvaluations_dry_run(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	job := s.tuned(t)
	var got struct {
		DryRun   bool `json:"dry_run"`
		Examples int  `json:"examples"`
		Sides    []struct{ Name string }
		Refusals []violation `json:"refusals"`
	}
	s.post(t, base+"/evaluations", `{"job_name":"`+job+`","checkpoints":["1"],"against":"`+s.tuned(t)+`","max_cost_usd":0.000001,"metric":"chrf","dry_run":true}`).decode(&got)
	if !got.DryRun || got.Examples != 1 || len(got.Sides) != 2 || got.Sides[0].Name != "against" || got.Sides[1].Name != "checkpoint-1" ||
		len(got.Refusals) != 1 || got.Refusals[0].Reason != "OVER_BUDGET" {
		t.Errorf("%+v", got)
	}
	if found := s.evaluationOf(t, job); found != nil {
		t.Errorf("the status has %v", found)
	}
}

func TestEvaluations_refuse(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	job := s.tuned(t)
	for body, want := range map[string]string{
		`{}`:                                              "job_name REQUIRED",
		`{"job_name":"a b"}`:                              "job_name INVALID_JOB_NAME",
		`{"job_name":"1","against":"a/b"}`:                "against INVALID_JOB_NAME",
		`{"job_name":"1","max_examples":0}`:               "max_examples OUT_OF_RANGE",
		`{"job_name":"1","max_example":1}`:                "max_example UNKNOWN_FIELD",
		`{"job_name":"` + job + `","metric":"json_keys"}`: "metric METRIC_DOES_NOT_APPLY",
	} {
		if got := s.post(t, base+"/evaluations", body).failed(http.StatusBadRequest).places(); !cmp.Equal(got, []string{want}) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
	s.post(t, base+"/evaluations", `{"job_name":"4711"}`).failed(http.StatusNotFound)
	s.get(t, base+"/evaluations/ev-20261201-143022-abcdefghij").failed(http.StatusNotFound)
	s.get(t, base+"/evaluations/ev-20261201-143022-abcdefghij?x=1").failed(http.StatusBadRequest)
	key := func(r *http.Request) { r.Header.Set("Idempotency-Key", "k") }
	first := s.evaluate(t, `{"job_name":"`+job+`"}`, key)
	if again := s.evaluate(t, `{"job_name":"`+job+`"}`, key); again.ID != first.ID {
		t.Errorf("the key gives %s and %s", first.ID, again.ID)
	}
	s.send(t, http.MethodPost, base+"/evaluations", `{"job_name":"`+job+`","max_examples":5}`, key).failed(http.StatusConflict)
}

func TestEvaluations_records_that_cannot_be_decoded(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for path, fields := range map[string]map[string]any{
		"tuning_jobs/vt-20261201-143022-abcdefghij": {"number": "4711", "created_at": hidden},
		"evaluations/ev-20261201-143022-abcdefghij": {"job_id": 7},
	} {
		if _, err := s.Firestore.Doc(path).Set(t.Context(), fields); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/evaluations", "/retune", "/models/m/promote"} {
		s.post(t, base+path, `{"job_name":"4711"}`).failed(http.StatusInternalServerError)
	}
	s.get(t, base+"/evaluations/ev-20261201-143022-abcdefghij").failed(http.StatusInternalServerError)
}
