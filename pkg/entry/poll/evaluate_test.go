// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"fmt"
	"strings"
	"testing"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
)

// evaluation starts the evaluation of a job that has succeeded.
func (w *world) evaluation(t *testing.T) evalrun.Run {
	t.Helper()
	r := w.trained(t)
	w.tick(t)
	var lines strings.Builder
	for i := range 25 {
		fmt.Fprintf(&lines, `{"contents":[{"role":"user","parts":[{"text":"Hello %d?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}`+"\n", i)
	}
	w.put(t, "eval.jsonl", lines.String())
	run, err := w.Evaluations.Start(t.Context(), evaluations.StartRequest{
		Request: evalrun.Request{JobName: r.ID, Data: "gs://" + cloudtest.Data + "/eval.jsonl"}, Caller: "ci",
	})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func (w *world) state(t *testing.T, id string) evalrun.State {
	t.Helper()
	e, err := w.Cloud.Records.Evaluation(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return e.State
}

// TestTick_evaluates: a tick works on all evaluations, even if no job needs work.
func TestTick_evaluates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	a, b := w.evaluation(t), w.evaluation(t)
	w.tick(t)
	for _, id := range []string{a.ID, b.ID} {
		if state := w.state(t, id); state != evalrun.Succeeded {
			t.Errorf("%s is %s", id, state)
		}
	}
	w.newCalls()
	w.tick(t)
	if n := w.newCalls()["GenerateContent"]; n != 0 {
		t.Errorf("%d questions after the end", n)
	}
}

// TestTick_evaluation_that_fails: it delays no job, fails no tick, and is continued later.
func TestTick_evaluation_that_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	run := w.evaluation(t)
	w.On("GenerateContent", faults.Fail(codes.Unavailable))
	job := w.trained(t)
	w.tick(t)
	if w.state(t, run.ID) != evalrun.Running || w.Read(t, job.ID).State != tuning.Succeeded {
		t.Errorf("the evaluation is %s, the job %s", w.state(t, run.ID), w.Read(t, job.ID).State)
	}
	if log := w.Cloud.Log.String(); !strings.Contains(log, "the evaluation was delayed") {
		t.Errorf("log:\n%s", log)
	}
	w.On("GenerateContent", nil)
	w.On("RunQuery", faults.After(1, faults.Fail(codes.PermissionDenied)))
	w.tick(t)
	w.On("RunQuery", nil)
	if state := w.state(t, run.ID); state != evalrun.Running {
		t.Errorf("the evaluation is %s without a query", state)
	}
	w.tick(t)
	if state := w.state(t, run.ID); state != evalrun.Succeeded {
		t.Errorf("the evaluation is %s", state)
	}
}

// TestTick_evaluation_without_its_job: a deleted endpoint is the recorded cause of the failure.
func TestTick_evaluation_without_its_job(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	run := w.evaluation(t)
	w.On("GenerateContent", faults.Fail(codes.NotFound))
	w.tick(t)
	e, err := w.Cloud.Records.Evaluation(t.Context(), run.ID)
	if err != nil || e.State != evalrun.Failed || e.Failure.Code != int32(codes.NotFound) {
		t.Errorf("%+v, %v", e.Run, err)
	}
}

// asking begins a job whose start asked for an evaluation.
func (w *world) asking(t *testing.T, validation string) store.Record {
	t.Helper()
	r, err := w.Cloud.Records.Change(t.Context(), w.trained(t), func(j tuning.Job) (tuning.Job, error) {
		j.Spec.ValidationData = validation
		return j, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Firestore.Collection("tuning_jobs").Doc(r.ID).Update(t.Context(), []firestore.Update{{Path: "evaluate", Value: true}}); err != nil {
		t.Fatal(err)
	}
	return w.Read(t, r.ID)
}

// TestTick_starts_the_evaluation_that_a_start_asked_for: before the end of the job is published,
// and once.
func TestTick_starts_the_evaluation_that_a_start_asked_for(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	w.put(t, "held-out.jsonl", cloudtest.Example)
	r := w.asking(t, "gs://"+cloudtest.Data+"/held-out.jsonl")
	w.tick(t)
	e, ok, err := w.Cloud.Records.NewestEvaluation(t.Context(), r.ID)
	if err != nil || !ok || e.ID != evalrun.JobKeyID(r.ID) || e.State != evalrun.Succeeded {
		t.Errorf("%+v, %v, %v", e.Run, ok, err)
	}
	if warnings := w.Read(t, r.ID).Warnings; len(warnings) != 0 {
		t.Errorf("warnings %q", warnings)
	}
	without := w.asking(t, "")
	w.tick(t)
	w.tick(t)
	if warnings := w.Read(t, without.ID).Warnings; len(warnings) != 1 || !strings.Contains(warnings[0], "no validation data") {
		t.Errorf("warnings %q", warnings)
	}
	if len(w.receivedEvents(t)[without.ID]) == 0 {
		t.Error("the end of the job is not published")
	}
}

// TestTick_starts_the_evaluation_after_a_warning: the write of the warning can succeed although the
// tick saw an error. The next tick starts the evaluation, and removes the warning.
func TestTick_starts_the_evaluation_after_a_warning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quick)
	w.put(t, "held-out.jsonl", cloudtest.Example)
	r := w.asking(t, "gs://"+cloudtest.Data+"/held-out.jsonl")
	warnings := []string{"another warning", "The evaluation was not started. Firestore answered PermissionDenied."}
	if _, err := w.Firestore.Collection("tuning_jobs").Doc(r.ID).Update(t.Context(), []firestore.Update{{Path: "warnings", Value: warnings}}); err != nil {
		t.Fatal(err)
	}
	w.tick(t)
	if _, ok, err := w.Cloud.Records.NewestEvaluation(t.Context(), r.ID); err != nil || !ok {
		t.Errorf("there is no evaluation: %v", err)
	}
	if now := w.Read(t, r.ID).Warnings; len(now) != 1 || now[0] != warnings[0] {
		t.Errorf("the warnings are %q", now)
	}
}
