// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// size is how much there is to read or write for a model.
type size struct {
	turns  int64
	files  int64 // images and other media
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
	two, three, four := strictjson.CountWide(text)
	r.example.addText(len(text), node.EscapeOverhead(text), two, three, four)
}

// addText adds a text that has so many bytes as it is written, which would be
// over fewer without escapes, and so many characters of more than one byte.
func (s *size) addText(bytes, over, two, three, four int) {
	bytes -= over
	s.chars += int64(bytes - two - 2*three - 3*four)
	s.tokens += int64(bytes)*tokensASCII +
		int64(two)*(tokensTwo-2*tokensASCII) + int64(three)*(tokensThree-3*tokensASCII) + int64(four)*(tokensFour-4*tokensASCII)
}

// addJSON adds arguments or a result of a function.
func (r *record) addJSON(raw []byte) {
	r.example.chars += int64(utf8.RuneCount(raw))
	r.example.tokens += int64(len(raw)) * tokensJSON
}

// mute reports whether a text says next to nothing: it has no letter and no digit.
func (r *record) mute(n int) bool {
	raw := r.raw(n)
	return mute(raw[1 : len(raw)-1])
}

// mute reports the same of the inside of a string, which must not be empty.
func mute(raw []byte) bool {
	const long = 64 // bytes; what is longer is some drawing
	if c := raw[0] | 0x20; 'a' <= c && c <= 'z' || len(raw) > long {
		return false
	}
	text, err := strictjson.Unquote(append(append([]byte{'"'}, raw...), '"'))
	return err == nil && !strings.ContainsFunc(text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}
