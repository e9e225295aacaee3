// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import "bytes"

// resync returns where to go on after the broken record that starts at
// buf[start], and the state there. It is not ok if that place may be behind the
// block.
//
// Where each record starts a line of its own, the next line that starts as this
// one did begins the next record: no string holds a line end, and what is inside
// a record is indented deeper. Otherwise brackets are matched.
func (w *worker) resync(start int) (at int, after state, ok bool) {
	buf := w.block.buf
	from := bytes.LastIndexByte(buf[:start], w.layout.newline) + 1
	indent := buf[from:start]
	if (from > 0 || w.block.base == 0) && len(bytes.TrimLeft(indent, " \t")) == 0 {
		if next := nextLine(buf, start, indent, w.layout.newline); next >= 0 {
			return next, nextElement, true
		}
	}
	at = skipBrackets(buf, start)
	return at, afterElement, at < len(buf) || w.block.final
}

// nextLine returns where a line that starts with indent and then a brace begins
// its value.
func nextLine(buf []byte, from int, indent []byte, newline byte) int {
	for {
		i := bytes.IndexByte(buf[from:], newline)
		if i < 0 {
			return -1
		}
		from += i + 1
		if bytes.HasPrefix(buf[from:], indent) {
			if at := from + len(indent); at < len(buf) && buf[at] == '{' {
				return at
			}
		}
	}
}

// skipBrackets returns the offset behind the bracket that closes the value at
// buf[start], or the end of buf. It knows strings, but no other rule.
func skipBrackets(buf []byte, start int) int {
	depth, inString := 0, false
	for i := start; i < len(buf); i++ {
		switch c := buf[i]; {
		case c == '\\' && inString:
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth < 0 {
				return i
			}
			if depth == 0 {
				return i + 1
			}
		case depth == 0 && c == ',':
			return i
		}
	}
	return len(buf)
}
