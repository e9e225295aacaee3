// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// shareGPT converts a conversation whose turns contain a speaker and a text.
func (r *record) shareGPT(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	list := 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "conversations", "conversation":
			r.setOnce(&list, i)
		default:
			c.otherMember(i)
		}
	}
	if list == 0 {
		r.fail(root, CodeMissingField, `the record has no "conversations"`, "add the turns")
	} else {
		c.shareList(list)
	}
	return c.end(dst)
}

// shareList adds a list of turns.
func (c *conversation) shareList(list int) {
	r := c.r
	if !r.is(list, strictjson.Array) {
		return
	}
	for turn := list + 1; turn < r.next(list); turn = r.next(turn) {
		if r.is(turn, strictjson.Object) {
			c.shareTurn(turn)
			c.pending = c.pending[:0]
		}
	}
}

// shareTurn adds one turn, which may also have the form of a message of a chat.
func (c *conversation) shareTurn(obj int) {
	r := c.r
	m := c.chatNodes(obj)
	switch {
	case m.role == 0:
		r.fail(obj, CodeMissingRole, "the turn does not say who speaks", `add "from"`)
	case m.content == 0 && m.toolCalls == 0 && m.functionCall == 0 && m.refusal == 0 && !m.empty:
		r.fail(obj, CodeMissingField, `the turn has no "value"`, "add what was said")
	case r.is(m.role, strictjson.String):
		c.chatTurn(m)
	}
}
