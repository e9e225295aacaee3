// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// openAI checks a chat in OpenAI's format and appends it as an example. Many other vendors use the
// same format.
func (r *record) openAI(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	messages := 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if string(r.key(i)) == "messages" {
			messages = i + 1
			continue
		}
		c.otherMember(i)
	}
	c.chat(messages)
	return c.end(dst)
}

// chat adds the messages of a list; list is 0 if there is none.
func (c *conversation) chat(list int) {
	r := c.r
	if list == 0 {
		r.fail(root, CodeMissingField, `the chat has no "messages"`, "add the messages")
		return
	}
	if first := list + 1; r.kind(list) == strictjson.Array && r.next(list) > first && r.kind(first) == strictjson.Object &&
		r.member(first, "role") == 0 && r.member(first, "type") != 0 {
		c.turn(list, roleUser) // the turn that the parts belong to
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
			c.pending = c.pending[:0]
		}
	}
}

// chatNodes are the members of one message of a chat; 0 means absent or null.
type chatNodes struct {
	obj, role, content, name, toolCalls, functionCall, toolCallID, refusal int
	empty                                                                  bool // the content is null
	failed                                                                 bool // the function reports an error
}

// chatMessage adds one message.
func (c *conversation) chatMessage(obj int) {
	m := c.chatNodes(obj)
	if m.role == 0 {
		c.r.fail(obj, CodeMissingRole, "the message does not say who wrote it", `add a role such as "user" or "assistant"`)
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
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		v := i + 1
		null := r.kind(v) == strictjson.Null
		switch key := r.key(i); string(key) {
		case "role", "from":
			r.setOnce(&m.role, i)
		case "content", "value", "text":
			m.empty = m.empty || null
			if !null {
				r.setOnce(&m.content, i)
			}
		default:
			if !null {
				c.chatNode(&m, i)
			}
		}
	}
	return m
}

// chatNode stores a member that not every message has.
func (c *conversation) chatNode(m *chatNodes, name int) {
	r, v := c.r, name+1
	switch string(r.key(name)) {
	case "name":
		m.name = v
	case "tool_calls", "toolCalls":
		r.setOnce(&m.toolCalls, name)
	case "function_call", "functionCall":
		r.setOnce(&m.functionCall, name)
	case "tool_call_id", "toolCallId":
		m.toolCallID = v
	case "refusal":
		m.refusal = v
	case "is_error":
		m.failed = string(r.raw(v)) == "true"
	case "tools", "functions":
		c.addTools(v)
	case "id":
	default:
		if !c.noteMark(name) {
			r.unused(name)
		}
	}
}

const (
	wrongSide    = "only the model calls functions or refuses to answer"
	wrongSideFix = "write it into a message of the assistant"
)

// chatTurn adds one message according to its role.
func (c *conversation) chatTurn(m chatNodes) {
	r := c.r
	role := lower(r.key(m.role))
	if string(role) != roleAssistant && !isModelName(role) {
		for _, calls := range [...]int{m.toolCalls, m.functionCall, m.refusal} {
			if calls != 0 && r.hasContent(calls) {
				r.fail(calls, CodeWrongSide, wrongSide, wrongSideFix)
			}
		}
	}
	switch string(role) {
	case "system", "developer":
		c.chatSystem(m)
	case "user", "human":
		c.userTurn(m.obj, m.content, "tool_result")
		c.chatContent(m.content)
	case "tool", "function", "observation", "function_response", "tool_response", "tool_result", "ipython":
		c.resultTurn(m.obj)
		c.result(resultNodes{obj: m.obj, id: m.toolCallID, name: m.name, content: m.content, failed: m.failed})
	default:
		switch {
		case isModelName(role):
			c.chatModelTurn(m)
			return
		case isCallRole(role):
			c.callTurn(m.obj)
			if m.content != 0 {
				c.addCalls(m.content)
			}
			return
		}
		fix := `write "system", "user", "assistant" or "tool"`
		if r.member(m.obj, "from") != 0 {
			fix = `write "human", "gpt", "system", "function_call" or "observation"`
		}
		r.fail(m.role, CodeInvalidRole, "a conversation has no role "+quoted(r.text(m.role)), fix)
	}
}

// isCallRole reports whether messages with the role are calls of functions.
func isCallRole(role []byte) bool {
	switch string(role) {
	case "function_call", "tool_call", "tool_calls":
		return true
	}
	return false
}

// chatModelTurn adds a message of the model. A message that only calls functions continues the
// current turn of the model.
func (c *conversation) chatModelTurn(m chatNodes) {
	r := c.r
	calls := m.toolCalls != 0 && r.hasContent(m.toolCalls) || m.functionCall != 0 && r.hasContent(m.functionCall)
	if calls && (m.content == 0 || !r.hasContent(m.content)) && m.refusal == 0 {
		c.callTurn(m.obj)
	} else {
		c.turn(m.obj, roleModel)
	}
	c.chatAnswer(m)
}

// userTurn starts a turn of the user, or continues one if some parts of the message are results of
// functions.
func (c *conversation) userTurn(obj, content int, resultKind string) {
	r := c.r
	if r.kind(content) == strictjson.Array {
		for p := content + 1; p < r.next(content); p = r.next(p) {
			if r.kind(p) == strictjson.Object && (r.isType(p, resultKind) || r.member(p, resultKind) != 0) {
				c.resultTurn(obj)
				return
			}
		}
	}
	c.turn(obj, roleUser)
}

// isType reports whether the type of a part has the name.
func (r *record) isType(part int, name string) bool {
	kind := r.member(part, "type")
	return r.kind(kind) == strictjson.String && string(r.key(kind)) == name
}

// chatSystem adds the text of a system message.
func (c *conversation) chatSystem(m chatNodes) {
	if m.content != 0 {
		c.systemValue(m.content)
	}
}

// chatAnswer adds the text and the calls of a message of the assistant.
func (c *conversation) chatAnswer(m chatNodes) {
	r := c.r
	calls := m.toolCalls != 0 || m.functionCall != 0
	if r.hasContent(m.content) || !calls && m.refusal == 0 { // a call often comes with an empty text
		c.chatContent(m.content)
	}
	if m.refusal != 0 && r.hasContent(m.refusal) {
		c.text(m.refusal)
	}
	if m.functionCall != 0 {
		c.addCalls(m.functionCall)
	}
	if m.toolCalls != 0 {
		c.addCalls(m.toolCalls)
	}
}
