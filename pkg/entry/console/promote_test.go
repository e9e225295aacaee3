// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

func quick(_ *system, c *cloud.Config) { c.JobDuration = 10 * time.Millisecond }

// train returns a job that has ended, with three checkpoints and validation data.
func (s *system) train(t testing.TB, edit func(*tuning.Request)) tuning.Job {
	t.Helper()
	s.Upload(t, cloudtest.Data, "train.jsonl", cloudtest.Capitals(60, "What is the capital of country%d?"), nil)
	s.Upload(t, cloudtest.Data, "eval.jsonl", cloudtest.Capitals(25, "Please name the capital of country%d."), nil)
	r := tuning.Request{
		TrainingData: "gs://" + cloudtest.Data + "/train.jsonl", ValidationData: "gs://" + cloudtest.Data + "/eval.jsonl",
		DisplayName: "capitals", Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3))},
	}
	if edit != nil {
		edit(&r)
	}
	job, err := s.back.Jobs.Start(t.Context(), jobs.StartRequest{Request: r, Caller: "stella"})
	if err != nil {
		t.Fatal(err)
	}
	s.tick(t, func() bool { return s.Read(t, job.ID).Finished })
	return s.Read(t, job.ID).Job
}

// tick lets the poller work until something is done.
func (s *system) tick(t testing.TB, isDone func() bool) {
	t.Helper()
	poller := s.NewPoller(t, s.back)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if err := poller.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		if isDone() {
			return
		}
	}
	t.Fatal("it was never done")
}

// pointer returns the history of a model, as number, action and checkpoint.
func (s *system) pointer(t testing.TB, model string) (lines []string) {
	t.Helper()
	p, err := s.Records.Pointer(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Moves {
		lines = append(lines, fmt.Sprint(m.Number, " ", m.Action, " ", m.Version.Checkpoint, " ", m.By))
	}
	return lines
}

// keyed returns the form of a page that asks once, with the step and the key of the page.
func keyed(page answer, step string, form url.Values) url.Values {
	next := url.Values{"step": {step}, "key": {between(page.body, `name="key" value="`, `">`+"\n    <button name=\"step\"")}}
	for name, values := range form {
		if name != "step" {
			next[name] = values
		}
	}
	return next
}

func TestPromote(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	job := s.train(t, nil)
	path := "/console/jobs/" + job.ID + "/promote"
	s.get(t, reader, "/console/jobs/"+job.ID).has(t, http.StatusOK).hasNo(t, path, job.ID+"/retune")
	s.get(t, starter, "/console/jobs/"+job.ID).has(t, http.StatusOK, path, "/retune")
	s.get(t, starter, path).has(t, http.StatusOK, "Promote this model", `id="model_id"`, "Checkpoint 1, epoch 1", "(the default)", "chrf")
	s.send(t, http.MethodPost, operator, path, url.Values{"model_id": {"helper"}, "step": {"promote"}, "key": {"k"}}).has(t, http.StatusForbidden)

	form := url.Values{"model_id": {"helper"}, "checkpoint_id": {"2"}, "step": {"check"}}
	page := s.send(t, http.MethodPost, starter, path, form).
		has(t, http.StatusOK, "Promote this model?", "no version", "Version 1 of <bdi>helper</bdi> becomes active", "Promote the model", `name="checkpoint_id" value="2"`)
	s.get(t, reader, "/console/models/helper").has(t, http.StatusNotFound)
	confirmed := keyed(page, "promote", form)
	for range 2 { // sent twice, it promotes once
		a := s.send(t, http.MethodPost, starter, path, confirmed)
		if a.code != http.StatusSeeOther || a.header.Get("Location") != "/console/models/helper" {
			t.Fatalf("got %d to %q: %s", a.code, a.header.Get("Location"), a.body)
		}
	}
	if got := strings.Join(s.pointer(t, "helper"), ", "); got != "1 PROMOTED 2 stella" {
		t.Errorf("the history is %s", got)
	}
	s.send(t, http.MethodPost, starter, path, form).has(t, http.StatusOK, "Nothing: this is the active version already").hasNo(t, "Promote the model")
	s.send(t, http.MethodPost, starter, path, url.Values{"model_id": {"helper"}, "step": {"change"}, "checkpoint_id": {"3"}}).has(t, http.StatusOK, `value="3" selected`)
	s.send(t, http.MethodPost, starter, path, url.Values{"model_id": {"helper"}, "step": {"promote"}}).has(t, http.StatusBadRequest, "lost its key")
}

func TestPromote_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	job := s.train(t, nil)
	running := s.start(t, nil)
	s.get(t, starter, "/console/jobs/"+running.ID+"/promote").has(t, http.StatusBadRequest, "Only a job that has succeeded")
	for name, test := range map[string]struct {
		form url.Values
		code int
		say  string
	}{
		"no model":      {url.Values{}, http.StatusBadRequest, `id="model_id" name="model_id" value="" aria-describedby="model_id-hint" aria-invalid="true"`},
		"a base model":  {url.Values{"model_id": {baseModel}}, http.StatusBadRequest, "is the name of a base model"},
		"checkpoint":    {url.Values{"model_id": {"m"}, "checkpoint_id": {"9"}}, http.StatusBadRequest, "no checkpoint of this ID"},
		"no number":     {url.Values{"model_id": {"m"}, "require": {"on"}, "require.min_gain": {"much"}}, http.StatusBadRequest, `value="much" aria-describedby="require.min_gain-hint" aria-invalid="true"`},
		"no evaluation": {url.Values{"model_id": {"m"}, "require": {"on"}}, http.StatusBadRequest, `role="alert"`},
	} {
		a := s.send(t, http.MethodPost, starter, "/console/jobs/"+job.ID+"/promote", test.form).has(t, test.code, test.say)
		if strings.Contains(a.body, "Promote the model") {
			t.Errorf("%s: it can be promoted", name)
		}
	}
}

