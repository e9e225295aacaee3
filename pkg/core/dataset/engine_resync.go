// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import "bytes"

// resync returns where to continue after the record that starts at buf[start] and is broken at
// buf[broken], and the state there. ok is false if that place may be after the block.
//
// If each record starts on a new line, the next line that starts like this one begins the next
// record: no string contains a line end, and the inside of a record is indented deeper. Otherwise,
// reading continues at the end of the record if its brackets match, or at the next object that
// starts like this one.
func (w *worker) resync(start, brokenAt int) (at int, after state, ok bool) {
	buf, final := w.block.buf, w.block.final
	from := bytes.LastIndexByte(buf[:start], w.info.newline) + 1
	indent := buf[from:start]
	if (from > 0 || w.block.base == 0) && len(bytes.TrimLeft(indent, " \t")) == 0 {
		if next := nextLine(buf, start, indent, w.info.newline); next >= 0 {
			return next, nextElement, true
		}
		if !final {
			return 0, 0, false
		}
	}
	before := byte(',')
	if w.block.state == betweenValues {
		before = '}'
		if buf[start] != '{' && buf[start] != '[' { // text between two records
			if i := bytes.IndexByte(buf[start:], '{'); i > 0 {
				return start + i, betweenValues, true
			}
			return len(buf), betweenValues, final
		}
	}
	next := nextAlike(buf, start, brokenAt, before)
	end := skipBrackets(buf, start)
	if end >= 0 && (next < 0 || end <= next) {
		return end, afterElement, true
	}
	if next >= 0 {
		return next, nextElement, true
	}
	return len(buf), afterElement, final
}

// nextLine returns the line end before a line that starts with indent and a brace, or -1.
func nextLine(buf []byte, from int, indent []byte, newline byte) int {
	for {
		i := bytes.IndexByte(buf[from:], newline)
		if i < 0 {
			return -1
		}
		from += i + 1
		if bytes.HasPrefix(buf[from:], indent) {
			if at := from + len(indent); at < len(buf) && buf[at] == '{' {
				return from - 1
			}
		}
	}
}

// nextAlike returns the first position after buf[from] of an object that starts like the one at
// buf[start], with the same first name, directly after the byte behind. It returns -1 if there is
// none.
func nextAlike(buf []byte, start, from int, behind byte) int {
	name := skipSpace(buf, start+1)
	if buf[start] != '{' || name == len(buf) || buf[name] != '"' {
		return -1
	}
	alike := buf[start:skipString(buf, name)]
	for from < len(buf) {
		i := bytes.Index(buf[from:], alike)
		if i < 0 {
			return -1
		}
		if before := bytes.TrimRight(buf[start:from+i], " \t\r\n"); len(before) > 0 && before[len(before)-1] == behind {
			return from + i
		}
		from += i + len(alike)
	}
	return -1
}

// maxOpen is the deepest nesting that skipBrackets follows.
const maxOpen = 1 << 16

// skipBrackets returns the offset after the bracket that closes the value at buf[start], or -1 if
// there is none or brackets do not match. It knows strings but no other rules.
func skipBrackets(buf []byte, start int) int {
	var open []byte
	inString := false
	for i := start; i < len(buf); i++ {
		switch c := buf[i]; {
		case c == '\\' && inString:
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			if len(open) == maxOpen {
				return -1
			}
			open = append(open, c+2) // the closing bracket
		case c == '}' || c == ']':
			if len(open) == 0 {
				return i
			}
			if open[len(open)-1] != c {
				return -1
			}
			if open = open[:len(open)-1]; len(open) == 0 {
				return i + 1
			}
		case len(open) == 0 && c == ',':
			return i
		}
	}
	return -1
}
