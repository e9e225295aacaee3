// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// promptCompletion converts a prompt and its completion; each is a text or a list of messages.
func (r *record) promptCompletion(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	var prompt, input, completion, history int
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "prompt", "question", "instruction":
			r.setOnce(&prompt, i)
		case "input", "context":
			r.setOnce(&input, i)
		case "completion":
			completion = i + 1
		case "history":
			history = i + 1
		default:
			c.otherMember(i)
		}
	}
	c.history(history)
	if r.kind(prompt) == strictjson.Array {
		c.chat(prompt)
		if !r.isNothing(input) {
			r.fail(input, CodeUnsupported, "an input cannot be added to a list of messages", "write it into the last message of the user")
		}
	} else {
		c.instruction(prompt, input, "prompt")
	}
	if completion != 0 || c.severalAnswers == 0 {
		c.side(completion, roleModel, "completion")
	}
	return c.end(dst)
}

// side adds one side of a record: a text, or a list of messages.
func (c *conversation) side(n int, role, name string) {
	switch {
	case n == 0:
		c.missing = true
		c.r.fail(root, CodeMissingField, "the record has no "+quoted(name), c.r.missingFix(name))
	case c.r.kind(n) == strictjson.Array:
		c.chat(n)
	case c.r.kind(n) == strictjson.String, c.r.kind(n) == strictjson.Null:
		c.turn(n, role)
		c.text(n)
	default:
		c.turn(n, role)
		c.parts++
		c.r.fail(n, CodeWrongType, "this must be a text or a list of messages, not "+article(c.r.kind(n)), `write a text, or [{"role": "user", "content": "…"}]`)
	}
}

// palmText converts the oldest format of Vertex AI: one input text and one output text.
func (r *record) palmText(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	var in, out int
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "input_text":
			in = i + 1
		case "output_text":
			out = i + 1
		case "context":
			c.systemValue(i + 1)
		default:
			c.otherMember(i)
		}
	}
	c.side(in, roleUser, "input_text")
	c.side(out, roleModel, "output_text")
	return c.end(dst)
}

// alpaca converts an instruction with its input and output. The turns in history come before it.
func (r *record) alpaca(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	var instruction, input, output, history int
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "instruction":
			instruction = v
		case "input", "context":
			r.setOnce(&input, i)
		case "output", "response":
			r.setOnce(&output, i)
		case "history":
			history = v
		case "text", "id":
			// The text repeats the other members.
		default:
			c.otherMember(i)
		}
	}
	c.history(history)
	c.instruction(instruction, input, "instruction")
	if r.kind(output) == strictjson.Array {
		r.fail(output, CodeUnsupported, "the output is a list of answers, and none is marked as the right one", `give one answer, or two as "chosen" and "rejected"`)
		return dst
	}
	if output != 0 || c.severalAnswers == 0 {
		c.side(output, roleModel, "output")
	}
	return c.end(dst)
}

// history adds the questions in a history and their answers.
func (c *conversation) history(list int) {
	for _, question := range c.historyPairs(list) {
		c.turn(question, roleUser)
		c.text(question)
		c.turn(c.r.next(question), roleModel)
		c.text(c.r.next(question))
	}
}

// historyPairs returns the nodes of the questions in a history. The next node of each question is
// its answer.
func (c *conversation) historyPairs(list int) (questions []int) {
	r := c.r
	if list == 0 || r.kind(list) == strictjson.Null || !r.is(list, strictjson.Array) {
		return nil
	}
	for pair := list + 1; pair < r.next(list); pair = r.next(pair) {
		if !r.is(pair, strictjson.Array) {
			continue
		}
		if r.len(pair) != 2 {
			r.fail(pair, CodeWrongType, "a turn of the history must be a question and an answer", "")
			continue
		}
		questions = append(questions, pair+1)
	}
	return questions
}

// instruction adds the user's turn: the instruction, and the input on a new line.
func (c *conversation) instruction(instruction, input int, name string) {
	r := c.r
	if r.isNothing(input) {
		input = 0
	}
	if input != 0 && r.kind(instruction) == strictjson.String && r.blank(instruction) {
		instruction, input = input, 0
	}
	if instruction == 0 || input == 0 {
		c.side(max(instruction, input), roleUser, name)
		return
	}
	c.turn(instruction, roleUser)
	if !r.is(instruction, strictjson.String) || !r.is(input, strictjson.String) {
		c.parts++
		return
	}
	c.part(`{"text":`)
	r.addText(instruction)
	r.addText(input)
	first, second := r.raw(instruction), r.raw(input)
	c.turns = append(c.turns, bytes.TrimSuffix(first, []byte{'"'})...)
	c.turns = append(c.turns, `\n`...)
	c.turns = append(c.turns, second[1:]...)
	c.turns = append(c.turns, '}')
}

// isNothing reports whether a member is absent, null or a blank text.
func (r *record) isNothing(n int) bool {
	return n == 0 || r.kind(n) == strictjson.Null || r.kind(n) == strictjson.String && r.blank(n)
}
