// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// today is the day on which the facts were collected.
var today = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// TestDefault compares prices and limits with the documentation, because a wrong one costs money.
func TestDefault(t *testing.T) {
	t.Parallel()
	c := catalogue.Default()
	prices := map[string]usd.Amount{}
	for _, m := range c.Models {
		if m.TrainingPrice != nil {
			prices[m.ID] = m.TrainingPrice.Value
		}
	}
	want := map[string]usd.Amount{
		"gemini-3.5-flash": 10_000_000, "gemini-3.1-flash-lite": 3_000_000,
		"gemini-2.5-pro": 25_000_000, "gemini-2.5-flash": 5_000_000, "gemini-2.5-flash-lite": 1_500_000, "gemini-2.0-flash-001": 3_000_000,
		"google/gemma4@gemma-4-e2b-it": 1_400_000, "google/gemma4@gemma-4-e4b-it": 1_730_000,
		"google/gemma4@gemma-4-26b-a4b-it": 2_580_000, "google/gemma4@gemma-4-31b-it": 9_060_000,
		"google/gemma3@gemma-3-1b-it": 470_000, "google/gemma3@gemma-3-4b-it": 1_140_000,
		"google/gemma3@gemma-3-12b-it": 1_820_000, "google/gemma3@gemma-3-27b-it": 6_830_000,
		"google/medgemma@medgemma-1.5-4b-it": 1_140_000,
		"meta/llama3_1@llama-3.1-8b":         670_000, "meta/llama3_1@llama-3.1-8b-instruct": 670_000,
		"meta/llama3-2@llama-3.2-1b-instruct": 280_000, "meta/llama3-2@llama-3.2-3b-instruct": 610_000,
		"meta/llama3-3@llama-3.3-70b-instruct": 6_720_000, "meta/llama4@llama-4-scout-17b-16e-instruct": 5_770_000,
		"qwen/qwen3@qwen3-4b": 1_350_000, "qwen/qwen3@qwen3-8b": 4_180_000, "qwen/qwen3@qwen3-14b": 8_460_000,
		"qwen/qwen3@qwen3-32b": 6_570_000,
	}
	if diff := cmp.Diff(want, prices); diff != "" {
		t.Errorf("prices of a million training tokens (-want +got):\n%s", diff)
	}
	m := c.Lookup("gemini-3.1-flash-lite")
	if m.ExampleTokens.Value != 131_072 || m.Validation.Value.Examples != 5000 || m.UnsetEpochs.Value != (catalogue.Interval{Low: 3, High: 40}) {
		t.Errorf("the model lacks facts of its family: %+v", m.Facts)
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"gemini-3.5-flash":                              "gemini-3.5-flash",
		"gemini-2.0-flash":                              "gemini-2.0-flash-001", // an alias
		"publishers/google/models/gemini-3.5-flash":     "gemini-3.5-flash",
		"publishers/google/models/gemma3@gemma-3-1b-it": "google/gemma3@gemma-3-1b-it",
		"publishers/meta/models/llama3_1@llama-3.1-8b":  "meta/llama3_1@llama-3.1-8b",
		"google/gemma3@gemma-3-1b-it":                   "google/gemma3@gemma-3-1b-it",
		"gemini-9":                                      "",
		"":                                              "",
		"publishers/meta":                               "",
		"projects/p/locations/l/publishers/google/models/gemini": "",
	} {
		m := catalogue.Default().Lookup(name)
		if got := idOf(m); got != want {
			t.Errorf("Lookup(%q) = %q, want %q", name, got, want)
		}
	}
}

func idOf(m *catalogue.Model) string {
	if m == nil {
		return ""
	}
	return m.ID
}

