// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

func TestRequestCheck(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1501)
	zero, one, minus := int64(0), int64(1), int64(-3)
	no, nan, inf, rate := 0.0, math.NaN(), math.Inf(1), 0.0001
	tests := []struct {
		name string
		r    tuning.Request
		want []string // field and reason of each violation
	}{
		{"messages", tuning.Request{MessageIDs: []string{"a", "b"}}, nil},
		{"session", tuning.Request{SessionID: "s"}, nil},
		{"messages_of_a_session", tuning.Request{MessageIDs: []string{"a"}, SessionID: "s"}, nil},
		{"all_messages", tuning.Request{AllMessages: true}, nil},
		{"file", tuning.Request{TrainingData: "gs://bucket/a b/x.jsonl"}, nil},
		{
			"everything_else_set",
			tuning.Request{
				SessionID: "s", ModelID: "m", BaseModel: "publishers/google/models/gemini-1.5-flash-001@1",
				Hyperparameters: tuning.Hyperparameters{EpochCount: &one, BatchSize: &one, LearningRate: &rate},
			},
			nil,
		},
		{"highest_priority", tuning.Request{SessionID: "s", Priority: 1000}, nil},
		{"lowest_priority", tuning.Request{SessionID: "s", Priority: -1000}, nil},
		{"priority_too_high", tuning.Request{SessionID: "s", Priority: 1001}, []string{"priority OUT_OF_RANGE"}},
		{"priority_too_low", tuning.Request{SessionID: "s", Priority: -1001}, []string{"priority OUT_OF_RANGE"}},
		{"evaluated", tuning.Request{SessionID: "s", Evaluate: true, ValidationSplit: 0.1}, nil},
		{"evaluated_with_a_file", tuning.Request{SessionID: "s", Evaluate: true, ValidationData: "gs://bucket/x.jsonl"}, nil},
		{"evaluated_with_nothing", tuning.Request{SessionID: "s", Evaluate: true}, []string{"evaluate NO_EVALUATION_DATA"}},
		{"promoted", tuning.Request{SessionID: "s", ModelID: "m", PromoteIf: &promotion.Gate{}, ValidationSplit: 0.1}, nil},
		{
			"promoted_with_nothing",
			tuning.Request{SessionID: "s", Evaluate: true, PromoteIf: &promotion.Gate{}},
			[]string{"promote_if NO_EVALUATION_DATA", "promote_if NO_MODEL"},
		},
		{"nothing", tuning.Request{}, []string{"message_ids NO_TRAINING_DATA"}},
		{"empty_list_of_messages", tuning.Request{MessageIDs: []string{}}, []string{"message_ids NO_TRAINING_DATA"}},
		{"all_and_some", tuning.Request{AllMessages: true, SessionID: "s"}, []string{"message_ids AMBIGUOUS_TRAINING_DATA"}},
		{
			"file_and_some",
			tuning.Request{TrainingData: "gs://bucket/x.jsonl", MessageIDs: []string{"a"}},
			[]string{"message_ids AMBIGUOUS_TRAINING_DATA"},
		},
		{
			"message_twice",
			tuning.Request{MessageIDs: []string{"a", "b", "a", "a"}},
			[]string{"message_ids[2] DUPLICATE", "message_ids[3] DUPLICATE"},
		},
		{
			"ids_that_no_document_has",
			tuning.Request{MessageIDs: []string{"", "a/b", ".", "..", "__x__", "a\x00b", long, "\xff", "__x", "ü"}},
			[]string{
				"message_ids[0] INVALID_ID", "message_ids[1] INVALID_ID", "message_ids[2] INVALID_ID", "message_ids[3] INVALID_ID",
				"message_ids[4] INVALID_ID", "message_ids[5] INVALID_ID", "message_ids[6] INVALID_ID", "message_ids[7] INVALID_ID",
			},
		},
		{"longest_id", tuning.Request{MessageIDs: []string{long[1:]}}, nil},
		{"long_session", tuning.Request{SessionID: long}, []string{"session_id INVALID_SESSION_ID"}},
		{"broken_session", tuning.Request{SessionID: "\xff"}, []string{"session_id INVALID_SESSION_ID"}},
		{"model_path", tuning.Request{SessionID: "s", ModelID: "../x"}, []string{"model_id INVALID_ID"}},
		{"base_model_with_spaces", tuning.Request{SessionID: "s", BaseModel: "gemini 1"}, []string{"base_model INVALID_BASE_MODEL"}},
		{"base_model_too_long", tuning.Request{SessionID: "s", BaseModel: strings.Repeat("g", 257)}, []string{"base_model INVALID_BASE_MODEL"}},
		{
			"longest_label",
			tuning.Request{SessionID: "s", Labels: map[string]string{strings.Repeat("ä", 64): strings.Repeat("ß", 64)}}, nil,
		},
		{
			"label_too_long",
			tuning.Request{SessionID: "s", Labels: map[string]string{strings.Repeat("a", 65): "", "team": strings.Repeat("b", 65)}},
			[]string{"labels." + strings.Repeat("a", 65) + " INVALID_LABEL", "labels.team INVALID_LABEL"},
		},
		{"label_in_capitals", tuning.Request{SessionID: "s", Labels: map[string]string{"Team": "A"}}, []string{"labels.Team INVALID_LABEL"}},
		{"file_elsewhere", tuning.Request{TrainingData: "https://x/y.jsonl"}, []string{"training_data INVALID_URI"}},
		{"generation_of_any_kind", tuning.Request{TrainingData: "gs://bucket/x.json.gz", TrainingGeneration: 1}, nil},
		{"generation_elsewhere", tuning.Request{TrainingData: "x.json", TrainingGeneration: 1}, []string{"training_data INVALID_URI"}},
		{"file_of_another_kind", tuning.Request{TrainingData: "gs://bucket/x.json"}, []string{"training_data INVALID_URI"}},
		{
			"hyperparameters_too_low",
			tuning.Request{SessionID: "s", Hyperparameters: tuning.Hyperparameters{EpochCount: &zero, BatchSize: &minus, LearningRate: &no}},
			[]string{
				"hyperparameters.epoch_count OUT_OF_RANGE", "hyperparameters.batch_size OUT_OF_RANGE",
				"hyperparameters.learning_rate OUT_OF_RANGE",
			},
		},
		{ // Firestore can store such numbers, but JSON has none
			"learning_rate_not_a_number",
			tuning.Request{SessionID: "s", Hyperparameters: tuning.Hyperparameters{LearningRate: &nan}},
			[]string{"hyperparameters.learning_rate OUT_OF_RANGE"},
		},
		{
			"learning_rate_infinite",
			tuning.Request{SessionID: "s", Hyperparameters: tuning.Hyperparameters{LearningRate: &inf}},
			[]string{"hyperparameters.learning_rate OUT_OF_RANGE"},
		},
		{
			"all_faults_at_once",
			tuning.Request{MessageIDs: []string{"/"}, ModelID: "/", BaseModel: "/", TrainingData: "x"},
			[]string{
				"message_ids AMBIGUOUS_TRAINING_DATA", "message_ids[0] INVALID_ID", "model_id INVALID_ID",
				"base_model INVALID_BASE_MODEL", "training_data INVALID_URI",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, v := range tt.r.Check(fault.Faults{}).Kept {
				got = append(got, v.Field+" "+v.Reason)
				if !strings.HasSuffix(v.Description, ".") {
					t.Errorf("%s: %q is no sentence", v.Field, v.Description)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseURI(t *testing.T) {
	t.Parallel()
	type parts struct {
		Bucket, Name string
		OK           bool
	}
	for uri, want := range map[string]parts{
		"gs://bucket/x.jsonl":              {"bucket", "x.jsonl", true},
		"gs://bucket.example.com/a/b/../c": {"bucket.example.com", "a/b/../c", true}, // a name is no path
		"gs://bucket//":                    {"bucket", "/", true},
		"gs://bucket/":                     {},
		"gs://bucket":                      {},
		"gs:///x":                          {},
		"gs://b/x":                         {}, // too short for a bucket
		"gs://Bucket/x":                    {},
		"gs://-bucket/x":                   {},
		"gs://bucket/a\nb":                 {},
		"gs://bucket/\xff":                 {},
		"GS://bucket/x":                    {},
		"s3://bucket/x":                    {},
		"":                                 {},
		"gs://bucket/" + strings.Repeat("x", 1024): {"bucket", strings.Repeat("x", 1024), true},
		"gs://bucket/" + strings.Repeat("x", 1025): {},
		"gs://" + strings.Repeat("b", 223) + "/x":  {},
	} {
		bucket, name, ok := tuning.ParseURI(uri)
		if !ok {
			bucket, name = "", "" // not to be used
		}
		if diff := cmp.Diff(want, parts{bucket, name, ok}); diff != "" {
			t.Errorf("ParseURI(%.60q) (-want +got):\n%s", uri, diff)
		}
	}
}

func FuzzParseURI(f *testing.F) {
	for _, uri := range []string{"gs://bucket/x.jsonl", "gs://bucket/", "gs:///x", "gs://a.b/c/d", "", "gs://bu\x00ket/x"} {
		f.Add(uri)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		bucket, name, ok := tuning.ParseURI(uri)
		if !ok {
			return
		}
		if "gs://"+bucket+"/"+name != uri {
			t.Errorf("ParseURI(%q) = %q, %q: not the same URI", uri, bucket, name)
		}
		if strings.ContainsAny(bucket, "/?#%") || name == "" || len(name) > 1024 || !utf8.ValidString(name) ||
			strings.ContainsFunc(uri, unicode.IsControl) {
			t.Errorf("ParseURI(%q) took bucket %q and name %q", uri, bucket, name)
		}
	})
}
