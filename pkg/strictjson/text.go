// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import "unicode/utf8"

// Text is what is known of the inside of a valid string.
type Text struct {
	End              int // the offset of the closing quote
	Over             int // bytes that would be saved if each escape were one byte
	Two, Three, Four int // characters that are written with so many bytes
}

// textState is what scanText adds up. Its layout is known to the assembly.
type textState struct {
	short, two, three, four int64
	invalid                 bool
}

// ScanText reads the inside of a string from buf[at] on, behind its opening
// quote. It is not ok if the string is not valid, or if buf might end first: then
// a Parser must decide.
func ScanText(buf []byte, at int) (t Text, ok bool) {
	if !hasVectors {
		return scanTextPortable(buf, at)
	}
	var s textState
	units := 0
	for {
		rest := buf[at:]
		if len(rest) == 0 {
			return Text{}, false
		}
		n := scanText(&rest[0], len(rest), &s)
		if n < 0 || s.invalid {
			return Text{}, false
		}
		at += n
		switch buf[at] {
		case '"':
			return Text{End: at, Over: int(s.short) + units, Two: int(s.two), Three: int(s.three), Four: int(s.four)}, true
		case '\\':
			size := unicodeEscape(buf[at:])
			if size == 0 {
				return Text{}, false
			}
			// They often follow each other: whole texts are written so.
			run, over := unicodeRun(buf[at+size:])
			at += size + run
			units += size - 1 + over
		default:
			return Text{}, false
		}
	}
}

// unicodeRun reads over escapes \uXXXX, and spaces between them, up to the first
// that is of another kind or needs a closer look. It returns where it stops, and by
// how many bytes the escapes are longer than one.
func unicodeRun(text []byte) (at, over int) {
	for len(text)-at >= 8 {
		e := text[at:]
		if e[0] == ' ' && e[1] == '\\' {
			e = e[1:]
			at++
		}
		if e[0] != '\\' || e[1] != 'u' {
			break
		}
		a, b := hexDigits[e[2]], hexDigits[e[3]]
		if (a|b|hexDigits[e[4]]|hexDigits[e[5]])&noDigit != 0 || a == 0xD && b >= 8 {
			break
		}
		at += 6
		over += 5
	}
	return at, over
}

// unicodeEscape returns the length of the escape \uXXXX that text starts with, or
// of two that are a pair, or 0 if it is not valid.
func unicodeEscape(text []byte) int {
	unit, ok := hexUnit(text)
	switch {
	case !ok || 0xDC00 <= unit && unit <= 0xDFFF:
		return 0
	case unit < 0xD800 || unit > 0xDFFF:
		return 6
	}
	if low, ok := hexUnit(text[6:]); !ok || low < 0xDC00 || low > 0xDFFF {
		return 0
	}
	return 12
}

func scanTextPortable(buf []byte, at int) (t Text, ok bool) {
	start, wide := at, byte(0)
	for at < len(buf) {
		c := buf[at]
		wide |= c
		if classes[c]&(classStop|classControl) == 0 {
			at++
			continue
		}
		switch {
		case c == '"':
			text := buf[start:at]
			if wide >= utf8.RuneSelf {
				if !utf8.Valid(text) {
					return Text{}, false
				}
				t.Two, t.Three, t.Four = countPortable(text)
			}
			t.End = at
			return t, true
		case c != '\\' || at+1 == len(buf):
			return Text{}, false
		case shortEscapes[buf[at+1]] != 0:
			at += 2
			t.Over++
		default:
			size := unicodeEscape(buf[at:])
			if size == 0 {
				return Text{}, false
			}
			at += size
			t.Over += size - 1
		}
	}
	return Text{}, false
}
