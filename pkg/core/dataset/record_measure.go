// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// size measures the content of an example.
type size struct {
	turns  int64
	parts  [kinds]int64 // parts other than text
	chars  int64        // Unicode characters
	tokens int64        // hundredths of an estimated token
	// scripts divides tokens by the script of the characters.
	scripts [Scripts]int64
}

// Script is the kind of characters that most of the tokens of an example are made of. The counts of
// two tokenizers differ most by the script.
type Script uint8

// The scripts, as far as the length of their characters in UTF-8 tells them apart.
const (
	Latin   Script = iota // ASCII letters and spaces
	Symbols               // digits, punctuation and line ends: program code, JSON, tables
	Two                   // two bytes: Cyrillic, Arabic, Greek, Hebrew
	South                 // three bytes: the scripts of South Asia
	East                  // three bytes or more: the scripts of East Asia, and emoji
	Scripts               // how many there are
)

// script returns the script of most tokens.
func (s *size) script() Script {
	mostTokens := Latin
	for i, n := range s.scripts {
		if n > s.scripts[mostTokens] {
			mostTokens = Script(i)
		}
	}
	return mostTokens
}

// wholeTokens returns the estimated tokens, rounded up.
func (s *size) wholeTokens() int64 { return (s.tokens + 99) / 100 }

// kind is the kind of a part other than text.
type kind int

const (
	kindImage kind = iota
	kindAudio
	kindVideo
	kindDocument
	kindFunctionCall
	kinds
)

// modalities are the names of the kinds in the catalogue of models.
var modalities = [kinds]string{"image", "audio", "video", "document", "function_call"}

// kindOf returns the kind of a file with the MIME type.
func kindOf(mime []byte) kind {
	family, _, _ := bytes.Cut(mime, []byte("/"))
	switch string(family) {
	case "image":
		return kindImage
	case "audio":
		return kindAudio
	case "video":
		return kindVideo
	default:
		return kindDocument
	}
}

// files counts images, sounds, videos and documents.
func (s *size) files() (n int64) {
	for _, count := range s.parts[:kindFunctionCall] {
		n += count
	}
	return n
}

// The weights of a character in hundredths of a token. They were fitted to the tokenizer of Gemma
// 3, which has the vocabulary of Gemini, on prose, manuals, program code and JSON in twenty
// languages. testdata/tokens.json contains some of these texts with their true counts, and a test
// limits the error of the sums.
const (
	tokensWord  = 19 // letters and spaces: words of five letters
	tokensOther = 68 // digits, punctuation and line ends: mostly separate tokens
	tokensTwo   = 34 // Greek, Cyrillic, Hebrew, Arabic, and letters with accents
	tokensLow   = 28 // the scripts of South Asia
	tokensThree = 58 // the scripts of East Asia
	tokensFour  = 100
)

// addText adds a text to the size of an example.
func (s *size) addText(t *strictjson.Text) {
	other := t.Chars - t.Words - t.Two - t.Low - t.Three - t.Four
	s.chars += int64(t.Chars)
	for i, n := range [Scripts]int{
		t.Words * tokensWord, other * tokensOther, t.Two * tokensTwo, t.Low * tokensLow, t.Three*tokensThree + t.Four*tokensFour,
	} {
		s.scripts[i] += int64(n)
		s.tokens += int64(n)
	}
}

// addText adds the text of a string node to the size of the example.
func (r *record) addText(n int) {
	t := strictjson.MeasureText(r.buf, r.start(n)+1)
	r.example.addText(&t)
}

// addJSON adds arguments or a result of a function.
func (r *record) addJSON(raw []byte) {
	t := strictjson.CountText(raw)
	r.example.addText(&t)
}

// isNearEmpty reports whether the text of a node has no letter and no digit.
func (r *record) isNearEmpty(n int) bool {
	raw := r.raw(n)
	return isNearEmpty(raw[1 : len(raw)-1])
}

// isNearEmpty reports whether raw, the inside of a JSON string, has no letter and no digit. raw must
// not be empty.
func isNearEmpty(raw []byte) bool {
	const maxBytes = 64 // bytes; a longer text is probably a drawing
	if c := raw[0] | 0x20; 'a' <= c && c <= 'z' || len(raw) > maxBytes {
		return false
	}
	text, err := strictjson.Unquote(append(append([]byte{'"'}, raw...), '"'))
	return err == nil && !strings.ContainsFunc(text, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) })
}
