// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package estimate_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/estimate"
	"github.com/vertextune/vertextune/pkg/core/tokensample"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

func model(t *testing.T, id string) *catalogue.Model {
	t.Helper()
	m := catalogue.Default().Lookup(id)
	if m == nil {
		t.Fatalf("no model %s", id)
	}
	return m
}

// A publicly documented job (github.com/victor-figueiredo-soma/vertex-defeitos): for 166 examples
// Vertex AI chose 40 epochs and billed 17.5 million tokens of gemini-3.1-flash-lite, about 52
// dollars.
var recorded = estimate.Job{Examples: 166, Tokens: 17_500_000 / 40}

func TestRecordedCase(t *testing.T) {
	t.Parallel()
	job := recorded
	job.Epochs, job.Model = 40, model(t, "gemini-3.1-flash-lite")
	e := estimate.Make(job)
	if e.Cost == nil || e.Cost.Expected == nil || *e.Cost.Expected != 52_500_000 {
		t.Fatalf("cost %v, want $52.50", e.Cost)
	}
	want := "437,500 (284,375 to 612,500) tokens × 40 epochs = 17,500,000 (11,375,000 to 24,500,000) training tokens; " +
		"× $3.00 per 1,000,000 = $52.50 ($34.125 to $73.50)"
	if diff := cmp.Diff(want, e.Arithmetic); diff != "" {
		t.Errorf("arithmetic (-want +got):\n%s", diff)
	}
	if len(e.Warnings) > 0 {
		t.Errorf("warnings: %q", e.Warnings)
	}
}

// The same job without a number of epochs: the range includes the surprising bill.
func TestRecordedCase_epochs_left_open(t *testing.T) {
	t.Parallel()
	job := recorded
	job.Model = model(t, "gemini-3.1-flash-lite")
	e := estimate.Make(job)
	if diff := cmp.Diff(&estimate.Range{Low: 3, High: 40}, e.Epochs); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
	if e.Cost.Low >= 4*usd.Dollar || e.Cost.High <= 52*usd.Dollar || e.Cost.Expected != nil {
		t.Errorf("cost %v", e.Cost)
	}
	if len(e.Warnings) != 1 || !strings.Contains(e.Warnings[0], "between 3 and 40") {
		t.Errorf("warnings: %q", e.Warnings)
	}
}

