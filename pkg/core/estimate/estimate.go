// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package estimate predicts the tokens, the cost and the duration of a tuning job before it starts.
// It uses the statistics of a dataset, the facts about a base model and the durations of earlier
// jobs. It returns ranges where a single number would be a guess.
package estimate

import (
	"fmt"
	"math"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/tokensample"
	"github.com/vertextune/vertextune/pkg/core/usd"
)

// A good result needs at least fewExamples examples; goodExamples are enough for a first try.
const (
	fewExamples  = 100
	goodExamples = 500
)

// Job is the input of an estimate.
type Job struct {
	Examples   int64
	Characters int64
	Tokens     int64 // estimated, of one pass through the training examples
	Files      int64 // images and other files, whose tokens are not in Tokens
	// TooLong counts the examples over the model's token limit: Vertex AI drops them and does not
	// bill them. Long is their content. SurelyLong is the content of those that exceed the limit
	// even if the estimate of their tokens is far too high.
	TooLong          int64
	Long, SurelyLong dataset.Content
	// Counted are the tokens by a count of some examples, without those over the limit. It is nil
	// if there was no count.
	Counted *tokensample.Result
	// NotCounted says why a count failed.
	NotCounted string
	Epochs     int64 // 0 leaves the number to the service
	Model      *catalogue.Model
	TuningMode string
	Past       []Run // earlier jobs on the same base model
}

// Of returns a job that trains on the data of a report. The caller fills in the other fields.
func Of(report *dataset.Report) Job {
	job := Job{Examples: report.Examples}
	if s := report.Stats; s != nil {
		job.Characters, job.Tokens, job.Files = s.Characters, s.EstimatedTokens, s.Files
		job.TooLong, job.Long, job.SurelyLong = s.OverTokenLimit, s.OverLimit, s.SurelyOverLimit
	}
	return job
}

// Estimate is the estimate of a job. Its JSON is part of the API.
type Estimate struct {
	Examples int64 `json:"examples"`
	// Tokens counts one pass, TrainingTokens all epochs. Epochs and TrainingTokens are absent if
	// they are unknown.
	Tokens Range `json:"tokens"`
	// Basis says what Tokens are based on, and Counted is how many examples were counted.
	Basis          Basis       `json:"basis,omitempty"`
	Counted        int64       `json:"counted_examples,omitempty"`
	Epochs         *Range      `json:"epochs,omitempty"`
	TrainingTokens *Range      `json:"training_tokens,omitempty"`
	Price          *usd.Amount `json:"price_usd_per_million_tokens,omitempty"`
	Cost           *Cost       `json:"cost_usd,omitempty"` // absent if the price is unknown
	Arithmetic     string      `json:"arithmetic"`
	Duration       *Duration   `json:"duration,omitempty"` // absent if there are too few earlier jobs
	Warnings       []string    `json:"-"`
}

// Basis is what the number of tokens is based on.
type Basis string

// The values of Basis.
const (
	Characters    Basis = "CHARACTERS"     // the characters of all examples
	CountedSample Basis = "COUNTED_SAMPLE" // a count of some examples, which scales their characters
	CountedAll    Basis = "COUNTED_ALL"    // a count of all examples
)

// Range is a number that is not known exactly. Expected is the most likely value, or 0 if there is
// none.
type Range struct {
	Low      int64 `json:"low"`
	Expected int64 `json:"expected,omitempty"`
	High     int64 `json:"high"`
}

// Cost is a range of amounts.
type Cost struct {
	Low      usd.Amount  `json:"low"`
	Expected *usd.Amount `json:"expected,omitempty"`
	High     usd.Amount  `json:"high"`
}

// Duration is the duration of a job, estimated from earlier jobs.
type Duration struct {
	Low  int64 `json:"low_seconds"`
	High int64 `json:"high_seconds"`
	Jobs int   `json:"from_jobs"`
}

// Make estimates a job.
func Make(job Job) Estimate {
	e := Estimate{Examples: job.Examples, Tokens: tokens(job), Basis: Characters, Epochs: epochs(job)}
	if job.Counted != nil {
		e.Basis, e.Counted = CountedSample, job.Counted.Examples
		if job.Counted.All {
			e.Basis = CountedAll
		}
	}
	e.TrainingTokens = e.Tokens.times(e.Epochs)
	e.Duration = duration(e.TrainingTokens, job.Past)
	if job.Model != nil && job.Model.TrainingPrice != nil {
		e.price(*job.Model.TrainingPrice)
	}
	e.Arithmetic = e.arithmetic()
	e.warn(job)
	return e
}

