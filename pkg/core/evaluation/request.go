// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// RequestOptions are the settings of a request.
type RequestOptions struct {
	// ThinkingLevel or ThinkingBudget should be the lowest that the model accepts, such as MINIMAL
	// or 0, because tuning learns answers without thoughts. A model accepts one of the two. Without
	// both, the model decides.
	ThinkingLevel  string
	ThinkingBudget *int64
	// MaxOutputTokens limits an answer. A longer answer is cut, and counts as wrong. 0 is no limit.
	MaxOutputTokens int64
}

type generationConfig struct {
	MaxOutputTokens int64           `json:"maxOutputTokens,omitempty"`
	ThinkingConfig  *thinkingConfig `json:"thinkingConfig,omitempty"`
}

type thinkingConfig struct {
	ThinkingLevel  string `json:"thinkingLevel,omitempty"`
	ThinkingBudget *int64 `json:"thinkingBudget,omitempty"`
}

// Request returns the body of a generateContent request as JSON. Of the example's own settings it
// has only the safety settings and the settings of tools: Gemini 3.5 and later ignore or refuse
// those of sampling, and a response schema makes the answers of a tuned model worse.
func (q Question) Request(o RequestOptions) ([]byte, error) {
	config := &generationConfig{MaxOutputTokens: o.MaxOutputTokens}
	if o.ThinkingLevel != "" || o.ThinkingBudget != nil {
		config.ThinkingConfig = &thinkingConfig{o.ThinkingLevel, o.ThinkingBudget}
	}
	if *config == (generationConfig{}) {
		config = nil
	}
	body, err := json.Marshal(struct {
		Question
		GenerationConfig *generationConfig `json:"generationConfig,omitempty"`
	}{q, config})
	if err != nil {
		return nil, fmt.Errorf("write the request of an evaluation: %w", err)
	}
	return body, nil
}

// lastText returns the text of the last turn of the question that has one, for a report.
func (q Question) lastText() string {
	for _, turn := range slices.Backward(q.Contents) {
		if text := strings.TrimFunc(turnText(turn), isSpace); text != "" {
			return text
		}
	}
	return ""
}

// turnText returns the text of a turn, or of the system instruction.
func turnText(raw json.RawMessage) string {
	var t struct {
		Parts []part `json:"parts"`
	}
	if json.Unmarshal(raw, &t) != nil {
		return ""
	}
	return contentOf(t.Parts).Text
}