// The gate is compared with what the evaluation of the job has measured, and so is promote_if.
func TestPromote_with_a_gate(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	s.Put(t, "models/helper", map[string]any{"display_name": "Helper"})
	job := s.train(t, func(r *tuning.Request) {
		r.ModelID, r.PromoteIf = "helper", &promotion.Gate{Metric: "chrf", MinGain: 99.5}
	})
	s.get(t, reader, "/console/jobs/"+job.ID).has(t, http.StatusOK, "Waiting for the evaluation", `data-live="4"`, "99.50 percentage points of chrf")
	s.tick(t, func() bool { return s.Read(t, job.ID).Promotion != nil })
	s.get(t, reader, "/console/jobs/"+job.ID).has(t, http.StatusOK, "Not promoted", "The gate is not met", `href="/console/models/helper"`)
	path := "/console/jobs/" + job.ID + "/promote"
	s.get(t, starter, path).has(t, http.StatusOK, "The job was started for this model.", `type="hidden" name="model_id" value="helper"`)
	form := url.Values{"model_id": {"helper"}, "require": {"on"}, "require.metric": {"chrf"}, "require.min_gain": {"99.5"}}
	s.send(t, http.MethodPost, starter, path, form).has(t, http.StatusBadRequest, "The gate is not met").hasNo(t, "Promote the model")
	form.Set("require.min_gain", "-50")
	page := s.send(t, http.MethodPost, starter, path, form).has(t, http.StatusOK, "is met", "percentage points of chrf", "of −50.00 that are required")
	s.send(t, http.MethodPost, starter, path, keyed(page, "promote", form)).has(t, http.StatusSeeOther)
	s.get(t, reader, "/console/models/helper").has(t, http.StatusOK, "Its gate", "chrf")
}

