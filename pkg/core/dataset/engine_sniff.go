// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// sniff determines the layout of a file and the start of its first record from its first block. The
// container is empty if the block does not show it.
func sniff(buf []byte, eof bool) (container string, newline byte, start int, from state) {
	newline = '\n'
	if i := bytes.IndexAny(buf, "\r\n"); i >= 0 && buf[i] == '\r' && (i+1 == len(buf) || buf[i+1] != '\n') {
		newline = '\r'
	}
	at := skipSpace(buf, 0)
	if at == len(buf) {
		return "", newline, at, betweenValues
	}
	if buf[at] == '[' {
		return ContainerArray, newline, at + 1, firstElement
	}
	if data := findData(buf, at); data >= 0 {
		return ContainerDataObject, newline, data + 1, firstElement
	}
	return sequence(buf, at, newline, eof), newline, at, betweenValues
}

// findData returns where the array of {"data": […]} starts, or -1 if the object at buf[at] has
// another form.
func findData(buf []byte, at int) int {
	if buf[at] != '{' {
		return -1
	}
	for at++; ; at++ {
		at = skipSpace(buf, at)
		if at == len(buf) || buf[at] != '"' {
			return -1
		}
		name := at
		at = skipString(buf, at)
		isData := string(buf[name:at]) == `"data"`
		if at = skipSpace(buf, at); at == len(buf) || buf[at] != ':' {
			return -1
		}
		at = skipSpace(buf, at+1)
		if isData && at < len(buf) && buf[at] == '[' {
			if first := skipSpace(buf, at+1); first < len(buf) && buf[first] == '"' {
				return -1 // strings, which are not records
			}
			return at
		}
		if at = skipBrackets(buf, at); at < 0 {
			return -1
		}
		if at = skipSpace(buf, at); at == len(buf) || buf[at] != ',' {
			return -1
		}
	}
}

// skipString returns the offset after the string that starts at buf[at].
func skipString(buf []byte, at int) int {
	for at++; at < len(buf); at++ {
		switch buf[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(buf)
}

// sequence distinguishes a file of lines from a file of concatenated values. In the latter, the
// value at buf[at] continues on the next line, or another value follows on its line. It returns ""
// if more text is needed to decide.
func sequence(buf []byte, at int, newline byte, eof bool) (container string) {
	end, whole := len(buf), eof
	if i := bytes.IndexByte(buf[at:], newline); i >= 0 {
		end, whole = at+i, true
	}
	var p strictjson.Parser
	p.Reset(buf)
	after, err := p.Parse(at, end)
	switch {
	case err == nil:
		after = skipSpace(buf[:end], after)
		if after < end && (buf[after] == '{' || buf[after] == '[') {
			return ContainerConcatenated
		}
		if !whole && after == end {
			return ""
		}
		return ContainerLines
	case err.Code != strictjson.CodeUnexpectedEnd:
		return ContainerLines
	case !whole:
		return ""
	case end == len(buf):
		return ContainerLines
	}
	// The line ends inside the value. If the next lines complete the value, it spans lines; if not,
	// the line was cut off.
	p.Reset(buf)
	_, err = p.Parse(at, len(buf))
	if err == nil || err.Code == strictjson.CodeUnexpectedEnd && !eof || len(bytes.TrimSpace(buf[at:end])) == 1 {
		return ContainerConcatenated
	}
	return ContainerLines
}
