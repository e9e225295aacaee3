// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// promptCompletion converts a prompt and what was to follow it, each a text or a
// list of messages.
func (r *record) promptCompletion(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	var prompt, completion int
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "prompt":
			prompt = i + 1
		case "completion":
			completion = i + 1
		default:
			c.chatMember(i)
		}
	}
	c.side(prompt, roleUser, "prompt")
	c.side(completion, roleModel, "completion")
	return c.end(dst)
}

// side adds one side of a record: a text, or a list of messages.
func (c *conversation) side(n int, role, name string) {
	switch {
	case n == 0:
		c.missing = true
		c.r.fail(root, CodeMissingField, "the record has no "+quoted(name), "add it")
	case c.r.kind(n) == strictjson.Array:
		c.chat(n)
	default:
		c.turn(n, role)
		c.text(n)
	}
}

// palmText converts the oldest form of Vertex AI: one text in, one text out.
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
			c.systemText(i + 1)
		default:
			r.unused(i)
		}
	}
	c.side(in, roleUser, "input_text")
	c.side(out, roleModel, "output_text")
	return c.end(dst)
}

// alpaca converts an instruction with its input and output. The turns of history
// come before it.
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
			r.once(&input, i)
		case "output", "response":
			r.once(&output, i)
		case "history":
			history = v
		case "system":
			if r.kind(v) != strictjson.Null {
				c.systemText(v)
			}
		case "text", "id":
			// The same again, as one text.
		default:
			r.unused(i)
		}
	}
	if history != 0 && r.kind(history) != strictjson.Null && r.is(history, strictjson.Array) {
		c.history(history)
	}
	c.instruction(instruction, input)
	if output != 0 && r.kind(output) == strictjson.Array {
		r.fail(output, CodeUnsupported, "the output is a list of answers, of which none is said to be the right one", `give one answer, or two as "chosen" and "rejected"`)
		return dst
	}
	c.side(output, roleModel, "output")
	return c.end(dst)
}

// history adds pairs of a question and an answer.
func (c *conversation) history(list int) {
	r := c.r
	for pair := list + 1; pair < r.next(list); pair = r.next(pair) {
		if !r.is(pair, strictjson.Array) {
			continue
		}
		if r.len(pair) != 2 {
			r.fail(pair, CodeWrongType, "a turn of the history must be a question and an answer", "")
			continue
		}
		c.turn(pair+1, roleUser)
		c.text(pair + 1)
		c.turn(r.next(pair+1), roleModel)
		c.text(r.next(pair + 1))
	}
}

// instruction adds the user's turn: the instruction, and the input on a line of
// its own.
func (c *conversation) instruction(instruction, input int) {
	r := c.r
	if input != 0 && (r.kind(input) == strictjson.Null || r.is(input, strictjson.String) && r.blank(input)) {
		input = 0
	}
	if instruction != 0 && input != 0 && r.kind(instruction) == strictjson.String && r.blank(instruction) {
		instruction, input = input, 0
	}
	if instruction == 0 || input == 0 {
		c.side(max(instruction, input), roleUser, "instruction")
		return
	}
	c.turn(instruction, roleUser)
	if !r.is(instruction, strictjson.String) || r.kind(input) != strictjson.String {
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
