// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"slices"
	"unicode/utf8"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// mediaTokens is the number of tokens of an image; service.json has the source.
const mediaTokens = 258

// checkRequest refuses what the model refuses. The words are unconfirmed, except those about the
// signature of a thought (docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures).
func (m *modelFacts) checkRequest(req *v1.GenerateContentRequest) error {
	refuse := func(message string) error { return status.Error(codes.InvalidArgument, message) }
	contents, config := req.GetContents(), req.GetGenerationConfig()
	if len(contents) == 0 {
		return refuse("Unable to submit request because at least one contents field is required.")
	}
	for _, turn := range contents {
		if role := turn.GetRole(); role != "" && role != "user" && role != "model" {
			return refuse("Please use a valid role: user, model.")
		}
		if len(turn.GetParts()) == 0 {
			return refuse("Unable to submit request because it must include at least one parts field.")
		}
		if len(m.ThinkingLevels) > 0 && unsignedCall(turn) {
			return refuse("Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly.")
		}
	}
	if m.FixedSampling {
		switch {
		case config.GetFrequencyPenalty() != 0 || config.GetPresencePenalty() != 0:
			return refuse("Penalty is not enabled for this model.")
		case contents[len(contents)-1].GetRole() == "model":
			return refuse("Please ensure that the last content is not of the role model: this model does not continue a turn.")
		}
	}
	return m.checkThinking(config.GetThinkingConfig())
}

// checkThinking refuses thinking that the model does not have.
func (m *modelFacts) checkThinking(thinking *v1.GenerationConfig_ThinkingConfig) error {
	switch {
	case thinking == nil:
		return nil
	case thinking.ThinkingLevel != nil && thinking.ThinkingBudget != nil:
		return status.Error(codes.InvalidArgument, "You can only set one of thinking budget and thinking level.")
	case thinking.ThinkingLevel != nil && !slices.Contains(m.ThinkingLevels, thinking.GetThinkingLevel().String()):
		return status.Errorf(codes.InvalidArgument, "Thinking level %s is not supported for this model.", thinking.GetThinkingLevel())
	case thinking.ThinkingBudget != nil && !m.ThinkingBudget && len(m.ThinkingLevels) == 0:
		return status.Error(codes.InvalidArgument, "Thinking is not supported by this model.")
	}
	return nil
}

// unsignedCall reports whether the first call of a function in a turn of the model has no
// signature.
func unsignedCall(turn *v1.Content) bool {
	if turn.GetRole() != "model" {
		return false
	}
	for _, part := range turn.GetParts() {
		if part.GetFunctionCall() != nil {
			return len(part.GetThoughtSignature()) == 0
		}
	}
	return false
}

// truncate returns an answer of at most so many tokens, four characters each, and reports whether
// it is shorter than before. 0 is no limit.
func truncate(answer *v1.Content, tokens int32) (*v1.Content, bool) {
	if tokens <= 0 || contentTokens(answer) <= tokens {
		return answer, false
	}
	return text(firstRunes(textOf(answer), 4*int(tokens))), true
}

// contentTokens counts four characters as a token, and media by the documentation's number.
func contentTokens(contents ...*v1.Content) int32 {
	runes := 0
	for _, turn := range contents {
		for _, part := range turn.GetParts() {
			runes += utf8.RuneCountInString(part.GetText())
			switch {
			case part.GetFunctionCall() != nil:
				runes += utf8.RuneCountInString(jsonOf(part.GetFunctionCall().GetArgs()))
			case part.GetFunctionResponse() != nil:
				runes += utf8.RuneCountInString(jsonOf(part.GetFunctionResponse().GetResponse()))
			case part.GetInlineData() != nil || part.GetFileData() != nil:
				runes += 4 * mediaTokens
			}
		}
	}
	return int32((runes + 3) / 4)
}
