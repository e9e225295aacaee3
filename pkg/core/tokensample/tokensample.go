// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package tokensample corrects the estimated tokens of a dataset by a count of a few examples. It
// chooses the examples in one pass through the dataset, and in little memory. The same dataset
// always has the same sample.
//
// Each script is a stratum, because the error of the estimate depends on it. Within a script, the
// chance of an example grows with its estimated tokens, so that no other strata by length are
// needed. The method is priority sampling: Duffield, Lund and Thorup, "Priority sampling for
// estimation of arbitrary subset sums", Journal of the ACM 54 (2007).
package tokensample

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// MaxExamples is how many examples are chosen at most.
const MaxExamples = 100

const (
	// MaxBytes limits the memory of the chosen examples.
	MaxBytes = 4 << 20
	// maxExample is the length of the longest example that can be chosen. An example that a model
	// takes is rarely longer. It is small enough for one of each script.
	maxExample = 640 << 10
)

// Sampler chooses examples.
type Sampler struct {
	strata     [dataset.Scripts]stratum
	examples   uint64
	bytes      int   // of all chosen examples
	longTokens int64 // estimated tokens of the examples that are too long to be chosen
}

// stratum holds the examples of one script that are chosen so far: those with the highest ranks.
type stratum struct {
	tokens int64 // estimated tokens of all examples of the script
	chosen []Example
	bytes  int
	limit  float64 // the highest rank of an example that is not chosen
}

// Example is a chosen example.
type Example struct {
	Text      []byte
	Estimated int64 // tokens
	rank      float64
}

// Add passes the next example of the dataset. An example that the model does not take is ignored.
func (s *Sampler) Add(e dataset.Example) {
	s.examples++
	if e.TooLong || e.Tokens == 0 {
		return
	}
	if len(e.Text) > maxExample {
		s.longTokens += e.Tokens
		return
	}
	h := &s.strata[e.Script]
	h.tokens += e.Tokens
	rank := float64(e.Tokens) / random(s.examples)
	if rank <= h.limit {
		return
	}
	h.chosen = append(h.chosen, Example{bytes.Clone(e.Text), e.Tokens, rank})
	h.bytes += len(e.Text)
	s.bytes += len(e.Text)
	if len(h.chosen) > MaxExamples {
		s.drop(h)
	}
	for s.bytes > MaxBytes {
		s.drop(s.largest())
	}
}

// drop drops the chosen example with the lowest rank.
func (s *Sampler) drop(h *stratum) {
	last := 0
	for i := range h.chosen {
		if h.chosen[i].rank < h.chosen[last].rank {
			last = i
		}
	}
	h.limit = h.chosen[last].rank
	h.bytes -= len(h.chosen[last].Text)
	s.bytes -= len(h.chosen[last].Text)
	h.chosen = slices.Delete(h.chosen, last, last+1)
}

// largest returns the stratum that takes the most memory. It has more than one example if all of
// them take more than MaxBytes.
func (s *Sampler) largest() *stratum {
	most := &s.strata[0]
	for i := range s.strata {
		if h := &s.strata[i]; h.bytes > most.bytes {
			most = h
		}
	}
	return most
}

// random returns a number between 0 (excluded) and 1, which depends only on n. Source of the
// function: splitmix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators"
// (2014).
func random(n uint64) float64 {
	n *= 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	n ^= n >> 31
	const bits = 53
	return float64(n>>(64-bits)+1) / (1 << bits)
}

// Sample is the choice of a Sampler.
type Sample struct {
	Examples   []Example
	parts      []scriptSample
	longTokens int64
}

// scriptSample is the sample of one script.
type scriptSample struct {
	tokens   int64 // estimated tokens of all examples of the script
	examples []Example
	limit    float64
}

// Sample returns the chosen examples, each script with a part that corresponds to its tokens.
func (s *Sampler) Sample() Sample {
	out := Sample{longTokens: s.longTokens}
	sizes := s.sizes()
	for i := range s.strata {
		h := &s.strata[i]
		if h.tokens == 0 {
			continue
		}
		ranked := slices.SortedFunc(slices.Values(h.chosen), func(a, b Example) int { return cmp.Compare(b.rank, a.rank) })
		p := scriptSample{tokens: h.tokens, examples: ranked[:sizes[i]], limit: h.limit}
		if sizes[i] < len(ranked) {
			p.limit = ranked[sizes[i]].rank
		}
		out.parts = append(out.parts, p)
		out.Examples = append(out.Examples, p.examples...)
	}
	return out
}

// sizes returns how many examples of each script are counted.
func (s *Sampler) sizes() (sizes [dataset.Scripts]int) {
	const least = 2 // of each script, so that it is not unknown
	left := MaxExamples
	for i := range s.strata {
		sizes[i] = min(least, len(s.strata[i].chosen))
		left -= sizes[i]
	}
	for range left {
		next, found := 0, false
		for i, n := range sizes {
			if n < len(s.strata[i].chosen) && (!found || s.strata[i].tokens*int64(sizes[next]) > s.strata[next].tokens*int64(n)) {
				next, found = i, true
			}
		}
		if !found {
			break // all examples are chosen
		}
		sizes[next]++
	}
	return sizes
}
