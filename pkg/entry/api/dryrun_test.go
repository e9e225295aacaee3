// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// planned is the response of a dry run.
type planned struct {
	Message    string         `json:"message"`
	DryRun     bool           `json:"dry_run"`
	Pairs      int            `json:"training_pairs_count"`
	Validation int            `json:"validation_examples_count"`
	Merged     int            `json:"merged_pairs_count"`
	LeftOut    *leftOut       `json:"left_out"`
	Estimate   map[string]any `json:"estimate"`
	Refusals   []violation    `json:"refusals"`
	Warnings   []string       `json:"warnings"`
	Version    string         `json:"vertex_api_version"`
	Request    map[string]any `json:"vertex_request"`
}

func (p planned) places() (all []string) {
	for _, v := range p.Refusals {
		all = append(all, v.Field+" "+v.Reason)
	}
	return all
}

// plan requests a dry run of a start.
func (s *system) plan(t *testing.T, body string) (p planned) {
	t.Helper()
	answer := s.post(t, base+"/start", dry(body))
	answer.into(&p)
	p.Warnings = withoutAdvice(p.Warnings)
	p.Request, _ = jsonObject(answer.body)["vertex_request"].(map[string]any)
	return p
}

func dry(body string) string { return strings.TrimSuffix(body, "}") + `,"dry_run":true}` }

