// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// fullJob returns a job with a value in every field.
func fullJob(n int) tuning.Job {
	epochs, batch, rate := int64(3), int64(4), 0.0001
	j := newJob(n)
	j.Tentative, j.Key = true, "5f"
	j.Name, j.Number, j.ModelID = jobName(n), fmt.Sprint(n), "m"
	j.Hyperparameters = tuning.Hyperparameters{EpochCount: &epochs, BatchSize: &batch, LearningRate: &rate}
	j.Priority, j.Timeout, j.CancelWhenStalled, j.Evaluate, j.RequestData = -5, time.Hour, true, true, "gs://b/requests/x.json"
	j.RetunedFrom = "vt-20261101-090000-a2b3c4d5e6"
	j.TrainingData, j.Pairs, j.Merged, j.Warnings = "gs://b/x.jsonl", 7, 2, []string{"one", "two"}
	j.LeftOut = &tuning.LeftOut{
		Count: 2, Reasons: map[string]int64{"SAME_ROLE": 2}, Messages: []tuning.LeftOutMessage{{ID: "m1", Reason: "SAME_ROLE"}},
	}
	j.OpenAI = &tuning.OpenAI{
		TrainingFile: "file-1", ValidationFile: "file-2", Suffix: "s", Seed: 7, Metadata: []byte(`{"__k__":"v"}`), Warnings: []string{"w"},
	}
	j.Attempts, j.Crashes, j.Submissions, j.Refusals, j.Detail = 3, 2, 2, 1, "no room"
	j.CancelRequested, j.StalledAt = &tuning.CancelRequest{By: "ci", At: noon.Add(time.Minute), Reason: "NO_CHANGE"}, noon.Add(time.Minute)
	j.FirstAnswer = &tuning.Answer{Name: jobName(n), State: tuning.Queued}
	j.Step, j.State, j.VertexState, j.Finished = tuning.Ended, tuning.Failed, "JOB_STATE_FAILED", true
	j.Failure = &tuning.Failure{
		Code: 3, Message: "bad data", Violations: []fault.Violation{{Field: "data[0]", Reason: "BAD", Description: "It is bad."}},
		Kind: "INVALID_ARGUMENT", Reason: "INVALID_DATA", Metadata: map[string]string{"errors": "1"},
	}
	j.TunedModel, j.TunedEndpoint = "models/1", "endpoints/1"
	j.Checkpoints = []tuning.Checkpoint{
		{ID: "1", Epoch: 1, Step: 5, Endpoint: "endpoints/1", TrainLoss: new(1.5), EvalLoss: new(1.75), TrainAccuracy: new(0.5), EvalAccuracy: new(0.25)},
		{ID: "2", Epoch: 2, Step: 10},
	}
	j.Experiment = "projects/1/locations/l/metadataStores/default/contexts/c"
	j.Metrics = &tuning.Metrics{URI: "gs://b/m.json", Detail: "none", Memorized: "yes"}
	j.PromoteIf = &promotion.Gate{Metric: "chrf", MinGain: 1.5}
	j.Promotion = &promotion.Outcome{State: promotion.NotPromoted, Version: 1, Detail: "no", Gain: &promotion.Gain{Metric: "chrf"}, At: noon}
	j.Stats = &tuning.Stats{Examples: 100, BillableTokens: 1 << 40, Steps: 10, Dropped: 1}
	j.Dropped = []tuning.Dropped{{Index: 3, Reason: "too long"}}
	j.Spec = tuning.Spec{APIVersion: "v1", ValidationData: "gs://b/y.jsonl", Labels: map[string]string{"team": "a"}}
	j.Lineage = tuning.Lineage{
		Sources: []tuning.SourceObject{{URI: "gs://b/in.jsonl", Generation: 7, SHA256: "ab"}}, SourceURIs: []string{"gs://b/in.jsonl"}, Index: "gs://b/x.sources.jsonl",
		DatasetSHA256: "cd", Converter: "1", Options: map[string]string{"validation_split": "0.5"}, Request: "ef", Validation: 1,
	}
	j.Estimate, j.Cost, j.Reserved, j.Month = []byte(`{"examples":7}`), 52_500_000, 60_000_000, "2026-11"
	j.Published = 1
	j.Events = append(j.Events, tuning.Event{
		Seq: 2, Type: tuning.StateChanged, Time: noon.Add(time.Hour), From: tuning.Queued, To: tuning.Failed, Name: j.Name,
		VertexState: "JOB_STATE_FAILED", Actor: "ci", Reason: "NO_CHANGE", Failure: j.Failure, TunedModel: "models/1", TunedEndpoint: "endpoints/1",
	})
	j.StartedAt, j.EndedAt = noon.Add(time.Microsecond), noon.Add(time.Hour)
	return j
}

