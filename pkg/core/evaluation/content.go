// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Content is what a model said: a text, calls of functions, or both.
type Content struct {
	Text  string `json:"text,omitempty"`
	Calls []Call `json:"calls,omitempty"`
}

// Call is the call of a function. Args is a JSON object, or absent.
type Call struct {
	Name string          `json:"name"`
	Args json.RawMessage `json:"args,omitempty"`
}

// part is the part of a turn, as far as this package reads it.
type part struct {
	Text         string `json:"text"`
	Thought      bool   `json:"thought"`
	FunctionCall *Call  `json:"functionCall"`
}

// contentOf joins the texts of the parts and lists their calls. Thoughts are not part of an answer.
func contentOf(parts []part) (c Content) {
	var text strings.Builder
	for _, p := range parts {
		switch {
		case p.Thought:
		case p.FunctionCall != nil:
			c.Calls = append(c.Calls, *p.FunctionCall)
		default:
			text.WriteString(p.Text)
		}
	}
	c.Text = text.String()
	return c
}

// isEmpty reports whether the content says nothing: it has no call, and no text but white space.
func (c Content) isEmpty() bool {
	return len(c.Calls) == 0 && strings.TrimFunc(c.Text, isSpace) == ""
}

// String returns the content for people: the text, then each call as name({"argument":1}).
func (c Content) String() string {
	lines := make([]string, 0, 1+len(c.Calls))
	if c.Text != "" {
		lines = append(lines, c.Text)
	}
	for _, call := range c.Calls {
		args := call.Args
		if isNull(args) {
			args = json.RawMessage("{}")
		}
		lines = append(lines, call.Name+"("+string(args)+")")
	}
	return strings.Join(lines, "\n")
}

// isNull reports whether a JSON value is absent or null.
func isNull(raw json.RawMessage) bool {
	raw = bytes.TrimSpace(raw)
	return len(raw) == 0 || string(raw) == "null"
}
