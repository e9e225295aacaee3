// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/strictjson"
)

// openAI checks a chat of OpenAI's format and appends it as an example. The same
// format serves for models of many other makers.
func (r *record) openAI(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	messages := 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if string(r.key(i)) == "messages" {
			messages = i + 1
			continue
		}
		c.chatMember(i)
	}
	c.chat(messages)
	return c.end(dst)
}

// chatMember deals with a member that stands beside the messages.
func (c *conversation) chatMember(name int) {
	r, v := c.r, name+1
	switch string(r.key(name)) {
	case "tools":
		if r.kind(v) != strictjson.Null && r.is(v, strictjson.Array) {
			c.chatTools(v)
		}
	case "functions":
		if r.kind(v) != strictjson.Null && r.is(v, strictjson.Array) {
			for f := v + 1; f < r.next(v); f = r.next(f) {
				c.declare(f)
			}
		}
	case "parallel_tool_calls", "tool_choice", "id":
		// They say how to call a model, not what it is to learn.
	case "completions", "responses", "answers", "generations", "candidates":
		c.several = name
	default:
		r.unused(name)
	}
}

// chatTools adds the functions of a list of tools.
func (c *conversation) chatTools(list int) {
	r := c.r
	for tool := list + 1; tool < r.next(list); tool = r.next(tool) {
		if !r.is(tool, strictjson.Object) {
			continue
		}
		function := r.member(tool, "function")
		switch {
		case function != 0:
			c.declare(function)
		case r.member(tool, "name") != 0:
			c.declare(tool) // written without the object around it
		default:
			r.fail(tool, CodeMissingField, `the tool has no "function"`, "only functions can be tools")
		}
	}
}

// chat adds the messages of a list, which is 0 if there is none.
func (c *conversation) chat(list int) {
	r := c.r
	if list == 0 {
		r.fail(root, CodeMissingField, `the chat has no "messages"`, "add the messages")
		return
	}
	if first := list + 1; r.kind(list) == strictjson.Array && r.next(list) > first && r.kind(first) == strictjson.Object &&
		r.member(first, "role") == 0 && r.member(first, "type") != 0 {
		c.turn(list, roleUser) // whose parts they are
		c.parts++
		r.fail(list, CodeWrongType, "this is a list of parts, not of messages", `put the parts into a message: {"messages": [{"role": "user", "content": [parts]}, …]}`)
		return
	}
	if r.is(list, strictjson.Array) {
		c.chatBefore(list, r.next(list))
	}
}

// chatBefore adds the messages of a list up to the node end.
func (c *conversation) chatBefore(list, end int) {
	for m := list + 1; m < end; m = c.r.next(m) {
		if c.r.is(m, strictjson.Object) {
			c.chatMessage(m)
		}
	}
}

// chatNodes are the members of one message of a chat; 0 if absent or null.
type chatNodes struct {
	obj, role, content, name, toolCalls, functionCall, toolCallID, refusal int
}

// chatMessage adds one message.
func (c *conversation) chatMessage(obj int) {
	m := c.chatNodes(obj)
	if m.role == 0 {
		c.r.fail(obj, CodeMissingRole, "the message does not say whose it is", `add a role such as "user" or "assistant"`)
		return
	}
	if c.r.is(m.role, strictjson.String) {
		c.chatTurn(m)
	}
}

// chatNodes finds the members of a message.
func (c *conversation) chatNodes(obj int) chatNodes {
	r := c.r
	m := chatNodes{obj: obj}
	c.pending = c.pending[:0]
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		v := i + 1
		null := r.kind(v) == strictjson.Null
		switch key := r.key(i); {
		case string(key) == "role":
			m.role = v
		case null:
		case string(key) == "content":
			m.content = v
		case string(key) == "name":
			m.name = v
		case string(key) == "tool_calls":
			m.toolCalls = v
		case string(key) == "function_call":
			m.functionCall = v
		case string(key) == "tool_call_id":
			m.toolCallID = v
		case string(key) == "refusal":
			m.refusal = v
		case string(key) == "id", c.noteMark(i):
		default:
			r.unused(i)
		}
	}
	return m
}

// chatTurn adds one message by its role.
func (c *conversation) chatTurn(m chatNodes) {
	r := c.r
	switch role := r.key(m.role); string(role) {
	case "system", "developer":
		c.chatSystem(m)
	case "user":
		c.turn(m.obj, roleUser)
		c.chatContent(m.content)
	case "assistant", "model":
		c.turn(m.obj, roleModel)
		c.chatAnswer(m)
	case "tool", "function":
		c.resultTurn(m.obj)
		c.result(m.obj, m.toolCallID, m.name, c.plainContent(m.content))
	default:
		r.fail(m.role, CodeInvalidRole, "a chat has no role "+quoted(r.text(m.role)), `write "system", "user", "assistant" or "tool"`)
	}
}

// chatSystem adds the text of a system message.
func (c *conversation) chatSystem(m chatNodes) {
	r := c.r
	switch {
	case m.content == 0:
	case r.kind(m.content) != strictjson.Array:
		c.systemText(m.content)
	default:
		for p := m.content + 1; p < r.next(m.content); p = r.next(p) {
			if text := c.partText(p); text != 0 {
				c.systemText(text)
				continue
			}
			r.fail(p, CodeSystemNotText, "a system instruction holds text only", "take the part away")
		}
	}
}

// partText returns the text of a part that has nothing else, or 0.
func (c *conversation) partText(part int) int {
	if c.r.kind(part) != strictjson.Object {
		return 0
	}
	return c.r.member(part, "text")
}

// plainContent returns the text of a list that has one part of text, and any
// other content as it is.
func (c *conversation) plainContent(content int) int {
	if content != 0 && c.r.kind(content) == strictjson.Array && c.r.len(content) == 1 {
		if text := c.partText(content + 1); text != 0 {
			return text
		}
	}
	return content
}

// chatAnswer adds what a message of the assistant says and calls.
func (c *conversation) chatAnswer(m chatNodes) {
	r := c.r
	calls := m.toolCalls != 0 || m.functionCall != 0
	switch {
	case m.content != 0 && calls && r.kind(m.content) == strictjson.String && r.blank(m.content):
		// A call often comes with an empty text.
	case m.content != 0:
		c.chatContent(m.content)
	case m.refusal != 0:
		c.text(m.refusal)
	}
	if m.functionCall != 0 && r.is(m.functionCall, strictjson.Object) {
		f := m.functionCall
		c.callFunction(f, 0, r.member(f, "name"), r.member(f, "arguments"))
	}
	if m.toolCalls == 0 || !r.is(m.toolCalls, strictjson.Array) {
		return
	}
	for t := m.toolCalls + 1; t < r.next(m.toolCalls); t = r.next(t) {
		if !r.is(t, strictjson.Object) {
			continue
		}
		f := r.member(t, "function")
		if f == 0 {
			f = t // written without the object around it
		} else if !r.is(f, strictjson.Object) {
			continue
		}
		c.callFunction(f, r.member(t, "id"), r.member(f, "name"), r.member(f, "arguments"))
	}
}
