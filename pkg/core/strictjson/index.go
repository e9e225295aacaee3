// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"unicode/utf8"
)

// windowBytes is how much text is indexed at a time. A window is small enough to stay in the
// first-level cache. It also bounds the work that is lost when the index restarts after invalid
// text.
const windowBytes = 8 << 10

// index lists, in order, the offset of each byte that matters to the grammar: each bracket, comma
// and colon outside strings, the first byte of each scalar outside strings, each quote that opens
// or closes a string, and each backslash that starts an escape. It is built window by window, as
// far as the parser has read.
type index struct {
	buf     []byte
	entries []uint32 // the entries of the current window
	next    int      // the first entry that is not consumed yet
	scanned int      // buf[:scanned] is indexed
	state   scanState
	vectors vectorState
	// dirty is set when a control character is seen inside a string, or bytes that are not UTF-8
	// are seen anywhere. Strings are inspected only if dirty is set.
	dirty bool
	// portable makes the index use the portable code even where vector instructions exist.
	portable bool
}

// scanState is the state that one window passes to the next.
type scanState struct {
	inString bool // the window starts inside a string
	escaped  bool // its first byte is escaped
	inScalar bool // its first byte continues a scalar
}

// restart begins a new index at buf[at], which must be outside any string.
func (x *index) restart(buf []byte, at int) {
	x.buf, x.scanned, x.next = buf, at, 0
	x.entries = x.entries[:0]
	x.state, x.vectors = scanState{}, vectorState{}
	x.dirty = false
}

// fill indexes the next window that has an entry. It returns false at the end
// of the text.
func (x *index) fill() bool {
	x.entries, x.next = x.entries[:0], 0
	for len(x.entries) == 0 {
		if x.scanned == len(x.buf) {
			return false
		}
		end := min(x.scanned+windowBytes, len(x.buf))
		x.scan(x.scanned, end)
		x.scanned = end
	}
	return true
}

// scan indexes buf[from:to].
func (x *index) scan(from, to int) {
	var clean bool
	if hasVectors && !x.portable {
		clean = x.scanVectors(from, to)
	} else {
		x.entries, x.state, clean = scanPortable(x.buf, from, to, x.entries, x.state)
		clean = clean && validUTF8(x.buf, from, to)
	}
	if !clean {
		x.dirty = true
	}
}

// validUTF8 reports whether the characters that start in buf[from:to] are valid, if everything
// before them is valid. A character that crosses the end of the window is checked here as a whole.
func validUTF8(buf []byte, from, to int) bool {
	for back := 0; back < utf8.UTFMax-1 && from < to && from > 0 && !utf8.RuneStart(buf[from]); back++ {
		from++ // it was checked with the previous window
	}
	for more := 0; more < utf8.UTFMax-1 && to < len(buf) && !utf8.RuneStart(buf[to]); more++ {
		to++
	}
	return utf8.Valid(buf[from:to])
}