func TestMake(t *testing.T) {
	t.Parallel()
	lite := "gemini-3.1-flash-lite"
	tests := []struct {
		name       string
		job        estimate.Job
		model      string
		arithmetic string
		warnings   []string // what each says
	}{
		{
			name: "exact_to_the_cent", job: estimate.Job{Examples: 100, Tokens: 1, Epochs: 1}, model: lite,
			arithmetic: "1 (1 to 2) tokens × 1 epoch = 1 (1 to 2) training tokens; × $3.00 per 1,000,000 = $0.000003 ($0.000003 to $0.000006)",
		},
		{
			name: "nothing", job: estimate.Job{Epochs: 3}, model: lite,
			arithmetic: "0 tokens × 3 epochs = 0 training tokens; × $3.00 per 1,000,000 = $0.00",
		},
		{
			name: "unknown_model", job: estimate.Job{Examples: 100, Tokens: 1000, Epochs: 2},
			arithmetic: "1,000 (650 to 1,400) tokens × 2 epochs = 2,000 (1,300 to 2,800) training tokens; the price is not known",
			warnings:   []string{"not in the catalogue"},
		},
		{
			name: "unknown_model_and_epochs", job: estimate.Job{Examples: 100, Tokens: 1000},
			arithmetic: "1,000 (650 to 1,400) tokens × an unknown number of epochs",
			warnings:   []string{"its choice is not known", "not in the catalogue"},
		},
		{
			name: "unknown_price", job: estimate.Job{Examples: 100, Tokens: 1000, Epochs: 2}, model: "gemini-3.5-flash-lite",
			arithmetic: "1,000 (650 to 1,400) tokens × 2 epochs = 2,000 (1,300 to 2,800) training tokens; the price is not known",
			warnings:   []string{"price of training gemini-3.5-flash-lite is not known"},
		},
		{
			name: "files", job: estimate.Job{Examples: 100, Tokens: 1_000_000, Files: 7, Epochs: 1}, model: "gemini-3.5-flash",
			arithmetic: "1,000,000 (650,000 to 1,400,000) tokens × 1 epoch = 1,000,000 (650,000 to 1,400,000) training tokens; × $10.00 per 1,000,000 = $10.00 ($6.50 to $14.00)",
			warnings:   []string{"7 images or other files"},
		},
		{
			name: "few_examples", job: estimate.Job{Examples: 99, Tokens: 1000, Epochs: 1}, model: lite,
			arithmetic: "1,000 (650 to 1,400) tokens × 1 epoch = 1,000 (650 to 1,400) training tokens; × $3.00 per 1,000,000 = $0.003 ($0.002 to $0.0042)",
			warnings:   []string{"(training examples: 99). 100 to 500 are recommended"},
		},
		{ // One of the two examples over the limit may still fit, so the upper end includes it.
			name: "too_long", job: estimate.Job{
				Examples: 202, Tokens: 401_000, Epochs: 1, TooLong: 2,
				Long: dataset.Content{Tokens: 400_000}, SurelyLong: dataset.Content{Tokens: 250_000},
			}, model: lite,
			arithmetic: "1,000 (650 to 211,400) tokens × 1 epoch = 1,000 (650 to 211,400) training tokens; × $3.00 per 1,000,000 = $0.003 ($0.002 to $0.6342)",
			warnings:   []string{"token limit: 2 of 202. Vertex AI drops them"},
		},
		{ // the published rate of 0.317 tokens per character is higher than the estimate
			name: "published_rate", job: estimate.Job{Tokens: 200_000, Characters: 1_000_000, Epochs: 1, TuningMode: catalogue.PEFT}, model: "meta/llama3_1@llama-3.1-8b",
			arithmetic: "200,000 (130,000 to 317,000) tokens × 1 epoch = 200,000 (130,000 to 317,000) training tokens; × $0.67 per 1,000,000 = $0.134 ($0.0871 to $0.2124)",
		},
		{
			name: "counted_sample", job: estimate.Job{
				Examples: 500, Tokens: 1_000_000, Epochs: 3,
				Counted: &tokensample.Result{Low: 870_000, Expected: 900_000, High: 930_000, Examples: 100},
			}, model: lite,
			arithmetic: "900,000 (870,000 to 930,000) tokens by a count of 100 examples × 3 epochs = 2,700,000 (2,610,000 to 2,790,000) training tokens; × $3.00 per 1,000,000 = $8.10 ($7.83 to $8.37)",
		},
		{
			name: "counted_all", job: estimate.Job{
				Examples: 100, Tokens: 1000, Epochs: 1, Counted: &tokensample.Result{Low: 970, Expected: 1000, High: 1030, Examples: 100, All: true},
			}, model: lite,
			arithmetic: "1,000 (970 to 1,030) tokens by a count of all 100 examples × 1 epoch = 1,000 (970 to 1,030) training tokens; × $3.00 per 1,000,000 = $0.003 ($0.0029 to $0.0031)",
		},
		{
			name: "counted_only", job: estimate.Job{
				Examples: 1, Tokens: 100, Epochs: 1, Counted: &tokensample.Result{Low: 97, Expected: 100, High: 103, Examples: 1, All: true},
			}, model: lite,
			arithmetic: "100 (97 to 103) tokens by a count of the only example × 1 epoch = 100 (97 to 103) training tokens; × $3.00 per 1,000,000 = $0.0003",
			warnings:   []string{"(training examples: 1)"},
		},
		{ // examples that may be over the limit are not in the count
			name: "counted_with_long_ones", job: estimate.Job{
				Examples: 202, Tokens: 401_000, Epochs: 1, TooLong: 2,
				Long: dataset.Content{Tokens: 400_000}, SurelyLong: dataset.Content{Tokens: 250_000},
				Counted: &tokensample.Result{Low: 900, Expected: 950, High: 1000, Examples: 100},
			}, model: lite,
			arithmetic: "950 (900 to 211,000) tokens by a count of 100 examples × 1 epoch = 950 (900 to 211,000) training tokens; × $3.00 per 1,000,000 = $0.0029 ($0.0027 to $0.633)",
			warnings:   []string{"token limit: 2 of 202. Vertex AI drops them"},
		},
		{
			name: "not_counted", job: estimate.Job{Examples: 100, Tokens: 1000, Epochs: 2, NotCounted: "UNAVAILABLE"}, model: lite,
			arithmetic: "1,000 (650 to 1,400) tokens × 2 epochs = 2,000 (1,300 to 2,800) training tokens; × $3.00 per 1,000,000 = $0.006 ($0.0039 to $0.0084)",
			warnings:   []string{"did not count the tokens of a sample (UNAVAILABLE)"},
		},
		{
			name: "more_than_can_be_said", job: estimate.Job{Tokens: math.MaxInt64 / 200, Epochs: 1000}, model: lite,
			arithmetic: "46,116,860,184,273,879 (29,975,959,119,778,022 to 64,563,604,257,983,431) tokens × 1,000 epochs: more training tokens than can be counted",
			warnings:   []string{"more than can be counted"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.model != "" {
				tt.job.Model = model(t, tt.model)
			}
			e := estimate.Make(tt.job)
			if want, _, _ := strings.Cut(tt.name, "_"); (want == "counted") != (e.Basis != estimate.Characters && e.Counted == tt.job.Counted.Examples) {
				t.Errorf("basis %s, counted %d", e.Basis, e.Counted)
			}
			if diff := cmp.Diff(tt.arithmetic, e.Arithmetic); diff != "" {
				t.Errorf("arithmetic (-want +got):\n%s", diff)
			}
			if len(e.Warnings) != len(tt.warnings) {
				t.Fatalf("warnings: %q, want %q", e.Warnings, tt.warnings)
			}
			for i, want := range tt.warnings {
				if !strings.Contains(e.Warnings[i], want) {
					t.Errorf("warning %q does not say %q", e.Warnings[i], want)
				}
			}
		})
	}
}

