// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// openLine is a line of a dataset for open models in one of the forms that are their own: messages,
// or a prompt with its completion. They also accept Gemini's form, with the role assistant instead
// of model.
type openLine struct {
	Messages   []openMessage `json:"messages"`
	Prompt     *string       `json:"prompt"`
	Completion *string       `json:"completion"`
}

type openMessage struct {
	Role    string          `json:"role"`
	Content json.RawMessage `json:"content"`
}

// openPart is one part of a message that has several.
type openPart struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	ImageURL struct {
		URL string `json:"url"`
	} `json:"image_url"`
}

// checkOpen measures a line in a form of open models; ok is false if it is in none.
func (c checker) checkOpen(line []byte) (e *example, fault string, ok bool) {
	var in openLine
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, "is not a valid JSON object of the expected format: " + err.Error(), true
	}
	e = &example{}
	switch {
	case in.Messages != nil:
		fault = c.messages(e, in.Messages)
	case in.Prompt != nil && in.Completion != nil:
		e.addText(&e.input, *in.Prompt)
		e.addText(&e.output, *in.Completion)
		if *in.Prompt == "" || *in.Completion == "" {
			fault = "has an empty 'prompt' or 'completion'"
		}
	case in.Prompt != nil || in.Completion != nil:
		fault = "must have both 'prompt' and 'completion'"
	default:
		return nil, "", false
	}
	if fault != "" {
		return nil, fault, true
	}
	c.limits(e)
	return e, "", true
}

func (c checker) messages(e *example, messages []openMessage) string {
	for i, m := range messages {
		tokens := &e.input
		switch m.Role {
		case "system", "user":
		case "assistant":
			tokens = &e.output
		default:
			return fmt.Sprintf("contains an invalid role %q in messages[%d]. The role must be 'system', 'user' or 'assistant'", m.Role, i)
		}
		if fault := c.content(e, tokens, m.Content, i); fault != "" {
			return fault
		}
	}
	if len(messages) == 0 || messages[len(messages)-1].Role != "assistant" {
		return "must end with a message of the role 'assistant'"
	}
	return ""
}

// content takes a text, or a list of texts and images.
func (c checker) content(e *example, tokens *int64, raw json.RawMessage, i int) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if text == "" {
			return fmt.Sprintf("contains an empty text in messages[%d]", i)
		}
		e.addText(tokens, text)
		return ""
	}
	var parts []openPart
	if json.Unmarshal(raw, &parts) != nil || len(parts) == 0 {
		return fmt.Sprintf("has no text and no list of parts in messages[%d].content", i)
	}
	for k, part := range parts {
		switch {
		case part.Type == "text" && part.Text != "":
			e.addText(tokens, part.Text)
		case part.Type == "image_url" && !slices.Contains(c.model.Modalities, "image"):
			return "contains an unsupported modality [image] in the 'content' field, which is not supported by this model"
		case part.Type == "image_url" && (strings.HasPrefix(part.ImageURL.URL, "gs://") || strings.HasPrefix(part.ImageURL.URL, "data:image/")):
			e.images++
			e.files++
			*tokens += c.service.MediaTokens.Value
		default:
			return fmt.Sprintf("contains a part that is neither a text nor an image in messages[%d].content[%d]", i, k)
		}
	}
	return ""
}
