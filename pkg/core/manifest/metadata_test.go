// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package manifest_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/manifest"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// start returns metadata that request a start, with additional keys.
func start(more map[string]string) map[string]string {
	all := map[string]string{"fine-tune": "start"}
	maps.Copy(all, more)
	return all
}

// TestFromMetadata reads each key alone, in our spelling and in others.
func TestFromMetadata(t *testing.T) {
	t.Parallel()
	h := func(h tuning.Hyperparameters) tuning.Request { return tuning.Request{Hyperparameters: h} }
	tests := []struct {
		key, value string
		want       tuning.Request
	}{
		{"base-model", "gemini-2.5-flash", tuning.Request{BaseModel: "gemini-2.5-flash"}},
		{"base_model", "gemini-2.5-flash", tuning.Request{BaseModel: "gemini-2.5-flash"}},
		{"Base-Model", "gemini-2.5-flash", tuning.Request{BaseModel: "gemini-2.5-flash"}},
		{"model-id", "support", tuning.Request{ModelID: "support"}},
		{"continue-model", "true", tuning.Request{ContinueModel: true}},
		{"pre-tuned-model", "projects/p/locations/l/models/1", tuning.Request{PreTunedModel: "projects/p/locations/l/models/1"}},
		{"display-name", `Ann's "first"`, tuning.Request{DisplayName: `Ann's "first"`}},
		{"display-name", "3", tuning.Request{DisplayName: "3"}},
		{"epoch-count", "3", h(tuning.Hyperparameters{EpochCount: new(int64(3))})},
		{"EPOCH_COUNT", " 3 ", h(tuning.Hyperparameters{EpochCount: new(int64(3))})},
		{"learning-rate-multiplier", "0.5", h(tuning.Hyperparameters{LearningRateMultiplier: new(0.5)})},
		{"adapter-size", "4", h(tuning.Hyperparameters{AdapterSize: new(int64(4))})},
		{"batch-size", "8", h(tuning.Hyperparameters{BatchSize: new(int64(8))})},
		{"learning-rate", "1e-4", h(tuning.Hyperparameters{LearningRate: new(1e-4)})},
		{"tuning-mode", "FULL", tuning.Request{TuningMode: "FULL"}},
		{"export-last-checkpoint-only", "false", tuning.Request{ExportLastCheckpointOnly: new(false)}},
		{"export-last-checkpoint-only", "True", tuning.Request{ExportLastCheckpointOnly: new(true)}},
		{"system-instruction", "Be kind.\n", tuning.Request{SystemInstruction: "Be kind.\n"}},
		{"validation-data", "gs://b/v.jsonl", tuning.Request{ValidationData: "gs://b/v.jsonl"}},
		{"validation-split", "0.1", tuning.Request{ValidationSplit: 0.1}},
		{"output-uri", "gs://b/models", tuning.Request{OutputURI: "gs://b/models"}},
		{"service-account", "a@p.iam.gserviceaccount.com", tuning.Request{ServiceAccount: "a@p.iam.gserviceaccount.com"}},
		{"kms-key-name", "projects/p/locations/l/keyRings/r/cryptoKeys/k", tuning.Request{KMSKeyName: "projects/p/locations/l/keyRings/r/cryptoKeys/k"}},
		{"max-cost-usd", "12.50", tuning.Request{MaxCost: 12_500_000}},
		{"force", "true", tuning.Request{Force: true}},
		{"priority", "-5", tuning.Request{Priority: -5}},
		{"timeout", "3600s", tuning.Request{Timeout: time.Hour}},
		{"cancel-when-stalled", "true", tuning.Request{CancelWhenStalled: true}},
		{"evaluate", "true", tuning.Request{Evaluate: true}},
		{"promote-if-metric", "chrf", tuning.Request{PromoteIf: &promotion.Gate{Metric: "chrf"}}},
		{"Promote_If_Min_Gain", "-2.5", tuning.Request{PromoteIf: &promotion.Gate{MinGain: -2.5}}},
		{"label-team", "support", tuning.Request{Labels: map[string]string{"team": "support"}}},
		{"LABEL_Cost_Center", "7", tuning.Request{Labels: map[string]string{"cost-center": "7"}}},
		// Foreign keys are ignored.
		{"goog-reserved-file-mtime", "1700000000", tuning.Request{}},
		{"source", "crm", tuning.Request{}},
		{" Epoch_Count ", "3", tuning.Request{Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3))}}},
		{"epoch-count", "\u00a03 ", tuning.Request{Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3))}}},
		{"max-cost-usd", "1e-5", tuning.Request{MaxCost: 10}},
		{"firebasestoragedownloadtokens", "x", tuning.Request{}},
		{"", "", tuning.Request{}},
	}
	for _, tt := range tests {
		t.Run(tt.key+"="+tt.value, func(t *testing.T) {
			t.Parallel()
			got, asked, err := manifest.FromMetadata(start(map[string]string{tt.key: tt.value}))
			if err != nil || !asked {
				t.Fatalf("asked %v, %v", asked, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFromMetadata_asks(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		metadata  map[string]string
		requested bool
	}{
		"none":       {nil, false},
		"other":      {map[string]string{"epoch-count": "x", "fine-tuned": "start"}, false},
		"start":      {map[string]string{"fine-tune": "start"}, true},
		"underscore": {map[string]string{"fine_tune": "start"}, true},
		"capitals":   {map[string]string{"Fine-Tune": " Start"}, true},
		// Foreign keys are ignored, even if they occur twice.
		"other_twice":    {start(map[string]string{"source": "crm", "Source": "mail"}), true},
		"more_than_that": {start(map[string]string{"made-by": "ann"}), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, asked, err := manifest.FromMetadata(tt.metadata); asked != tt.requested || err != nil {
				t.Errorf("asked %v, %v; want %v", asked, err, tt.requested)
			}
		})
	}
}

func TestFromMetadata_refuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		metadata map[string]string
		want     []string // key and reason of each violation
	}{
		{"another_wish", map[string]string{"fine-tune": "stop"}, []string{"fine-tune UNKNOWN_WISH"}},
		{"no_wish", map[string]string{"fine-tune": ""}, []string{"fine-tune UNKNOWN_WISH"}},
		{"wish_in_one_word", map[string]string{"finetune": "start"}, []string{"finetune UNKNOWN_FIELD"}},
		{"no_number", start(map[string]string{"epoch-count": "three"}), []string{"epoch-count INVALID_TYPE"}},
		{"no_whole_number", start(map[string]string{"epoch_count": "2.5"}), []string{"epoch-count INVALID_TYPE"}},
		{"empty_number", start(map[string]string{"epoch-count": ""}), []string{"epoch-count INVALID_TYPE"}},
		{"two_values", start(map[string]string{"epoch-count": `3,"batch_size":4`}), []string{"epoch-count INVALID_TYPE"}},
		{"no_flag", start(map[string]string{"force": "yes"}), []string{"force INVALID_TYPE"}},
		{"no_amount", start(map[string]string{"max-cost-usd": "$5"}), []string{"max-cost-usd INVALID_TYPE"}},
		{"negative_amount", start(map[string]string{"max-cost-usd": "-5"}), []string{"max-cost-usd OUT_OF_RANGE"}},
		{"no_duration", start(map[string]string{"timeout": "1h"}), []string{"timeout INVALID_DURATION"}},
		{"empty_text", start(map[string]string{"base-model": ""}), []string{"base-model EMPTY"}},
		{"twice", start(map[string]string{"epoch-count": "3", "Epoch_Count": "4"}), []string{"epoch-count DUPLICATE"}},
		{"wish_twice", start(map[string]string{"Fine_Tune": "start"}), []string{"fine-tune DUPLICATE"}},
		{"dry_run", start(map[string]string{"dry-run": "true"}), []string{"dry-run NOT_IN_METADATA"}},
		{"misspelt", start(map[string]string{"epoch-cuont": "3"}), []string{"epoch-cuont UNKNOWN_FIELD"}},
		{"in_one_word", start(map[string]string{"epochCount": "3"}), []string{"epochcount UNKNOWN_FIELD"}},
		{"other_word", start(map[string]string{"epochs": "3"}), []string{"epochs UNKNOWN_FIELD"}},
		{"max_cost_of_no_currency", start(map[string]string{"max-cost": "3"}), []string{"max-cost UNKNOWN_FIELD"}},
		{"label_without_name", start(map[string]string{"label": "x"}), []string{"label UNKNOWN_FIELD"}},
		{"source_misspelt", start(map[string]string{"SessionId": "s", "message-id": "1"}), []string{
			"sessionid NOT_IN_METADATA", "message-id NOT_IN_METADATA",
		}},
		{"all_at_once", start(map[string]string{"batch-size": "x", "epochs": "3", "force": "1"}), []string{
			"epochs UNKNOWN_FIELD", "force INVALID_TYPE", "batch-size INVALID_TYPE",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, asked, err := manifest.FromMetadata(tt.metadata)
			if !asked {
				t.Error("asked = false, want true")
			}
			if diff := cmp.Diff(tt.want, violations(t, err)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// violations returns the fields and reasons of an error about a request.
func violations(t *testing.T, err error) (all []string) {
	t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.InvalidArgument {
		t.Fatalf("error %v, want one that says what is invalid", err)
	}
	for _, v := range e.Violations {
		all = append(all, v.Field+" "+v.Reason)
	}
	return all
}

func TestKeyed(t *testing.T) {
	t.Parallel()
	bad := tuning.Request{
		TrainingData: "gs://bucket/a.jsonl", Labels: map[string]string{"Team": "x"}, Priority: 5000,
		Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(0)), AdapterSize: new(int64(3))},
	}.Check(fault.Faults{}).Kept
	before := slices.Clone(bad)
	err := manifest.Keyed(fault.Invalid(bad...))
	want := []string{"epoch-count OUT_OF_RANGE", "adapter-size OUT_OF_RANGE", "label-Team INVALID_LABEL", "priority OUT_OF_RANGE"}
	if diff := cmp.Diff(want, violations(t, err)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	if got, want := fault.From(err).Message, "The request has 4 faults. First: epoch-count: must be from 1 to 1000."; got != want {
		t.Errorf("message %q, want %q", got, want)
	}
	if diff := cmp.Diff(before, bad); diff != "" {
		t.Errorf("Keyed changed its argument (-before +after):\n%s", diff)
	}
	other := errors.New("other")
	if got := manifest.Keyed(other); !errors.Is(got, other) {
		t.Errorf("Keyed(%v) = %v", other, got)
	}
}

// A single key for all hyperparameters is refused with the advice that each one has a key of its
// own.
func TestFromMetadata_of_all_hyperparameters(t *testing.T) {
	t.Parallel()
	_, _, err := manifest.FromMetadata(start(map[string]string{"hyperparameters": "{}"}))
	if got := fault.From(err).Violations; len(got) != 1 || !strings.Contains(got[0].Description, "a key of its own, such as epoch-count") {
		t.Errorf("violations %+v", got)
	}
}
