// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

// Node is one value of a parsed document, or the name of a member. The nodes of a value follow each
// other in the order of the text: the elements of an array follow the array; the names and values
// of an object follow the object in turn.
type Node struct {
	Start, End uint32 // the text of the value, including quotes or brackets
	Next       uint32 // the index of the first node after the value and all its contents
	Kind       Kind
	Escaped    bool // the string contains at least one backslash
}

// Parser reads values from a buffer, one after the other. The zero value is ready for Reset. A
// Parser is not safe for concurrent use.
type Parser struct {
	// Nodes is the last value read; Nodes[0] is its root. The next call of Parse overwrites it.
	Nodes []Node
	// Violations are the faults of the last value that left its structure readable. They are
	// ordered by the end of the value or object that contains them.
	Violations []Error
	// Dropped counts, by code, the violations of the last value that are not kept.
	Dropped map[string]int64

	index    index
	open     []frame  // the containers around the current position
	names    []uint32 // scratch of checkNames
	inString bool     // a string is being read
	dense    int      // bytes of the current value, without the white space between tokens
	comma    int      // the comma of an array that waits for its next element, or -1
	// lean drops the nodes of each container when it closes, so that memory does not grow with the
	// document if the nodes are not needed.
	lean bool
}

// frame is a container that is still open.
type frame struct {
	node  uint32 // its index in Nodes
	name  uint32 // the name of the current member, 0 before the first
	count uint32 // the elements of an array so far, including the current one
}

// Reset makes the parser read from buf, which must be smaller than 4 GiB and must not change. The
// parser releases the previous buffer.
func (p *Parser) Reset(buf []byte) {
	p.index.restart(buf, 0)
	p.Nodes, p.Violations = p.Nodes[:0], p.Violations[:0]
	clear(p.Dropped)
}

// Parse reads the value at buf[at:limit] and returns the offset after it. White space may come
// before the value. An error means that the structure of the value is broken; Nodes then ends where
// the error is. All other faults are in Violations. Offsets must not decrease from call to call.
func (p *Parser) Parse(at, limit int) (end int, err *Error) {
	p.Nodes, p.Violations, p.open = p.Nodes[:0], p.Violations[:0], p.open[:0]
	p.comma, p.dense = -1, 0
	clear(p.Dropped)
	p.seek(at)
	if err := p.value(limit); err != nil {
		err.Pointer = p.pointer(len(p.open))
		p.checkOpenNames()
		return int(err.Offset), err
	}
	return int(p.Nodes[0].End), nil
}

// Compact reports whether the last value has no white space outside its strings.
func (p *Parser) Compact() bool {
	return len(p.Nodes) > 0 && p.dense == int(p.Nodes[0].End-p.Nodes[0].Start)
}

// Skip tells the parser that the next value starts at buf[at] or later. The parser discards its
// index after the last value, which may be wrong.
func (p *Parser) Skip(at int) {
	p.index.restart(p.index.buf, at)
}

// seek drops the entries before at, which are between two values.
func (p *Parser) seek(at int) {
	x := &p.index
	if at > x.scanned {
		x.restart(x.buf, at) // skipped text need not be indexed
		return
	}
	for x.next < len(x.entries) && int(x.entries[x.next]) < at {
		x.next++ // later windows begin after at
	}
}

// entry returns the next entry before limit and consumes it.
func (p *Parser) entry(limit int) (at int, ok bool) {
	x := &p.index
	if x.next == len(x.entries) && !x.fill() {
		return limit, false
	}
	at = int(x.entries[x.next])
	if at >= limit {
		return limit, false
	}
	x.next++
	return at, true
}

// value reads one value and everything in it.
func (p *Parser) value(limit int) *Error {
	buf := p.index.buf
	for {
		// A value is expected here.
		at, ok := p.entry(limit)
		if !ok {
			return failure(limit, CodeUnexpectedEnd, "the text ends where a value is expected")
		}
		if len(p.open) > 0 {
			p.open[len(p.open)-1].count++
		}
		if len(p.Nodes) >= MaxValues {
			return failure(at, CodeTooManyValues, "there are too many values")
		}
		var err *Error
		switch c := buf[at]; c {
		case '"':
			err = p.string(at, limit)
		case '{', '[':
			var empty bool
			if empty, err = p.enter(at, limit); err == nil && !empty {
				continue
			}
		case ']', '}':
			if p.comma >= 0 && c == p.closing() {
				p.open[len(p.open)-1].count--
				p.violate(p.comma, CodeTrailingComma, "there is a comma before the closing bracket")
				p.closeContainer(at)
				break
			}
			err = failure(at, CodeSyntax, "a value is expected, not "+quoteByte(c))
		case ',', ':':
			err = failure(at, CodeSyntax, "a value is expected, not "+quoteByte(c))
		default:
			err = p.scalar(at, limit)
		}
		if err != nil {
			return err
		}
		done, err := p.separator(limit)
		if done || err != nil {
			return err
		}
	}
}

