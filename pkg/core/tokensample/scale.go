// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tokensample

import (
	"math"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// Result is the number of tokens of a dataset by the count of a sample.
type Result struct {
	Low, Expected, High int64
	Examples            int64 // how many were counted
	All                 bool  // every example of the dataset was counted
}

const (
	// deviations is how many standard errors the range extends to either side. The truth is above
	// the range of one in 200 samples.
	deviations = 2.6
	// least is the smallest distance of the ends of the range, relative to the expected tokens: it
	// is not documented that a job is billed by exactly the tokens that are counted.
	least = 0.03
	// typical is how much the ratio of counted to estimated tokens varies between examples of one
	// script. It counts as much as weight examples, so that a few examples that agree by chance do
	// not make the range too narrow.
	typical = 0.15
	weight  = 2
)

// Scale returns the tokens of the dataset. counts are the tokens of the sample's examples, in their
// order.
func (s Sample) Scale(counts []int64) Result {
	all, expected, variance := s.longTokens == 0, 0.0, 0.0
	for _, p := range s.parts {
		n := len(p.examples)
		t, v := p.scale(counts[:n])
		counts = counts[n:]
		expected, variance = expected+t, variance+v
		all = all && p.limit == 0
	}
	margin := max(deviations*math.Sqrt(variance), least*expected)
	rest := float64(s.longTokens) // its examples were not counted, so its range is that of the estimate
	return Result{
		Low:      int64(expected - margin + rest*dataset.LowPercent/100),
		Expected: int64(math.Round(expected + rest)),
		High:     int64(math.Ceil(expected + margin + rest*dataset.HighPercent/100)),
		Examples: int64(len(s.Examples)), All: all,
	}
}

// scale returns the tokens of all examples of a script, and the variance of this number. The
// estimated tokens of all examples are known, so only the ratio of counted to estimated tokens has
// an error.
func (p scriptSample) scale(counts []int64) (tokens, variance float64) {
	var sum, weights float64
	for i, e := range p.examples {
		w := max(float64(e.Estimated), p.limit)
		sum += w * float64(counts[i]) / float64(e.Estimated)
		weights += w
	}
	ratio := sum / weights
	// An example with more tokens than the limit is in every sample, so it adds no error.
	var squares, chance float64
	for i, e := range p.examples {
		w := max(float64(e.Estimated), p.limit)
		away := float64(counts[i])/float64(e.Estimated)/ratio - 1
		c := (1 - float64(e.Estimated)/w) * w * w
		squares, chance = squares+c*away*away, chance+c
	}
	tokens = float64(p.tokens) * ratio
	if chance == 0 {
		return tokens, 0
	}
	n := float64(len(p.examples))
	spread := (weight*typical*typical + n*squares/chance) / (weight + n - 1)
	return tokens, tokens * tokens * spread * chance / (weights * weights)
}
