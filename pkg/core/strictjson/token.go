// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// string reads the string whose opening quote is at buf[at].
func (p *Parser) string(at, limit int) *Error {
	buf := p.index.buf
	n := Node{Start: uint32(at), Kind: String}
	before := len(p.Violations)
	p.inString = true
	for {
		e, ok := p.entry(limit)
		if !ok {
			p.inString = false
			return failure(limit, CodeUnexpectedEnd, "the text ends inside a string")
		}
		if buf[e] == '"' {
			n.End = uint32(e) + 1
			break
		}
		n.Escaped = true
		p.escape(e, limit)
	}
	n.Next = uint32(len(p.Nodes)) + 1
	p.Nodes = append(p.Nodes, n)
	p.dense += int(n.End - n.Start)
	if p.index.dirty {
		p.inspect(at+1, int(n.End)-1)
	}
	p.inString = false
	if len(p.Violations) > before {
		pointer := p.pointer(len(p.open)) // only now is the text complete if it is a name
		for i := range p.Violations[before:] {
			p.Violations[before+i].Pointer = pointer
		}
	}
	return nil
}

// escape checks the escape at buf[at]. The string continues after any escape: in the index, an
// escaped quote does not end a string.
func (p *Parser) escape(at, limit int) {
	text := p.index.buf[at:limit]
	if len(text) < 2 {
		return
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return
	case 'u':
	default:
		p.violate(at, CodeInvalidEscape, "JSON has no escape \\"+string(text[1:1+runeLen(text[1:])]))
		return
	}
	unit, ok := hexUnit(text)
	switch {
	case !ok:
		p.violate(at, CodeInvalidEscape, "\\u must be followed by four hexadecimal digits")
	case unit < 0xD800 || unit > 0xDFFF:
	case unit > 0xDBFF:
		p.violate(at, CodeLoneSurrogate, "the escape is the second half of a surrogate pair")
	default:
		low, ok := hexUnit(text[6:])
		if !ok || low < 0xDC00 || low > 0xDFFF {
			p.violate(at, CodeLoneSurrogate, "the escape is the first half of a surrogate pair")
			return
		}
		p.entry(limit) // the second half has its own entry
	}
}

func runeLen(b []byte) int {
	_, n := utf8.DecodeRune(b)
	return n
}

// hexUnit returns the UTF-16 unit of the \uXXXX at the start of text.
func hexUnit(text []byte) (unit uint32, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	a, b, c, d := hexDigits[text[2]], hexDigits[text[3]], hexDigits[text[4]], hexDigits[text[5]]
	return uint32(a)<<12 | uint32(b)<<8 | uint32(c)<<4 | uint32(d), (a|b|c|d)&noDigit == 0
}

const noDigit = 0x80

// hexDigits maps digits to their values and all other bytes to noDigit.
var hexDigits = func() (t [256]uint8) {
	for c := range t {
		t[c] = noDigit
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = uint8(i)
	}
	for i, c := range []byte("ABCDEF") {
		t[c] = uint8(10 + i)
	}
	return t
}()

// inspect looks for control characters and invalid UTF-8 in buf[from:to], the inside of a string.
// It reports the first of each.
func (p *Parser) inspect(from, to int) {
	control, invalid := -1, -1
	for i := from; i < to; {
		c := p.index.buf[i]
		if c < utf8.RuneSelf {
			if c < 0x20 && control < 0 {
				control = i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(p.index.buf[i:to])
		if r == utf8.RuneError && size == 1 && invalid < 0 {
			invalid = i
		}
		i += size
	}
	if control >= 0 {
		p.violate(control, CodeControlCharacter, "the control character "+quoteByte(p.index.buf[control])+" must be escaped")
	}
	if invalid >= 0 {
		p.violate(invalid, CodeInvalidUTF8, "the string is not valid UTF-8")
	}
}

// scalar reads a number, a boolean, or null at buf[at].
func (p *Parser) scalar(at, limit int) *Error {
	buf := p.index.buf[:limit]
	end := at
	for end < len(buf) && classes[buf[end]]&(classSpace|classPunct|classStop) == 0 {
		end++
	}
	token := buf[at:end]
	n := Node{Start: uint32(at), End: uint32(end), Next: uint32(len(p.Nodes)) + 1}
	switch {
	case string(token) == "null":
		n.Kind = Null
	case string(token) == "true" || string(token) == "false":
		n.Kind = Bool
	case isNumber(token):
		n.Kind = Number
	case end < len(buf) && buf[end] == '\\':
		return failure(end, CodeSyntax, "a backslash is outside of a string")
	case len(token) >= 3 && string(token[:3]) == "\xef\xbb\xbf":
		return failure(at, CodeByteOrderMark, "there is a byte-order mark before the value: save the text without it")
	case token[0] == '/' || token[0] == '#':
		return failure(at, CodeComment, "JSON has no comments")
	case looksNumeric(token):
		n.Kind = Number
		p.violate(at, CodeNotANumber, "JSON has no number "+strconv.Quote(clip(token)))
	default:
		return failure(at, CodeSyntax, "a value is expected, not "+unexpected(buf[at:], token))
	}
	p.Nodes = append(p.Nodes, n)
	p.dense += len(token)
	return nil
}

// looksNumeric reports whether an invalid token looks like a number.
func looksNumeric(token []byte) bool {
	switch string(token) {
	case "NaN", "nan", "Infinity", "-Infinity", "+Infinity", "-NaN", "inf", "-inf", "Inf", "-Inf", "+Inf":
		return true
	}
	if c := token[0]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' {
		return false
	}
	for _, c := range token {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		if (c < '0' || c > '9') && !letter && c != '-' && c != '+' && c != '.' && c != '_' {
			return false
		}
	}
	return true
}

// isNumber reports whether token is a number according to RFC 8259.
func isNumber(token []byte) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(token) && '0' <= token[i] && token[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(token) && token[i] == '-' {
		i++
	}
	if i < len(token) && token[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(token) && token[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(token) && token[i]|0x20 == 'e' {
		i++
		if i < len(token) && (token[i] == '+' || token[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(token)
}

// quoteByte names a byte in a message.
func quoteByte(c byte) string { return strconv.QuoteRune(rune(c)) }

// unexpected describes the start of a text for a message about a syntax error, and adds advice if
// the error is a common one. It quotes a whole token.
func unexpected(text, token []byte) string {
	c, size := utf8.DecodeRune(text)
	if c == utf8.RuneError && size == 1 {
		return "byte 0x" + strconv.FormatUint(uint64(text[0]), 16)
	}
	switch {
	case strings.ContainsRune("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u00ab\u00bb\u2033\uff02\u300c\u300d`´", c):
		return string(c) + `: write " instead`
	case c == '\'':
		return `': write " instead`
	case c == '\u00a0' || c == '\u3000' || c == '\ufeff' || c == '\u200b':
		return strconv.QuoteRuneToASCII(c) + ": write a space or nothing instead"
	case string(token) == "True" || string(token) == "False" || string(token) == "None":
		return string(token) + ": JSON writes true, false and null"
	case string(token) == "undefined":
		return "undefined: JSON writes null"
	case len(token) > 0:
		return strconv.Quote(clip(token))
	}
	return strconv.QuoteRune(c)
}

// clip shortens a token for a message.
func clip(token []byte) string {
	const maxBytes = 24
	if len(token) <= maxBytes {
		return string(token)
	}
	return string(token[:maxBytes]) + "…"
}
