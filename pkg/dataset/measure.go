// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"
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
	chars := len(text)
	if node.Escaped {
		chars -= escapeOverhead(text)
	}
	tokens := int64(chars) * tokensASCII
	if two, three, four := countWide(text); two|three|four != 0 {
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

// escapeOverhead returns by how many bytes the escapes of a string are longer
// than the characters that they stand for, each taken as one byte.
func escapeOverhead(text []byte) (over int) {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 || i+1 >= len(text) {
			return over
		}
		if text[i+1] != 'u' {
			over++
			text = text[i+2:]
			continue
		}
		over += 5
		if i+2 < len(text) && text[i+2]|0x20 == 'd' && i+3 < len(text) && text[i+3] >= 'C' {
			over++ // the second half of a pair is no character
		}
		text = text[min(i+6, len(text)):]
	}
}

// countWide counts the characters of two, three and four bytes.
func countWide(text []byte) (two, three, four int) {
	const high = 0x8080808080808080
	for len(text) >= 8 {
		w := binary.LittleEndian.Uint64(text)
		if h := w & high; h != 0 {
			leads := h & (w << 1)
			long := leads & (w << 2)
			longest := long & (w << 3)
			n3, n4 := bits.OnesCount64(long), bits.OnesCount64(longest)
			two += bits.OnesCount64(leads) - n3
			three += n3 - n4
			four += n4
		}
		text = text[8:]
	}
	for _, c := range text {
		switch {
		case c >= 0xF0:
			four++
		case c >= 0xE0:
			three++
		case c >= 0xC0:
			two++
		}
	}
	return two, three, four
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