func TestFull_job_is_full(t *testing.T) {
	t.Parallel()
	job := fullJob(1)
	for _, v := range []any{job, job.Events[1], *job.Failure, *job.LeftOut, *job.Stats, *job.FirstAnswer, *job.CancelRequested, *job.OpenAI, *job.Metrics, *job.Promotion, job.Checkpoints[0]} {
		for i := range reflect.TypeOf(v).NumField() {
			if reflect.ValueOf(v).Field(i).IsZero() {
				t.Errorf("%T.%s has no value: the test would not notice its loss", v, reflect.TypeOf(v).Field(i).Name)
			}
		}
	}
}

func TestJob_is_read_as_it_was_written(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		for i, job := range []tuning.Job{newJob(0), fullJob(1)} {
			before := time.Now()
			created := w.create(t, job)
			same(t, fmt.Sprintf("job %d as created", i), job, created.Job)
			read, err := w.Job(t.Context(), job.ID)
			if err != nil {
				t.Fatal(err)
			}
			same(t, fmt.Sprintf("job %d as read", i), job, read.Job)
			if age := read.Age(time.Now()); age < -time.Second || age > time.Since(before)+time.Second {
				t.Errorf("age of a record just written: %v", age)
			}
		}
		if _, err := w.Job(t.Context(), jobID(9)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a missing job: %v, want NotFound", err)
		}
	})
}

func TestCreateJob_answer_lost(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.On("Commit", faults.First(1, faults.Lose(codes.Unavailable)))
		record := w.create(t, newJob(1))
		if n := w.Count("Commit"); n != 2 {
			t.Errorf("%d calls of Commit, want the first and its repetition", n)
		}
		same(t, "job", newJob(1), record.Job)
		// A write through the record succeeds.
		if _, err := w.Apply(t.Context(), record, seen(1, "JOB_STATE_PENDING", 1)); err != nil {
			t.Errorf("Apply: %v", err)
		}
	})
}

// TestUpdateJob_only_over_what_was_read: of two writers that have read the same version only the
// first succeeds, both with and without a model's document.
func TestUpdateJob_only_over_what_was_read(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"", "m"} {
		t.Run("model_"+model, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, w *world) {
				w.put(t, "models/m", fields{"base_model": "x"})
				job := newJob(1)
				job.ModelID = model
				first := w.create(t, job)
				second, err := w.Job(t.Context(), job.ID)
				if err != nil {
					t.Fatal(err)
				}
				running, _ := first.Observe(seen(1, "JOB_STATE_RUNNING", 2))
				written, err := w.UpdateJob(t.Context(), first, running)
				if err != nil {
					t.Fatalf("first writer: %v", err)
				}
				same(t, "first writer's job", running, written.Job)
				pending, _ := second.Observe(seen(1, "JOB_STATE_PENDING", 1))
				if _, err := w.UpdateJob(t.Context(), second, pending); !errors.Is(err, store.ErrChanged) {
					t.Errorf("second writer: %v, want ErrChanged", err)
				}
				read, err := w.Job(t.Context(), job.ID)
				if err != nil {
					t.Fatal(err)
				}
				same(t, "existing job", running, read.Job)
				// A write through the result of an update succeeds.
				done, _ := written.Observe(seen(1, "JOB_STATE_SUCCEEDED", 3))
				if _, err := w.UpdateJob(t.Context(), written, done); err != nil {
					t.Errorf("first writer again: %v", err)
				}
				if _, err := w.client.Doc("tuning_jobs/" + job.ID).Delete(t.Context()); err != nil {
					t.Fatal(err)
				}
				if _, err := w.UpdateJob(t.Context(), second, pending); !errors.Is(err, store.ErrChanged) {
					t.Errorf("update of a deleted job: %v, want ErrChanged", err)
				}
				if got := w.data(t, "tuning_jobs/"+job.ID); got != nil {
					t.Errorf("a deleted record exists again: %v", got)
				}
			})
		})
	}
}

