// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// palmChat converts a chat in the format of PaLM: messages that have an author.
func (r *record) palmChat(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	messages := 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "context":
			c.systemValue(i + 1)
		case "messages":
			messages = i + 1
		default:
			c.otherMember(i)
		}
	}
	if r.is(messages, strictjson.Array) {
		user := []byte(nil)
		for m := messages + 1; m < r.next(messages); m = r.next(m) {
			if r.is(m, strictjson.Object) {
				user = c.palmMessage(m, user)
				c.pending = c.pending[:0]
			}
		}
	}
	return c.end(dst)
}

// palmMessage adds one message and returns the name of the user. An author may have any name:
// unless the name is a known name of a model, the first author is the user.
func (c *conversation) palmMessage(obj int, user []byte) []byte {
	r := c.r
	var author, content int
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "author":
			author = i + 1
		case "content":
			content = i + 1
		default:
			if !c.noteMark(i) {
				r.unused(i)
			}
		}
	}
	if author == 0 || content == 0 {
		r.fail(obj, CodeMissingField, `the message must have "author" and "content"`, "add it")
		return user
	}
	if !r.is(author, strictjson.String) {
		return user
	}
	name := r.key(author)
	if user == nil && !isModelName(name) {
		user = name
	}
	if bytes.Equal(name, user) {
		c.turn(obj, roleUser)
	} else {
		c.turn(obj, roleModel)
	}
	c.text(content)
	return user
}

func isModelName(name []byte) bool {
	switch string(lower(name)) {
	case "bot", roleAssistant, roleModel, "ai", "llm", "gpt", "chatgpt", "bing", "bard":
		return true
	}
	return false
}

// lower returns a name in lower case. It does not copy a name that already is.
func lower(name []byte) []byte {
	if bytes.ContainsAny(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
		return bytes.ToLower(name)
	}
	return name
}