func TestModel_and_rollback(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	job := s.train(t, nil)
	const model = `a "b" <i>?#%`
	at := "/console/models/" + url.PathEscape(model)
	s.get(t, reader, "/console/models").has(t, http.StatusOK).hasNo(t, "With an active version")
	for i, checkpoint := range []string{"3", "1"} {
		form := url.Values{"model_id": {model}, "checkpoint_id": {checkpoint}}
		page := s.send(t, http.MethodPost, starter, "/console/jobs/"+job.ID+"/promote", form)
		if a := s.send(t, http.MethodPost, starter, "/console/jobs/"+job.ID+"/promote", keyed(page, "promote", form)); a.header.Get("Location") != at {
			t.Fatalf("got %d to %q: %s", a.code, a.header.Get("Location"), a.body)
		}
		if i == 0 {
			s.get(t, starter, at).has(t, http.StatusOK, "generateContent").hasNo(t, "/rollback")
			s.get(t, starter, at+"/rollback").has(t, http.StatusBadRequest, "no version before version 1")
		}
	}
	s.get(t, reader, "/console/models").has(t, http.StatusOK, "With an active version", `a &#34;b&#34; &lt;i&gt;?#%`, `href="/console/models/a%20%22b%22%20%3Ci%3E%3F%23%25"`, job.ID)
	s.get(t, reader, at).has(t, http.StatusOK, "Version 2", "Version 1", "checkpoint <bdi>1</bdi>", "stella", "curl").hasNo(t, "/rollback")
	s.get(t, reader, at+"/rollback").has(t, http.StatusForbidden)
	s.get(t, starter, at).has(t, http.StatusOK, at+"/rollback")
	s.get(t, starter, at+"/rollback").has(t, http.StatusOK, "Roll back?", "version 2", "version 1", "as version 3", `name="version" value="2"`)
	s.send(t, http.MethodPost, operator, at+"/rollback", url.Values{"version": {"2"}}).has(t, http.StatusForbidden)
	s.send(t, http.MethodPost, starter, at+"/rollback", nil).has(t, http.StatusBadRequest, "lost the number")
	s.send(t, http.MethodPost, starter, at+"/rollback", url.Values{"version": {"1"}}).has(t, http.StatusConflict, "not the active one")
	for range 2 { // sent twice, it goes back once
		s.send(t, http.MethodPost, starter, at+"/rollback", url.Values{"version": {"2"}}).has(t, http.StatusSeeOther)
	}
	if got := strings.Join(s.pointer(t, model), ", "); got != "3 ROLLED_BACK 3 stella, 2 PROMOTED 1 stella, 1 PROMOTED 3 stella" {
		t.Errorf("the history is %s", got)
	}
}

func TestRetune(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	job := s.train(t, nil)
	path := "/console/jobs/" + job.ID + "/retune"
	page := s.get(t, starter, path).has(t, http.StatusOK, "Retune on <bdi>gemini-3.5-flash</bdi>?", "training tokens", "Nothing was created yet.",
		`name="base_model" value="gemini-3.5-flash"`, "compared with the old one", "Start the job")
	s.get(t, operator, path).has(t, http.StatusForbidden)
	s.get(t, starter, path+"?base_model="+baseModel).has(t, http.StatusBadRequest, "was tuned on").hasNo(t, "Start the job")
	s.get(t, starter, path+"?max_cost_usd=0.000001").has(t, http.StatusOK, "It would be refused", "may cost").hasNo(t, "Start the job")
	s.get(t, starter, path+"?max_cost_usd=much").has(t, http.StatusBadRequest, `value="much"`, `aria-invalid="true"`)
	if len(s.Recorded(t)) != 1 {
		t.Fatal("a question has started a job")
	}
	form := url.Values{"base_model": {"gemini-3.5-flash"}, "key": {between(page.body, `name="key" value="`, `">`+"\n<button>Start the job")}}
	for range 2 { // sent twice, it starts one job
		s.send(t, http.MethodPost, starter, path, form).has(t, http.StatusSeeOther)
	}
	all := s.Recorded(t)
	if len(all) != 2 {
		t.Fatalf("there are %d jobs", len(all))
	}
	for _, next := range all {
		if next.ID != job.ID && (next.RetunedFrom != job.ID || next.BaseModel != "gemini-3.5-flash" || next.StartedBy != "stella" || !next.Evaluate) {
			t.Errorf("the new job is %+v", next.Job)
		}
	}
	s.send(t, http.MethodPost, starter, path, url.Values{"base_model": {"gemini-3.5-flash"}}).has(t, http.StatusBadRequest, "lost its key")
	s.send(t, http.MethodPost, operator, path, form).has(t, http.StatusForbidden)
}
