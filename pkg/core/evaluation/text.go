// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// isSpace reports whether r is white space, as Unicode and Python define it.
func isSpace(r rune) bool { return unicode.IsSpace(r) || 0x1c <= r && r <= 0x1f }

// fold returns the text in the form in which texts are compared without regard to case: NFKC, then
// each character in lower case, with the same sigma everywhere in a word.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToLower(r); r == 'ς' {
			return 'σ'
		}
		return r
	}, norm.NFKC.String(text))
}

// normalize returns the text for the normalised match: folded, with one space for each run of white
// space, and without white space, quotes, brackets and the marks * and ` at both ends, the Spanish
// ¿ and ¡ at the beginning, and the signs of endOfSentence at the end. Signs that change a meaning
// remain, such as - + $ # @ %. A text of such signs alone keeps them.
func normalize(text string) string {
	text = strings.Join(strings.FieldsFunc(fold(text), isSpace), " ")
	trimmed := strings.TrimLeftFunc(text, func(r rune) bool { return isWrapping(r) || r == '¿' || r == '¡' })
	trimmed = strings.TrimRightFunc(trimmed, func(r rune) bool {
		return isWrapping(r) || strings.ContainsRune(endOfSentence, r)
	})
	if trimmed == "" {
		return text
	}
	return trimmed
}

// endOfSentence has the signs that can end a sentence or a phrase, after NFKC.
const endOfSentence = ".,;:!?。、؟،؛۔।॥"

// isWrapping reports whether r can be around a text without being part of it.
func isWrapping(r rune) bool {
	return isSpace(r) || strings.ContainsRune("\"'*`", r) || unicode.In(r, unicode.Ps, unicode.Pe, unicode.Pi, unicode.Pf)
}

// spaceless are the scripts that write no spaces between words: each of their characters is a
// token. The ranges are in the order of their characters.
var spaceless = [][2]rune{
	{0x0e00, 0x0eff},   // Thai, Lao
	{0x1000, 0x109f},   // Myanmar
	{0x1780, 0x17ff},   // Khmer
	{0x3005, 0x3007},   // Chinese
	{0x3040, 0x30ff},   // Hiragana, Katakana
	{0x31f0, 0x31ff},   // Katakana
	{0x3400, 0x4dbf},   // Chinese
	{0x4e00, 0x9fff},   // Chinese
	{0xf900, 0xfaff},   // Chinese
	{0x20000, 0x3ffff}, // Chinese
}

func isSpaceless(r rune) bool {
	for _, bounds := range spaceless {
		if r <= bounds[1] {
			return r >= bounds[0]
		}
	}
	return false
}

// tokens returns at most limit tokens of the text, which is folded first. A token is a run of
// letters, marks and digits, or a single symbol such as + or an emoji, or a single character of a
// script without spaces. Everything else separates tokens.
func tokens(text string, limit int) []string {
	text = fold(text)
	var all []string
	start := -1 // of the run, or -1
	end := func(at int) {
		if start >= 0 {
			all = append(all, text[start:at])
		}
		start = -1
	}
	for at, r := range text {
		if len(all) >= limit {
			return all
		}
		isWord := unicode.In(r, unicode.L, unicode.M, unicode.N)
		switch {
		case isWord && !isSpaceless(r):
			if start < 0 {
				start = at
			}
			continue
		case isWord || unicode.In(r, unicode.S):
			end(at)
			all = append(all, string(r))
		default:
			end(at)
		}
	}
	end(len(text))
	return all[:min(len(all), limit)]
}
