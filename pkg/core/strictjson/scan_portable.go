// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

// Classes of bytes. A byte outside strings with no class continues a scalar.
const (
	classSpace   = 1 << iota // white space
	classPunct               // one of {}[]:,
	classStop                // ends a plain run inside a string: quote or backslash
	classControl             // below U+0020
)

var classes = func() (t [256]uint8) {
	for c := range 0x20 {
		t[c] = classControl
	}
	for _, c := range []byte(" \t\n\r") {
		t[c] |= classSpace
	}
	for _, c := range []byte("{}[]:,") {
		t[c] |= classPunct
	}
	t['"'] |= classStop
	t['\\'] |= classStop
	return t
}()

// scanPortable appends the entries of buf[from:to] to entries. clean is false if there is a control
// character inside a string.
func scanPortable(buf []byte, from, to int, entries []uint32, s scanState) (_ []uint32, _ scanState, clean bool) {
	clean = true
	i := from
	if s.escaped {
		if s.inString && classes[buf[i]]&classControl != 0 {
			clean = false
		}
		s.escaped = false
		i++
	}
	for i < to {
		c := buf[i]
		class := classes[c]
		switch {
		case class&classStop != 0:
			entries = append(entries, uint32(i))
			s.inScalar = false
			if c == '"' {
				s.inString = !s.inString
				break
			}
			i++
			if i == to {
				s.escaped = true
			} else if s.inString && classes[buf[i]]&classControl != 0 {
				clean = false
			}
		case s.inString:
			if class&classControl != 0 {
				clean = false
			}
		case class&classPunct != 0:
			entries = append(entries, uint32(i))
			s.inScalar = false
		case class&classSpace != 0:
			s.inScalar = false
		case !s.inScalar:
			entries = append(entries, uint32(i))
			s.inScalar = true
		}
		i++
	}
	return entries, s, clean
}
