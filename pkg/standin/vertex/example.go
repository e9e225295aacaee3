// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/protobuf/encoding/protojson"
)

// example is the measure of one line of a dataset.
type example struct {
	input, output int64 // estimated tokens
	characters    int64
	images        int64
	files         int64           // images and all others
	declared      map[string]bool // functions
	answer        string          // the text of the output
	lesson        *lesson         // what a model learns of it; nil of a form of open models
	drop          string          // why the example is dropped; "" if it is not
}

// checker checks the lines of a dataset for one base model.
type checker struct {
	model   *modelFacts
	service *serviceFacts
}

// check measures a line. Its fault, worded to follow "Dataset example N of M", fails the whole job.
func (c checker) check(line []byte) (*example, string) {
	if c.model.open() {
		if e, fault, ok := c.checkOpen(line); ok {
			return e, fault
		}
	}
	var req v1.GenerateContentRequest
	if err := protojson.Unmarshal(line, &req); err != nil {
		return nil, "is not a valid JSON object of the expected format: " + plainProtoError(err)
	}
	if req.GetCachedContent() != "" || req.GetModelArmorConfig() != nil {
		return nil, "has a field that is not supported in a tuning dataset: cachedContent or modelArmorConfig"
	}
	if len(req.GetContents()) == 0 {
		return nil, "has no 'contents'"
	}
	e := &example{}
	tools := toolsCheck{service: c.service, declared: map[string]bool{}}
	if fault := tools.check(req.GetTools()); fault != "" {
		return nil, fault
	}
	e.declared = tools.declared
	if fault := c.systemInstruction(e, req.GetSystemInstruction()); fault != "" {
		return nil, fault
	}
	for i, turn := range req.GetContents() {
		if fault := c.turn(e, i, turn); fault != "" {
			return nil, fault
		}
	}
	if last := req.GetContents()[len(req.GetContents())-1]; last.GetRole() != c.answerer() {
		return nil, "must end with a turn of the role '" + c.answerer() + "'"
	}
	c.limits(e)
	e.lesson = newLesson(req.GetContents())
	return e, ""
}

var protoPosition = regexp.MustCompile(`^proto:\s*|\(line 1:(\d+)\)`)

// plainProtoError makes the text of a protojson error stable: the library varies its spaces on
// purpose, and every line of a dataset is line 1 to it.
func plainProtoError(err error) string {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	text = protoPosition.ReplaceAllStringFunc(text, func(m string) string {
		if position := protoPosition.FindStringSubmatch(m)[1]; position != "" {
			return "(column " + position + ")"
		}
		return ""
	})
	return strings.Join(strings.Fields(text), " ")
}

func (c checker) systemInstruction(e *example, content *v1.Content) string {
	for _, part := range content.GetParts() {
		text, ok := part.GetData().(*v1.Part_Text)
		if !ok {
			return "contains a part that is not text in 'systemInstruction'"
		}
		e.addText(&e.input, text.Text)
	}
	return ""
}

func (c checker) turn(e *example, i int, turn *v1.Content) string {
	if fault := c.checkRole(i, turn); fault != "" {
		return fault
	}
	if len(turn.GetParts()) == 0 {
		return fmt.Sprintf("has no 'parts' in contents[%d]", i)
	}
	tokens := &e.input
	if turn.GetRole() == c.answerer() {
		tokens = &e.output
	}
	for k, part := range turn.GetParts() {
		p := partCheck{checker: c, example: e, tokens: tokens, turn: i, index: k}
		if fault := p.check(part); fault != "" {
			return fault
		}
	}
	return ""
}

// answerer is the role whose turns are learned.
func (c checker) answerer() string {
	if c.model.open() {
		return "assistant"
	}
	return "model"
}

// checkRole lets a turn of nothing but function responses go without a role; users of tuning emit
// those.
func (c checker) checkRole(i int, turn *v1.Content) string {
	switch role := turn.GetRole(); role {
	case "user", c.answerer():
		return ""
	case "":
		onlyResponses := !slices.ContainsFunc(turn.GetParts(), func(p *v1.Part) bool { return p.GetFunctionResponse() == nil })
		if onlyResponses {
			return ""
		}
		return fmt.Sprintf("has no role in contents[%d]. The role must be either 'user' or '%s'", i, c.answerer())
	default:
		return fmt.Sprintf("contains an invalid role %q in contents[%d]. The role must be either 'user' or '%s'", role, i, c.answerer())
	}
}

// limits decides whether the example is dropped, which does not fail the job.
func (c checker) limits(e *example) {
	switch total := e.input + e.output; {
	case total > c.model.MaxTokens:
		e.drop = fmt.Sprintf("Example has %d tokens, which exceeds the maximum of %d tokens.", total, c.model.MaxTokens)
	case e.images > c.service.ImagesPerExampleMax.Value:
		e.drop = fmt.Sprintf("Example has %d images, which exceeds the maximum of %d images.", e.images, c.service.ImagesPerExampleMax.Value)
	}
}

// addText counts four characters as a token, as the documentation does.
func (e *example) addText(tokens *int64, text string) {
	n := int64(utf8.RuneCountInString(text))
	e.characters += n
	*tokens += (n + 3) / 4
	if tokens == &e.output {
		e.answer += text
	}
}
