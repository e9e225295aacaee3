// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// chatContent adds the content of a message: a text, or a list of parts.
func (c *conversation) chatContent(content int) {
	r := c.r
	if content == 0 {
		return
	}
	switch kind := r.kind(content); kind {
	case strictjson.Array:
	case strictjson.String, strictjson.Null:
		c.text(content)
		return
	default:
		c.parts++
		r.fail(content, CodeWrongType, "this must be a text or a list of parts, not "+article(kind), `write a text, or [{"type": "text", "text": "…"}]`)
		return
	}
	for p := content + 1; p < r.next(content); p = r.next(p) {
		if r.kind(p) == strictjson.String {
			c.textPart(p)
		} else if r.is(p, strictjson.Object) {
			c.chatPart(p)
		}
	}
}

// chatPart adds one part of a message, in the format of OpenAI or Anthropic.
func (c *conversation) chatPart(part int) {
	r := c.r
	kind := r.member(part, "type")
	if kind == 0 {
		if text := r.member(part, "text"); text != 0 {
			c.partMembers(part, "text")
			c.textPart(text)
			return
		}
		r.fail(part, CodeMissingField, `the part has no "type"`, `write "text" or "image_url"`)
		c.parts++
		return
	}
	if !r.is(kind, strictjson.String) {
		c.parts++
		return
	}
	name := r.text(kind)
	switch name {
	case "tool_use", "tool_call", "function_call":
		c.chatCall(part, name)
		return
	case "tool_result":
		c.partMembers(part, "tool_use_id", "name", "content", "is_error")
		c.result(resultNodes{
			obj: part, id: r.member(part, "tool_use_id"), name: r.member(part, "name"),
			content: r.member(part, "content"), failed: string(r.raw(r.member(part, "is_error"))) == "true",
		})
		return
	case "thinking", "redacted_thinking", "reasoning":
		r.warnThought(part)
		return
	}
	c.chatValue(part, kind, name)
}

// chatCall adds a part that is a call. The call is in the member with the name of its type, in
// "value" (LLaMA-Factory), or the part itself.
func (c *conversation) chatCall(part int, name string) {
	if c.role != roleModel {
		c.parts++
		c.r.fail(part, CodeWrongSide, wrongSide, wrongSideFix)
		return
	}
	for _, member := range [...]string{name, "value"} {
		if v := c.r.member(part, member); v != 0 && c.r.member(part, "name") == 0 {
			c.partMembers(part, member)
			c.addCalls(v)
			return
		}
	}
	c.addCall(part)
}

// chatValue adds a part whose value is in the member with the name of its type.
func (c *conversation) chatValue(part, kind int, name string) {
	r := c.r
	member := name
	switch name {
	case "input_text", "output_text":
		member = "text"
	case "input_image":
		member = "image_url"
	}
	value := r.member(part, member)
	if value == 0 {
		member, value = c.otherValue(part, member)
	}
	if source := r.member(part, "source"); value == 0 && source != 0 && (name == "image" || name == "document") {
		c.partMembers(part, "source")
		c.source(source)
		return
	}
	c.partMembers(part, member, "detail")
	if value == 0 {
		r.fail(part, CodeMissingField, "the part has no "+quoted(member), "add it, or correct the type")
		c.parts++
		return
	}
	switch name {
	case "text", "input_text", "output_text", "refusal":
		c.textPart(value)
	case "image_url", "input_image", "image":
		c.address(value, imageFile)
	case "video_url", "video":
		c.address(value, videoFile)
	case "audio_url", "audio":
		c.address(value, audioFile)
	case "input_audio":
		c.audio(value)
	default:
		c.parts++
		r.fail(kind, CodeUnsupported, "parts of the type "+quoted(name)+" cannot be converted", "take the part away")
	}
}

// otherValue returns the value of a part that has it under another name, and the name. If there is
// none, the name stays.
func (c *conversation) otherValue(part int, member string) (string, int) {
	for _, other := range [...]string{"value", "content"} { // LLaMA-Factory, Oumi
		if v := c.r.member(part, other); v != 0 {
			return other, v
		}
	}
	return member, 0
}

// partMembers checks the members of a part other than the used ones.
func (c *conversation) partMembers(part int, used ...string) {
	r := c.r
	for i := part + 1; i < r.next(part); i = r.next(i + 1) {
		switch key := string(r.key(i)); {
		case key == "type" || key == "cache_control" || key == "id" || slices.Contains(used, key):
		case messageMarks[key] == weightMark:
			if c.role != roleModel {
				continue // only answers of the model are learned
			}
			if m := r.readMark(i+1, weightMark); m.node != 0 {
				r.warn(m.node, CodeWeightIgnored, "tuning on Vertex AI has no weights: this part will be learned like any other", "take the part away, or leave it in")
			}
		default:
			r.unused(i)
		}
	}
}
