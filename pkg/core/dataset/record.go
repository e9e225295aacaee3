// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// record is the current record: its text, its nodes, and the results of checking it. Each worker
// has one and reuses it.
type record struct {
	buf    []byte // the buffer of the block that contains the record
	nodes  []strictjson.Node
	dense  bool // no white space between tokens
	marks  marks
	number int64 // the number of the record in the block

	edits       []edit
	example     example // the facts about the example that the record makes
	faults      []finding
	faultCounts []faultCount // counts of its faults
	hasError    bool         // one of them is an error
	leftOut     Outcome      // why a record without errors makes no example
	log         *faultLog

	worker *worker
}

// finding is a fault of the current record.
type finding struct {
	offset   int // offset in buf
	pointer  string
	node     int // the node that the pointer leads to, unless negative
	code     string
	severity Severity
	message  string
	fix      string
}

// pointerIn returns the pointer of the finding, which is in the record or, without a node, in none.
func (f *finding) pointerIn(r *record) string {
	if f.node > root {
		return r.pointer(f.node)
	}
	return f.pointer
}

// faultCount counts the faults of one kind in a record.
type faultCount struct {
	kindOfFault
	n int
}

// hasRoom counts a fault of the current record and reports whether it may be kept. The limit stops
// one record from filling the memory with faults.
func (r *record) hasRoom(kind kindOfFault) bool {
	i := slices.IndexFunc(r.faultCounts, func(t faultCount) bool { return t.kindOfFault == kind })
	if i < 0 {
		i = len(r.faultCounts)
		r.faultCounts = append(r.faultCounts, faultCount{kindOfFault: kind})
	}
	r.faultCounts[i].n++
	return r.faultCounts[i].n <= defaultMaxFaults
}

const root = 0

func (r *record) kind(n int) strictjson.Kind { return r.nodes[n].Kind }

// raw returns the original text of a node.
func (r *record) raw(n int) []byte {
	return r.buf[r.nodes[n].Start:r.nodes[n].End]
}

// key returns the text of a name or of another string. It decodes only a string with escapes;
// otherwise the result is part of the buffer.
func (r *record) key(n int) []byte {
	if r.nodes[n].Escaped {
		return []byte(r.text(n))
	}
	return r.buf[r.nodes[n].Start+1 : r.nodes[n].End-1]
}

// text decodes a string. Invalid text in it was already reported.
func (r *record) text(n int) string {
	raw := r.raw(n)
	if !r.nodes[n].Escaped {
		return string(raw[1 : len(raw)-1])
	}
	s, err := strictjson.Unquote(raw)
	if err != nil {
		return strings.ToValidUTF8(string(raw[1:len(raw)-1]), "\uFFFD")
	}
	return s
}

// next returns the first node after n and its contents.
func (r *record) next(n int) int { return int(r.nodes[n].Next) }

// len returns the number of elements of an array or members of an object.
func (r *record) len(n int) int {
	count := 0
	for i := n + 1; i < r.next(n); i = r.next(i) {
		count++
	}
	if r.kind(n) == strictjson.Object {
		count /= 2
	}
	return count
}

// member returns the value of the member, or 0 if there is none. The root is never the value of a
// member.
func (r *record) member(obj int, name string) int {
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		if string(r.key(i)) == name {
			return i + 1
		}
	}
	return 0
}

// blank reports whether a string contains only white space.
func (r *record) blank(n int) bool {
	raw := r.raw(n)
	return blank(raw[1 : len(raw)-1])
}

// blank reports whether the inside of a string encodes only white space.
func blank(raw []byte) bool {
	for len(raw) > 0 {
		c, size := rune(raw[0]), 1
		switch {
		case c == '\\':
			var text [16]byte
			if size = 2; raw[1] == 'u' {
				size = min(6, len(raw))
			}
			s, err := strictjson.Unquote(append(append(append(text[:0], '"'), raw[:size]...), '"'))
			if err != nil {
				return false // half of a surrogate pair, which is not white space
			}
			c, _ = utf8.DecodeRuneInString(s)
		case c >= utf8.RuneSelf:
			c, size = utf8.DecodeRune(raw)
		}
		if !unicode.IsSpace(c) {
			return false
		}
		raw = raw[size:]
	}
	return true
}