// tokens returns the range of the token count. An example over the model's limit may still be
// shorter than estimated, so it is part of the upper end. If the model's own tokens per character
// are published, they widen the range, because the model's vocabulary may differ from the
// vocabulary of the estimate.
func tokens(job Job) Range {
	if c := job.Counted; c != nil {
		return Range{
			Low: c.Low, Expected: c.Expected,
			High: c.High + percent(job.Long.Tokens-job.SurelyLong.Tokens, dataset.HighPercent),
		}
	}
	expected := job.Tokens - job.Long.Tokens
	r := Range{
		Low: percent(expected, dataset.LowPercent), Expected: expected,
		High: percent(job.Tokens-job.SurelyLong.Tokens, dataset.HighPercent),
	}
	if job.Model == nil || job.Model.TokensPerCharacter == nil {
		return r
	}
	rate, ok := job.Model.TokensPerCharacter.Value[job.TuningMode]
	if !ok {
		return r
	}
	published := func(characters int64) int64 { return int64(math.Ceil(rate * float64(characters))) }
	return Range{
		Low:      min(r.Low, published(job.Characters-job.Long.Characters)),
		Expected: r.Expected,
		High:     max(r.High, published(job.Characters-job.SurelyLong.Characters)),
	}
}

// epochs returns the requested number, or the range that the service chooses from, or nil.
func epochs(job Job) *Range {
	switch {
	case job.Epochs > 0:
		return &Range{Low: job.Epochs, Expected: job.Epochs, High: job.Epochs}
	case job.Model != nil && job.Model.UnsetEpochs != nil:
		return &Range{Low: job.Model.UnsetEpochs.Value.Low, High: job.Model.UnsetEpochs.Value.High}
	}
	return nil
}

func (e *Estimate) price(price catalogue.Fact[usd.Amount]) {
	e.Price = &price.Value
	if e.TrainingTokens == nil || price.Value.CostOf(e.TrainingTokens.High) == math.MaxInt64 {
		return // unknown, or larger than an amount can be
	}
	e.Cost = &Cost{Low: price.Value.CostOf(e.TrainingTokens.Low), High: price.Value.CostOf(e.TrainingTokens.High)}
	if e.TrainingTokens.Expected > 0 {
		e.Cost.Expected = new(price.Value.CostOf(e.TrainingTokens.Expected))
	}
}

// warn adds warnings about what the numbers do not show.
func (e *Estimate) warn(job Job) {
	add := func(format string, args ...any) { e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...)) }
	switch {
	case job.Epochs == 0 && e.Epochs != nil:
		add("hyperparameters.epoch_count is not given: the service picks it, between %d and %d as far as is known, and the cost with it.",
			e.Epochs.Low, e.Epochs.High)
	case job.Epochs == 0:
		add("hyperparameters.epoch_count is not given: the service chooses it, and its choice is not known.")
	}
	if e.Epochs != nil && e.TrainingTokens == nil {
		add("The training tokens of %s epochs are more than can be counted, so the cost is not known.", e.Epochs)
	}
	if job.TooLong > 0 {
		add("Examples over the model's token limit: %d of %d. Vertex AI drops them, and the estimate leaves them out.",
			job.TooLong, job.Examples)
	}
	if job.NotCounted != "" {
		add("Vertex AI did not count the tokens of a sample (%s), so they are estimated from the characters, and their range is wide.", job.NotCounted)
	}
	if job.Files > 0 {
		add("The dataset has %d images or other files, whose tokens are not in the estimate.", job.Files)
	}
	switch {
	case job.Model == nil:
		add("The model is not in the catalogue, so the cost is not known.")
	case job.Model.TrainingPrice == nil:
		add("The price of training %s is not known.", job.Model.ID)
	case !job.Model.TrainingPrice.Confirmed:
		add("The price of training %s is not confirmed.", job.Model.ID)
	}
	if kept := job.Examples - job.TooLong; kept > 0 && kept < fewExamples {
		add("The dataset is small (training examples: %d). %d to %d are recommended to begin with.", kept, fewExamples, goodExamples)
	}
}

// times multiplies a range by a range of epochs. It returns nil if the epochs are unknown or the
// product is too large for an int64.
func (r Range) times(epochs *Range) *Range {
	if epochs == nil {
		return nil
	}
	high := product(r.High, epochs.High)
	if high == math.MaxInt64 {
		return nil
	}
	return &Range{Low: product(r.Low, epochs.Low), Expected: product(r.Expected, epochs.Expected), High: high}
}

// product multiplies two numbers that are not negative. An overflow returns the largest int64.
func product(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/a {
		return math.MaxInt64
	}
	return a * b
}

// percent returns that percentage of n, rounded up.
func percent(n, percents int64) int64 { return n/100*percents + (n%100*percents+99)/100 }
