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
	Questions    int64 `json:"questions" firestore:"questions"` // to all sides and to the judge
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

// JudgeTokens is the limit of an answer of the judge, which is one word after few thoughts.
const JudgeTokens = 512

// What the judge is asked has about judgeBytes more than the texts that it compares, and its answer
// has about judgeOutput tokens.
const (
	judgeBytes  = 1000
	judgeOutput = 16
)

// Price estimates what it costs to ask all sides all examples, and the judge, if there is one, to
// compare the answers of the first side with those of each other one in both orders.
func Price(examples []Text, sides []Side, judge *Side, outputLimit int64) Estimate {
	var answers, judged usageRange
	for _, e := range examples {
		answers.add(tokens(e.Question, expectedBytes), tokens(e.Question, fewestBytes),
			min(tokens(e.Answer, expectedBytes), outputLimit), outputLimit)
		// The judge reads the question, the right answer and two answers.
		judged.add(tokens(e.Question+3*e.Answer+judgeBytes, expectedBytes),
			tokens(e.Question+e.Answer+judgeBytes, fewestBytes)+2*outputLimit, judgeOutput, JudgeTokens)
	}
	n := int64(len(sides))
	models := make([]Side, 0, n+1)
	models = append(models, sides...)
	all := Estimate{Questions: n * int64(len(examples))}
	all.Arithmetic = fmt.Sprintf("%d models × %d examples: at most %d tokens of questions, and at most %d tokens of each answer",
		n, len(examples), n*answers.prompt.High, outputLimit)
	if judge != nil {
		comparisons := 2 * (n - 1)
		judged = judged.times(comparisons)
		models = append(models, *judge)
		all.Questions += comparisons * int64(len(examples))
		all.Arithmetic += fmt.Sprintf("; the judge is asked %d times: at most %d tokens of questions, and at most %d tokens of each answer",
			comparisons*int64(len(examples)), judged.prompt.High, JudgeTokens)
	}
	cost, isPriced := &Cost{}, true
	for i, m := range models {
		u := answers
		if i >= len(sides) {
			u = judged
		}
		all.PromptTokens, all.OutputTokens = all.PromptTokens.plus(u.prompt), all.OutputTokens.plus(u.output)
		cost.Expected += m.Price(u.prompt.Expected, u.output.Expected)
		cost.High += m.Price(u.prompt.High, u.output.High)
		if !m.Priced && isPriced {
			isPriced = false
			all.Arithmetic += "; the price of " + m.Name + " is not known"
		}
	}
	if isPriced {
		all.Cost = cost
	}
	return all
}

// usageRange is the tokens that one model uses.
type usageRange struct{ prompt, output Range }

func (u *usageRange) add(expectedPrompt, highPrompt, expectedOutput, highOutput int64) {
	u.prompt = u.prompt.plus(Range{expectedPrompt, highPrompt})
	u.output = u.output.plus(Range{expectedOutput, highOutput})
}

func (u usageRange) times(n int64) usageRange {
	return usageRange{Range{n * u.prompt.Expected, n * u.prompt.High}, Range{n * u.output.Expected, n * u.output.High}}
}

func (r Range) plus(other Range) Range {
	return Range{r.Expected + other.Expected, r.High + other.High}
}

func tokens(bytes, perToken int) int64 { return int64((bytes + perToken - 1) / perToken) }
