// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// size is how much there is to read or write for a model.
type size struct {
	turns  int64
	chars  int64 // Unicode characters
	tokens int64 // hundredths of an estimated token
}

// Weights of a character in hundredths of a token, by the number of its bytes in
// UTF-8. They were fitted to the tokenizer of Gemma 3, which shares its
// vocabulary with Gemini, on prose and manuals in sixteen languages. The sum
// is within 15 % for most of them, and up to a quarter short for Korean, program
// code and tables. Arguments and results of functions, being JSON, weigh more.
const (
	tokensASCII = 26 // most of the languages of Europe: 3.8 characters a token
	tokensTwo   = 35 // Greek, Cyrillic, Hebrew, Arabic
	tokensThree = 60 // the languages of East and South Asia
	tokensFour  = 100
	tokensJSON  = 43
)

// addText adds the text of a string node to the size of the example.
func (r *record) addText(n int) {
	node := &r.nodes[n]
	text := r.buf[node.Start+1 : node.End-1]
	chars := len(text) - node.EscapeOverhead(text)
	tokens := int64(chars) * tokensASCII
	if two, three, four := strictjson.CountWide(text); two|three|four != 0 {
		chars -= two + 2*three + 3*four
		tokens += int64(two)*(tokensTwo-2*tokensASCII) + int64(three)*(tokensThree-3*tokensASCII) + int64(four)*(tokensFour-4*tokensASCII)
	}
	r.example.chars += int64(chars)
	r.example.tokens += tokens
}

// addJSON adds arguments or a result of a function.
func (r *record) addJSON(raw []byte) {
	r.example.chars += int64(utf8.RuneCount(raw))
	r.example.tokens += int64(len(raw)) * tokensJSON
}

// mute reports whether a text says next to nothing: it has no letter and no digit.
func (r *record) mute(n int) bool {
	const long = 64 // bytes; what is longer is some drawing
	raw := r.raw(n)
	if c := raw[1] | 0x20; 'a' <= c && c <= 'z' || len(raw) > long {
		return false
	}
	for _, c := range r.text(n) {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return false
		}
	}
	return true
}
