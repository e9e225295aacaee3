// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"encoding/json"
	"fmt"
)

// Answer is the answer of one model to one question. A model that could not be asked, for example
// because of its quota, has no answer: the example does not count for it.
type Answer struct {
	Content
	// FinishReason is the reason of Vertex AI, such as STOP, MAX_TOKENS or SAFETY. If the question
	// was blocked it is PROMPT_ and the reason, such as PROMPT_SAFETY.
	FinishReason string `json:"finish_reason,omitempty"`
	// The tokens that are billed. OutputTokens has the thoughts too.
	PromptTokens int64  `json:"prompt_tokens,omitempty"`
	OutputTokens int64  `json:"output_tokens,omitempty"`
	Scores       Scores `json:"scores,omitempty"` // Row.Answered sets them
}

// The reasons of answers that are wrong but have no such finish reason.
const (
	WrongEmpty       = "EMPTY"        // the model ended normally, but said nothing
	WrongNoCandidate = "NO_CANDIDATE" // the response has no answer and no reason
)

// WrongReason returns why the answer is wrong whatever its text is: its finish reason if it was
// blocked or cut, EMPTY if it says nothing, or "" if the text decides.
func (a Answer) WrongReason() string {
	switch a.FinishReason {
	case "", "STOP", "FINISH_REASON_UNSPECIFIED":
	default:
		return a.FinishReason
	}
	if a.isEmpty() {
		return WrongEmpty
	}
	return ""
}

// ReadAnswer reads the response of generateContent, as JSON. It uses the first candidate. The error
// is about a response that is not such JSON.
func ReadAnswer(response []byte) (Answer, error) {
	var r struct {
		Candidates []struct {
			Content struct {
				Parts []part `json:"parts"`
			} `json:"content"`
			FinishReason string `json:"finishReason"`
		} `json:"candidates"`
		PromptFeedback struct {
			BlockReason string `json:"blockReason"`
		} `json:"promptFeedback"`
		UsageMetadata struct {
			Prompt     int64 `json:"promptTokenCount"`
			Candidates int64 `json:"candidatesTokenCount"`
			Thoughts   int64 `json:"thoughtsTokenCount"`
		} `json:"usageMetadata"`
	}
	if err := json.Unmarshal(response, &r); err != nil {
		return Answer{}, fmt.Errorf("read the answer of a model: %w", err)
	}
	usage := r.UsageMetadata
	a := Answer{PromptTokens: usage.Prompt, OutputTokens: usage.Candidates + usage.Thoughts}
	switch {
	case len(r.Candidates) > 0:
		a.Content, a.FinishReason = contentOf(r.Candidates[0].Content.Parts), r.Candidates[0].FinishReason
	case r.PromptFeedback.BlockReason != "":
		a.FinishReason = "PROMPT_" + r.PromptFeedback.BlockReason
	default:
		a.FinishReason = WrongNoCandidate
	}
	return a, nil
}