// TestUpdateJob_keeps_what_does_not_move: an update changes neither fields that others have added
// to a record, nor the fields that never change, nor the number of published events.
func TestUpdateJob_keeps_what_does_not_move(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		record := w.create(t, newJob(1))
		if _, err := w.client.Doc("tuning_jobs/"+record.ID).Set(t.Context(), fields{"note": "mine"}, gcf.MergeAll); err != nil {
			t.Fatal(err)
		}
		record, err := w.Job(t.Context(), record.ID)
		if err != nil {
			t.Fatal(err)
		}
		next := fullJob(1)
		next.ModelID = ""
		next.DisplayName, next.CreatedAt, next.Published = "changed", noon.Add(time.Hour), 2
		if _, err := w.UpdateJob(t.Context(), record, next); err != nil {
			t.Fatal(err)
		}
		read, err := w.Job(t.Context(), record.ID)
		if err != nil {
			t.Fatal(err)
		}
		want, first := fullJob(1), newJob(1)
		want.Key, want.ModelID, want.Hyperparameters, want.Published = first.Key, first.ModelID, first.Hyperparameters, first.Published
		want.OpenAI, want.Priority, want.Timeout, want.CancelWhenStalled = first.OpenAI, first.Priority, first.Timeout, first.CancelWhenStalled
		want.Evaluate, want.PromoteIf, want.RetunedFrom = first.Evaluate, first.PromoteIf, first.RetunedFrom
		same(t, "job", want, read.Job)
		if note := w.data(t, "tuning_jobs/"+record.ID)["note"]; note != "mine" {
			t.Errorf("the added field is now %v", note)
		}
	})
}

func TestApply(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		record := w.create(t, newJob(1))
		pending, err := w.Apply(t.Context(), record, seen(1, "JOB_STATE_PENDING", 1))
		if err != nil {
			t.Fatal(err)
		}
		before := w.Count("Commit")
		unchanged, err := w.Apply(t.Context(), pending, seen(1, "JOB_STATE_PENDING", 5))
		if err != nil || w.Count("Commit") != before {
			t.Errorf("nothing new: %v, and %d calls of Commit, want none", err, w.Count("Commit")-before)
		}
		same(t, "job without news", pending.Job, unchanged.Job)
		if _, err := w.Apply(t.Context(), pending, seen(1, "JOB_STATE_SUCCEEDED", 9)); err != nil {
			t.Fatal(err)
		}
		// A writer with an outdated version and an old observation gets the new state.
		late, err := w.Apply(t.Context(), pending, seen(1, "JOB_STATE_RUNNING", 6))
		if err != nil {
			t.Fatalf("late answer: %v", err)
		}
		if late.State != tuning.Succeeded || !late.Finished {
			t.Errorf("late answer: state %s, want %s", late.State, tuning.Succeeded)
		}
	})
}

// TestApply_answer_lost: the write took effect, so its retry is refused, and the record is right.
func TestApply_answer_lost(t *testing.T) {
	t.Parallel()
	for _, model := range []string{"", "m"} {
		t.Run("model_"+model, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, w *world) {
				w.put(t, "models/m", fields{"base_model": "x"})
				job := newJob(1)
				job.ModelID = model
				record := w.create(t, job)
				w.On("Commit", faults.First(1, faults.Lose(codes.Unavailable)))
				got, err := w.Apply(t.Context(), record, seen(1, "JOB_STATE_RUNNING", 1))
				if err != nil {
					t.Fatalf("Apply: %v", err)
				}
				want, _ := job.Observe(seen(1, "JOB_STATE_RUNNING", 1))
				same(t, "job", want, got.Job)
				if _, err := w.Apply(t.Context(), got, seen(1, "JOB_STATE_SUCCEEDED", 2)); err != nil {
					t.Errorf("the next one: %v", err)
				}
			})
		})
	}
}