// The estimate excludes an example that is far too long. An example that is a little too long may
// be billed.
func TestOf_long_examples(t *testing.T) {
	t.Parallel()
	const limit = 1000
	pair := func(words int) string { return string(dataset.AppendPair(nil, strings.Repeat("word ", words), "a")) }
	for _, tt := range []struct {
		words        int
		long, surely bool
	}{{200, false, false}, {1200, true, false}, {5000, true, true}} {
		report, err := dataset.Check(t.Context(), strings.NewReader(pair(100)+pair(tt.words)), dataset.Options{
			Limits: dataset.Limits{ExampleTokens: limit},
		})
		if err != nil {
			t.Fatal(err)
		}
		got := estimate.Make(estimate.Of(report)).Tokens
		if long := got.Expected < 200; long != tt.long {
			t.Errorf("%d words: %s, excluded: %v", tt.words, got, long)
		}
		if surely := got.High < 300; surely != tt.surely {
			t.Errorf("%d words: %s, excluded from the upper end: %v", tt.words, got, surely)
		}
	}
}

// A warning says that a price is not confirmed. The smallest job has an expected cost like any
// other job.
func TestMake_with_a_price_that_is_not_confirmed(t *testing.T) {
	t.Parallel()
	m := &catalogue.Model{ID: "new"}
	m.TrainingPrice = &catalogue.Fact[usd.Amount]{Value: 3 * usd.Dollar}
	e := estimate.Make(estimate.Job{Tokens: 1, Epochs: 1, Model: m})
	if want := []string{"The price of training new is not confirmed."}; !slices.Equal(e.Warnings, want) {
		t.Errorf("warnings: %q, want %q", e.Warnings, want)
	}
	if e.Cost == nil || e.Cost.Expected == nil || *e.Cost.Expected != 3 {
		t.Errorf("cost %v, want an expected one of 3 millionths", e.Cost)
	}
}

// The range contains the true number of tokens of every reference text.
func TestRange_holds_the_truth(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../dataset/testdata/tokens.json")
	if err != nil {
		t.Fatal(err)
	}
	var samples []struct {
		Name, Text string
		Tokens     int64
	}
	if err := json.Unmarshal(data, &samples); err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		report, err := dataset.Check(t.Context(), strings.NewReader(string(dataset.AppendPair(nil, s.Text, "a"))), dataset.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e := estimate.Make(estimate.Of(report))
		if truth := s.Tokens + 1; truth < e.Tokens.Low || truth > e.Tokens.High || e.Examples != 1 {
			t.Errorf("%s: %d tokens are not in %s", s.Name, truth, e.Tokens)
		}
	}
}

func TestOf_without_examples(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(estimate.Job{}, estimate.Of(&dataset.Report{Errors: 3})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	job := recorded
	job.Epochs, job.Model = 40, model(t, "gemini-3.1-flash-lite")
	got, err := json.Marshal(estimate.Make(job))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"examples":166,"tokens":{"low":284375,"expected":437500,"high":612500},"basis":"CHARACTERS","epochs":{"low":40,"expected":40,"high":40},` +
		`"training_tokens":{"low":11375000,"expected":17500000,"high":24500000},"price_usd_per_million_tokens":3.00,` +
		`"cost_usd":{"low":34.125,"expected":52.50,"high":73.50},"arithmetic":"437,500 (284,375 to 612,500) tokens × 40 epochs = 17,500,000 (11,375,000 to 24,500,000) training tokens; ` +
		`× $3.00 per 1,000,000 = $52.50 ($34.125 to $73.50)"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
