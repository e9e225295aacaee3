// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode"

	"github.com/vertextune/vertextune/pkg/core/evaluation"
)

// mostLetters is how many letters of a text a page shows.
const mostLetters = 6000

// said is a turn of a conversation.
type said struct {
	Role    string // user, model or system
	Speaker string // the role for people
	Text    string
}

// speakers are the roles for people.
var speakers = map[string]string{"user": "User", "model": "Model", "system": "System instruction", "function": "Function"}

// readable returns a text of a conversation as a page can show it: line breaks stay, and characters
// that are invisible or change how others are shown become escapes. A very long text is cut.
func readable(text string) string {
	var b strings.Builder
	shown := 0
	for _, c := range text {
		if shown++; shown > mostLetters {
			rest := strings.Count(text, "") - 1 - mostLetters
			b.WriteString("… (" + count(rest) + " more letters)")
			break
		}
		switch {
		case c == '\n' || c == '\t' || unicode.IsPrint(c) || unicode.Is(unicode.Zs, c) || c == zeroWidthJoiner || unicode.Is(unicode.Mn, c):
			b.WriteRune(c)
		case c == '\r':
		default:
			quoted := strconv.QuoteRuneToASCII(c)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// zeroWidthJoiner joins the parts of an emoji.
const zeroWidthJoiner = '\u200d'

// turn is a turn in the form of Vertex AI, as far as pages show it.
type turn struct {
	Role  string `json:"role"`
	Parts []struct {
		Text     *string         `json:"text"`
		Thought  bool            `json:"thought"`
		Call     json.RawMessage `json:"functionCall"`
		Response json.RawMessage `json:"functionResponse"`
		File     *struct {
			URI  string `json:"fileUri"`
			Kind string `json:"mimeType"`
		} `json:"fileData"`
		Inline *struct {
			Kind string `json:"mimeType"`
		} `json:"inlineData"`
	} `json:"parts"`
}

// saidBy returns a turn for people. A part that is no text is named.
func saidBy(t turn, role string) said {
	var parts []string
	for _, p := range t.Parts {
		switch {
		case p.Text != nil && p.Thought:
			parts = append(parts, "(thought) "+*p.Text)
		case p.Text != nil:
			parts = append(parts, *p.Text)
		case p.Call != nil:
			parts = append(parts, "calls "+string(p.Call))
		case p.Response != nil:
			parts = append(parts, "gets "+string(p.Response))
		case p.File != nil:
			parts = append(parts, "["+p.File.Kind+" "+p.File.URI+"]")
		case p.Inline != nil:
			parts = append(parts, "["+p.Inline.Kind+"]")
		}
	}
	speaker, known := speakers[role]
	if !known {
		role, speaker = "user", readable(role)
	}
	return said{Role: role, Speaker: speaker, Text: readable(strings.Join(parts, "\n"))}
}

// conversation returns the turns of a question. A turn that cannot be read is left out.
func conversation(system json.RawMessage, contents []json.RawMessage) (all []said) {
	var one turn
	if len(system) > 0 && json.Unmarshal(system, &one) == nil && len(one.Parts) > 0 {
		all = append(all, saidBy(one, "system"))
	}
	for _, raw := range contents {
		var one turn
		if json.Unmarshal(raw, &one) == nil {
			all = append(all, saidBy(one, one.Role))
		}
	}
	return all
}

// questionOf returns the turns of the question of an evaluation.
func questionOf(q evaluation.Question) []said { return conversation(q.SystemInstruction, q.Contents) }
