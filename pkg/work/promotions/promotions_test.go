// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotions_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestPromote_and_roll_back: the pointer and the default checkpoint of Vertex AI move together.
func TestPromote_and_roll_back(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.train(t)
	if _, err := w.Get(t.Context(), "m"); reasonOf(err) != "model_id UNKNOWN_MODEL NOT_FOUND" {
		t.Errorf("before: %v", err)
	}
	first := w.promote(t, order("m"), job, "")
	if first.Number != 1 || first.Version.Checkpoint != "3" || first.Version.Endpoint != job.TunedEndpoint || first.By != "ann" || first.At.IsZero() {
		t.Errorf("first %+v", first)
	}
	for _, checkpoint := range []string{"", "3"} {
		if again := w.promote(t, order("m"), job, checkpoint); again.ID != first.ID {
			t.Errorf("again %+v", again)
		}
	}
	w.promote(t, order("m"), job, "1")
	if got := w.defaultCheckpoint(t, job); got != "1" {
		t.Errorf("the default checkpoint is %s", got)
	}
	if _, err := w.RollBack(t.Context(), order("m"), 0); err != nil {
		t.Fatal(err)
	}
	if got := w.defaultCheckpoint(t, job); got != "3" {
		t.Errorf("after the rollback the default checkpoint is %s", got)
	}
	want := []string{"1 PROMOTED checkpoint 3", "2 PROMOTED checkpoint 1", "3 ROLLED_BACK checkpoint 3"}
	if diff := cmp.Diff(want, w.history(t, "m")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := w.RollBack(t.Context(), order("m"), 0); reasonOf(err) != "NO_PREVIOUS_VERSION FAILED_PRECONDITION" {
		t.Errorf("too far back: %v", err)
	}
	if _, err := w.RollBack(t.Context(), order("none"), 0); reasonOf(err) != "model_id UNKNOWN_MODEL NOT_FOUND" {
		t.Errorf("of nothing: %v", err)
	}
}

// TestKeys: the same key is the same move, and another request with it is refused.
func TestKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.train(t)
	first := w.promote(t, keyed("m", "a"), job, "1")
	w.promote(t, keyed("m", "b"), job, "2")
	if again := w.promote(t, keyed("m", "a"), job, "1"); again.ID != first.ID {
		t.Errorf("again %+v", again)
	}
	_, err := w.Promote(t.Context(), keyed("m", "a"), promotion.Request{JobName: job.ID, Checkpoint: "3"})
	if reasonOf(err) != "Idempotency-Key KEY_USED_FOR_ANOTHER_REQUEST ALREADY_EXISTS" {
		t.Errorf("another request: %v", err)
	}
	back, err := w.RollBack(t.Context(), keyed("m", "c"), 0)
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.RollBack(t.Context(), keyed("m", "c"), 0)
	if err != nil || again.ID != back.ID {
		t.Errorf("rolled back again: %+v, %v", again, err)
	}
	if _, err := w.RollBack(t.Context(), keyed("m", "a"), 0); fault.KindOf(err) != fault.AlreadyExists {
		t.Errorf("the key of a promotion: %v", err)
	}
	if n := len(w.history(t, "m")); n != 3 {
		t.Errorf("%d moves", n)
	}
}

