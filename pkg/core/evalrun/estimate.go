// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evalrun

import (
	"fmt"

	"github.com/vertextune/vertextune/pkg/core/usd"
)

// Estimate is what an evaluation will need, estimated before it starts. Its JSON is part of the
// API.
type Estimate struct {
	Questions    int64 `json:"questions" firestore:"questions"` // of all sides
	PromptTokens Range `json:"prompt_tokens" firestore:"prompt_tokens"`
	OutputTokens Range `json:"output_tokens" firestore:"output_tokens"`
	// Cost is absent if the price of a side is not known.
	Cost       *Cost  `json:"cost_usd,omitempty" firestore:"cost,omitempty"`
	Arithmetic string `json:"arithmetic" firestore:"arithmetic"`
}

// Range is a number of tokens. High is an upper bound.
type Range struct {
	Expected int64 `json:"expected" firestore:"expected"`
	High     int64 `json:"high" firestore:"high"`
}

// Cost is a number of millionths of a US dollar. High is an upper bound.
type Cost struct {
	Expected usd.Amount `json:"expected" firestore:"expected_micro_usd"`
	High     usd.Amount `json:"high" firestore:"high_micro_usd"`
}

// Text is the length of an example in bytes.
type Text struct{ Question, Answer int }

// Limits of the answers. An answer that is cut counts as wrong, so the limit is several times the
// longest right answer.
const (
	minOutputTokens = 512
	maxOutputTokens = 8192
	answerFactor    = 4
)

// A token has about four bytes of English text, and less of some other languages. No known
// tokenizer needs more than one token for two bytes of ordinary text.
const (
	expectedBytes = 4
	fewestBytes   = 2
)

// OutputLimit returns the limit of each answer in tokens, given the examples.
func OutputLimit(examples []Text) int64 {
	longest := 0
	for _, e := range examples {
		longest = max(longest, e.Answer)
	}
	return min(max(tokens(longest, expectedBytes)*answerFactor, minOutputTokens), maxOutputTokens)
}

// Price estimates what it costs to ask all sides all examples.
func Price(examples []Text, sides []Side, outputLimit int64) Estimate {
	var prompt, output Range
	for _, e := range examples {
		prompt.Expected += tokens(e.Question, expectedBytes)
		prompt.High += tokens(e.Question, fewestBytes)
		output.Expected += min(tokens(e.Answer, expectedBytes), outputLimit)
		output.High += outputLimit
	}
	n := int64(len(sides))
	all := Estimate{
		Questions:    n * int64(len(examples)),
		PromptTokens: Range{n * prompt.Expected, n * prompt.High}, OutputTokens: Range{n * output.Expected, n * output.High},
	}
	all.Arithmetic = fmt.Sprintf("%d models × %d examples: at most %d tokens of questions, and at most %d tokens of each answer",
		n, len(examples), all.PromptTokens.High, outputLimit)
	var cost Cost
	for _, s := range sides {
		if !s.Priced {
			all.Arithmetic += "; the price of " + s.Name + " is not known"
			return all
		}
		cost.Expected += s.Price(prompt.Expected, output.Expected)
		cost.High += s.Price(prompt.High, output.High)
	}
	all.Cost = &cost
	return all
}

func tokens(bytes, perToken int) int64 { return int64((bytes + perToken - 1) / perToken) }
