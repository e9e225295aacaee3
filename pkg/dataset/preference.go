// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"strings"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// openAIPreference converts a chat with a better and a worse answer.
func (r *record) openAIPreference(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	var input, better, worse int
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "input":
			input = v
		case "preferred_output":
			better = v
		case "non_preferred_output":
			worse = v
		default:
			r.unused(i)
		}
	}
	switch {
	case input == 0:
		r.fail(root, CodeMissingField, `the record has no "input"`, "add the conversation")
	case r.kind(input) == strictjson.Array:
		c.chat(input)
	case r.is(input, strictjson.Object):
		messages := 0
		for i := input + 1; i < r.next(input); i = r.next(i + 1) {
			if string(r.key(i)) == "messages" {
				messages = i + 1
				continue
			}
			c.chatMember(i)
		}
		c.chat(messages)
	}
	return c.endPreference(dst, better, worse, "preferred_output", "non_preferred_output")
}

// preferencePair converts a prompt with an answer that was chosen and one that
// was rejected, each a text or a list of messages.
func (r *record) preferencePair(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	var prompt, turns, instruction, input, better, worse int
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "prompt", "question":
			prompt = v
		case "conversations":
			turns = v
		case "instruction":
			instruction = v
		case "input":
			input = v
		case "chosen":
			better = v
		case "rejected":
			worse = v
		case "system":
			if r.kind(v) != strictjson.Null {
				c.systemText(v)
			}
		default:
			c.chatMember(i)
		}
	}
	switch {
	case turns != 0:
		c.shareList(turns)
	case instruction != 0:
		c.instruction(instruction, input)
	case prompt == 0 && better != 0 && r.kind(better) == strictjson.Array:
		c.chatBefore(better, r.last(better)) // both lists hold the whole conversation
	default:
		c.side(prompt, roleUser, "prompt")
	}
	return c.endPreference(dst, better, worse, "chosen", "rejected")
}

// endPreference appends the example with its two answers.
func (c *conversation) endPreference(dst []byte, better, worse int, betterName, worseName string) []byte {
	r := c.r
	c.finishTurns()
	if c.role == roleModel {
		r.fail(c.at, CodeLastTurnNotUser, "the conversation before the answers must end with the user's turn", "move the last turn to the answers")
	}
	dst = c.appendExample(dst)
	dst = append(dst, `,"completions":[{"score":1,"completion":`...)
	dst = c.answer(dst, better, betterName)
	dst = append(dst, `},{"score":0,"completion":`...)
	dst = c.answer(dst, worse, worseName)
	return append(dst, "}]}\n"...)
}

// answer appends one turn of the model: a text, or a list of messages of which
// the last one is the answer.
func (c *conversation) answer(dst []byte, n int, name string) []byte {
	r := c.r
	if n == 0 {
		r.fail(root, CodeMissingField, "the record has no "+quoted(name), "add the answer")
		return dst
	}
	c.turns = c.turns[:0]
	c.open(n, roleModel)
	last := n
	if r.kind(n) == strictjson.Array {
		last = r.last(n)
	}
	switch {
	case last == 0:
		r.leaveOut(n, EmptyText, "there is no answer in "+quoted(name), "add the answer")
		c.parts++
	case r.kind(last) == strictjson.Object:
		c.answerMessage(last)
	default:
		c.text(last)
	}
	c.endTurn()
	return append(dst, c.turns[1:]...)
}

// answerMessage adds an answer that is written as a message.
func (c *conversation) answerMessage(obj int) {
	r := c.r
	if from, value := r.member(obj, "from"), r.member(obj, "value"); from != 0 && value != 0 {
		if r.is(from, strictjson.String) && !isModelName(r.key(from)) {
			r.fail(from, CodeInvalidRole, "the answer must be the model's", `write "gpt"`)
		}
		c.text(value)
		return
	}
	m := c.chatNodes(obj)
	if m.role == 0 || r.kind(m.role) != strictjson.String || !isModelName(r.key(m.role)) {
		r.fail(obj, CodeInvalidRole, "the answer must be the assistant's", `add the role "assistant"`)
	}
	c.chatAnswer(m)
}

// last returns the last element of an array, or 0.
func (r *record) last(list int) int {
	last := 0
	for i := list + 1; i < r.next(list); i = r.next(i) {
		last = i
	}
	return last
}

// completions checks the two answers of an example of Vertex AI.
func (r *record) completions(v int) {
	if !r.is(v, strictjson.Array) {
		return
	}
	var better, worse bool
	for answer := v + 1; answer < r.next(v); answer = r.next(answer) {
		if !r.is(answer, strictjson.Object) {
			continue
		}
		score, completion := r.member(answer, "score"), r.member(answer, "completion")
		switch {
		case score == 0:
			r.fail(answer, CodeMissingField, `the answer has no "score"`, "write 1 for the better, 0 for the worse answer")
		case r.is(score, strictjson.Number):
			better = better || isScore(r.raw(score), '1')
			worse = worse || isScore(r.raw(score), '0')
		}
		switch {
		case completion == 0:
			r.fail(answer, CodeMissingField, `the answer has no "completion"`, "add the model's turn")
		case r.is(completion, strictjson.Object):
			if role := r.turn(completion, true); role == roleUser {
				r.fail(completion, CodeInvalidRole, "the answer must be the model's", `write the role "model"`)
			}
		}
	}
	if r.len(v) != 2 || !better || !worse {
		r.fail(v, CodeInvalidScores, "there must be two answers, one with the score 1 and one with 0", "")
	}
}

// isScore reports whether a number is the given digit, as in 1 or 1.0.
func isScore(raw []byte, digit byte) bool {
	return raw[0] == digit && strings.Trim(string(raw[1:]), ".0") == ""
}
