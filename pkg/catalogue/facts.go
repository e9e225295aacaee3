// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"encoding/json"

	"github.com/vertextune/vertextune/pkg/usd"
)

// Source is where a fact was read, and when.
type Source struct {
	URL  string `json:"url"`
	Date string `json:"date"` // a year, a month or a day
	Note string `json:"note,omitempty"`
}

// Fact is a value with the source that it was read in. What is not confirmed refuses nothing.
type Fact[T any] struct {
	Value     T      `json:"value"`
	Source    string `json:"source"` // a key of Catalogue.Sources
	Confirmed bool   `json:"confirmed"`
}

// Family is what the models of one kind share. Its facts are those of its models, where they have none of
// their own.
type Family struct {
	APIVersion      Fact[string]            `json:"api_version"` // of the tuning service that takes them
	Hyperparameters map[string]Fact[Domain] `json:"hyperparameters"`
	Facts
}

// Domain is the values that a hyperparameter may have.
type Domain struct {
	Type       string          `json:"type"`                  // integer, number, boolean or enum
	Min        *float64        `json:"min,omitempty"`         // the smallest
	Above      *float64        `json:"above,omitempty"`       // less than all
	TuningMode string          `json:"tuning_mode,omitempty"` // the only one that it goes with
	Default    json.RawMessage `json:"default,omitempty"`     // what the service takes, where that is published
}

// Model is one base model. After loading it has the facts of its family too.
type Model struct {
	ID      string   `json:"id"`
	Aliases []string `json:"aliases,omitempty"`
	Family  string   `json:"family"`
	Facts
}

// Facts are what can be known of a model; nil is not known.
type Facts struct {
	Tunable             *Fact[bool]               `json:"tunable,omitempty"`
	TuningLocations     *Fact[[]string]           `json:"tuning_locations,omitempty"`
	RefusedLocations    *Fact[[]string]           `json:"refused_locations,omitempty"`
	ServingLocations    *Fact[[]string]           `json:"serving_locations,omitempty"` // "job" is that of the job
	AdapterSizes        *Fact[[]int64]            `json:"adapter_sizes,omitempty"`
	DefaultAdapterSize  *Fact[int64]              `json:"default_adapter_size,omitempty"`
	TuningModes         *Fact[[]string]           `json:"tuning_modes,omitempty"`   // the first is ours where none is asked for
	LearningRates       *Fact[map[string]float64] `json:"learning_rates,omitempty"` // to start from, by tuning mode
	UnsetEpochs         *Fact[Interval]           `json:"unset_epochs,omitempty"`   // what the service picks
	DatasetBytes        *Fact[int64]              `json:"dataset_bytes,omitempty"`
	TextExamples        *Fact[int64]              `json:"text_examples,omitempty"`
	MultimodalExamples  *Fact[int64]              `json:"multimodal_examples,omitempty"`
	ExampleTokens       *Fact[int64]              `json:"example_tokens,omitempty"` // input and output together
	ImagesPerExample    *Fact[int64]              `json:"images_per_example,omitempty"`
	ImageBytes          *Fact[int64]              `json:"image_bytes,omitempty"`
	DocumentsPerExample *Fact[int64]              `json:"documents_per_example,omitempty"`
	DocumentPages       *Fact[int64]              `json:"document_pages,omitempty"`
	Validation          *Fact[Validation]         `json:"validation,omitempty"`
	Modalities          map[Modality]Fact[bool]   `json:"modalities,omitempty"`
	PreferenceTuning    *Fact[bool]               `json:"preference_tuning,omitempty"` // on pairs of a better and a worse answer
	CMEK                *Fact[bool]               `json:"cmek,omitempty"`
	CMEKRefused         *Fact[[]string]           `json:"cmek_refused_locations,omitempty"`
	TrainingPrice       *Fact[usd.Amount]         `json:"training_price,omitempty"` // of a million tokens
	InferencePrice      *Fact[Price]              `json:"inference_price,omitempty"`
	TokensPerCharacter  *Fact[map[string]float64] `json:"tokens_per_character,omitempty"` // by tuning mode
	Thinking            *Fact[Thinking]           `json:"thinking,omitempty"`             // what turns it low or off
	FixedSampling       *Fact[bool]               `json:"fixed_sampling,omitempty"`       // see package endpoint
	Retirement          *Fact[Retirement]         `json:"retirement,omitempty"`
	Replacements        *Fact[[]string]           `json:"replacements,omitempty"` // IDs
}

// Modality is a kind of content of a training example.
type Modality string

// Interval is a range of numbers, both ends included.
type Interval struct {
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

// Validation bounds a validation file; zero is no bound.
type Validation struct {
	Examples            int64 `json:"examples"`
	PercentOfExamples   int64 `json:"percent_of_examples,omitempty"`   // of those in the training file
	PercentFromExamples int64 `json:"percent_from_examples,omitempty"` // the percentage holds for more than these
	PercentOfBytes      int64 `json:"percent_of_bytes,omitempty"`      // of the training file
}

// Price is that of a million tokens of a tuned model.
type Price struct {
	Input  usd.Amount `json:"input"`
	Output usd.Amount `json:"output"`
}

// Thinking is how a model is told to think as little as it can: the members of generationConfig.thinkingConfig.
type Thinking struct {
	Level  string `json:"thinkingLevel,omitempty"`
	Budget *int64 `json:"thinkingBudget,omitempty"`
}

// Retirement is when a model goes.
type Retirement struct {
	Date Date `json:"date"`
	When When `json:"when"`
}

// When is how a date is meant.
type When string

// The ways to mean a date.
const (
	On        When = "on"         // this day
	By        When = "by"         // this day at the latest
	NotBefore When = "not_before" // this day at the earliest: announced, not decided
)

// String says when, as in "on 2026-10-20".
func (r Retirement) String() string {
	switch r.When {
	case By:
		return "on " + r.Date.String() + " at the latest"
	case NotBefore:
		return "on " + r.Date.String() + " at the earliest"
	default:
		return "on " + r.Date.String()
	}
}

// The modes of tuning.
const (
	PEFT = "PEFT_ADAPTER"
	Full = "FULL"
)

// The modalities.
const (
	Text         Modality = "text"
	Image        Modality = "image"
	Audio        Modality = "audio"
	Video        Modality = "video"
	Document     Modality = "document"
	FunctionCall Modality = "function_call"
)
