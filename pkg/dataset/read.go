// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// defaultBlockBytes is how much text is dealt with at a time, unless a record is
// longer.
const defaultBlockBytes = 256 << 10

// read deals with the text block by block.
func (e *engine) read() error {
	buf := make([]byte, e.opt.blockBytes)
	b := &block{}
	wk := &worker{layout: &e.layout}
	base, kept := int64(0), 0
	if e.src.marked {
		base = int64(len(byteOrderMark))
	}
	for {
		n, eof, err := e.src.fill(buf[kept:])
		if err != nil && !e.corrupt(err) {
			return err
		}
		text := buf[:kept+n]
		b.reset(text, base, eof, b.state)
		if e.layout.container != "" || e.start(b) {
			wk.run(b)
		}
		if err := e.merge(b); err != nil {
			return err
		}
		base += int64(b.used)
		rest := text[b.used:]
		switch {
		case b.state == afterArray:
			return e.close(rest, base, eof)
		case eof:
			e.end(b)
			e.report.InputBytes = base
			return nil
		case b.used > 0 || len(text) < len(buf):
		case len(buf) < e.opt.MaxRecordBytes+e.opt.blockBytes:
			buf = make([]byte, min(2*len(buf), e.opt.MaxRecordBytes+e.opt.blockBytes))
		default:
			skipped, left, err := e.skipRecord(b, buf)
			if err != nil {
				return err
			}
			base += skipped
			rest = left
		}
		kept = copy(buf, rest)
	}
}

// start looks at the first block, and reports whether it tells enough.
func (e *engine) start(b *block) bool {
	container, newline, at, from := sniff(b.buf, b.final)
	if container == "" {
		if len(b.buf) < e.opt.MaxRecordBytes && at < len(b.buf) {
			return false
		}
		if at < len(b.buf) {
			container = ContainerLines
		}
	}
	e.layout.container, e.layout.newline = container, newline
	e.report.Container = container
	b.used, b.state = at, from
	if container == ContainerDataObject {
		e.head = append(e.head, b.buf[:at]...)
	}
	return true
}

// end reports a file that stops before its array does.
func (e *engine) end(b *block) {
	if b.state == betweenValues {
		return
	}
	e.fault(b.base+int64(len(b.buf)), &finding{
		code: strictjson.CodeUnexpectedEnd, severity: SeverityError,
		message: "the file ends before its array does", fix: textFixes[strictjson.CodeUnexpectedEnd],
	})
}

// skipRecord passes over a record that is too long to be held. It returns how
// many bytes it dropped, and what it has read behind them.
func (e *engine) skipRecord(b *block, buf []byte) (dropped int64, left []byte, err error) {
	e.faultIn(e.report.Records, b.base, &finding{
		code: CodeRecordTooLarge, severity: SeverityError,
		message: "the record is longer than may be read", fix: "split the conversation, or raise the bound",
	})
	e.report.Records++
	s := skipper{line: e.layout.container == ContainerLines, newline: e.layout.newline}
	if b.state != betweenValues {
		b.state = afterElement
	}
	for text, eof := buf, false; ; {
		at, done := s.skip(text)
		dropped += int64(at)
		e.lines += int64(bytes.Count(text[:at], []byte{e.layout.newline}))
		if done || eof {
			return dropped, text[at:], nil
		}
		var n int
		n, eof, err = e.src.fill(buf)
		if err != nil && !e.corrupt(err) {
			return dropped, nil, err
		}
		text = buf[:n]
	}
}

// skipper looks for the end of a record that comes in pieces.
type skipper struct {
	line     bool // the record ends with its line
	newline  byte
	depth    int
	inString bool
	escaped  bool
}

// skip returns the offset in text behind the record, if it ends there.
func (s *skipper) skip(text []byte) (at int, done bool) {
	if s.line {
		if at = bytes.IndexByte(text, s.newline); at >= 0 {
			return at, true
		}
		return len(text), false
	}
	for i, c := range text {
		switch {
		case s.escaped:
			s.escaped = false
		case s.inString && c == '\\':
			s.escaped = true
		case c == '"':
			s.inString = !s.inString
		case s.inString:
		case c == '{' || c == '[':
			s.depth++
		case c == '}' || c == ']':
			if s.depth--; s.depth <= 0 {
				return i + 1, true
			}
		}
	}
	return len(text), false
}

// close reads what follows the array of records.
func (e *engine) close(rest []byte, base int64, eof bool) error {
	tail := bytes.Clone(rest)
	for !eof && len(tail) <= e.opt.MaxRecordBytes {
		more := make([]byte, e.opt.blockBytes)
		n, end, err := e.src.fill(more)
		if err != nil && !e.corrupt(err) {
			return err
		}
		tail, eof = append(tail, more[:n]...), end
	}
	e.report.InputBytes = base + int64(len(tail))
	if e.layout.container == ContainerDataObject {
		e.checkEnvelope(tail, base)
		return nil
	}
	if at := skipSpace(tail, 0); at < len(tail) {
		e.fault(base+int64(at), &finding{
			code: strictjson.CodeTrailingData, severity: SeverityError, message: "there is more text after the array",
			fix: "keep all records in one array",
		})
	}
	return nil
}

// checkEnvelope checks the object around the records: its text without them.
func (e *engine) checkEnvelope(tail []byte, base int64) {
	text := append(append(e.head, ']'), tail...)
	place := func(at int64) int64 {
		if at < int64(len(e.head)) {
			return at
		}
		return at - int64(len(e.head)) - 1 + base
	}
	var p strictjson.Parser
	p.Reset(text)
	end, err := p.Parse(0, len(text))
	if rest := skipSpace(text, end); err == nil && rest < len(text) {
		err = &strictjson.Error{Offset: int64(rest), Code: strictjson.CodeTrailingData, Message: "there is more text after the object"}
	}
	for _, v := range p.Violations {
		e.fault(place(v.Offset), &finding{code: v.Code, severity: SeverityError, message: v.Message, fix: textFixes[v.Code]})
	}
	if err != nil {
		e.fault(place(err.Offset), &finding{code: err.Code, severity: SeverityError, message: err.Message, fix: textFixes[err.Code]})
		return
	}
	if e.opt.IgnoreEnvelope {
		return
	}
	r := record{buf: text, nodes: p.Nodes}
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if name := r.text(i); name != "data" {
			e.fault(place(int64(r.nodes[i].Start)), &finding{
				code: CodeUnknownField, severity: SeverityError,
				message: "the object around the records has the unknown member " + quoted(name), fix: `keep "data" alone`,
			})
		}
	}
}
