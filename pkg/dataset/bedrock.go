// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/strictjson"
)

// bedrock converts a conversation of Amazon Bedrock.
func (r *record) bedrock(dst []byte) []byte {
	c := &r.worker.conversation
	c.begin(r)
	messages := 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "system":
			c.bedrockSystem(v)
		case "messages":
			messages = v
		case "toolConfig":
			c.bedrockTools(v)
		case "schemaVersion":
		default:
			r.unused(i)
		}
	}
	if messages == 0 {
		r.fail(root, CodeMissingField, `the conversation has no "messages"`, "add the messages")
	} else if r.is(messages, strictjson.Array) {
		for m := messages + 1; m < r.next(messages); m = r.next(m) {
			if r.is(m, strictjson.Object) {
				c.bedrockMessage(m)
			}
		}
	}
	return c.end(dst)
}

// bedrockSystem adds the system prompts.
func (c *conversation) bedrockSystem(list int) {
	r := c.r
	if r.kind(list) == strictjson.Null || !r.is(list, strictjson.Array) {
		return
	}
	for p := list + 1; p < r.next(list); p = r.next(p) {
		if text := c.partText(p); text != 0 {
			c.systemText(text)
			continue
		}
		if r.isCachePoint(p) {
			continue
		}
		r.fail(p, CodeSystemNotText, "a system instruction holds text only", "take the part away")
	}
}

// bedrockTools adds the functions that may be called.
func (c *conversation) bedrockTools(config int) {
	r := c.r
	if r.kind(config) == strictjson.Null || !r.is(config, strictjson.Object) {
		return
	}
	list := r.member(config, "tools")
	if list == 0 || !r.is(list, strictjson.Array) {
		return
	}
	for tool := list + 1; tool < r.next(list); tool = r.next(tool) {
		if !r.is(tool, strictjson.Object) || r.isCachePoint(tool) {
			continue
		}
		if spec := r.member(tool, "toolSpec"); spec != 0 {
			c.declare(spec)
			continue
		}
		r.fail(tool, CodeMissingField, `the tool has no "toolSpec"`, "only functions can be tools")
	}
}

// isCachePoint reports whether a block only says what is to be kept in a cache.
func (r *record) isCachePoint(block int) bool {
	return r.kind(block) == strictjson.Object && r.len(block) == 1 && string(r.key(block+1)) == "cachePoint"
}

// bedrockMessage adds one message.
func (c *conversation) bedrockMessage(obj int) {
	r := c.r
	role, content := r.member(obj, "role"), r.member(obj, "content")
	if role == 0 {
		r.fail(obj, CodeMissingRole, "the message does not say whose it is", `add the role "user" or "assistant"`)
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
		if first := content + 1; first < r.next(content) && r.kind(first) == strictjson.Object && r.member(first, "toolResult") != 0 {
			c.resultTurn(obj)
		} else {
			c.turn(obj, roleUser)
		}
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
		r.warn(part, CodeThoughtPart, "tuning learns no thoughts; the block is left away", "take the block away")
	case "image":
		c.bedrockFile(v, "image/")
	case "video":
		c.bedrockFile(v, "video/")
	case "document":
		c.bedrockFile(v, "application/")
	case "toolUse":
		c.callFunction(v, r.member(v, "toolUseId"), r.member(v, "name"), r.member(v, "input"))
	case "toolResult":
		c.bedrockResult(v)
	default:
		c.parts++
		r.fail(name, CodeUnsupported, "blocks of the kind "+quoted(key)+" cannot be converted", "take the block away")
	}
}

// bedrockFile adds an image, a video or a document that the block holds.
func (c *conversation) bedrockFile(obj int, kind string) {
	r := c.r
	c.parts++ // even if it cannot be written
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
	if !isBase64(r.key(data)) {
		r.fail(data, CodeInvalidBase64, "the data is not base64", "")
		return
	}
	mime := kind + r.text(format)
	if mime == "application/txt" {
		mime = "text/plain"
	}
	if !mimeTypes[mime] {
		r.warn(format, CodeUnknownMimeType, "the type "+quoted(mime)+" is not in Google's list", "")
	}
	c.parts--
	c.inline(mime, r.key(data))
}

// bedrockResult adds what a tool gave back.
func (c *conversation) bedrockResult(obj int) {
	r := c.r
	content := r.member(obj, "content")
	if content != 0 && r.kind(content) == strictjson.Array && r.len(content) == 1 && r.kind(content+1) == strictjson.Object {
		if v := max(r.member(content+1, "json"), r.member(content+1, "text")); v != 0 {
			content = v
		}
	}
	c.result(obj, r.member(obj, "toolUseId"), 0, content)
}