// TestInheritance: a fact of a model replaces the fact of its family. Each modality is a separate
// fact.
func TestInheritance(t *testing.T) {
	t.Parallel()
	scout := catalogue.Default().Lookup("meta/llama4@llama-4-scout-17b-16e-instruct")
	if scout.ExampleTokens.Value != 2048 || !scout.Modalities[catalogue.Image].Value || !scout.Modalities[catalogue.Text].Value || scout.Modalities[catalogue.Video].Value {
		t.Errorf("facts of %s: %+v", scout.ID, scout.Facts)
	}
	if other := catalogue.Default().Lookup("qwen/qwen3@qwen3-4b"); other.ExampleTokens.Value != 8192 || other.Modalities[catalogue.Image].Value {
		t.Errorf("facts of %s: %+v", other.ID, other.Facts)
	}
}

// edit changes the part of the default catalogue at path; a nil value removes it.
func edit(t *testing.T, value any, path ...any) []byte {
	t.Helper()
	var text any
	if err := json.Unmarshal(catalogue.JSON(), &text); err != nil {
		t.Fatal(err)
	}
	at := text
	for i, step := range path {
		last := i == len(path)-1
		switch step := step.(type) {
		case string:
			object := at.(map[string]any)
			switch {
			case !last:
				at = object[step]
			case value == nil:
				delete(object, step)
			default:
				object[step] = value
			}
		case int:
			if last {
				at.([]any)[step] = value
			} else {
				at = at.([]any)[step]
			}
		}
	}
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

type object = map[string]any

func TestLoad_names_the_fault(t *testing.T) {
	t.Parallel()
	fact := func(v any) object { return object{"value": v, "source": "sft", "confirmed": true} }
	tests := []struct {
		name  string
		value any
		path  []any
		want  []string // pointers
	}{
		{"unknown_member", 1, []any{"prices"}, []string{"/prices"}},
		{"missing_member", nil, []any{"as_of"}, []string{"/as_of"}},
		{"bad_date", "2026-13-01", []any{"as_of"}, []string{"/as_of"}},
		{"source_without_address", "ftp://x", []any{"sources", "sft", "url"}, []string{"/sources/sft/url"}},
		{"source_without_date", "soon", []any{"sources", "sft", "date"}, []string{"/sources/sft/date"}},
		{"unknown_source", "hearsay", []any{"models", 0, "tunable", "source"}, []string{"/models/0/tunable/source"}},
		{"unknown_source_of_a_modality", "hearsay", []any{"families", "gemini", "modalities", "text", "source"}, []string{"/families/gemini/modalities/text/source"}},
		{"confirmed_left_out", nil, []any{"models", 0, "cmek", "confirmed"}, []string{"/models/0/cmek/confirmed"}},
		{"null", object{"value": nil, "source": "sft", "confirmed": nil}, []any{"models", 0, "cmek"}, []string{"/models/0/cmek/confirmed", "/models/0/cmek/value"}},
		{"number_for_a_string", 5, []any{"models", 12, "id"}, []string{"/models/12/id"}},
		{"string_for_an_array", "us-central1", []any{"models", 1, "tuning_locations", "value"}, []string{"/models/1/tuning_locations/value"}},
		{"fraction", fact(1.5), []any{"models", 1, "example_tokens"}, []string{"/models/1/example_tokens/value"}},
		{"limit_of_nothing", fact(0), []any{"models", 1, "example_tokens"}, []string{"/models/1/example_tokens/value"}},
		{"two_models_of_a_name", "gemini-3.5-flash", []any{"models", 12, "id"}, []string{"/models/12/id"}},
		{"alias_of_a_model", []any{"gemini-3.5-flash"}, []any{"models", 1, "aliases"}, []string{"/models/1/aliases/0"}},
		{"no_name", "Translation LLM", []any{"models", 12, "id"}, []string{"/models/12/id"}},
		{"unknown_family", "palm", []any{"models", 0, "family"}, []string{"/models/0/family"}},
		{"missing_family", nil, []any{"families", "open"}, nil},
		{"unknown_api", fact("v2"), []any{"families", "open", "api_version"}, []string{"/families/open/api_version"}},
		{"unknown_hyperparameter", fact(object{"type": "integer"}), []any{"families", "gemini", "hyperparameters", "dropout"}, []string{"/families/gemini/hyperparameters/dropout"}},
		{"unknown_type", fact(object{"type": "vector"}), []any{"families", "gemini", "hyperparameters", "adapter_size"}, []string{"/families/gemini/hyperparameters/adapter_size/value/type"}},
		{"no_location", fact([]any{"us-central1", "Iowa"}), []any{"models", 0, "tuning_locations"}, []string{"/models/0/tuning_locations/value/1"}},
		{"empty_list", fact([]any{}), []any{"models", 0, "tuning_locations"}, []string{"/models/0/tuning_locations/value"}},
		{"no_adapter_size", fact([]any{1, 3}), []any{"models", 0, "adapter_sizes"}, []string{"/models/0/adapter_sizes/value/1"}},
		{"unknown_mode", fact([]any{"LORA"}), []any{"models", 0, "tuning_modes"}, []string{"/models/0/tuning_modes/value/0"}},
		{"rate_of_an_unknown_mode", fact(object{"LORA": 0.1}), []any{"models", 0, "learning_rates"}, []string{"/models/0/learning_rates/value/LORA"}},
		{"free_of_charge", fact(0), []any{"models", 0, "training_price"}, []string{"/models/0/training_price/value"}},
		{"price_in_words", fact("3 dollars"), []any{"models", 0, "training_price"}, []string{"/models/0/training_price/value"}},
		{"half_a_price", fact(object{"input": 1}), []any{"models", 0, "inference_price"}, []string{"/models/0/inference_price/value/output"}},
		{"no_range", fact(object{"low": 5, "high": 4}), []any{"models", 0, "unset_epochs"}, []string{"/models/0/unset_epochs/value"}},
		{"more_than_all", fact(object{"examples": 1, "percent_of_bytes": 101}), []any{"models", 0, "validation"}, []string{"/models/0/validation/value/percent_of_bytes"}},
		{"unknown_modality", object{"smell": fact(true)}, []any{"models", 0, "modalities"}, []string{"/models/0/modalities/smell"}},
		{"retires_some_time", fact(object{"date": "2027-01-01", "when": "maybe"}), []any{"models", 0, "retirement"}, []string{"/models/0/retirement/value/when"}},
		{"unknown_replacement", fact([]any{"gpt-4"}), []any{"models", 0, "replacements"}, []string{"/models/0/replacements/value/0"}},
		{"unknown_judge", fact("gpt-4"), []any{"judge"}, []string{"/judge/value"}},
		{"escaped_name", object{"a/b~c": fact(true)}, []any{"models", 0, "modalities"}, []string{"/models/0/modalities/a~1b~0c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := catalogue.Load(edit(t, tt.value, tt.path...))
			invalid, ok := errors.AsType[*catalogue.InvalidError](err)
			if !ok {
				t.Fatalf("Load = %v, want an InvalidError", err)
			}
			var got []string
			for _, f := range invalid.Faults {
				got = append(got, f.Pointer)
			}
			if tt.want == nil { // there is a fault at the family, and at each of its models
				if len(got) < 10 || got[0] != "/families/open" {
					t.Errorf("faults at %v", got)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, err)
			}
		})
	}
}

func TestLoad_strict(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty":     "",
		"cut_off":   `{"as_of": "2026`,
		"two_names": `{"as_of": "2026-11-23", "as_of": "2026-11-24"}`,
		"an_array":  "[]",
		"a_word":    "null",
	} {
		if _, err := catalogue.Load([]byte(text)); err == nil {
			t.Errorf("Load accepted %s", name)
		}
	}
}

// TestJSON: JSON returns a copy, so a change of the copy does not change the default catalogue.
func TestJSON(t *testing.T) {
	t.Parallel()
	text := catalogue.JSON()
	clear(text)
	if c, err := catalogue.Load(catalogue.JSON()); err != nil || c.Lookup("gemini-3.5-flash") == nil {
		t.Errorf("the default catalogue is damaged: %v", err)
	}
	if bytes.Equal(text, catalogue.JSON()) {
		t.Error("the text is empty")
	}
}
