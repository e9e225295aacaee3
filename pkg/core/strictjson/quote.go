// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"bytes"
	"errors"
	"unicode/utf16"
	"unicode/utf8"
)

var errNoString = errors.New("strictjson: not a valid JSON string")

// Unquote decodes a JSON string that includes its quotes. White space around the string is allowed.
// It returns an error if the string is not valid.
func Unquote(raw []byte) (string, error) {
	from, to := skipSpace(raw, 0), len(raw)
	for to > from && classes[raw[to-1]]&classSpace != 0 {
		to--
	}
	raw = raw[from:to]
	if len(raw) < 2 || raw[0] != '"' || raw[len(raw)-1] != '"' {
		return "", errNoString
	}
	raw = raw[1 : len(raw)-1]
	plain := 0
	for plain < len(raw) && classes[raw[plain]]&(classStop|classControl) == 0 {
		plain++
	}
	if !utf8.Valid(raw) {
		return "", errNoString
	}
	if plain == len(raw) {
		return string(raw), nil
	}
	text, ok := appendUnescaped(make([]byte, 0, len(raw)), raw)
	if !ok {
		return "", errNoString
	}
	return string(text), nil
}

// AppendText appends the decoded text of a JSON string. The string must be valid and must include
// its quotes; AppendText does not check it again.
func AppendText(dst, raw []byte) []byte {
	raw = raw[1 : len(raw)-1]
	for {
		i := bytes.IndexByte(raw, '\\')
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		end := i + 2
		if raw[i+1] == 'u' {
			end = i + new(Text).addEscape(raw[i:])
		}
		dst, _ = appendUnescaped(dst, raw[i:end])
		raw = raw[end:]
	}
}

// appendUnescaped appends the decoded text of raw, which is a string without its quotes.
func appendUnescaped(dst, raw []byte) ([]byte, bool) {
	for i := 0; i < len(raw); {
		c := raw[i]
		if c == '"' || c < 0x20 {
			return dst, false
		}
		if c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		if i+1 == len(raw) {
			return dst, false
		}
		if short := shortEscapes[raw[i+1]]; short != 0 {
			dst = append(dst, short)
			i += 2
			continue
		}
		unit, ok := hexUnit(raw[i:])
		if !ok {
			return dst, false
		}
		i += 6
		r := rune(unit)
		if utf16.IsSurrogate(r) {
			low, ok := hexUnit(raw[i:])
			if r = utf16.DecodeRune(r, rune(low)); !ok || r == utf8.RuneError {
				return dst, false
			}
			i += 6
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, true
}

// shortEscapes maps the letter of a two-byte escape to its character.
var shortEscapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// AppendQuote appends s as the shortest JSON string: it escapes only quotes, backslashes and
// control characters. s must be valid UTF-8.
func AppendQuote(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if classes[c]&(classStop|classControl) == 0 {
			continue
		}
		dst = append(dst, s[from:i]...)
		from = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, '\\', 'b')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
