// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// callNodes are the members of a call of a function; 0 means absent or null.
type callNodes struct {
	id, name, args int
	otherNames     []int // names of the other members
}

// addCalls adds the calls in a value: an object, a list of objects, or a string that contains
// either.
func (c *conversation) addCalls(v int) {
	r := c.r
	switch r.kind(v) {
	case strictjson.Null:
	case strictjson.Array:
		for e := v + 1; e < r.next(v); e = r.next(e) {
			c.addCalls(e)
		}
	case strictjson.Object:
		c.addCall(v)
	case strictjson.String:
		before := c.parts
		c.parsed(v, CodeArgsNotObject, "the call is not JSON", c.addCalls)
		if c.parts == before {
			c.parts++ // counted, because a call was intended
		}
	default:
		c.parts++
		r.fail(v, CodeArgsNotObject, "a call must be an object, not "+article(r.kind(v)), `write {"name": …, "arguments": {…}}`)
	}
}

// addCall adds one call in the notation of any vendor.
func (c *conversation) addCall(obj int) {
	r := c.r
	c.parts++ // counted even if it cannot be written
	var m callNodes
	c.readCall(obj, &m)
	for _, name := range m.otherNames {
		if m.args == 0 && r.hasContent(name+1) {
			r.fail(name, CodeArgsNotObject, "the call has no arguments, only this member", `name it "arguments" if that is what it holds`)
			return
		}
		r.unused(name)
	}
	if m.name == 0 {
		r.fail(obj, CodeMissingField, `the function's "name" is missing`, "")
		return
	}
	if !r.functionName(m.name) {
		return
	}
	known := call{name: r.raw(m.name), node: c.place(obj)}
	if m.id != 0 && r.is(m.id, strictjson.String) {
		known.id = r.key(m.id)
	}
	if !c.isDeclared(known.name) {
		r.fail(m.name, CodeUndeclaredFunction, "the function "+quoted(r.text(m.name))+" is not declared in the example", "declare it among the tools")
	}
	c.calls = append(c.calls, known)
	c.parts--
	r.example.parts[kindFunctionCall]++
	c.part(`{"functionCall":{"name":`)
	c.turns = append(c.turns, known.name...)
	c.turns = append(c.turns, `,"args":`...)
	before := len(c.turns)
	c.arguments(m.args)
	r.addJSON(c.turns[before:])
	c.turns = append(c.turns, "}}"...)
}

// readCall finds the members of a call, which may be inside an inner object.
func (c *conversation) readCall(obj int, m *callNodes) {
	r := c.r
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		v := i + 1
		kind := r.kind(v)
		if kind == strictjson.Null {
			continue
		}
		switch string(r.key(i)) {
		case "id", "call_id", "callId", "tool_call_id", "toolUseId", "tool_use_id":
			if r.kind(v) != strictjson.String || !r.blank(v) {
				r.setOnce(&m.id, i)
			}
		case "name", "function_name", "functionName", "tool_name", "toolName":
			r.setOnce(&m.name, i)
		case "function", "functionCall", "function_call", "toolUse", "tool_use", "tool_call", "toolCall":
			if kind == strictjson.Object {
				c.readCall(v, m)
			} else {
				r.setOnce(&m.name, i)
			}
		case "arguments", "args", "input", "parameters", "params", "kwargs":
			switch {
			case m.args == 0 || !r.hasContent(m.args):
				m.args = v
			case r.hasContent(v):
				r.fail(i, CodeArgsNotObject, "the arguments of the call are given twice", "keep one of the two members")
			}
		case "type", "index", "cache_control":
			// These members do not describe the call.
		default:
			m.otherNames = append(m.otherNames, i)
		}
	}
}

// hasContent reports whether a value has content: an object or a list that is not empty, or a text
// that is not blank.
func (r *record) hasContent(n int) bool {
	switch r.kind(n) {
	case strictjson.Object, strictjson.Array:
		return r.next(n) > n+1
	case strictjson.String:
		return !r.blank(n)
	}
	return false
}

