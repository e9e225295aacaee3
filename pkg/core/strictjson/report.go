// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
)

func failure(at int, code, message string) *Error {
	return &Error{Offset: int64(at), Code: code, Message: message}
}

// maxViolations limits the violations with one code that are kept of one value. More of them would
// not help the reader.
const maxViolations = 100

// violate records a fault at buf[at] after which the parser can continue, and reports whether the
// fault is kept.
func (p *Parser) violate(at int, code, message string) bool {
	if p.isFull(code) {
		if p.Dropped == nil {
			p.Dropped = make(map[string]int64)
		}
		p.Dropped[code]++
		return false
	}
	p.Violations = append(p.Violations, Error{Offset: int64(at), Code: code, Message: message})
	if p.inString {
		return true // string sets the pointer when the name is complete
	}
	p.Violations[len(p.Violations)-1].Pointer = p.pointer(len(p.open))
	return true
}

// isFull reports whether no more violations with the code are kept.
func (p *Parser) isFull(code string) bool {
	if len(p.Violations) < maxViolations || p.Dropped[code] > 0 {
		return p.Dropped[code] > 0
	}
	kept := 0
	for i := range p.Violations {
		if p.Violations[i].Code == code {
			kept++
		}
	}
	return kept == maxViolations
}

// maxPointer is the maximum depth of a pointer. The pointer to a deeper value ends at the value
// around it.
const maxPointer = 32

// pointer returns the RFC 6901 pointer to the current value of the container
// that is open at depth, or to the container itself if it holds nothing yet.
func (p *Parser) pointer(depth int) string {
	var b strings.Builder
	for _, f := range p.open[:min(depth, maxPointer)] {
		switch {
		case p.Nodes[f.node].Kind == Object && f.name != 0 && int(f.name) < len(p.Nodes):
			b.WriteByte('/')
			b.WriteString(escapePointer(p.text(f.name)))
		case p.Nodes[f.node].Kind == Array && f.count != 0:
			b.WriteByte('/')
			b.WriteString(strconv.Itoa(int(f.count) - 1))
		}
	}
	return b.String()
}

// text returns the text of a string node, decoded as far as possible.
func (p *Parser) text(node uint32) string {
	n := p.Nodes[node]
	raw := p.index.buf[n.Start:n.End]
	if s, err := Unquote(raw); err == nil {
		return s
	}
	return strings.ToValidUTF8(string(raw[1:len(raw)-1]), "\uFFFD")
}

// escapePointer writes a name as one token of an RFC 6901 pointer.
func escapePointer(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, "~", "~0"), "/", "~1")
}

// smallObject is the largest number of members whose names are compared one by one, which needs no
// memory.
const smallObject = 12

// checkNames reports the names that an object contains twice. depth is the number of containers
// around it.
func (p *Parser) checkNames(obj uint32, depth int) {
	p.names = p.names[:0]
	escaped := false
	end := uint32(len(p.Nodes))
	for name := obj + 1; name < end; name = p.Nodes[name+1].Next {
		p.names = append(p.names, name)
		escaped = escaped || p.Nodes[name].Escaped
		if name+1 == end || p.Nodes[name+1].Next == 0 {
			break // the object is still open: its last member is incomplete
		}
	}
	if len(p.names) < 2 {
		return
	}
	if escaped || len(p.names) > smallObject {
		p.checkManyNames(escaped, depth)
		return
	}
	for i, a := range p.names {
		for _, b := range p.names[:i] {
			if p.sameToken(a, b) {
				p.duplicate(a, depth)
				break
			}
		}
	}
}

func (p *Parser) sameToken(a, b uint32) bool {
	x, y := &p.Nodes[a], &p.Nodes[b]
	if x.End-x.Start != y.End-y.Start {
		return false
	}
	buf := p.index.buf
	return buf[x.Start+1] == buf[y.Start+1] && bytes.Equal(buf[x.Start:x.End], buf[y.Start:y.End])
}

// checkManyNames sorts the names, which needs no extra memory. If a name has escapes, it decodes
// the names instead.
func (p *Parser) checkManyNames(escaped bool, depth int) {
	if escaped {
		seen := make(map[string]bool, len(p.names))
		for _, name := range p.names {
			s := p.text(name)
			if seen[s] {
				p.duplicate(name, depth)
			}
			seen[s] = true
		}
		return
	}
	raw := func(name uint32) []byte { return p.index.buf[p.Nodes[name].Start:p.Nodes[name].End] }
	slices.SortFunc(p.names, func(a, b uint32) int {
		if c := bytes.Compare(raw(a), raw(b)); c != 0 {
			return c
		}
		return cmp.Compare(a, b)
	})
	for i := 1; i < len(p.names); i++ {
		if bytes.Equal(raw(p.names[i-1]), raw(p.names[i])) {
			p.duplicate(p.names[i], depth)
		}
	}
}

// duplicate reports a repeated name of an object that has depth containers around it.
func (p *Parser) duplicate(name uint32, depth int) {
	s := p.text(name)
	if p.violate(int(p.Nodes[name].Start), CodeDuplicateName, "the name "+strconv.Quote(s)+" occurs twice in one object") {
		p.Violations[len(p.Violations)-1].Pointer = p.pointer(depth) + "/" + escapePointer(s)
	}
}

// checkOpenNames looks for duplicates in the objects that an error left open.
func (p *Parser) checkOpenNames() {
	for depth, f := range p.open {
		if p.Nodes[f.node].Kind == Object {
			p.checkNames(f.node, depth)
		}
	}
}