// startCases are starts with the expected requests to Vertex AI. They cover all fields of a start.
var startCases = []struct {
	name, body string
	pairs      int
	validation int
	version    string
	request    string // the expected request for the tuning job
	warnings   []string
}{
	{
		name: "nothing_but_data", body: `{"session_id":"talk"}`, pairs: 6, version: "v1",
		request: `{"baseModel":"gemini-3.1-flash-lite","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl"},
			"tunedModelDisplayName":"NAME","labels":{"vertextune-job":"JOB"}}`,
		warnings: []string{"hyperparameters.epoch_count is not given: the service picks it, between 3 and 40 as far as is known, and the cost with it."},
	},
	{
		name: "all_that_gemini_takes",
		body: `{"session_id":"talk","display_name":"Support","labels":{"team":"support","cost-centre":"42"},"service_account":"tuning@acme.iam.gserviceaccount.com",
			"export_last_checkpoint_only":true,"hyperparameters":{"epoch_count":3,"learning_rate_multiplier":0.5,"adapter_size":4}}`,
		pairs: 6, version: "v1",
		request: `{"baseModel":"gemini-3.1-flash-lite","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl",
			"hyperParameters":{"epochCount":"3","learningRateMultiplier":0.5,"adapterSize":"ADAPTER_SIZE_FOUR"},"exportLastCheckpointOnly":true},
			"tunedModelDisplayName":"Support","labels":{"vertextune-job":"JOB","team":"support","cost-centre":"42"},"serviceAccount":"tuning@acme.iam.gserviceaccount.com"}`,
	},
	{
		name:  "what_gemini_does_not_take",
		body:  `{"session_id":"talk","tuning_mode":"FULL","output_uri":"gs://acme-data/models","hyperparameters":{"epoch_count":1,"batch_size":4,"learning_rate":0.0001}}`,
		pairs: 6, version: "v1",
		request: `{"baseModel":"gemini-3.1-flash-lite","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl",
			"hyperParameters":{"epochCount":"1"}},"tunedModelDisplayName":"NAME","labels":{"vertextune-job":"JOB"}}`,
		warnings: []string{
			"hyperparameters.learning_rate is not sent to Vertex AI: gemini-3.1-flash-lite does not take it, and the service chooses its own.",
			"hyperparameters.batch_size is not sent to Vertex AI: gemini-3.1-flash-lite does not take it, and the service chooses its own.",
			"tuning_mode is not sent to Vertex AI: gemini-3.1-flash-lite does not take it, and the service chooses its own.",
			"output_uri is not sent to Vertex AI: only open models are written to Cloud Storage.",
		},
	},
	{
		name: "key", version: "v1", pairs: 6,
		body: `{"session_id":"talk","base_model":"gemini-1.5-flash-001","kms_key_name":"projects/acme/locations/us-central1/keyRings/r/cryptoKeys/k","hyperparameters":{"epoch_count":1}}`,
		request: `{"baseModel":"gemini-1.5-flash-001","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl",
			"hyperParameters":{"epochCount":"1"}},"tunedModelDisplayName":"NAME","labels":{"vertextune-job":"JOB"},
			"encryptionSpec":{"kmsKeyName":"projects/acme/locations/us-central1/keyRings/r/cryptoKeys/k"}}`,
		warnings: []string{"The price of training gemini-1.5-flash-001 is not known."},
	},
	{
		name: "validation_file", body: `{"training_data":"gs://acme-inbox/train.jsonl","validation_data":"gs://acme-inbox/validate.jsonl","hyperparameters":{"epoch_count":1}}`,
		pairs: 3, validation: 1, version: "v1",
		request: `{"baseModel":"gemini-3.1-flash-lite","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl",
			"validationDatasetUri":"gs://acme-data/datasets/JOB.validation.jsonl","hyperParameters":{"epochCount":"1"}},
			"tunedModelDisplayName":"NAME","labels":{"vertextune-job":"JOB"}}`,
	},
	{
		name: "model", body: `{"session_id":"talk","model_id":"support"}`, pairs: 6, version: "v1",
		request: `{"baseModel":"gemini-3.5-flash","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl",
			"hyperParameters":{"epochCount":"5","adapterSize":"ADAPTER_SIZE_TWO"}},"tunedModelDisplayName":"Support","labels":{"vertextune-job":"JOB"}}`,
	},
	{
		name: "open_model", version: "v1beta1", pairs: 6,
		body: `{"session_id":"talk","base_model":"qwen/qwen3@qwen3-32b","tuning_mode":"PEFT_ADAPTER","output_uri":"gs://acme-data/tuned/",
			"hyperparameters":{"epoch_count":2,"learning_rate":0.0002,"batch_size":4,"adapter_size":16,"learning_rate_multiplier":2}}`,
		request: `{"baseModel":"qwen/qwen3@qwen3-32b","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl",
			"hyperParameters":{"epochCount":"2","learningRate":0.0002,"batchSize":"4","adapterSize":"ADAPTER_SIZE_SIXTEEN"},"tuningMode":"TUNING_MODE_PEFT_ADAPTER"},
			"tunedModelDisplayName":"NAME","labels":{"vertextune-job":"JOB"},"outputUri":"gs://acme-data/tuned/JOB"}`,
		warnings: []string{"hyperparameters.learning_rate_multiplier is not sent to Vertex AI: qwen/qwen3@qwen3-32b does not take it, and the service chooses its own."},
	},
	{
		name: "open_model_with_our_defaults", body: `{"session_id":"talk","base_model":"qwen/qwen3@qwen3-4b","hyperparameters":{"epoch_count":1}}`,
		pairs: 6, version: "v1beta1",
		request: `{"baseModel":"qwen/qwen3@qwen3-4b","supervisedTuningSpec":{"trainingDatasetUri":"gs://acme-data/datasets/JOB.jsonl",
			"hyperParameters":{"epochCount":"1"},"tuningMode":"TUNING_MODE_FULL"},
			"tunedModelDisplayName":"NAME","labels":{"vertextune-job":"JOB"},"outputUri":"gs://acme-data/models/JOB"}`,
	},
}

