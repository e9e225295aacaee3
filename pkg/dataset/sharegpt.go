// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/strictjson"
)

// shareGPT converts a conversation of turns that say who speaks and what.
func (r *record) shareGPT(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	list := 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "conversations", "conversation":
			r.once(&list, i)
		case "system":
			if r.kind(v) != strictjson.Null {
				c.systemText(v)
			}
		case "tools":
			c.shareTools(v)
		case "id":
		default:
			r.unused(i)
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
		}
	}
}

// shareTurn adds one turn.
func (c *conversation) shareTurn(obj int) {
	r := c.r
	var from, value int
	c.pending = c.pending[:0]
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "from", "role":
			r.once(&from, i)
		case "value", "content", "text":
			r.once(&value, i)
		default:
			if !c.noteMark(i) {
				r.unused(i)
			}
		}
	}
	if from == 0 {
		r.fail(obj, CodeMissingRole, "the turn does not say whose it is", `add "from"`)
		return
	}
	if value == 0 {
		r.fail(obj, CodeMissingField, `the turn has no "value"`, "add what was said")
		return
	}
	if !r.is(from, strictjson.String) {
		return
	}
	switch name := r.key(from); string(name) {
	case "human", "user":
		c.turn(obj, roleUser)
		c.text(value)
	case "system":
		c.systemText(value)
	case "function_call", "tool_call":
		c.turn(obj, roleModel)
		c.shareCalls(value)
	case "observation", "tool", "function_response", "function":
		c.resultTurn(obj)
		c.result(obj, 0, 0, value)
	default:
		if isModelName(name) {
			c.turn(obj, roleModel)
			c.text(value)
			return
		}
		r.fail(from, CodeInvalidRole, "a conversation has no role "+quoted(r.text(from)), `write "human", "gpt", "system", "function_call" or "observation"`)
	}
}

// shareCalls adds the calls of a turn: an object, or a list of them, mostly
// written as a string.
func (c *conversation) shareCalls(n int) {
	r := c.r
	if r.kind(n) != strictjson.String {
		c.callList(r, n, n)
		return
	}
	var inner record
	if err := inner.parse([]byte(r.text(n))); err != nil {
		c.parts++
		r.fail(n, CodeArgsNotObject, "the call is no JSON: "+err.Message, `write {"name": …, "arguments": {…}}`)
		return
	}
	c.callList(&inner, root, n)
}

// callList adds the calls in a value of the record in, which node n of the
// record at hand holds.
func (c *conversation) callList(in *record, v, n int) {
	switch in.kind(v) {
	case strictjson.Array:
		for e := v + 1; e < in.next(v); e = in.next(e) {
			c.callIn(in, e, n)
		}
	default:
		c.callIn(in, v, n)
	}
}

// callIn adds one call. Faults are reported at node n of the record at hand.
func (c *conversation) callIn(in *record, v, n int) {
	if in.kind(v) != strictjson.Object {
		c.parts++
		c.r.fail(n, CodeArgsNotObject, "a call must be an object, not "+article(in.kind(v)), `write {"name": …, "arguments": {…}}`)
		return
	}
	outer := c.r
	c.r = in
	in.worker = outer.worker
	c.callFunction(v, in.member(v, "id"), in.member(v, "name"), in.member(v, "arguments"))
	c.r = outer
	if in != outer {
		outer.example.chars += in.example.chars
		outer.example.tokens += in.example.tokens
		in.example.size = size{}
		for _, f := range in.faults {
			outer.report(n, f.severity, f.code, f.message, f.fix)
		}
		in.faults = nil
	}
}

// shareTools adds the functions that may be called: a list, mostly written as a
// string.
func (c *conversation) shareTools(n int) {
	r := c.r
	switch r.kind(n) {
	case strictjson.Array:
		c.chatTools(n)
	case strictjson.String:
		if r.blank(n) {
			return
		}
		var inner record
		if err := inner.parse([]byte(r.text(n))); err != nil || inner.kind(root) != strictjson.Array {
			r.fail(n, CodeWrongType, "the tools are no JSON array", "")
			return
		}
		c.r = &inner
		c.chatTools(root)
		c.r = r
		for _, f := range inner.faults {
			r.report(n, f.severity, f.code, f.message, f.fix)
		}
	case strictjson.Null:
	default:
		r.wrongType(n, strictjson.Array)
	}
}
