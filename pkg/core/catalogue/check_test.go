// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

func places(violations []fault.Violation) (all []string) {
	for _, v := range violations {
		all = append(all, v.Field+" "+v.Reason)
	}
	return all
}

func texts(violations []fault.Violation) string {
	var b strings.Builder
	for _, v := range violations {
		b.WriteString(v.Description + "\n")
	}
	return b.String()
}

const (
	lite   = "gemini-3.1-flash-lite"
	llama  = "meta/llama3_1@llama-3.1-8b"
	region = "us-central1"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	type parameters = catalogue.Hyperparameters
	tests := []struct {
		name      string
		in        catalogue.Request
		refusals  []string
		warnings  []string
		wantTexts []string // in the texts of both
	}{
		{name: "good", in: catalogue.Request{BaseModel: lite, Location: region, Hyperparameters: parameters{EpochCount: new(int64(3)), AdapterSize: new(int64(16)), LearningRateMultiplier: new(1.0), ExportLastCheckpointOnly: new(true)}, Modalities: []catalogue.Modality{catalogue.Text, catalogue.Image}}},
		{name: "good_open", in: catalogue.Request{BaseModel: llama, Location: "global", Hyperparameters: parameters{TuningMode: catalogue.PEFT, AdapterSize: new(int64(32)), LearningRate: new(1e-4), BatchSize: new(int64(4))}, Modalities: []catalogue.Modality{catalogue.Text}}},
		{name: "by_resource_name", in: catalogue.Request{BaseModel: "publishers/google/models/" + lite, Location: "us-east5"}, refusals: []string{"location LOCATION"}, wantTexts: []string{"us-central1 and europe-west4"}},
		{name: "region", in: catalogue.Request{BaseModel: lite, Location: "us-west1"}, refusals: []string{"location LOCATION"}, wantTexts: []string{"us-central1 and europe-west4"}},
		{name: "global_of_a_gemini", in: catalogue.Request{BaseModel: lite, Location: "global"}, refusals: []string{"location LOCATION"}, wantTexts: []string{"us-central1 and europe-west4"}},
		{name: "adapter_size", in: catalogue.Request{BaseModel: lite, Hyperparameters: parameters{AdapterSize: new(int64(32))}}, refusals: []string{"hyperparameters.adapter_size ADAPTER_SIZE"}, wantTexts: []string{"1, 2, 4, 8 and 16"}},
		{name: "adapter_size_of_an_open_model", in: catalogue.Request{BaseModel: llama, Hyperparameters: parameters{TuningMode: catalogue.PEFT, AdapterSize: new(int64(2))}}, refusals: []string{"hyperparameters.adapter_size ADAPTER_SIZE"}, wantTexts: []string{"1, 4, 8, 16 and 32"}},
		{name: "adapter_of_a_full_tuning", in: catalogue.Request{BaseModel: llama, Hyperparameters: parameters{TuningMode: catalogue.Full, AdapterSize: new(int64(2))}}, warnings: []string{"hyperparameters.adapter_size NOT_TAKEN"}},
		{name: "mode", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b", Hyperparameters: parameters{TuningMode: catalogue.PEFT}}, refusals: []string{"tuning_mode TUNING_MODE"}, wantTexts: []string{"but with FULL"}},
		{name: "mode_left_open", in: catalogue.Request{BaseModel: llama}, warnings: []string{"tuning_mode MODE_CHOSEN"}, wantTexts: []string{"PEFT_ADAPTER", "FULL"}},
		{name: "only_mode_left_open", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b"}},
		{
			name:      "not_taken_by_gemini",
			in:        catalogue.Request{BaseModel: lite, Hyperparameters: parameters{BatchSize: new(int64(4)), LearningRate: new(0.0001), TuningMode: catalogue.Full}},
			warnings:  []string{"hyperparameters.learning_rate NOT_TAKEN", "hyperparameters.batch_size NOT_TAKEN", "tuning_mode NOT_TAKEN"},
			wantTexts: []string{"hyperparameters.batch_size is not sent to Vertex AI: gemini-3.1-flash-lite does not take it"},
		},
		{name: "not_taken_by_open_models", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b", Hyperparameters: parameters{LearningRateMultiplier: new(2.0)}}, warnings: []string{"hyperparameters.learning_rate_multiplier NOT_TAKEN"}},
		{name: "out_of_range", in: catalogue.Request{BaseModel: lite, Hyperparameters: parameters{EpochCount: new(int64(0)), LearningRateMultiplier: new(0.0)}}, refusals: []string{"hyperparameters.epoch_count OUT_OF_RANGE", "hyperparameters.learning_rate_multiplier OUT_OF_RANGE"}},
		{name: "modality", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b", Modalities: []catalogue.Modality{catalogue.Image}}, refusals: []string{"training_data MODALITY"}, wantTexts: []string{"It takes text."}},
		{name: "modality_that_one_takes", in: catalogue.Request{BaseModel: "meta/llama4@llama-4-scout-17b-16e-instruct", Modalities: []catalogue.Modality{catalogue.Image}}},
		{name: "modality_unconfirmed", in: catalogue.Request{BaseModel: lite, Modalities: []catalogue.Modality{catalogue.FunctionCall}}, warnings: []string{"training_data UNCONFIRMED"}},
		{name: "modality_unknown", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b", Modalities: []catalogue.Modality{catalogue.FunctionCall}}, warnings: []string{"training_data UNCONFIRMED"}},
		{name: "validation_of_too_many", in: catalogue.Request{BaseModel: lite, Training: catalogue.Size{Examples: 100000}, Validation: catalogue.Size{Examples: 5001}}, refusals: []string{"validation_data VALIDATION_TOO_LARGE"}, wantTexts: []string{"has 5001 examples, but may have only 5000"}},
		{name: "validation_of_too_large_a_share", in: catalogue.Request{BaseModel: lite, Training: catalogue.Size{Examples: 3334}, Validation: catalogue.Size{Examples: 1001}}, refusals: []string{"validation_data VALIDATION_TOO_LARGE"}, wantTexts: []string{"30 % of the training file's 3334"}},
		{name: "validation_at_the_share", in: catalogue.Request{BaseModel: lite, Training: catalogue.Size{Examples: 3337}, Validation: catalogue.Size{Examples: 1001}}},
		{name: "validation_of_few_may_be_all", in: catalogue.Request{BaseModel: lite, Training: catalogue.Size{Examples: 10}, Validation: catalogue.Size{Examples: 1000}}},
		{name: "validation_of_too_many_bytes", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b", Training: catalogue.Size{Examples: 4, Bytes: 400}, Validation: catalogue.Size{Examples: 1, Bytes: 101}}, refusals: []string{"validation_data VALIDATION_TOO_LARGE"}, wantTexts: []string{"has 101 bytes, but may have only 25 % of the training file's 400"}},
		{name: "key", in: catalogue.Request{BaseModel: lite, Location: region, KMSKey: "projects/p/locations/us-central1/keyRings/r/cryptoKeys/k"}, refusals: []string{"kms_key_name CMEK"}},
		{name: "key_in_global", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b", Location: "global", KMSKey: "projects/p/locations/global/keyRings/r/cryptoKeys/k"}, refusals: []string{"kms_key_name CMEK"}},
		{name: "key_elsewhere", in: catalogue.Request{BaseModel: "qwen/qwen3@qwen3-4b", Location: region, KMSKey: "projects/p/locations/europe-west4/keyRings/r/cryptoKeys/k"}, refusals: []string{"kms_key_name KEY_LOCATION"}, warnings: []string{"kms_key_name UNCONFIRMED"}},
		{name: "retired", in: catalogue.Request{BaseModel: "gemini-2.5-flash"}, refusals: []string{"base_model RETIRED"}, wantTexts: []string{"on 2026-10-20", "Use gemini-3.1-flash-lite. Whether gemini-3.5-flash-lite can be tuned is not confirmed."}},
		{name: "retired_long_ago", in: catalogue.Request{BaseModel: "gemini-1.5-flash-001"}, refusals: []string{"base_model RETIRED"}, wantTexts: []string{"2025-09-24 at the latest"}},
		{name: "month_before", in: catalogue.Request{BaseModel: "gemini-2.5-flash", Location: region, Today: day("2026-09-20")}, refusals: []string{"base_model CLOSED"}, wantTexts: []string{"since 2026-09-20"}},
		{name: "day_before_that", in: catalogue.Request{BaseModel: "gemini-2.5-flash", Location: region, Today: day("2026-09-19")}, warnings: []string{"base_model RETIRES_SOON"}, wantTexts: []string{"on 2026-10-20"}},
		{name: "long_before", in: catalogue.Request{BaseModel: "gemini-2.5-flash", Location: region, Today: day("2026-03-15")}},
		{name: "day_that_was_only_announced", in: catalogue.Request{BaseModel: lite, Today: day("2027-06-01")}, warnings: []string{"base_model MAY_BE_CLOSED"}},
		{name: "unconfirmed", in: catalogue.Request{BaseModel: "gemini-3.5-flash-lite"}, warnings: []string{"base_model UNCONFIRMED"}, wantTexts: []string{"a user reports"}},
		{name: "in_no_list", in: catalogue.Request{BaseModel: "gemini-3.1-pro-preview"}, warnings: []string{"base_model NOT_TUNABLE"}, wantTexts: []string{"Use gemini-3.5-flash", "not confirmed"}},
		{name: "unknown", in: catalogue.Request{BaseModel: "gemini-4-flash", Location: "us-west1", Hyperparameters: parameters{BatchSize: new(int64(4))}}, warnings: []string{"base_model UNKNOWN_MODEL", "hyperparameters.batch_size NOT_TAKEN"}, wantTexts: []string{"gemini-3.5-flash and gemini-3.1-flash-lite"}},
		{name: "unknown_is_never_refused", in: catalogue.Request{BaseModel: "gemini-4-flash", Location: "global"}, warnings: []string{"base_model UNKNOWN_MODEL", "location LOCATION"}},
		{name: "unknown_open", in: catalogue.Request{BaseModel: "mistral/mixtral@mixtral-9", Location: "global", Hyperparameters: parameters{BatchSize: new(int64(4)), TuningMode: catalogue.Full}}, warnings: []string{"base_model UNKNOWN_MODEL"}, wantTexts: []string{"qwen/qwen3@qwen3-4b"}},
		{name: "tuned_from_what_is_not_known", in: catalogue.Request{BaseModel: "projects/p/locations/us-central1/models/7", Location: region, Hyperparameters: parameters{BatchSize: new(int64(4))}}, warnings: []string{"base_model UNKNOWN_MODEL", "hyperparameters.batch_size NOT_TAKEN"}, wantTexts: []string{"base model of projects/p/locations/us-central1/models/7"}},
		{name: "open_without_version", in: catalogue.Request{BaseModel: "Qwen/Qwen3-8B"}, refusals: []string{"base_model OPEN_MODEL_NAME"}, wantTexts: []string{"qwen/qwen3@qwen3-8b"}},
		{name: "publisher_nobody_knows", in: catalogue.Request{BaseModel: "acme/own-model"}, refusals: []string{"base_model OPEN_MODEL_NAME"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.in.Today.IsZero() {
				tt.in.Today = today
			}
			v := catalogue.Default().Check(tt.in)
			if diff := cmp.Diff(tt.refusals, places(v.Refusals)); diff != "" {
				t.Errorf("refusals (-want +got):\n%s%s", diff, texts(v.Refusals))
			}
			if diff := cmp.Diff(tt.warnings, places(v.Warnings)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s%s", diff, texts(v.Warnings))
			}
			said := texts(v.Refusals) + texts(v.Warnings)
			for _, want := range tt.wantTexts {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in:\n%s", want, said)
				}
			}
			if (v.Err() != nil) != (len(tt.refusals) > 0) || fault.KindOf(v.Err()) != fault.InvalidArgument && v.Err() != nil {
				t.Errorf("Err = %v", v.Err())
			}
			content := catalogue.Default().CheckContent(tt.in)
			same := slices.Equal(ofData(v), places(slices.Concat(content.Refusals, content.Warnings)))
			if v.Model != nil && !same {
				t.Errorf("CheckContent = %+v; the same places in Check: %v", content, ofData(v))
			}
			if v.Model == nil && len(content.Refusals)+len(content.Warnings) > 0 {
				t.Errorf("content of an unknown model: %+v", content)
			}
			tt.in.Force = true
			forced := catalogue.Default().Check(tt.in)
			if len(forced.Refusals) > 0 || forced.Err() != nil || len(forced.Warnings) != len(tt.refusals)+len(tt.warnings) {
				t.Errorf("with force: refusals %v, warnings %v", places(forced.Refusals), places(forced.Warnings))
			}
		})
	}
}

// ofData returns the places of a verdict that concern the data.
func ofData(v catalogue.Verdict) []string {
	return slices.DeleteFunc(places(slices.Concat(v.Refusals, v.Warnings)), func(place string) bool {
		return !strings.HasPrefix(place, "training_data ") && !strings.HasPrefix(place, "validation_data ")
	})
}

func TestCheck_verdict(t *testing.T) {
	t.Parallel()
	type verdict struct {
		Model, Family, APIVersion, TuningMode string
		Unsupported                           []string
	}
	for base, want := range map[string]verdict{
		lite:             {lite, "gemini", "v1", "", []string{"batch_size", "tuning_mode"}},
		"gemini-4-flash": {"", "gemini", "v1", "", []string{"batch_size", "tuning_mode"}},
		"projects/p/locations/us-central1/models/7@1": {"", "gemini", "v1", "", []string{"batch_size", "tuning_mode"}},
		llama:                          {llama, "open", "v1beta1", "FULL", nil},
		"mistral/mixtral@mixtral-9":    {"", "open", "v1beta1", "FULL", nil},
		"google/gemma3@gemma-3-27b-it": {"google/gemma3@gemma-3-27b-it", "open", "v1beta1", "FULL", nil},
	} {
		v := catalogue.Default().Check(catalogue.Request{
			BaseModel: base, Today: today, Hyperparameters: catalogue.Hyperparameters{BatchSize: new(int64(4)), TuningMode: catalogue.Full},
		})
		if diff := cmp.Diff(want, verdict{idOf(v.Model), v.Family, v.APIVersion, v.TuningMode, v.Unsupported}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", base, diff)
		}
	}
	v := catalogue.Default().Check(catalogue.Request{BaseModel: llama, Today: today})
	if v.TuningMode != catalogue.PEFT {
		t.Errorf("the default mode is %q", v.TuningMode)
	}
}

func TestErr(t *testing.T) {
	t.Parallel()
	v := catalogue.Default().Check(catalogue.Request{BaseModel: "gemini-2.5-flash", Location: "global", Today: today})
	e := fault.From(v.Err())
	if len(e.Violations) != 2 || e.Reason != "KNOWN_TO_FAIL" || !strings.Contains(e.Message, `"force": true`) || !strings.Contains(e.Message, "2026-10-20") {
		t.Errorf("error: %+v", e)
	}
}

// A fact that is not confirmed leads to no refusal.
func TestUnconfirmed_facts_only_warn(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Load(edit(t, object{"value": []any{1}, "source": "own", "confirmed": false}, "models", 0, "adapter_sizes"))
	if err != nil {
		t.Fatal(err)
	}
	v := c.Check(catalogue.Request{BaseModel: c.Models[0].ID, Today: today, Hyperparameters: catalogue.Hyperparameters{AdapterSize: new(int64(8))}})
	if len(v.Refusals) > 0 || len(v.Warnings) != 1 || !strings.Contains(v.Texts()[0], "not confirmed") {
		t.Errorf("refusals %v, warnings %v", v.Refusals, v.Warnings)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	c := catalogue.Default()
	for _, tt := range []struct {
		model, day string
		want       catalogue.Status
	}{
		{"gemini-3.5-flash", "2027-01-19", catalogue.Closing},
		{"gemini-3.5-flash", "2027-01-18", catalogue.Tunable},
		{"gemini-3.5-flash", "2027-04-19", catalogue.Unclear},
		{"gemini-3.5-flash-lite", "2026-11-23", catalogue.Unclear},
		{"gemini-3.1-pro-preview", "2026-11-23", catalogue.Unclear},
		{"gemini-2.5-flash", "2026-06-19", catalogue.Tunable},
		{"gemini-2.5-flash", "2026-06-20", catalogue.Closing},
		{"gemini-2.5-flash", "2026-09-20", catalogue.Closed},
		{"gemini-1.5-flash-001", "2026-11-23", catalogue.Closed},
		{llama, "2030-01-01", catalogue.Tunable},
	} {
		if got := c.Status(c.Lookup(tt.model), day(tt.day)); got != tt.want {
			t.Errorf("%s on %s is %s, want %s", tt.model, tt.day, got, tt.want)
		}
	}
}

// One month before the end of March is the end of February.
func TestMonthsAtTheEndOfAMonth(t *testing.T) {
	t.Parallel()
	c, err := catalogue.Load(edit(t, object{"date": "2027-03-31", "when": "on"}, "models", 0, "retirement", "value"))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.List(today).Models[0].ClosesOn.String(); got != "2027-02-28" {
		t.Errorf("closes on %s, want 2027-02-28", got)
	}
}

var use = regexp.MustCompile(`(?:Use|tunable are) (.+?)\.( |$)`)

// On every day, only models that can be tuned are recommended.
func TestRecommends_only_what_can_be_tuned(t *testing.T) {
	t.Parallel()
	c, seen := catalogue.Default(), 0
	for _, date := range []string{"2026-06-01", "2026-09-25", "2026-11-26", "2027-02-15", "2027-06-01", "2027-12-31"} {
		for _, base := range slices.Concat(c.Models, []catalogue.Model{{ID: "gemini-9-flash"}, {ID: "acme/m@m-1"}}) {
			v := c.Check(catalogue.Request{BaseModel: base.ID, Today: day(date)})
			for _, said := range slices.Concat(v.Refusals, v.Warnings) {
				m := use.FindStringSubmatch(strings.ReplaceAll(said.Description, "3.", "3·")) // a point that does not end a sentence
				if m == nil || said.Field != "base_model" {
					continue
				}
				for id := range strings.SplitSeq(strings.NewReplacer(" or ", ", ", " and ", ", ", "3·", "3.").Replace(m[1]), ", ") {
					if model := c.Lookup(id); model == nil || c.Status(model, day(date)) != catalogue.Tunable {
						t.Errorf("%s on %s: %q recommends %q", base.ID, date, said.Description, id)
					}
					seen++
				}
			}
		}
	}
	if seen < 50 {
		t.Errorf("only %d recommendations were seen", seen)
	}
}
