// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// callFunction adds the call of a function. The arguments are an object, or a
// string that holds one; 0 if there are none. The id may be 0.
func (c *conversation) callFunction(obj, id, name, args int) {
	r := c.r
	c.parts++ // even if it cannot be written
	if name == 0 {
		r.fail(obj, CodeMissingField, `the function's "name" is missing`, "")
		return
	}
	if !r.is(name, strictjson.String) {
		return
	}
	if id != 0 && !r.is(id, strictjson.String) {
		id = 0
	}
	known := call{name: r.raw(name)}
	if id != 0 {
		known.id = r.key(id)
	}
	c.remember(known)
	c.parts--
	c.r.example.parts[kindFunctionCall]++
	c.part(`{"functionCall":{"name":`)
	c.turns = append(c.turns, known.name...)
	c.turns = append(c.turns, `,"args":`...)
	before := len(c.turns)
	c.arguments(args)
	r.addJSON(c.turns[before:])
	c.turns = append(c.turns, "}}"...)
}

// arguments adds the arguments of a call as an object.
func (c *conversation) arguments(n int) {
	const fix = `write an object, as in {"name": "value"}`
	r := c.r
	switch {
	case n == 0 || r.kind(n) == strictjson.Null:
		c.turns = append(c.turns, "{}"...)
	case r.kind(n) == strictjson.Object:
		r.numbers(n)
		c.turns = r.appendPlain(c.turns, n)
	case r.kind(n) == strictjson.String:
		text := []byte(r.text(n))
		if len(bytes.TrimSpace(text)) == 0 {
			c.turns = append(c.turns, "{}"...)
			return
		}
		var inner record
		err := inner.parse(text)
		if err == nil && inner.kind(root) == strictjson.String {
			// Some tools encode them twice.
			r.warn(n, CodeEncodedTwice, "the arguments are JSON in a string in a string", "encode them once")
			err = inner.parse([]byte(inner.text(root)))
		}
		if err != nil {
			r.fail(n, CodeArgsNotObject, "the arguments are no JSON: "+err.Message, fix)
			return
		}
		if inner.kind(root) != strictjson.Object {
			r.fail(n, CodeArgsNotObject, "the arguments must be an object, not "+article(inner.kind(root)), fix)
			return
		}
		c.turns = inner.appendPlain(c.turns, root)
	default:
		r.fail(n, CodeArgsNotObject, "the arguments must be an object, not "+article(r.kind(n)), fix)
	}
}

// parse makes r the record in text, all of which must be one strict value.
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

// result adds what a function gave back. The function is named by a string node,
// or else by the id of its call; content is any value.
func (c *conversation) result(obj, id, name, content int) {
	r := c.r
	c.parts++ // even if it cannot be written
	var function []byte
	switch {
	case id != 0 && r.kind(id) == strictjson.String:
		function = c.called(r.key(id))
	case id == 0 && name == 0 && len(c.calls) > 0:
		function = c.calls[len(c.calls)-1].name
	}
	if function == nil && name != 0 && r.is(name, strictjson.String) {
		function = r.raw(name)
	}
	if function == nil {
		at := obj
		if id != 0 {
			at = id
		}
		r.fail(at, CodeUnknownCall, "this is the result of a call that is not in the conversation", "add the call before it, with the same id")
		return
	}
	if content == 0 {
		r.fail(obj, CodeMissingField, "the result has no content", "add what the function gave back")
		return
	}
	c.parts--
	c.part(`{"functionResponse":{"name":`)
	c.turns = append(c.turns, function...)
	c.turns = append(c.turns, `,"response":`...)
	before := len(c.turns)
	c.response(content)
	r.addJSON(c.turns[before:])
	c.turns = append(c.turns, "}}"...)
}

// fewCalls are looked through one by one.
const fewCalls = 32

// remember notes a call for its result.
func (c *conversation) remember(known call) {
	c.calls = append(c.calls, known)
	if len(c.calls) < fewCalls {
		return
	}
	if c.byID == nil {
		c.byID = make(map[string][]byte)
	}
	if len(c.byID) == 0 {
		for _, earlier := range c.calls {
			c.byID[string(earlier.id)] = earlier.name
		}
	}
	c.byID[string(known.id)] = known.name
}

// called returns the name of the function whose call has the id, or nil.
func (c *conversation) called(id []byte) []byte {
	if len(c.calls) >= fewCalls {
		return c.byID[string(id)]
	}
	for _, known := range slices.Backward(c.calls) {
		if bytes.Equal(known.id, id) {
			return known.name
		}
	}
	return nil
}

// response adds a result as an object: as it is if it is one, even if written as
// a string, and under the name "output" if it is anything else.
func (c *conversation) response(n int) {
	r := c.r
	if r.kind(n) == strictjson.Object {
		c.turns = r.appendPlain(c.turns, n)
		return
	}
	if raw := r.raw(n); len(raw) > 2 && r.kind(n) == strictjson.String && bytes.IndexByte(raw, '{') > 0 {
		var inner record
		text := []byte(r.text(n))
		if strictjson.KindOf(text) == strictjson.Object && inner.parse(text) == nil {
			c.turns = inner.appendPlain(c.turns, root)
			return
		}
	}
	c.turns = append(c.turns, `{"output":`...)
	c.turns = r.appendPlain(c.turns, n)
	c.turns = append(c.turns, '}')
}
