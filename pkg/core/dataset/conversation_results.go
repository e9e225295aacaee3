// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// call is one call of a function.
type call struct {
	id, name []byte // the original name with quotes; id is nil if there is none
	node     int    // its node
	answered bool   // it has a result
}

// callWindow is how many calls are searched for the one that a result belongs to.
const callWindow = 1024

// resultNodes are the members of a function's result; 0 means absent or null.
type resultNodes struct {
	obj, id, name, content int
	failed                 bool // the function reports an error
}

// closeCalls records that a new turn starts. After it, a result must name its call to belong to an
// earlier one. It warns about calls without a result.
func (c *conversation) closeCalls(role string) {
	if c.group == len(c.calls) || role == roleModel && !c.results {
		return
	}
	for _, open := range c.calls[c.group:] {
		if !open.answered {
			c.r.warn(open.node, CodeCallWithoutResult, "the call has no result, though the conversation continues", "add what the function gave back behind the call")
		}
	}
	c.group = len(c.calls)
	c.first = c.group
}

// result adds the result of a function. It belongs to the call with its id, or else to a call of
// the function that it names, or else to the first call without a result.
func (c *conversation) result(m resultNodes) {
	r := c.r
	c.parts++ // counted even if it cannot be written
	if r.kind(m.id) != strictjson.String || r.blank(m.id) {
		m.id = 0
	}
	if m.name != 0 && (!r.is(m.name, strictjson.String) || r.blank(m.name)) {
		m.name = 0
	}
	at := m.obj
	switch {
	case m.id != 0:
		at = m.id
	case m.name != 0:
		at = m.name
	}
	answered := c.answeredBy(m)
	if answered < 0 {
		r.fail(at, CodeUnknownCall, "this is the result of a call that is not in the conversation or has a result already", r.callFix(m))
		return
	}
	known := &c.calls[answered]
	known.answered = true
	if m.name != 0 && !bytes.Equal(r.raw(m.name), known.name) {
		r.fail(m.name, CodeUnknownCall, "the result names another function than the call with its id", "correct the name or the id")
		return
	}
	if m.content == 0 {
		r.fail(m.obj, CodeMissingField, "the result has no content", "add what the function gave back")
		return
	}
	c.parts--
	c.part(`{"functionResponse":{"name":`)
	c.turns = append(c.turns, known.name...)
	c.turns = append(c.turns, `,"response":`...)
	before := len(c.turns)
	c.response(m.content, m.failed)
	r.addJSON(c.turns[before:])
	c.turns = append(c.turns, "}}"...)
}

// callFix says how to write the call for a result.
func (r *record) callFix(m resultNodes) string {
	switch {
	case r.member(m.obj, "from") != 0:
		return `write the call before it, as a turn: {"from": "function_call", "value": "{\"name\": …, \"arguments\": {…}}"}`
	case m.id == 0:
		return `add the call before it, to the "tool_calls" of the assistant's message`
	}
	return "add the call before it, with the same id"
}

// answeredBy returns the index of the call that a result belongs to, or -1.
func (c *conversation) answeredBy(m resultNodes) int {
	r := c.r
	for c.first < len(c.calls) && c.calls[c.first].answered {
		c.first++
	}
	find := func(from, to int, fits func(known *call) bool) int {
		for i := from; i < min(to, from+callWindow); i++ {
			if known := &c.calls[i]; !known.answered && fits(known) {
				return i
			}
		}
		return -1
	}
	withID := func(known *call) bool { return known.id != nil && bytes.Equal(known.id, r.key(m.id)) }
	named := func(known *call) bool { return m.name == 0 || bytes.Equal(known.name, r.raw(m.name)) }
	if m.id == 0 {
		return find(c.first, len(c.calls), named)
	}
	i := find(c.first, len(c.calls), withID)
	if i < 0 {
		i = find(max(0, c.group-callWindow), c.group, withID)
	}
	if i < 0 { // calls without ids are in the order of their results
		i = find(c.first, len(c.calls), func(known *call) bool { return known.id == nil && named(known) })
	}
	if i < 0 && m.name != 0 {
		i = find(c.first, len(c.calls), named)
	}
	return i
}

// response adds a result as an object. It keeps an object, also one that is written as a string.
// Any other value becomes the member "output", or "error" if the function failed.
func (c *conversation) response(n int, failed bool) {
	r := c.r
	if r.kind(n) == strictjson.Array && r.len(n) == 1 {
		if text, isPart := r.resultPart(n + 1); isPart && text != 0 {
			n = text
		}
	}
	r.numbers(n)
	switch {
	case r.kind(n) == strictjson.Object && !failed:
		c.turns = r.appendPlain(c.turns, n)
		return
	case r.kind(n) == strictjson.String && !failed:
		var inner record
		text := []byte(r.text(n))
		if strictjson.KindOf(text) == strictjson.Object && inner.parse(text) == nil {
			r.numbersOf(&inner, n)
			c.turns = inner.appendPlain(c.turns, root)
			return
		}
	}
	name := `{"output":`
	if failed {
		name = `{"error":`
	}
	c.turns = append(c.turns, name...)
	c.turns = c.appendResult(c.turns, n)
	c.turns = append(c.turns, '}')
}

// appendResult appends a result that is not an object. A list of message parts becomes the texts in
// it.
func (c *conversation) appendResult(dst []byte, n int) []byte {
	r := c.r
	if r.kind(n) != strictjson.Array || r.next(n) == n+1 {
		return r.appendPlain(dst, n)
	}
	var texts []string
	for e := n + 1; e < r.next(n); e = r.next(e) {
		text, isPart := r.resultPart(e)
		switch {
		case !isPart:
			return r.appendPlain(dst, n) // another list
		case text == 0:
			r.fail(e, CodeUnsupported, "the result of a function holds texts only", "take the part away")
			return dst
		case r.kind(text) == strictjson.String:
			texts = append(texts, r.text(text))
		default: // the JSON of Amazon Bedrock
			texts = append(texts, string(r.appendPlain(nil, text)))
		}
	}
	return strictjson.AppendQuote(dst, strings.Join(texts, "\n"))
}

// resultPart reports whether an element of a result is a part of a message. It returns the node of
// its text, or 0 if it has none.
func (r *record) resultPart(n int) (text int, isPart bool) {
	if r.kind(n) != strictjson.Object {
		return 0, false
	}
	if kind := r.member(n, "type"); kind != 0 && r.kind(kind) == strictjson.String {
		switch string(r.key(kind)) {
		case "text", "input_text", "output_text":
			text = r.member(n, "text")
			return text, text != 0
		case "image", "image_url", "input_image", "input_audio", "audio", "file", "document", "video":
			return 0, true
		}
		return 0, false
	}
	if r.len(n) != 1 {
		return 0, false
	}
	switch v := n + 2; string(r.key(n + 1)) {
	case "text":
		return v, r.kind(v) == strictjson.String
	case "json":
		return v, true
	case "image", "document", "video":
		return 0, true
	}
	return 0, false
}
