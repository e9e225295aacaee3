// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"math"
	"math/bits"

	"github.com/vertextune/vertextune/pkg/hashset"
)

// Stats tell what the examples of a file are like.
type Stats struct {
	Turns      int64 `json:"turns"`
	Characters int64 `json:"characters"` // of texts, decoded, and of arguments and results as JSON
	Files      int64 `json:"files"`      // images, sounds, videos and documents
	// Modalities counts the parts that are no text, by their kind: image, audio, video, document or function_call.
	Modalities map[string]int64 `json:"modalities,omitempty"`
	// EstimatedTokens is an estimate made without a tokenizer. Images, sound
	// and other media are not in it.
	EstimatedTokens      int64        `json:"estimated_tokens"`
	TurnsPerExample      Distribution `json:"turns_per_example"`
	CharactersPerExample Distribution `json:"characters_per_example"`
	TokensPerExample     Distribution `json:"tokens_per_example"` // estimated
	OverTokenLimit       int64        `json:"over_token_limit"`   // examples longer than Limits.ExampleTokens
	Duplicates           int64        `json:"duplicates"`         // examples that stand in the file before
	NearEmptyAnswers     int64        `json:"near_empty_answers"`
	// OverLimit is what the examples over the token limit hold, and SurelyOverLimit what those hold that are over it
	// also if each has as few tokens as the estimate allows.
	OverLimit       Content `json:"-"`
	SurelyOverLimit Content `json:"-"`
	// Compared is how many different examples were remembered to find
	// duplicates. It is less than there are if the file is very long.
	Compared int64 `json:"compared"`
}

// The estimate of tokens is off by 15 % on average over texts of many kinds, by the tokenizer of Gemma 3, which has
// the vocabulary of Gemini. A dataset may be of one kind alone: the true number of each kind is between these percents
// of the estimate, and a test holds that.
const (
	LowPercent  = 65
	HighPercent = 140
)

// Content is how much some examples hold.
type Content struct{ Characters, Tokens int64 }

func (c *Content) add(s size) {
	c.Characters += s.chars
	c.Tokens += (s.tokens + 99) / 100
}

// Distribution describes one number over all examples. Min, Mean and Max are
// exact, Median and P95 are at most 1/32 too high.
type Distribution struct {
	Min       int64    `json:"min"`
	Mean      float64  `json:"mean"`
	Median    int64    `json:"median"`
	P95       int64    `json:"p95"`
	Max       int64    `json:"max"`
	Histogram []Bucket `json:"histogram,omitempty"` // without empty buckets
}

// Bucket counts the examples whose number is at most UpTo, and more than the
// UpTo of the power of two before.
type Bucket struct {
	UpTo  int64 `json:"up_to"`
	Count int64 `json:"count"`
}

// tally collects a distribution in little memory: numbers below 32 are counted
// one by one, those above in 32 steps for each power of two.
type tally struct {
	n, sum, min, max int64
	steps            [64 * tallySteps]int64
}

const (
	tallyBits  = 5
	tallySteps = 1 << tallyBits
)

func (t *tally) add(v int64) {
	if t.n == 0 || v < t.min {
		t.min = v
	}
	t.n++
	t.sum += v
	t.max = max(t.max, v)
	t.steps[stepOf(v)]++
}

// stepOf returns the step that v is counted in.
func stepOf(v int64) int {
	shift := max(0, bits.Len64(uint64(v))-tallyBits-1)
	return shift*tallySteps + int(v>>shift)
}

// topOf returns the largest number that is counted in a step.
func topOf(step int) int64 {
	if step < 2*tallySteps {
		return int64(step)
	}
	shift := step/tallySteps - 1
	return int64(step-shift*tallySteps+1)<<shift - 1
}

// quantile returns the number that q of all numbers do not exceed.
func (t *tally) quantile(q float64) int64 {
	rank := int64(math.Ceil(q*float64(t.n))) - 1
	for step, n := range &t.steps {
		if rank -= n; rank < 0 {
			return max(t.min, min(topOf(step), t.max))
		}
	}
	return t.max
}

func (t *tally) distribution() Distribution {
	if t.n == 0 {
		return Distribution{}
	}
	d := Distribution{
		Min: t.min, Mean: float64(t.sum) / float64(t.n), Median: t.quantile(0.5), P95: t.quantile(0.95), Max: t.max,
	}
	for step, n := range &t.steps {
		if n == 0 {
			continue
		}
		upTo := int64(1)<<bits.Len64(uint64(topOf(step))) - 1
		if last := len(d.Histogram) - 1; last >= 0 && d.Histogram[last].UpTo == upTo {
			d.Histogram[last].Count += n
		} else {
			d.Histogram = append(d.Histogram, Bucket{upTo, n})
		}
	}
	return d
}

// census collects the statistics of all examples.
type census struct {
	turns, chars, tokens         tally
	parts                        [kinds]int64
	overLimit, duplicates, muted int64
	long, surelyLong             Content
	seen                         *hashset.Map[struct{}] // hashes of examples
}

// maxSlots bounds the memory of hashes to 4 MiB, enough for some 450,000 examples.
const maxSlots = 1 << 19

// add counts one example.
func (c *census) add(s size) {
	for kind, n := range s.parts {
		c.parts[kind] += n
	}
	c.turns.add(s.turns)
	c.chars.add(s.chars)
	c.tokens.add((s.tokens + 99) / 100)
}

// addLong counts an example that is over the limit of tokens.
func (c *census) addLong(s size, limit int64) {
	c.overLimit++
	c.long.add(s)
	if s.tokens/100*LowPercent/100 > limit {
		c.surelyLong.add(s)
	}
}

func (c *census) stats() *Stats {
	whole := size{parts: c.parts}
	var seen map[string]int64
	for kind, n := range c.parts {
		if n == 0 {
			continue
		}
		if seen == nil {
			seen = map[string]int64{}
		}
		seen[modalities[kind]] = n
	}
	return &Stats{
		Turns: c.turns.sum, Files: whole.files(), Modalities: seen, Characters: c.chars.sum, EstimatedTokens: c.tokens.sum,
		TurnsPerExample: c.turns.distribution(), CharactersPerExample: c.chars.distribution(), TokensPerExample: c.tokens.distribution(),
		OverTokenLimit: c.overLimit, OverLimit: c.long, SurelyOverLimit: c.surelyLong, Duplicates: c.duplicates, NearEmptyAnswers: c.muted, Compared: int64(c.seen.Len()),
	}
}
