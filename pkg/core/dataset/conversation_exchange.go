// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

const roleSystem = "system"

// messageRef is one message of a conversation.
type messageRef struct {
	role  string // a role of this package, or the original text if it is unknown
	node  int    // a message, or only its text
	input int    // a second text of the same turn, or 0
}

// exchange is the conversation before the two answers of a preference record, or the part of that
// conversation in one member of the record.
type exchange struct{ system, turns []messageRef }

func newExchange(all []messageRef) exchange {
	n := 0
	for n < len(all) && all[n].role == roleSystem {
		n++
	}
	return exchange{all[:n], all[n:]}
}

func (e exchange) empty() bool { return len(e.system)+len(e.turns) == 0 }

// readMessages reads a list of messages.
func (c *conversation) readMessages(list int) (all []messageRef) {
	r := c.r
	for m := list + 1; m < r.next(list); m = r.next(m) {
		if !r.is(m, strictjson.Object) {
			continue
		}
		s := messageRef{role: r.roleOf(m), node: m}
		if s.role != roleSystem || r.content(s) != "" { // an empty system text is skipped
			all = append(all, s)
		}
	}
	return all
}

// roleOf returns the role of a message.
func (r *record) roleOf(message int) string {
	if r.kind(message) != strictjson.Object {
		return ""
	}
	n := max(r.member(message, "role"), r.member(message, "from"))
	if r.kind(n) != strictjson.String {
		return ""
	}
	switch role := lower(r.key(n)); string(role) {
	case roleSystem, "developer":
		return roleSystem
	case roleUser, "human":
		return roleUser
	default:
		if isModelName(role) || isCallRole(role) {
			return roleModel
		}
		return string(role)
	}
}

// messageList returns the list of messages in an object, or n if there is none, and the system
// texts outside the list.
func (c *conversation) messageList(n int) (list int, system []messageRef) {
	r := c.r
	if r.kind(n) != strictjson.Object {
		return n, nil
	}
	for _, name := range [...]string{"messages", "conversations", "conversation"} {
		list = max(list, r.member(n, name))
	}
	if r.kind(list) != strictjson.Array {
		return n, nil
	}
	for i := n + 1; i < r.next(n); i = r.next(i + 1) {
		switch v := i + 1; {
		case v == list:
		case meaningOf(r.key(i)) != meansSystem:
			c.otherMember(i)
		case !r.isEmpty(v):
			system = append(system, messageRef{role: roleSystem, node: v})
		}
	}
	return list, system
}

// readExchange reads a part of the conversation: a text of the user, a message, or a list.
func (c *conversation) readExchange(n int) exchange {
	r := c.r
	switch v, system := c.messageList(n); {
	case r.kind(v) == strictjson.Array:
		return newExchange(append(system, c.readMessages(v)...))
	case r.kind(v) == strictjson.Object && r.roleOf(v) != "":
		return newExchange([]messageRef{{role: r.roleOf(v), node: v}})
	case r.kind(v) != strictjson.String:
		r.fail(v, CodeWrongType, "this must be a text, a message or a list of messages, not "+article(r.kind(v)),
			`write a text, or [{"role": "user", "content": "…"}]`)
		return exchange{}
	}
	c.refuseTranscript(n)
	return exchange{turns: []messageRef{{role: roleUser, node: n}}}
}

// addMessage adds a message to the example.
func (c *conversation) addMessage(s messageRef) {
	r := c.r
	switch {
	case s.role == roleSystem && r.roleOf(s.node) == "":
		c.systemValue(s.node)
	case r.kind(s.node) != strictjson.Object && s.role == roleUser:
		c.instruction(s.node, s.input, "prompt")
	case r.kind(s.node) != strictjson.Object:
		c.turn(s.node, s.role)
		c.text(s.node)
	case r.member(s.node, "from") != 0:
		c.shareTurn(s.node)
	default:
		c.chatMessage(s.node)
	}
	c.pending = c.pending[:0]
}

// join combines the parts of a conversation from two members; b is closer to the answers. The parts
// may overlap: one ends with the other, or b starts with a. It reports whether they are consistent.
func (r *record) join(a, b exchange) (exchange, bool) {
	system := a.system
	switch {
	case len(system) == 0:
		system = b.system
	case len(b.system) > 0 && !slices.EqualFunc(system, b.system, r.sameMessage):
		return a, false
	}
	turns, ok := r.joinTurns(a.turns, b.turns)
	return exchange{system, turns}, ok
}

func (r *record) joinTurns(a, b []messageRef) ([]messageRef, bool) {
	n, m := len(a), len(b)
	switch {
	case n == 0:
		return b, true
	case m == 0:
		return a, true
	case m >= n && (slices.EqualFunc(a, b[:n], r.sameMessage) || slices.EqualFunc(a, b[m-n:], r.sameMessage)):
		return b, true
	case n > m && slices.EqualFunc(a[n-m:], b, r.sameMessage):
		return a, true
	case (a[n-1].role == roleModel) != (b[0].role == roleModel):
		return slices.Concat(a, b), true
	}
	return a, false
}

// sameMessage reports whether two messages have the same content.
func (r *record) sameMessage(a, b messageRef) bool {
	return a.role == b.role && r.content(a) == r.content(b)
}

// content returns the text and the calls of a message, for comparison.
func (r *record) content(s messageRef) string {
	if r.kind(s.node) != strictjson.Object {
		text := r.comparable(r.plainContent(s.node))
		if s.input != 0 {
			text += "\n" + r.comparable(s.input)
		}
		return text
	}
	var text strings.Builder
	for _, name := range [...]string{"content", "value", "text", "parts", "tool_calls", "toolCalls", "function_call", "functionCall", "tool_call_id", "toolCallId"} {
		if v := r.member(s.node, name); v != 0 && r.kind(v) != strictjson.Null {
			text.WriteString(r.comparable(r.plainContent(v)))
		}
	}
	return text.String()
}

// plainContent returns the text of a list that has exactly one text part. It returns any other
// content unchanged.
func (r *record) plainContent(n int) int {
	if r.kind(n) != strictjson.Array || r.len(n) != 1 || r.kind(n+1) != strictjson.Object {
		return n
	}
	if text := r.member(n+1, "text"); text != 0 {
		return text
	}
	return n
}

// comparable returns a text without white space around it, and any other value unchanged.
func (r *record) comparable(n int) string {
	if r.kind(n) == strictjson.String {
		return strings.TrimSpace(r.text(n))
	}
	return string(r.raw(n))
}