// TestDryRun: a dry run creates nothing. It returns exactly the request that the start then sends
// to Vertex AI, with the same figures and warnings.
func TestDryRun(t *testing.T) {
	t.Parallel()
	for _, test := range startCases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := talking(t, nil)
			before := s.storedState(t)
			plan := s.plan(t, test.body)
			if diff := cmp.Diff(before, s.storedState(t)); diff != "" {
				t.Errorf("a dry run changed the stored data (-before +after):\n%s", diff)
			}
			s.wantNoVertexCalls(t)
			if plan.Message != "Nothing was created" || !plan.DryRun || plan.Pairs != test.pairs || plan.Validation != test.validation || len(plan.Refusals) > 0 {
				t.Errorf("the dry run: %+v", plan)
			}
			job := s.start(t, test.body)
			sent := s.onlyCreate(t)
			want := create{test.version, map[string]any{
				"parent": "projects/acme/locations/us-central1", "tuningJob": jsonObject([]byte(test.request)),
			}}
			if diff := cmp.Diff(want, sent); diff != "" {
				t.Errorf("the request to Vertex AI (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(sent, create{plan.Version, plan.Request}); diff != "" {
				t.Errorf("the request that the dry run shows (-sent +shown):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, plan.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
			same := planned{
				Message: plan.Message, DryRun: true, Pairs: job.Pairs, Validation: job.Validation, Merged: job.Merged, LeftOut: job.LeftOut,
				Estimate: job.Estimate, Warnings: job.Warnings,
			}
			if diff := cmp.Diff(same, plan, cmpopts.IgnoreFields(planned{}, "Version", "Request")); diff != "" {
				t.Errorf("the figures of the dry run (-start +dry run):\n%s", diff)
			}
		})
	}
}

// talking starts a system with a session, a model and files.
func talking(t *testing.T, change func(*setup)) *system {
	t.Helper()
	s := newSystem(t, change)
	for _, n := range []string{"1", "2", "3", "4", "5", "6"} {
		s.message(n, turn("talk", "user", "number "+n))
	}
	if _, err := s.Firestore.Collection("models").Doc("support").Set(t.Context(), map[string]any{
		"base_model": "gemini-3.5-flash", "display_name": "Support", "hyperparameters": map[string]any{"epoch_count": 5, "adapter_size": 2},
	}); err != nil {
		t.Fatal(err)
	}
	s.Upload(t, inbox, "train.jsonl", lines("one", "two", "three"), nil)
	s.Upload(t, inbox, "validate.jsonl", lines("four"), nil)
	return s
}

// TestDryRun_refused: a dry run is refused for the same reasons as a start. The idempotency key has
// no effect on it.
func TestDryRun_refused(t *testing.T) {
	t.Parallel()
	s := talking(t, nil)
	before := s.storedState(t)
	tests := []struct {
		name, body string
		code       int
		want       []string
	}{
		{"fields", `{"session_id":"talk","tuning_mode":"HALF"}`, 400, []string{"tuning_mode INVALID_TUNING_MODE"}},
		{"nothing_to_train_on", `{"model_id":"support"}`, 400, []string{"message_ids NO_TRAINING_DATA"}},
		{"session", `{"session_id":"silence"}`, 404, []string{"session_id UNKNOWN_SESSION"}},
		{"messages", `{"message_ids":["1","nobody"]}`, 404, []string{"message_ids[1] UNKNOWN_MESSAGE"}},
		{"model", `{"session_id":"talk","model_id":"nobody"}`, 404, []string{"model_id UNKNOWN_MODEL"}},
		{"file", `{"training_data":"gs://acme-inbox/nothing.jsonl"}`, 404, []string{"training_data UNKNOWN_OBJECT"}},
		{"validation_file", `{"session_id":"talk","validation_data":"gs://acme-inbox/nothing.jsonl"}`, 404, []string{"validation_data UNKNOWN_OBJECT"}},
	}
	for _, test := range tests {
		f := s.send(t, http.MethodPost, base+"/start", dry(test.body), withKey("k1")).failed(test.code)
		if diff := cmp.Diff(test.want, f.places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	s.send(t, http.MethodPost, base+"/start", dry(`{"session_id":"talk"}`), withKey("k1", "k2")).into(new(planned))
	if diff := cmp.Diff(before, s.storedState(t)); diff != "" {
		t.Errorf("a dry run changed the stored data (-before +after):\n%s", diff)
	}
	s.wantNoVertexCalls(t)
}
