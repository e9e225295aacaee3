// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// preference converts a conversation with a better and a worse answer. There are many notations:
// the conversation may be in one member, in several, or inside the answers.
func (r *record) preference(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	var m preferenceNodes
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		c.preferenceMember(&m, i)
	}
	betterName, worseName := "chosen", "rejected"
	if r.has(markPreferred) {
		betterName, worseName = "preferred_output", "non_preferred_output"
	}
	if m.better == 0 {
		m.better = m.answer
	}
	c.checkThirdAnswer(&m)
	worse := c.readAnswer(m.worse, worseName)
	better := c.readAnswer(m.better, betterName)
	before := c.conversationBefore(&m, &better, &worse)
	if c.severalAnswers != 0 {
		c.endSeveral(false)
	}
	for _, s := range slices.Concat(before.system, before.turns) {
		c.addMessage(s)
	}
	c.finishTurns()
	c.closeCalls(roleModel)
	if c.role == roleModel {
		r.fail(c.turnNode, CodeLastTurnNotUser, "the conversation before the answers must end with the user's turn", "move the last turn to the answers")
	}
	dst = c.appendExample(dst)
	dst = append(dst, `,"completions":[{"score":1,"completion":`...)
	first := len(dst)
	dst = c.appendAnswer(dst, &better)
	middle := len(dst)
	dst = append(dst, `},{"score":0,"completion":`...)
	second := len(dst)
	dst = c.appendAnswer(dst, &worse)
	if bytes.Equal(dst[first:middle], dst[second:]) && r.leftOut == "" && !r.failed() {
		r.leaveOut(worse.node, SameAnswers, "both answers are the same, so there is nothing to prefer", "write two different answers")
	}
	return append(dst, "}]}\n"...)
}

// preferenceNodes are the values of the members of a preference record; 0 means absent or null.
type preferenceNodes struct {
	better, worse                 int
	answer                        int // under a name that does not say whether it is the better one
	system                        []messageRef
	prompt, question, instruction int
	input, history                int
	messages, conversations       int
}

// preferenceMember stores one member of a preference record.
func (c *conversation) preferenceMember(m *preferenceNodes, name int) {
	r := c.r
	var value *int
	switch string(r.key(name)) {
	case "chosen", "chosen_response", "chosen_messages", "preferred_output":
		value = &m.better
	case "rejected", "rejected_response", "rejected_messages", "non_preferred_output":
		value = &m.worse
	case "prompt":
		value = &m.prompt
	case "question", "query":
		value = &m.question
	case "completion", "response", "output", "answer":
		value = &m.answer
	case "instruction":
		value = &m.instruction
	case "input", "context":
		value = &m.input
	case "history":
		value = &m.history
	case "messages":
		value = &m.messages
	case "conversations", "conversation":
		value = &m.conversations
	default:
		switch {
		case meaningOf(r.key(name)) != meansSystem:
			c.otherMember(name)
		case !r.isEmpty(name + 1):
			m.system = append(m.system, messageRef{role: roleSystem, node: name + 1})
		}
		return
	}
	r.setOnce(value, name)
}

// checkThirdAnswer reports an answer that is neither the better nor the worse one.
func (c *conversation) checkThirdAnswer(m *preferenceNodes) {
	r := c.r
	if r.isNothing(m.answer) {
		return
	}
	for _, n := range [...]int{m.better, m.worse} {
		if n != 0 && r.comparable(n) == r.comparable(m.answer) {
			return
		}
	}
	r.fail(m.answer-1, CodeContradiction, "the record has a third answer in "+quoted(r.text(m.answer-1)), "remove it")
}

// completions checks the two answers of an example in the format of Vertex AI.
func (r *record) completions(v int) {
	if !r.is(v, strictjson.Array) {
		return
	}
	var better, worse bool
	first := 0
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
			if bytes.Equal(r.raw(first), r.raw(completion)) {
				r.warn(completion, CodeSameAnswers, "both answers are the same, so there is nothing to prefer", "write two different answers")
			}
			first = completion
		}
	}
	if r.len(v) != 2 || !better || !worse {
		r.fail(v, CodeInvalidScores, "there must be two answers, one with the score 1 and one with 0", "")
	}
}

// isScore reports whether a number is the given digit, such as 1 or 1.0.
func isScore(raw []byte, digit byte) bool {
	return raw[0] == digit && strings.Trim(string(raw[1:]), ".0") == ""
}
