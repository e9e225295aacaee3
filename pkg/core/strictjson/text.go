// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import "unicode/utf8"

// Text counts the characters of a string by their size. It counts an escape as the character that
// it encodes.
type Text struct {
	End   int // the offset of the closing quote
	Chars int
	Words int // ASCII letters and spaces
	Two   int // characters of two bytes in UTF-8
	Low   int // characters of three bytes below U+1000: the scripts of South Asia
	Three int // all other characters of three bytes
	Four  int
}

// textState holds the counters of scanText. The assembly depends on its layout.
type textState struct {
	short, words, two, low, three, four int64
	invalid                             bool
}

// ScanText reads the inside of a string from buf[at], the byte after the opening quote. ok is false
// if the string is not valid or if buf may end first; a Parser must then decide. Vectors are read
// whole, so a string that ends close to the end of buf is read only if there is memory after it:
// the capacity of buf should be a little larger than its length.
func ScanText(buf []byte, at int) (t Text, ok bool) {
	if !hasVectors {
		return scanTextPortable(buf, at)
	}
	var s textState
	plain := 0 // bytes outside escapes
	for at < len(buf) {
		before := s.short
		n := scanText(&buf[at], cap(buf)-at, &s)
		if n < 0 || at+n >= len(buf) || s.invalid {
			return Text{}, false
		}
		plain += n - 2*int(s.short-before)
		at += n
		switch buf[at] {
		case '"':
			t.End = at
			t.Chars += plain + int(s.short-s.two-2*s.low-2*s.three-3*s.four)
			t.Words += int(s.words)
			t.Two += int(s.two)
			t.Low += int(s.low)
			t.Three += int(s.three)
			t.Four += int(s.four)
			return t, true
		case '\\':
			size := t.addEscape(buf[at:])
			if size == 0 {
				return Text{}, false
			}
			at += size
			at += t.addEscapes(buf[at:])
		default:
			return Text{}, false
		}
	}
	return Text{}, false
}

// MeasureText is ScanText for a string that a Parser has read. The result is zero if the string is
// not valid.
func MeasureText(buf []byte, at int) Text {
	t, ok := ScanText(buf, at)
	if !ok {
		t, _ = scanTextPortable(buf, at)
	}
	return t
}

// CountText counts the characters of text that is not inside a string.
func CountText(text []byte) (t Text) {
	for i := 0; i < len(text); {
		i += t.add(text[i:])
	}
	return t
}

// add counts the first character of text and returns its length.
func (t *Text) add(text []byte) int {
	t.Chars++
	c := text[0]
	if c < utf8.RuneSelf {
		if letter := c | 0x20; 'a' <= letter && letter <= 'z' || c == ' ' {
			t.Words++
		}
		return 1
	}
	r, size := utf8.DecodeRune(text)
	t.addWide(r)
	return size
}

// addWide counts a character that is not ASCII, by its length in UTF-8.
func (t *Text) addWide(r rune) {
	switch {
	case r < 0x80:
	case r < 0x800:
		t.Two++
	case r < 0x1000:
		t.Low++
	case r < 0x10000:
		t.Three++
	default:
		t.Four++
	}
}

// addEscape counts the character of the escape \uXXXX at the start of text, or of two such escapes
// that form a pair. It returns their length, or 0 if they are not valid.
func (t *Text) addEscape(text []byte) int {
	unit, ok := hexUnit(text)
	switch {
	case !ok || 0xDC00 <= unit && unit <= 0xDFFF:
		return 0
	case unit < 0xD800 || unit > 0xDFFF:
		t.Chars++
		t.addWide(rune(unit))
		return 6
	}
	if low, ok := hexUnit(text[6:]); !ok || low < 0xDC00 || low > 0xDFFF {
		return 0
	}
	t.Chars++
	t.Four++
	return 12
}

// addEscapes counts characters that are written as \uXXXX and the spaces between them, since whole
// texts are often written in this way. It stops at the first character that needs a closer look and
// returns the length that it has read.
func (t *Text) addEscapes(text []byte) int {
	at := 0
	for len(text)-at >= 8 {
		e := text[at:]
		if e[0] == ' ' && e[1] == '\\' {
			e = e[1:]
			at++
			t.Chars++
			t.Words++
		}
		a, b, c := hexDigits[e[2]], hexDigits[e[3]], hexDigits[e[4]]
		if e[0] != '\\' || e[1] != 'u' || (a|b|c|hexDigits[e[5]])&noDigit != 0 || a == 0xD && b >= 8 {
			break
		}
		switch {
		case a > 0:
			t.Three++
		case b >= 8:
			t.Low++
		case b > 0 || c >= 8:
			t.Two++
		}
		t.Chars++
		at += 6
	}
	return at
}

func scanTextPortable(buf []byte, at int) (t Text, ok bool) {
	start, wide := at, byte(0)
	for at < len(buf) {
		c := buf[at]
		if classes[c]&(classStop|classControl) == 0 {
			wide |= c
			at += t.add(buf[at:])
			continue
		}
		switch {
		case c == '"':
			t.End = at
			return t, wide < utf8.RuneSelf || utf8.Valid(buf[start:at])
		case c != '\\' || at+1 == len(buf):
			return Text{}, false
		case shortEscapes[buf[at+1]] != 0:
			at += 2
			t.Chars++
		default:
			size := t.addEscape(buf[at:])
			if size == 0 {
				return Text{}, false
			}
			at += size
		}
	}
	return Text{}, false
}
