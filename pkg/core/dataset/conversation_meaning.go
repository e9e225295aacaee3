// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"unicode"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// meaning is the meaning of a member that the record's format does not define.
type meaning uint8

const (
	metadata meaning = iota // an example does not need it
	meansSystem
	meansTools
	meansThoughts
	meansCalls
	meansText // text of the conversation, unless it repeats text in the turns
)

// meanings are the names of members that are not metadata, in lower case and without separators.
var meanings = map[string]meaning{
	"system": meansSystem, "systemprompt": meansSystem, "systemprompts": meansSystem, "systeminstruction": meansSystem,
	"systeminstructions": meansSystem, "systemmessage": meansSystem, "systemmessages": meansSystem, "systemtext": meansSystem,
	"systemcontent": meansSystem, "sysprompt": meansSystem, "sysmessage": meansSystem, "developermessage": meansSystem,
	"developerprompt": meansSystem, "preamble": meansSystem,

	"tools": meansTools, "functions": meansTools, "toolconfig": meansTools, "functiondeclarations": meansTools,
	"availabletools": meansTools, "availablefunctions": meansTools, "tooldefinitions": meansTools, "functiondefinitions": meansTools,
	"toollist": meansTools, "functionlist": meansTools, "toolspecs": meansTools, "toolspec": meansTools, "toolschemas": meansTools,
	"toolschema": meansTools, "functionschemas": meansTools, "toolset": meansTools,

	"thought": meansThoughts, "thoughts": meansThoughts, "thinking": meansThoughts, "reasoning": meansThoughts,
	"reasoningcontent": meansThoughts, "reasoningtext": meansThoughts, "reasoningdetails": meansThoughts, "reasoningtrace": meansThoughts,
	"thinkingcontent": meansThoughts, "thinkingblocks": meansThoughts, "chainofthought": meansThoughts, "cot": meansThoughts,
	"scratchpad": meansThoughts, "redactedthinking": meansThoughts,

	"toolcalls": meansCalls, "toolcall": meansCalls, "functioncall": meansCalls, "functioncalls": meansCalls, "tooluse": meansCalls,
	"tooluses": meansCalls, "calls": meansCalls, "toolresult": meansCalls, "toolresults": meansCalls, "toolresponse": meansCalls,
	"toolresponses": meansCalls, "tooloutput": meansCalls, "tooloutputs": meansCalls, "functionresponse": meansCalls,
	"functionresponses": meansCalls, "functionresult": meansCalls, "functionresults": meansCalls, "observation": meansCalls,
	"observations": meansCalls,

	"context": meansText, "contexts": meansText, "instruction": meansText, "instructions": meansText, "input": meansText,
	"inputs": meansText, "history": meansText, "documents": meansText, "examples": meansText,
}

// meaningOf returns the meaning of a member with that name.
func meaningOf(name []byte) meaning {
	const longest = 32
	if len(name) > longest {
		return metadata
	}
	var plain [longest]byte
	n := 0
	for _, b := range name {
		switch {
		case b == '_' || b == '-' || b == ' ':
			continue
		case unicode.IsUpper(rune(b)):
			b += 'a' - 'A'
		}
		plain[n] = b
		n++
	}
	return meanings[string(plain[:n])]
}

// otherMember handles a member next to the turns of a record, in any format, that the format itself
// does not use.
func (c *conversation) otherMember(name int) {
	r, v := c.r, name+1
	switch string(r.key(name)) {
	case "parallel_tool_calls", "tool_choice", "id":
		return // these members configure a call of a model and contain nothing to learn
	case "completions", "responses", "answers", "generations", "candidates":
		if c.severalAnswers == 0 && !r.isEmpty(v) {
			c.severalAnswers = name
			return
		}
	}
	switch meaningOf(r.key(name)) {
	case meansSystem:
		c.systemValue(v)
	case meansTools:
		if !bytes.Equal(r.raw(c.lastToolsMember), r.raw(v)) { // two answers may repeat the same tools
			c.addTools(v)
		}
		c.lastToolsMember = v
	case meansText:
		c.outsideTexts = append(c.outsideTexts, name)
	default:
		r.unused(name)
	}
}

// checkOutsideTexts rejects text outside the conversation that would be lost. It runs after the
// turns are written, because only then is it known whether they contain the text.
func (c *conversation) checkOutsideTexts() {
	r := c.r
	for _, name := range c.outsideTexts {
		raw := r.raw(name + 1)
		switch {
		case !r.hasContent(name + 1):
		case r.kind(name+1) == strictjson.String && (bytes.Contains(c.turns, raw[1:len(raw)-1]) || bytes.Contains(c.system, raw[1:len(raw)-1])):
			r.unused(name)
		default:
			r.fail(name, CodeUnsupported, "the text in "+quoted(r.text(name))+" has no place in the example and would be lost", "put it into the conversation, or remove it")
		}
	}
}

// systemValue adds a system text: a string, a list of texts or parts, or an object that contains
// one of these.
func (c *conversation) systemValue(v int) {
	r := c.r
	switch r.kind(v) {
	case strictjson.Null:
	case strictjson.Array:
		for e := v + 1; e < r.next(v); e = r.next(e) {
			c.systemValue(e)
		}
	case strictjson.Object:
		for _, name := range [...]string{"text", "content", "parts", "value"} {
			if inner := r.member(v, name); inner != 0 {
				c.systemValue(inner)
				return
			}
		}
		if !r.isCachePoint(v) {
			r.fail(v, CodeSystemNotText, "a system instruction holds text only", "take the part away")
		}
	default:
		c.systemText(v)
	}
}

// unused handles a member that has no place in an example. A warning is enough for metadata, but
// content that is meant to be learned must not be lost.
func (r *record) unused(name int) {
	v := name + 1
	if r.kind(v) == strictjson.Null {
		return // null means absent
	}
	switch string(r.key(name)) {
	case "images", "image", "videos", "video", "audios", "audio":
		if r.next(v) > v+1 || r.kind(v) == strictjson.String {
			r.fail(name, CodeUnsupported, "files outside the conversation cannot be converted", "put their addresses into it, as parts")
			return
		}
	default:
		if r == &r.worker.record && r.member(root, string(r.key(name))) == v && r.recordMark(name) {
			return
		}
	}
	switch meaningOf(r.key(name)) {
	case meansThoughts:
		if r.hasContent(v) {
			r.warnThought(name)
			return
		}
	case meansSystem, meansTools, meansCalls:
		if r.hasContent(v) {
			r.fail(name, CodeUnsupported, "the member "+quoted(r.text(name))+" cannot be converted here, and what it says would be lost", "write it where the format has its place, or remove it")
			return
		}
	}
	r.warn(name, CodeUnknownField, "the member "+quoted(r.text(name))+" is not used", "")
}

// setOnce stores the value of a member that has several names. A different value under another name
// is an error.
func (r *record) setOnce(value *int, name int) {
	switch v := name + 1; {
	case *value == 0 || r.isEmpty(*value) && !r.isEmpty(v):
		*value = v
	case !r.isEmpty(v) && !bytes.Equal(r.raw(*value), r.raw(v)):
		r.fail(name, CodeContradiction, "the member "+quoted(r.text(name))+" has a different value than "+quoted(r.text(*value-1)), "keep the one that is right")
	}
}

// isEmpty reports whether a value is null, a blank text, or an object or a list without members.
func (r *record) isEmpty(n int) bool {
	return r.isNothing(n) || r.kind(n) >= strictjson.Array && r.next(n) == n+1
}
