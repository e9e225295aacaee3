// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import "strings"

// judge answers a question that asks which of two answers is better, as base models do: it compares
// the words of the answers with those of the right one. Like a real model it prefers the first
// answer if it sees no difference, so it contradicts itself when the order changes.
func judge(question string) (verdict string, ok bool) {
	if !strings.Contains(question, "Reply with exactly one word: A, B or TIE.") {
		return "", false
	}
	right := words(quoted(question, "RIGHT ANSWER"))
	a, b := overlap(right, words(quoted(question, "ANSWER A"))), overlap(right, words(quoted(question, "ANSWER B")))
	if b > a {
		return "B", true
	}
	return "A", true
}

// quoted returns the text between the lines that end in BEGIN title and END title.
func quoted(question, title string) string {
	_, rest, _ := strings.Cut(question, " BEGIN "+title+"\n")
	text, _, _ := strings.Cut(rest, " END "+title+"\n")
	if i := strings.LastIndexByte(text, '\n'); i >= 0 {
		return text[:i] // without the mark before END
	}
	return text
}
