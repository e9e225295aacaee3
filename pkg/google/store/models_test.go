// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

func TestModel(t *testing.T) {
	t.Parallel()
	epochs, rate := int64(3), 1.0
	onBoth(t, func(t *testing.T, w *world) {
		tests := []struct {
			name string
			doc  fields // nil: none
			want store.Model
			kind fault.Kind // of the error; Internal means no error
		}{
			{
				name: "full",
				doc: fields{
					"base_model": "gemini-x", "display_name": "Helper", "unknown": []any{1},
					"hyperparameters": fields{"epoch_count": 3, "learning_rate": 1},
				},
				want: store.Model{
					BaseModel: "gemini-x", DisplayName: "Helper",
					Hyperparameters: tuning.Hyperparameters{EpochCount: &epochs, LearningRate: &rate},
				},
			},
			{name: "empty", doc: fields{}},
			{name: "none", kind: fault.NotFound},
			{name: "base_model_is_a_number", doc: fields{"base_model": 7}, kind: fault.FailedPrecondition},
			{name: "hyperparameters_are_a_list", doc: fields{"hyperparameters": []any{1}}, kind: fault.FailedPrecondition},
			{name: "epochs_are_text", doc: fields{"hyperparameters": fields{"epoch_count": "3"}}, kind: fault.FailedPrecondition},
		}
		for _, tt := range tests {
			if tt.doc != nil {
				w.put(t, "models/"+tt.name, tt.doc)
			}
			got, err := w.Model(t.Context(), tt.name)
			if tt.kind != fault.Internal {
				if fault.KindOf(err) != tt.kind {
					t.Errorf("%s: %v (kind %v), want kind %v", tt.name, err, fault.KindOf(err), tt.kind)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	})
}

// lastJob returns the expected field last_job of a model's document.
func lastJob(j tuning.Job) fields {
	return fields{
		"id": j.ID, "job_name": j.Name, "status": string(j.State), "tuned_model": j.TunedModel,
		"created_at": j.CreatedAt, "updated_at": j.UpdatedAt,
	}
}

func modelJob(n int, after time.Duration) tuning.Job {
	job := newJob(n)
	job.ModelID, job.CreatedAt = "m", noon.Add(after)
	return job
}

func TestJob_is_written_back_to_its_model(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		w.put(t, "models/m", fields{"base_model": "gemini-x", "owner": "me"})
		older, newer := w.create(t, modelJob(1, 0)), w.create(t, modelJob(2, time.Second))

		older = w.apply(t, older, seen(1, "JOB_STATE_RUNNING", 1))
		w.modelIs(t, fields{"base_model": "gemini-x", "owner": "me", "last_job": lastJob(older.Job)})

		newer = w.apply(t, newer, seen(2, "JOB_STATE_RUNNING", 2))
		w.modelIs(t, fields{"base_model": "gemini-x", "owner": "me", "last_job": lastJob(newer.Job)})

		// The older job is no longer the model's last job, but it is the first to create a tuned
		// model.
		success := seen(1, "JOB_STATE_SUCCEEDED", 3)
		success.TunedModel = "models/1"
		older = w.apply(t, older, success)
		w.modelIs(t, fields{
			"base_model": "gemini-x", "owner": "me", "last_job": lastJob(newer.Job),
			"tuned_model": "models/1", "tuned_model_job_created_at": older.CreatedAt,
		})

		success = seen(2, "JOB_STATE_SUCCEEDED", 4)
		success.TunedModel = "models/2"
		newer = w.apply(t, newer, success)
		w.modelIs(t, fields{
			"base_model": "gemini-x", "owner": "me", "last_job": lastJob(newer.Job),
			"tuned_model": "models/2", "tuned_model_job_created_at": newer.CreatedAt,
		})

		// Neither a failure nor the late success of an older job replaces that tuned model.
		failed := w.apply(t, w.create(t, modelJob(3, time.Minute)), seen(3, "JOB_STATE_FAILED", 5))
		late := seen(4, "JOB_STATE_SUCCEEDED", 6)
		late.TunedModel = "models/4"
		w.apply(t, w.create(t, modelJob(4, -time.Minute)), late)
		w.modelIs(t, fields{
			"base_model": "gemini-x", "owner": "me", "last_job": lastJob(failed.Job),
			"tuned_model": "models/2", "tuned_model_job_created_at": newer.CreatedAt,
		})
	})
}

func TestWrite_back_to_a_model_that_is_different(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		record := w.create(t, modelJob(1, 0))
		record = w.apply(t, record, seen(1, "JOB_STATE_PENDING", 1))
		w.modelIs(t, nil) // the model stays deleted, and the job continues

		w.put(t, "models/m", fields{"last_job": "somebody's note"})
		record = w.apply(t, record, seen(1, "JOB_STATE_RUNNING", 2))
		w.modelIs(t, fields{"last_job": lastJob(record.Job)})

		w.put(t, "models/m", fields{"last_job": fields{"id": 7, "created_at": "yesterday"}})
		record = w.apply(t, record, seen(1, "JOB_STATE_CANCELLED", 3))
		w.modelIs(t, fields{"last_job": lastJob(record.Job)})
	})
}

func (w *world) apply(t *testing.T, r store.Record, o tuning.Observation) store.Record {
	t.Helper()
	next, err := w.Apply(t.Context(), r, o)
	if err != nil {
		t.Fatalf("apply %s to %s: %v", o.VertexState, r.ID, err)
	}
	if next.VertexState != o.VertexState {
		t.Fatalf("after %s, %s is in %s", o.VertexState, r.ID, next.VertexState)
	}
	return next
}

func (w *world) modelIs(t *testing.T, want fields) {
	t.Helper()
	if diff := cmp.Diff(want, w.data(t, "models/m")); diff != "" {
		t.Errorf("the model's document (-want +got):\n%s", diff)
	}
}