// isDeclared reports whether a function may be called: it must be declared, unless no function is
// declared at all.
func (c *conversation) isDeclared(name []byte) bool {
	for _, f := range c.functions {
		if bytes.Equal(f.name, name) {
			return true
		}
	}
	return len(c.functions) == 0
}

// arguments adds the arguments of a call as an object.
func (c *conversation) arguments(n int) {
	const fix = `write an object, as in {"name": "value"}`
	r := c.r
	switch {
	case n == 0 || !r.hasContent(n) && r.kind(n) != strictjson.Number && r.kind(n) != strictjson.Bool:
		c.turns = append(c.turns, "{}"...) // also for [], which PHP writes for an empty object
	case r.kind(n) == strictjson.Object:
		r.numbers(n)
		c.turns = r.appendPlain(c.turns, n)
	case r.kind(n) == strictjson.String:
		var inner record
		err := inner.parse([]byte(r.text(n)))
		if err == nil && inner.kind(root) == strictjson.String {
			// Some tools encode the arguments twice.
			r.warn(n, CodeEncodedTwice, "the arguments are JSON in a string in a string", "encode them once")
			err = inner.parse([]byte(inner.text(root)))
		}
		switch {
		case err != nil:
			r.fail(n, CodeArgsNotObject, "the arguments are not JSON: "+err.Message, fix)
		case inner.kind(root) == strictjson.Null || inner.kind(root) == strictjson.Array && !inner.hasContent(root):
			c.turns = append(c.turns, "{}"...)
		case inner.kind(root) != strictjson.Object:
			r.fail(n, CodeArgsNotObject, "the arguments must be an object, not "+article(inner.kind(root)), fix)
		default:
			r.numbersOf(&inner, n)
			c.turns = inner.appendPlain(c.turns, root)
		}
	default:
		r.fail(n, CodeArgsNotObject, "the arguments must be an object, not "+article(r.kind(n)), fix)
	}
}

// parse parses text into r. The text must be exactly one strict JSON value.
func (r *record) parse(text []byte) *strictjson.Error {
	var p strictjson.Parser
	p.Reset(text)
	end, err := p.Parse(0, len(text))
	switch {
	case err != nil:
		return err
	case len(p.Violations) > 0:
		return &p.Violations[0]
	case skipSpace(text, end) < len(text):
		return &strictjson.Error{Offset: int64(end), Code: strictjson.CodeTrailingData, Message: "there is more text after the value"}
	}
	r.buf, r.nodes = text, p.Nodes
	return nil
}

// parsed parses the text of a string node and calls add with its value; the parsed text is the
// current record during that call. Faults inside the text are reported at the string node.
func (c *conversation) parsed(n int, code, message string, add func(v int)) {
	outer := c.r
	inner := record{worker: outer.worker}
	if err := inner.parse([]byte(outer.text(n))); err != nil {
		outer.fail(n, code, message+": "+err.Message, "write it as JSON")
		return
	}
	if inner.kind(root) == strictjson.String {
		outer.fail(n, code, message+" but a string in a string", "encode it once")
		return
	}
	encodedString := c.encodedString
	c.encodedString = c.place(n)
	c.r = &inner
	add(root)
	c.r, c.encodedString = outer, encodedString
	outer.example.chars += inner.example.chars
	outer.example.tokens += inner.example.tokens
	for script, tokens := range inner.example.scripts {
		outer.example.scripts[script] += tokens
	}
	for kind, count := range inner.example.parts {
		outer.example.parts[kind] += count
	}
	for _, f := range inner.faults {
		outer.report(n, f.severity, f.code, f.message, f.fix)
	}
}

// place returns the node of the outer record that contains n: the string whose text is parsed, or n
// itself.
func (c *conversation) place(n int) int {
	if c.encodedString != 0 {
		return c.encodedString
	}
	return n
}
