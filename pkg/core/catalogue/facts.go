// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package catalogue

import (
	"encoding/json"

	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Source is the page that a fact comes from, and the date when it was read.
type Source struct {
	URL  string `json:"url"`
	Date string `json:"date"` // a year, a month or a day
	Note string `json:"note,omitempty"`
}

// Fact is a value with its source. A fact that is not confirmed never leads to a refusal.
type Fact[T any] struct {
	Value     T      `json:"value"`
	Source    string `json:"source"` // a key of Catalogue.Sources
	Confirmed bool   `json:"confirmed"`
}

// Family holds the facts that its models share. A model's own fact replaces the same fact of the
// family.
type Family struct {
	APIVersion      Fact[string]            `json:"api_version"` // of the tuning service for this family
	Hyperparameters map[string]Fact[Domain] `json:"hyperparameters"`
	Facts
}

// Domain describes the values that a hyperparameter may have.
type Domain struct {
	Type       string          `json:"type"`                  // integer, number, boolean or enum
	Min        *float64        `json:"min,omitempty"`         // the smallest allowed value
	Above      *float64        `json:"above,omitempty"`       // all allowed values are larger
	TuningMode string          `json:"tuning_mode,omitempty"` // the only mode that accepts the hyperparameter
	Default    json.RawMessage `json:"default,omitempty"`     // the service's default, if it is published
}

// Model is one base model. After loading, it includes the facts of its family.
type Model struct {
	ID      string   `json:"id"`
	Aliases []string `json:"aliases,omitempty"`
	Family  string   `json:"family"`
	Facts
}

// Facts are the facts about a model; nil means that a fact is unknown.
type Facts struct {
	Tunable             *Fact[bool]               `json:"tunable,omitempty"`
	TuningLocations     *Fact[[]string]           `json:"tuning_locations,omitempty"`
	RefusedLocations    *Fact[[]string]           `json:"refused_locations,omitempty"`
	ServingLocations    *Fact[[]string]           `json:"serving_locations,omitempty"` // "job" is the location of the job
	AdapterSizes        *Fact[[]int64]            `json:"adapter_sizes,omitempty"`
	DefaultAdapterSize  *Fact[int64]              `json:"default_adapter_size,omitempty"`
	TuningModes         *Fact[[]string]           `json:"tuning_modes,omitempty"`   // the first is the default
	LearningRates       *Fact[map[string]float64] `json:"learning_rates,omitempty"` // recommended first values, by tuning mode
	UnsetEpochs         *Fact[Interval]           `json:"unset_epochs,omitempty"`   // the range that the service chooses from
	DatasetBytes        *Fact[int64]              `json:"dataset_bytes,omitempty"`
	TextExamples        *Fact[int64]              `json:"text_examples,omitempty"`
	MultimodalExamples  *Fact[int64]              `json:"multimodal_examples,omitempty"`
	ExampleTokens       *Fact[int64]              `json:"example_tokens,omitempty"` // of input and output together
	ImagesPerExample    *Fact[int64]              `json:"images_per_example,omitempty"`
	ImageBytes          *Fact[int64]              `json:"image_bytes,omitempty"`
	DocumentsPerExample *Fact[int64]              `json:"documents_per_example,omitempty"`
	DocumentPages       *Fact[int64]              `json:"document_pages,omitempty"`
	Validation          *Fact[Validation]         `json:"validation,omitempty"`
	Modalities          map[Modality]Fact[bool]   `json:"modalities,omitempty"`
	PreferenceTuning    *Fact[bool]               `json:"preference_tuning,omitempty"` // on pairs of a better and a worse answer
	CMEK                *Fact[bool]               `json:"cmek,omitempty"`
	CMEKRefused         *Fact[[]string]           `json:"cmek_refused_locations,omitempty"`
	TrainingPrice       *Fact[usd.Amount]         `json:"training_price,omitempty"` // per million tokens
	InferencePrice      *Fact[Price]              `json:"inference_price,omitempty"`
	TokensPerCharacter  *Fact[map[string]float64] `json:"tokens_per_character,omitempty"` // by tuning mode
	Thinking            *Fact[Thinking]           `json:"thinking,omitempty"`             // the setting for the least thinking
	FixedSampling       *Fact[bool]               `json:"fixed_sampling,omitempty"`       // see package endpoint
	Retirement          *Fact[Retirement]         `json:"retirement,omitempty"`
	Replacements        *Fact[[]string]           `json:"replacements,omitempty"` // IDs
}

// Modality is a kind of content of a training example.
type Modality string

// Interval is a range of numbers that includes both ends.
type Interval struct {
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

// Validation limits the size of a validation file; zero means no limit.
type Validation struct {
	Examples            int64 `json:"examples"`
	PercentOfExamples   int64 `json:"percent_of_examples,omitempty"`   // of the examples in the training file
	PercentFromExamples int64 `json:"percent_from_examples,omitempty"` // the percentage applies above this number
	PercentOfBytes      int64 `json:"percent_of_bytes,omitempty"`      // of the bytes of the training file
}

// Price is the price of a million tokens of a tuned model.
type Price struct {
	Input  usd.Amount `json:"input"`
	Output usd.Amount `json:"output"`
}

// Thinking is the setting that makes a model think as little as possible: the members of
// generationConfig.thinkingConfig.
type Thinking struct {
	Level  string `json:"thinkingLevel,omitempty"`
	Budget *int64 `json:"thinkingBudget,omitempty"`
}

// Retirement is the date on which a model retires.
type Retirement struct {
	Date Date `json:"date"`
	When When `json:"when"`
}

// When says how exact a date is.
type When string

// These are the values of When.
const (
	On        When = "on"         // on this day
	By        When = "by"         // on this day at the latest
	NotBefore When = "not_before" // on this day at the earliest: announced, not decided
)

// String returns the date as a phrase, such as "on 2026-10-20".
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

// These are the tuning modes.
const (
	PEFT = "PEFT_ADAPTER"
	Full = "FULL"
)

// These are the modalities.
const (
	Text         Modality = "text"
	Image        Modality = "image"
	Audio        Modality = "audio"
	Video        Modality = "video"
	Document     Modality = "document"
	FunctionCall Modality = "function_call"
)