// enter opens the container at buf[at]. It reads the name of the first member
// of an object, and closes a container that is empty.
func (p *Parser) enter(at, limit int) (empty bool, err *Error) {
	kind := Array
	if p.index.buf[at] == '{' {
		kind = Object
	}
	if len(p.open) == MaxDepth {
		return false, failure(at, CodeTooDeep, "arrays and objects are nested too deeply")
	}
	p.comma = -1
	p.dense += 2
	p.open = append(p.open, frame{node: uint32(len(p.Nodes))})
	p.Nodes = append(p.Nodes, Node{Start: uint32(at), Kind: kind})
	next, ok := p.peek(limit)
	if ok && p.index.buf[next] == p.closing() {
		p.index.next++
		p.closeContainer(next)
		return true, nil
	}
	if kind == Object {
		return false, p.name(limit)
	}
	return false, nil
}

// separator reads the text after a value: a comma and the name of the next member, or the closing
// brackets of the containers that end with the value.
func (p *Parser) separator(limit int) (done bool, err *Error) {
	for len(p.open) > 0 {
		if p.lean {
			p.forget()
		}
		at, ok := p.entry(limit)
		if !ok {
			return false, failure(limit, CodeUnexpectedEnd, "the text ends before "+quoteByte(p.closing()))
		}
		switch c := p.index.buf[at]; {
		case c == p.closing():
			p.closeContainer(at)
		case c == '/' || c == '#':
			return false, failure(at, CodeComment, "JSON has no comments")
		case c != ',':
			return false, failure(at, CodeSyntax, "a comma or "+quoteByte(p.closing())+" is expected, not "+unexpected(p.index.buf[at:limit], nil))
		case p.closing() == ']':
			p.comma = at
			p.dense++
			return false, nil
		default:
			p.dense++
			next, ok := p.peek(limit)
			if !ok || p.index.buf[next] != '}' {
				return false, p.name(limit)
			}
			p.violate(at, CodeTrailingComma, "there is a comma before the closing bracket")
			p.index.next++
			p.closeContainer(next)
		}
	}
	return true, nil
}

// name reads the name of a member and the colon after it.
func (p *Parser) name(limit int) *Error {
	at, ok := p.entry(limit)
	if !ok {
		return failure(limit, CodeUnexpectedEnd, "the text ends where a name is expected")
	}
	if c := p.index.buf[at]; c != '"' {
		if c == '/' || c == '#' {
			return failure(at, CodeComment, "JSON has no comments")
		}
		return failure(at, CodeSyntax, "a name in double quotes is expected, not "+unexpected(p.index.buf[at:limit], nil))
	}
	p.comma = -1 // a comma of an outer array no longer matters: a name needs a value
	p.open[len(p.open)-1].name = uint32(len(p.Nodes))
	if err := p.string(at, limit); err != nil {
		return err
	}
	at, ok = p.entry(limit)
	if !ok {
		return failure(limit, CodeUnexpectedEnd, "the text ends behind a name")
	}
	if c := p.index.buf[at]; c != ':' {
		return failure(at, CodeSyntax, "a colon is expected, not "+unexpected(p.index.buf[at:limit], nil))
	}
	p.dense++
	return nil
}

// peek returns the next entry before limit.
func (p *Parser) peek(limit int) (at int, ok bool) {
	at, ok = p.entry(limit)
	if ok {
		p.index.next--
	}
	return at, ok
}

// closeContainer closes the innermost container at buf[at].
func (p *Parser) closeContainer(at int) {
	i := p.open[len(p.open)-1].node
	p.open = p.open[:len(p.open)-1]
	n := &p.Nodes[i]
	n.End, n.Next = uint32(at)+1, uint32(len(p.Nodes))
	if n.Kind == Object {
		p.checkNames(i, len(p.open))
	}
}

// forget drops the nodes of the value that was just read. It keeps the root of the value if the
// next name is found through it.
func (p *Parser) forget() {
	top := p.open[len(p.open)-1]
	keep := top.node + 1
	if p.Nodes[top.node].Kind == Object {
		keep = top.name + 2
		p.Nodes[top.name+1].Next = keep
	}
	p.Nodes = p.Nodes[:keep]
}

// closing returns the bracket that ends the innermost container.
func (p *Parser) closing() byte {
	if p.Nodes[p.open[len(p.open)-1].node].Kind == Object {
		return '}'
	}
	return ']'
}
