// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// thoughtTags are the tags that models write around thoughts at the start of an answer.
var thoughtTags = [...]string{"think", "thinking", "thought", "thoughts", "reasoning", "scratchpad"}

// warnThought warns that thoughts are removed.
func (r *record) warnThought(n int) {
	r.warn(n, CodeThoughtPart, "thoughts are not used for tuning; they are removed", "take the thoughts away")
}

// mayContainThoughts reports whether a JSON string may contain thoughts in tags: it starts with a
// tag after white space, or closes a tag that the prompt has opened.
func mayContainThoughts(raw []byte) bool {
	start := bytes.TrimLeft(raw, `" \nrt`)
	return bytes.HasPrefix(start, []byte("<")) || bytes.HasPrefix(start, []byte("u003")) || bytes.Contains(raw, []byte("/think"))
}

// withoutThoughts removes thoughts in tags from the start of a text and reports whether there are
// any. If the last tag is not closed, it returns the text unchanged.
func withoutThoughts(text string) (rest string, found bool) {
	rest = text
	for {
		inner, tag := openTag(rest)
		if tag == "" {
			break
		}
		_, after, closed := strings.Cut(inner, "</"+tag+">")
		if !closed {
			return text, true
		}
		rest, found = after, true
	}
	if before, after, closed := strings.Cut(rest, "</think>"); !found && closed && !strings.Contains(before, "<think>") {
		rest, found = after, true
	}
	if !found {
		return text, false
	}
	return strings.TrimSpace(rest), true
}

// openTag returns the text after the tag of thoughts with which a text starts, and the name of the
// tag. The name is "" if there is no such tag.
func openTag(text string) (inner, tag string) {
	text = strings.TrimSpace(text)
	for _, tag := range thoughtTags {
		if inner, ok := strings.CutPrefix(text, "<"+tag+">"); ok {
			return inner, tag
		}
	}
	return "", ""
}

// answerWithoutThoughts adds a text of the model without its thoughts, and reports whether it
// contained any.
func (c *conversation) answerWithoutThoughts(n int) bool {
	r := c.r
	if !mayContainThoughts(r.raw(n)) {
		return false
	}
	text := r.text(n)
	rest, found := withoutThoughts(text)
	switch {
	case !found:
		return false
	case rest == text:
		r.warn(n, CodeThoughtPart, "the answer starts with a tag of thoughts that is not closed, so it is learned as its text", "close the tag, or take the thoughts away")
		return false
	}
	r.warnThought(n)
	if strings.TrimSpace(rest) == "" {
		return true // a turn that calls a function needs no text
	}
	c.part(`{"text":`)
	before := len(c.turns)
	c.turns = strictjson.AppendQuote(c.turns, rest)
	r.addJSON(c.turns[before+1 : len(c.turns)-1])
	c.turns = append(c.turns, '}')
	return true
}