// fail reports an error at a node.
func (r *record) fail(n int, code, message, fix string) {
	r.report(n, SeverityError, code, message, fix)
}

// leaveOut records that the record makes no example, because there is nothing to learn from it.
// This is no error of the file: users upload files as they are, and one record of 50,000 without an
// answer must not block the others. But it is always visible: a warning names the record, and the
// report counts it.
//
// Only records that are converted are left out. An example in the format of Vertex AI must be
// usable unchanged, so there the same problem is an error.
func (r *record) leaveOut(n int, why Outcome, message, fix string) {
	if r.leftOut == "" {
		r.leftOut = why
	}
	r.warn(n, string(why), message+": the record is left out", fix)
}

// warn reports a warning at a node.
func (r *record) warn(n int, code, message, fix string) {
	r.report(n, SeverityWarning, code, message, fix)
}

func (r *record) report(n int, severity Severity, code, message, fix string) {
	if severity == SeverityError {
		r.hasError = true
	}
	f := finding{offset: int(r.nodes[n].Start), node: n, code: code, severity: severity, message: message, fix: fix}
	kind := kindOfFault{code, severity}
	switch {
	case r.hasRoom(kind):
		r.faults = append(r.faults, f)
	case r.log == nil: // a value inside a string of a record, which has its own bound
	case severity == SeverityError:
		r.log.count(kind, 1)
	default:
		r.log.add(r.number, &f, r)
	}
}

// failed reports whether an error was found.
func (r *record) failed() bool { return r.hasError }

// wrongType reports a node of the wrong kind.
func (r *record) wrongType(n int, want strictjson.Kind) {
	r.fail(n, CodeWrongType, "this must be "+article(want)+", not "+article(r.kind(n)), "")
}

func article(k strictjson.Kind) string {
	switch k {
	case strictjson.Array, strictjson.Object:
		return "an " + k.String()
	case strictjson.Null, strictjson.Invalid:
		return k.String()
	}
	return "a " + k.String()
}

// is reports whether the node has the kind, and adds a fault if not.
func (r *record) is(n int, want strictjson.Kind) bool {
	if r.kind(n) == want {
		return true
	}
	r.wrongType(n, want)
	return false
}

// pointer returns the RFC 6901 pointer to a value, or to the value of the member whose name is at
// node.
func (r *record) pointer(node int) string { return string(r.appendPointer(nil, node, false)) }

// appendPointer appends the pointer. If shape is set, all elements of an array have the same
// pointer.
func (r *record) appendPointer(dst []byte, node int, shape bool) []byte {
	for at := root; at != node; {
		object := r.kind(at) == strictjson.Object
		child, index := at+1, 0
		for r.next(child) <= node {
			child = r.next(child)
			index++
		}
		dst = append(dst, '/')
		name := child
		if object && index%2 == 1 {
			for name = at + 1; name+1 != child; {
				name = r.next(name + 1)
			}
		}
		switch {
		case object && shape: // it must only be the same for equal names
			dst = append(dst, r.raw(name)...)
		case object:
			dst = append(dst, escapePointer(r.text(name))...)
		case shape:
			dst = append(dst, '*')
		default:
			dst = strconv.AppendInt(dst, int64(index), 10)
		}
		at = child
	}
	return dst
}

func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// flush passes the faults of the record to the log, in the order of the text.
func (r *record) flush() {
	if len(r.faults) == 0 {
		return
	}
	sort.SliceStable(r.faults, func(i, j int) bool { return r.faults[i].offset < r.faults[j].offset })
	for i := range r.faults {
		r.log.add(r.number, &r.faults[i], r)
	}
	r.faults = r.faults[:0]
}
