// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// preferenceAnswer is one of the two answers of a preference record.
type preferenceAnswer struct {
	node     int      // the value of its member; 0 means that the record has none
	name     string   // the name of the member
	before   exchange // the part of the conversation inside the answer
	last     int      // the text or the message that is the answer; 0 means none
	hasError bool     // an error in it was reported
}

// readAnswer reads an answer: a text, a message, or a list of messages that ends with the answer.
func (c *conversation) readAnswer(n int, name string) preferenceAnswer {
	r := c.r
	a := preferenceAnswer{node: n, name: name, last: n}
	if n == 0 {
		return a
	}
	a.name = r.text(n - 1)
	v, system := c.messageList(n)
	switch r.kind(v) {
	case strictjson.Array:
		c.readAnswerList(&a, v, system)
	case strictjson.Object:
		a.last = c.answerObject(v, a.name)
		a.hasError = a.last == 0
	case strictjson.String:
		c.refuseTranscript(v)
	case strictjson.Null:
	default:
		a.hasError = true
		c.refuseAnswer(v, a.name)
	}
	return a
}

// readAnswerList reads an answer that is a list of messages, or a list of one text.
func (c *conversation) readAnswerList(a *preferenceAnswer, list int, system []messageRef) {
	r := c.r
	a.last = 0
	if first := list + 1; r.next(list) > first && r.kind(first) == strictjson.String {
		if r.next(first) < r.next(list) {
			r.fail(list, CodeUnsupported, "there are several answers in "+quoted(a.name)+", but each side must have exactly one",
				"write a record for each pair of answers")
			a.hasError = true
			return
		}
		c.refuseTranscript(first)
		a.last = first
		return
	}
	messages := c.readMessages(list)
	if len(messages) == 0 {
		a.hasError = r.failed() && r.next(list) > list+1
		return
	}
	a.last = messages[len(messages)-1].node
	a.before = newExchange(append(system, messages[:len(messages)-1]...))
}

// answerObject returns the text of an answer that is an object, or the object itself if it is a
// message.
func (c *conversation) answerObject(obj int, name string) int {
	r := c.r
	if r.member(obj, "role") != 0 || r.member(obj, "from") != 0 {
		return obj
	}
	text := 0
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "content", "text", "value", "response", "answer", "completion":
			r.setOnce(&text, i)
		default:
			r.unused(i)
		}
	}
	if text == 0 {
		c.refuseAnswer(obj, name)
	} else if r.kind(text) == strictjson.String {
		c.refuseTranscript(text)
	}
	return text
}

func (c *conversation) refuseAnswer(n int, name string) {
	c.r.fail(n, CodeWrongType, quoted(name)+" must be a text, a message, or a list of messages that ends with the answer",
		"write "+quoted(name)+`: [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]`)
}

// transcripts has a pattern for each form of a text that contains a whole conversation: the start
// of the text, and another string in it, or "".
var transcripts = []struct{ start, inside string }{
	{"Human:", `\nAssistant:`}, {"User:", `\nAssistant:`}, {"H:", `\nA:`},
	{"<|im_start|>", ""}, {"<|begin_of_text|>", ""}, {"<|start_header_id|>", ""}, {"<start_of_turn>", ""}, {"<bos>", ""},
	{"<|user|>", ""}, {"<|system|>", ""}, {"[INST]", ""}, {"<s>[INST]", ""},
	{`[{"role"`, ""}, {`[{"content"`, ""}, {`[{"from"`, ""}, {"[{'role'", ""}, {"[{'content'", ""}, {"[{'from'", ""},
}

var unescape = strings.NewReplacer(`\n`, " ", `\r`, " ", `\t`, " ", `\"`, `"`)

// refuseTranscript rejects a text that contains the turns of a conversation, as in the dataset
// hh-rlhf.
func (c *conversation) refuseTranscript(n int) {
	const enough = 64 // bytes, to recognise a start
	raw := string(c.r.raw(n))
	start := strings.TrimSpace(unescape.Replace(raw[1:min(enough, len(raw)-1)]))
	for _, t := range transcripts {
		if strings.HasPrefix(start, t.start) && strings.Contains(raw, t.inside) {
			c.r.fail(n, CodeUnsupported, "the text holds a whole conversation: the question is inside it",
				`write its turns as messages: [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]`)
			return
		}
	}
}

// appendAnswer appends an answer as a turn of the model.
func (c *conversation) appendAnswer(dst []byte, a *preferenceAnswer) []byte {
	r := c.r
	if a.node == 0 || a.hasError {
		return dst
	}
	c.turns = c.turns[:0]
	c.open(a.node, roleModel)
	switch {
	case a.last == 0:
		r.leaveOut(a.node, EmptyText, "there is no answer in "+quoted(a.name), "add the answer")
		c.parts++
	case r.kind(a.last) == strictjson.Object:
		c.answerMessage(a.last)
	default:
		c.text(a.last)
	}
	c.endTurn()
	if m := c.readPending(); m.node != 0 {
		r.warn(m.node, CodeWeightIgnored, "tuning on Vertex AI has no weights: this answer is compared like any other", "take the mark away")
	}
	c.pending = c.pending[:0]
	return append(dst, c.turns[1:]...)
}

// answerMessage adds an answer that is a message.
func (c *conversation) answerMessage(obj int) {
	r := c.r
	m := c.chatNodes(obj)
	var role []byte
	if m.role != 0 && r.kind(m.role) == strictjson.String {
		role = lower(r.key(m.role))
	}
	switch {
	case isCallRole(role):
		if m.content != 0 {
			c.addCalls(m.content)
		}
		return
	case isModelName(role):
	case m.role != 0 && string(r.key(m.role-1)) == "from":
		r.fail(m.role, CodeInvalidRole, "the answer must be the model's", `write "gpt"`)
	default:
		r.fail(obj, CodeInvalidRole, "the answer must be the assistant's", `add the role "assistant"`)
	}
	c.chatAnswer(m)
}
