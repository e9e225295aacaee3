// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/requestfields"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// labels returns n labels with legal names.
func labels(n int) map[string]string {
	all := map[string]string{}
	for i := range n {
		all[fmt.Sprint("l", i)] = ""
	}
	return all
}

// Each limit of the fields besides the data, on both of its sides.
func TestRequestCheck_of_the_model_and_its_surroundings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		r    tuning.Request
		want []string // field and reason of each violation
	}{
		{"longest_display_name", tuning.Request{DisplayName: strings.Repeat("ü", 128)}, nil},
		{"display_name_too_long", tuning.Request{DisplayName: strings.Repeat("ü", 129)}, []string{"display_name TOO_LONG"}},
		{"broken_display_name", tuning.Request{DisplayName: "\xff"}, []string{"display_name TOO_LONG"}},
		{"longest_instruction", tuning.Request{SystemInstruction: strings.Repeat("x", 100_000)}, nil},
		{"instruction_too_long", tuning.Request{SystemInstruction: strings.Repeat("x", 100_001)}, []string{"system_instruction INVALID_TEXT"}},
		{"instruction_of_spaces", tuning.Request{SystemInstruction: " \n"}, []string{"system_instruction INVALID_TEXT"}},
		{"tuning_mode", tuning.Request{TuningMode: "FULL"}, nil},
		{"unknown_tuning_mode", tuning.Request{TuningMode: "HALF"}, []string{"tuning_mode INVALID_TUNING_MODE"}},
		{"output", tuning.Request{OutputURI: "gs://bucket/folder/"}, nil},
		{"output_in_the_bucket_itself", tuning.Request{OutputURI: "gs://bucket"}, nil},
		{"output_elsewhere", tuning.Request{OutputURI: "/tmp"}, []string{"output_uri INVALID_URI"}},
		{"cost", tuning.Request{MaxCost: 1}, nil},
		{"negative_cost", tuning.Request{MaxCost: -1}, []string{"max_cost_usd OUT_OF_RANGE"}},
		{"tuned_model", tuning.Request{PreTunedModel: "projects/p/locations/l/models/1@2"}, nil},
		{"no_tuned_model", tuning.Request{PreTunedModel: "models/1"}, []string{"pre_tuned_model INVALID_NAME"}},
		{"account", tuning.Request{ServiceAccount: "a@p.iam.gserviceaccount.com"}, nil},
		{"account_of_a_person", tuning.Request{ServiceAccount: "ann@example.com"}, []string{"service_account INVALID_NAME"}},
		{"key", tuning.Request{KMSKeyName: "projects/p/locations/l/keyRings/r/cryptoKeys/k"}, nil},
		{"no_key", tuning.Request{KMSKeyName: "k"}, []string{"kms_key_name INVALID_NAME"}},
		{"most_labels", tuning.Request{Labels: labels(63)}, nil},
		{"too_many_labels", tuning.Request{Labels: labels(64)}, []string{"labels TOO_MANY"}},
		{"label_of_the_service", tuning.Request{Labels: map[string]string{"vertextune-job": "x"}}, []string{"labels.vertextune-job RESERVED"}},
		{"label_in_capitals", tuning.Request{Labels: map[string]string{"team": "A"}}, []string{"labels.team INVALID_LABEL"}},
		{"split", tuning.Request{ValidationSplit: 0.5}, nil},
		{"split_too_large", tuning.Request{ValidationSplit: 0.51}, []string{"validation_split OUT_OF_RANGE"}},
		{"negative_split", tuning.Request{ValidationSplit: -0.1}, []string{"validation_split OUT_OF_RANGE"}},
		{"split_not_a_number", tuning.Request{ValidationSplit: math.NaN()}, []string{"validation_split OUT_OF_RANGE"}},
		{"validation_file", tuning.Request{ValidationData: "gs://bucket/v.jsonl"}, nil},
		{"validation_file_of_another_kind", tuning.Request{ValidationData: "gs://bucket/v.json"}, []string{"validation_data INVALID_URI"}},
		{"validation_file_elsewhere", tuning.Request{ValidationData: "v.jsonl"}, []string{"validation_data INVALID_URI"}},
		{
			"validation_file_and_split", tuning.Request{ValidationData: "gs://bucket/v.jsonl", ValidationSplit: 0.1},
			[]string{"validation_data AMBIGUOUS_VALIDATION_DATA"},
		},
		{"continued_model", tuning.Request{ContinueModel: true, ModelID: "m"}, nil},
		{"no_model_to_continue", tuning.Request{ContinueModel: true}, []string{"continue_model NO_MODEL"}},
		{
			"base_and_tuned_model", tuning.Request{BaseModel: "b", PreTunedModel: "projects/p/locations/l/models/1"},
			[]string{"pre_tuned_model AMBIGUOUS_MODEL"},
		},
		{
			"continued_and_tuned_model", tuning.Request{ContinueModel: true, ModelID: "m", PreTunedModel: "projects/p/locations/l/models/1"},
			[]string{"pre_tuned_model AMBIGUOUS_MODEL"},
		},
		{"base_and_continued_model", tuning.Request{ContinueModel: true, ModelID: "m", BaseModel: "b"}, []string{"base_model AMBIGUOUS_MODEL"}},
		{"longest_base_model", tuning.Request{BaseModel: strings.Repeat("g", 256)}, nil},
		{"longest_session", tuning.Request{SessionID: strings.Repeat("s", 1500)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.r.AllMessages = tt.r.SessionID == ""
			var got []string
			for _, v := range tt.r.Check(fault.Faults{}).Kept {
				got = append(got, v.Field+" "+v.Reason)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// The limits of each hyperparameter are those of Vertex AI.
func TestHyperparametersCheck(t *testing.T) {
	t.Parallel()
	for n := range int64(40) {
		want := n == 1 || n == 2 || n == 4 || n == 8 || n == 16 || n == 32
		if got := (tuning.Hyperparameters{AdapterSize: &n}).Check("h").Count == 0; got != want {
			t.Errorf("adapter size %d is taken: %v, want %v", n, got, want)
		}
	}
	for n, want := range map[int64]bool{-1: false, 0: false, 1: true, 1000: true, 1001: false} {
		if got := (tuning.Hyperparameters{EpochCount: &n}).Check("h").Count == 0; got != want {
			t.Errorf("%d epochs are taken: %v, want %v", n, got, want)
		}
	}
	for x, want := range map[float64]bool{-1: false, 0: false, 1e-9: true, 7: true} {
		h := tuning.Hyperparameters{LearningRateMultiplier: &x}
		if got := h.Check("h").Count == 0; got != want {
			t.Errorf("a learning rate multiplier of %v is taken: %v, want %v", x, got, want)
		}
	}
}

// Every field of a request is read from the body, except the generation, which is set for a dropped
// file only, the job that a start repeats, and the fields for a client of OpenAI's.
func TestReadRequest(t *testing.T) {
	t.Parallel()
	f := requestfields.New("", []byte(`{"message_ids":["a"],"session_id":"s","all_messages":true,"training_data":"t","model_id":"m","base_model":"b",
		"display_name":"d","labels":{"k":"v"},"system_instruction":"i","validation_data":"v","validation_split":0.1,"tuning_mode":"FULL",
		"export_last_checkpoint_only":false,"output_uri":"o","pre_tuned_model":"p","continue_model":true,"service_account":"a",
		"kms_key_name":"k","max_cost_usd":1,"force":true,"priority":2,"timeout":"3s","cancel_when_stalled":true,"evaluate":true,"promote_if":{"metric":"chrf","min_gain":1},
		"hyperparameters":{"epoch_count":1,"learning_rate_multiplier":0.5,"adapter_size":4,"batch_size":8,"learning_rate":0.1}}`))
	r := tuning.ReadRequest(f)
	if err := f.Err(); err != nil {
		t.Fatal(err)
	}
	r.TrainingGeneration, r.RetunedFrom, r.OpenAI = 1, "vt-1", &tuning.OpenAI{}
	for _, v := range []reflect.Value{reflect.ValueOf(r), reflect.ValueOf(r.Hyperparameters), reflect.ValueOf(*r.PromoteIf)} {
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Errorf("%s was not read", v.Type().Field(i).Name)
			}
		}
	}
	if r.ValidationSplit != 0.1 || r.Priority != 2 || *r.Hyperparameters.BatchSize != 8 {
		t.Errorf("read %+v", r)
	}
}

// An ID that the reader of the body has refused gets no second fault, even if the reader kept only
// the first faults.
func TestRequestCheck_after_the_reader(t *testing.T) {
	t.Parallel()
	var kept, many fault.Faults
	kept.Add("message_ids[1]", "INVALID_TYPE", "must be a string.")
	for i := range 5000 {
		many.Add(fmt.Sprintf("other[%d]", i), "INVALID_TYPE", "must be a string.")
	}
	for _, read := range []fault.Faults{kept, many} {
		if got := (tuning.Request{MessageIDs: []string{"a", ""}}).Check(read).Count; got != read.Count {
			t.Errorf("%d faults, want the %d of the reader", got, read.Count)
		}
	}
}
