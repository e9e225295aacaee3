// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// bedrock converts a conversation in the format of Amazon Bedrock.
func (r *record) bedrock(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	messages := 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "messages":
			messages = i + 1
		case "schemaVersion":
		default:
			c.otherMember(i)
		}
	}
	if messages == 0 {
		r.fail(root, CodeMissingField, `the conversation has no "messages"`, "add the messages")
	} else if r.is(messages, strictjson.Array) {
		for m := messages + 1; m < r.next(messages); m = r.next(m) {
			if r.is(m, strictjson.Object) {
				c.bedrockMessage(m)
				c.pending = c.pending[:0]
			}
		}
	}
	return c.end(dst)
}

// isCachePoint reports whether a block only marks a position for a cache.
func (r *record) isCachePoint(block int) bool {
	return r.kind(block) == strictjson.Object && r.len(block) == 1 && string(r.key(block+1)) == "cachePoint"
}

// bedrockMessage adds one message.
func (c *conversation) bedrockMessage(obj int) {
	r := c.r
	var role, content int
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "role":
			role = i + 1
		case "content":
			content = i + 1
		default:
			if !c.noteMark(i) {
				r.unused(i)
			}
		}
	}
	if role == 0 {
		r.fail(obj, CodeMissingRole, "the message does not say who wrote it", `add the role "user" or "assistant"`)
		return
	}
	if content == 0 {
		r.fail(obj, CodeMissingField, `the message has no "content"`, "add what was said")
		return
	}
	if !r.is(role, strictjson.String) || !r.is(content, strictjson.Array) {
		return
	}
	switch string(r.key(role)) {
	case roleUser:
		c.userTurn(obj, content, "toolResult")
	case roleAssistant:
		c.turn(obj, roleModel)
	default:
		r.fail(role, CodeInvalidRole, "a conversation has no role "+quoted(r.text(role)), `write "user" or "assistant"`)
		return
	}
	for p := content + 1; p < r.next(content); p = r.next(p) {
		if r.is(p, strictjson.Object) {
			c.bedrockPart(p)
		}
	}
}

// bedrockPart adds one block of a message, which has one member.
func (c *conversation) bedrockPart(part int) {
	r := c.r
	if r.len(part) != 1 {
		c.parts++
		r.fail(part, CodeMultipleData, "a block must have exactly one member", "make a block of each")
		return
	}
	name, v := part+1, part+2
	if key := string(r.key(name)); key == "text" {
		c.textPart(v)
		return
	} else if !r.is(v, strictjson.Object) {
		c.parts++
		return
	}
	switch key := string(r.key(name)); key {
	case "cachePoint":
	case "reasoningContent":
		r.warnThought(part)
	case "image":
		c.bedrockFile(v, "image/")
	case "video":
		c.bedrockFile(v, "video/")
	case "document":
		c.bedrockFile(v, "application/")
	case "toolUse":
		c.addCall(v)
	case "toolResult":
		c.bedrockResult(v)
	default:
		c.parts++
		r.fail(name, CodeUnsupported, "blocks of the kind "+quoted(key)+" cannot be converted", "take the block away")
	}
}

// bedrockFile adds an image, a video or a document that is inside the block.
func (c *conversation) bedrockFile(obj int, kind string) {
	r := c.r
	c.parts++ // counted even if it cannot be written
	format, source := r.member(obj, "format"), r.member(obj, "source")
	if format == 0 || source == 0 {
		r.fail(obj, CodeMissingField, `the block must have "format" and "source"`, "")
		return
	}
	if !r.is(format, strictjson.String) || !r.is(source, strictjson.Object) {
		return
	}
	data := r.member(source, "bytes")
	if data == 0 {
		r.fail(source, CodeUnsupported, "Vertex AI cannot read from S3", "put the data into the record as bytes")
		return
	}
	if !r.is(data, strictjson.String) {
		return
	}
	c.parts--
	c.inlineNode(format, kind+r.text(format), data)
}

// bedrockResult adds the result of a tool.
func (c *conversation) bedrockResult(obj int) {
	r := c.r
	m := resultNodes{obj: obj}
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch v := i + 1; string(r.key(i)) {
		case "toolUseId":
			m.id = v
		case "content":
			m.content = v
		case "status":
			m.failed = string(r.raw(v)) == `"error"`
		case "type":
		default:
			r.unused(i)
		}
	}
	c.result(m)
}
