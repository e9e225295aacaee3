// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// evaluated returns the only evaluation of a job.
func (s *system) evaluated(t testing.TB, job string) store.Evaluation {
	t.Helper()
	all, err := s.Records.EvaluationsOf(t.Context(), job)
	if err != nil || len(all) != 1 {
		t.Fatalf("there are %d evaluations, %v", len(all), err)
	}
	return all[0]
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	job := s.train(t, nil)
	at := "/console/jobs/" + job.ID
	s.get(t, operator, at).has(t, http.StatusOK).hasNo(t, at+"/evaluate")
	s.get(t, starter, at).has(t, http.StatusOK, at+"/evaluate")
	s.get(t, operator, at+"/evaluate").has(t, http.StatusForbidden)
	s.get(t, starter, at+"/evaluate").has(t, http.StatusOK, "Evaluate this model", "Checkpoint 2, epoch 2", `id="judge"`)
	form := url.Values{"max_examples": {"20"}, "judge": {"on"}, "checkpoints": {"2", "3"}, "step": {"check"}}
	page := s.send(t, http.MethodPost, starter, at+"/evaluate", form).has(t, http.StatusOK, "Nothing was created yet.", "3 models × 20 examples",
		"the judge is asked", "publishers/google/models/gemini-", "at most $", "Start the evaluation", `name="checkpoints" value="2"`, `name="checkpoints" value="3"`, "25 lines")
	if all, err := s.Records.EvaluationsOf(t.Context(), job.ID); err != nil || len(all) != 0 {
		t.Fatalf("the dry run has started an evaluation: %v", err)
	}
	form.Set("step", "start")
	form.Set("key", between(page.body, `name="key" value="`, `">`+"\n<button name=\"step\""))
	s.send(t, http.MethodPost, operator, at+"/evaluate", form).has(t, http.StatusForbidden)
	for range 2 { // sent twice, it starts one evaluation
		a := s.send(t, http.MethodPost, starter, at+"/evaluate", form)
		if a.code != http.StatusSeeOther || a.header.Get("Location") != at+"#evaluation" {
			t.Fatalf("got %d to %q: %s", a.code, a.header.Get("Location"), a.body)
		}
	}
	if e := s.evaluated(t, job.ID); e.StartedBy != "stella" || e.Judge == nil || len(e.Sides) != 3 || e.Examples != 20 {
		t.Errorf("the evaluation is %+v", e.Run)
	}
	s.get(t, reader, at).has(t, http.StatusOK, "0 of 20 examples were asked, and 0 were judged", `<progress class="meter" max="40" value="0"`, `data-live="4"`, "Until now it has cost $0.00")
	s.tick(t, func() bool { return s.evaluated(t, job.ID).Finished })
	if e := s.evaluated(t, job.ID); e.State != evalrun.Succeeded || e.Result.Judge == nil {
		t.Fatalf("the evaluation is %+v", e.Run)
	}
	s.get(t, reader, at).has(t, http.StatusOK, "Finished", "percentage points", "judged examples", "contradictions", "Cost of the evaluation").hasNo(t, "<progress")
	s.get(t, operator, at+"/evaluation").has(t, http.StatusOK, "The right answer", "The judge ")
}

func TestEvaluate_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	job := s.train(t, nil)
	running := s.start(t, nil)
	s.get(t, starter, "/console/jobs/"+running.ID+"/evaluate").has(t, http.StatusBadRequest, "Only a job that has succeeded")
	at := "/console/jobs/" + job.ID + "/evaluate"
	for name, test := range map[string]struct {
		form url.Values
		code int
		say  string
	}{
		"examples":   {url.Values{"max_examples": {"many"}}, http.StatusBadRequest, `value="many" aria-describedby="max_examples-hint" aria-invalid="true"`},
		"metric":     {url.Values{"metric": {"luck"}}, http.StatusBadRequest, "must be"},
		"checkpoint": {url.Values{"checkpoints": {"9"}}, http.StatusBadRequest, `class="problem"`},
		"data":       {url.Values{"evaluation_data": {"here.jsonl"}}, http.StatusBadRequest, "must be a JSONL file"},
		"too dear":   {url.Values{"max_cost_usd": {"0.000001"}}, http.StatusOK, "It would be refused"},
		"lost key":   {url.Values{"step": {"start"}}, http.StatusBadRequest, "lost its key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.send(t, http.MethodPost, starter, at, test.form).has(t, test.code, test.say).hasNo(t, "Start the evaluation")
		})
	}
	t.Run("change", func(t *testing.T) {
		t.Parallel()
		s.send(t, http.MethodPost, starter, at, url.Values{"step": {"change"}, "checkpoints": {"2"}}).has(t, http.StatusOK, `value="2" checked`)
	})
}