func TestPromote_refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Put(t, "models/other", map[string]any{})
	job := w.train(t)
	foreign := w.train(t, func(r *tuning.Request) { r.ModelID = "other" })
	running := w.Record(t, tuning.Job{ID: tuning.NewID(time.Now()), State: tuning.Running})
	unserved := w.Record(t, tuning.Job{ID: tuning.NewID(time.Now()), State: tuning.Succeeded, TunedModel: job.TunedModel})
	run := w.evaluate(t, evalrun.Request{JobName: foreign.ID})
	tests := []struct {
		name, model string
		r           promotion.Request
		want        string
	}{
		{"unknown_job", "m", promotion.Request{JobName: "none"}, "job_name UNKNOWN_JOB NOT_FOUND"},
		{"job_of_another_model", "m", promotion.Request{JobName: foreign.ID}, "job_name WRONG_MODEL FAILED_PRECONDITION"},
		{"running", "m", promotion.Request{JobName: running.ID}, "job_name JOB_NOT_SUCCEEDED FAILED_PRECONDITION"},
		{"unserved", "m", promotion.Request{JobName: unserved.ID}, "job_name MODEL_NOT_SERVED FAILED_PRECONDITION"},
		{"checkpoint", "m", promotion.Request{JobName: job.ID, Checkpoint: "9"}, "checkpoint_id UNKNOWN_CHECKPOINT INVALID_ARGUMENT"},
		{"slash", "a/b", promotion.Request{JobName: job.ID}, "model_id INVALID_ID INVALID_ARGUMENT"},
		{"long_name", strings.Repeat("m", 301), promotion.Request{JobName: job.ID}, "model_id INVALID_ID INVALID_ARGUMENT"},
		{"base_model", "gemini-3.1-flash-lite", promotion.Request{JobName: job.ID}, "model_id BASE_MODEL_NAME INVALID_ARGUMENT"},
		{"no_evaluation", "m", promotion.Request{JobName: job.ID, Require: &promotion.Require{}}, "require.evaluation UNKNOWN_EVALUATION FAILED_PRECONDITION"},
		{"evaluation", "m", promotion.Request{JobName: job.ID, Require: &promotion.Require{Evaluation: "ev-1"}}, "require.evaluation UNKNOWN_EVALUATION NOT_FOUND"},
		{"evaluation_of_another_job", "m", promotion.Request{JobName: job.ID, Require: &promotion.Require{Evaluation: run.ID}}, "require.evaluation WRONG_EVALUATION FAILED_PRECONDITION"},
		{
			"evaluation_of_another_checkpoint", "other",
			promotion.Request{JobName: foreign.ID, Checkpoint: "1", Require: &promotion.Require{Evaluation: run.ID}}, "require.evaluation WRONG_EVALUATION FAILED_PRECONDITION",
		},
		{"metric", "other", promotion.Request{JobName: foreign.ID, Require: &promotion.Require{Gate: promotion.Gate{Metric: "json_keys"}}}, "require.metric METRIC_DOES_NOT_APPLY FAILED_PRECONDITION"},
		{"gate", "other", promotion.Request{JobName: foreign.ID, Require: &promotion.Require{Gate: promotion.Gate{MinGain: 99.5}}}, "require.min_gain GATE_NOT_MET FAILED_PRECONDITION"},
	}
	for _, tt := range tests {
		if _, err := w.Promote(t.Context(), order(tt.model), tt.r); reasonOf(err) != tt.want {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if p := w.pointer(t, "other"); len(p.Moves) > 0 || p.Pending != nil {
		t.Errorf("something was promoted: %+v", p)
	}
}

// TestGate_of_evaluations: the newest evaluation that asked the version counts, and it must have
// ended.
func TestGate_of_evaluations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.train(t)
	tuned := w.evaluate(t, evalrun.Request{JobName: job.ID})
	first := w.evaluate(t, evalrun.Request{JobName: job.ID, Checkpoints: []string{"1"}})
	for checkpoint, want := range map[string]string{"": tuned.ID, "1": first.ID} {
		m, err := w.Promote(t.Context(), order("m"), promotion.Request{JobName: job.ID, Checkpoint: checkpoint, Require: &promotion.Require{Gate: promotion.Gate{MinGain: 1}}})
		if err != nil || m.Gain.Evaluation != want || m.Gain.Gain < 1 || m.Gain.Against != "base" {
			t.Errorf("checkpoint %q: %+v, %v", checkpoint, m.Gain, err)
		}
	}
	w.On("GenerateContent", faults.Fail(codes.Unavailable))
	run, err := w.evals.Start(t.Context(), startOf(job))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Promote(t.Context(), order("m"), promotion.Request{JobName: job.ID, Require: &promotion.Require{}})
	if reasonOf(err) != "require.evaluation EVALUATION_NOT_SUCCEEDED FAILED_PRECONDITION" {
		t.Errorf("it has not ended: %v", err)
	}
	w.On("GenerateContent", faults.Fail(codes.NotFound))
	w.tick(t)
	_, err = w.Promote(t.Context(), order("m"), promotion.Request{JobName: job.ID, Require: &promotion.Require{Evaluation: run.ID}})
	if reasonOf(err) != "require.evaluation EVALUATION_NOT_SUCCEEDED FAILED_PRECONDITION" || !strings.Contains(err.Error(), "failed") {
		t.Errorf("it has failed: %v", err)
	}
}

// TestDeleted: a model that was deleted on Vertex AI is neither promoted nor gone back to, and the
// next promotion works.
func TestDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old, gone, other := w.train(t), w.train(t), w.train(t)
	w.promote(t, order("m"), gone, "")
	w.promote(t, order("m"), old, "")
	if err := w.Run.Vertex.DeleteModel(gone.TunedModel); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Promote(t.Context(), order("m"), promotion.Request{JobName: gone.ID}); reasonOf(err) != "job_name MODEL_DELETED FAILED_PRECONDITION" {
		t.Errorf("promote: %v", err)
	}
	if _, err := w.RollBack(t.Context(), order("m"), 0); reasonOf(err) != "version MODEL_DELETED FAILED_PRECONDITION" {
		t.Errorf("roll back: %v", err)
	}
	if p := w.pointer(t, "m"); p.Pending != nil || p.Active().Version.JobID != old.ID {
		t.Errorf("%+v", p)
	}
	if m := w.promote(t, order("m"), other, ""); m.Number != 3 {
		t.Errorf("number %d", m.Number)
	}
}

// TestConcurrent: promotions and rollbacks at the same time follow each other, without a gap, and
// Vertex AI ends with the checkpoint of the last one.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.train(t)
	w.promote(t, order("m"), job, "1")
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			if i%4 == 3 {
				if _, err := w.RollBack(t.Context(), order("m"), 0); err != nil && fault.From(err).Reason != "NO_PREVIOUS_VERSION" {
					t.Errorf("roll back: %v", err)
				}
				return
			}
			if _, err := w.Promote(t.Context(), order("m"), promotion.Request{JobName: job.ID, Checkpoint: fmt.Sprint(1 + i%3)}); err != nil {
				t.Errorf("promote: %v", err)
			}
		})
	}
	all.Wait()
	p := w.pointer(t, "m")
	for i, m := range p.Moves {
		if m.Number != int64(len(p.Moves)-i) {
			t.Fatalf("a gap: %v", w.history(t, "m"))
		}
		if i > 0 && m.Version == p.Moves[i-1].Version {
			t.Errorf("version %d is promoted twice in a row: %v", m.Number, w.history(t, "m"))
		}
	}
	if p.Pending != nil || w.defaultCheckpoint(t, job) != p.Active().Version.Checkpoint {
		t.Errorf("the default checkpoint is %s after %v", w.defaultCheckpoint(t, job), w.history(t, "m"))
	}
}
