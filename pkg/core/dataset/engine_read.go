// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// defaultBlockBytes is how much text is processed at a time, unless a record is longer.
const defaultBlockBytes = 256 << 10

// slackBytes is extra memory after the text of a block, so that its last record can also be read in
// vectors.
const slackBytes = 64

// firstBlockBytes is the size of the first block. It is small because many files are small.
const firstBlockBytes = 16 << 10

// remainder is text that was read but not processed.
type remainder struct {
	text  []byte
	base  int64 // the offset of text
	state state // the state at the start of text
}

// read processes the text block by block.
func (e *engine) read() error {
	b := &e.block
	e.worker.info = &e.info
	left := remainder{base: e.src.start()}
	retries := 3 // attempts with several workers that may fail before one continues
	if e.opt.Workers == 1 {
		retries = 0
	}
	for {
		buf := e.buffer(left)
		kept := copy(buf, left.text)
		n, eof, err := e.src.fill(buf[kept:])
		if err != nil && !e.corrupt(err) {
			return err
		}
		b.reset(buf[:kept+n], left.base, eof, left.state)
		b.bytesRead = e.src.raw.n
		starts, err := e.processBlock(b, retries > 0)
		if err != nil {
			return err
		}
		left = remainder{b.buf[b.used:], b.base + int64(b.used), b.state}
		switch {
		case b.state == afterArray:
			return e.close(left, eof)
		case eof:
			e.end(b)
			e.report.InputBytes = left.base
			return nil
		case b.endless || len(left.text) > e.opt.MaxRecordBytes:
			if left, err = e.skipRecord(left, buf, b.endless); e.gaveUp {
				e.report.InputBytes = left.base
				return err
			}
		case len(starts) > 0:
			before := e.report.Records
			if left, err = e.parallel(left, starts); e.report.Records == before {
				retries--
			}
		}
		if err != nil {
			return err
		}
	}
}

// processBlock checks and merges the records of a block, about blockBytes at a time, so that the
// results do not grow with a block that one long record has made large. If wantStarts is set, it
// returns how records start.
func (e *engine) processBlock(b *block, wantStarts bool) (starts [][]byte, err error) {
	if e.info.container == "" && !e.start(b) {
		return nil, e.merge(b)
	}
	for {
		b.limit = e.opt.blockBytes
		e.worker.run(b)
		if wantStarts && starts == nil {
			starts = recordStarts(b)
		}
		if err = e.merge(b); err != nil || !b.stoppedAtLimit {
			return starts, err
		}
		b.reset(b.buf[b.used:], b.base+int64(b.used), b.final, b.state)
	}
}

// buffer returns the memory for the next block. left is the rest of the previous block.
func (e *engine) buffer(left remainder) []byte {
	n := len(left.text)
	size := e.opt.blockBytes
	switch {
	case left.base == 0 && n == 0:
		size = min(size, firstBlockBytes)
	case n >= size:
		size = n + min(n, e.opt.MaxRecordBytes+e.opt.blockBytes)
	}
	if size > len(e.buf) {
		e.buf = make([]byte, size, size+slackBytes)
	}
	return e.buf[:size]
}

// start determines the layout of the file from its first block. It reports whether the block is
// long enough for that.
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
	e.info.container, e.info.newline = container, newline
	e.report.Container = container
	b.used, b.state = at, from
	if container == ContainerDataObject {
		e.head = append(e.head, b.buf[:at]...)
	}
	return true
}

// end reports a file that ends before its array does.
func (e *engine) end(b *block) {
	at := b.base + int64(len(b.buf))
	textEnd := b.base + int64(len(bytes.TrimRight(b.buf, " \t\r\n")))
	cut := func(f Fault) bool { return f.Code == strictjson.CodeUnexpectedEnd && f.Offset >= textEnd }
	if b.state == betweenValues || slices.ContainsFunc(e.faults.rows, cut) {
		return // if the last record is cut off too, its fault says so
	}
	e.fault(at, &finding{
		code:    strictjson.CodeUnexpectedEnd,
		message: "the file ends before its array does", fix: textFixes[strictjson.CodeUnexpectedEnd],
	})
}

// maxSkippedBytes limits how much of one record is read to find its end. A small compressed file
// can contain a record without an end.
const maxSkippedBytes = 256 << 20

// The fault of a record that is too long.
const (
	tooLarge    = "the record is longer than the limit"
	tooLargeFix = "split the conversation, or raise the limit"
)

// skipRecord reads to the end of a record that is too long for the memory or nested too deeply. buf
// contains its start.
func (e *engine) skipRecord(left remainder, buf []byte, endless bool) (remainder, error) {
	space := skipSpace(left.text, 0)
	e.lines += e.lineEnds(left.text[:space])
	left.text, left.base = left.text[space:], left.base+int64(space)
	f := finding{code: CodeRecordTooLarge, message: tooLarge, fix: tooLargeFix}
	if endless {
		f = finding{code: strictjson.CodeTooDeep, message: "arrays and objects are nested too deeply", fix: usualFixes[strictjson.CodeTooDeep]}
	}
	record, start, line := e.report.Records, left.base, e.lines
	defer func() { e.faultIn(record, start, line, &f) }()
	e.report.Records++
	s := skipper{line: e.info.container == ContainerLines, newline: e.info.newline}
	if left.state != betweenValues {
		left.state = afterElement
	}
	for eof := false; ; {
		at, done := s.skip(left.text)
		e.lines += e.lineEnds(left.text[:at])
		left.base += int64(at)
		left.text = left.text[at:]
		if done || eof {
			return left, nil
		}
		if left.base-start > maxSkippedBytes {
			e.gaveUp = true
			f.message += "; its end was not found, so the rest of the file was not read"
			return left, nil
		}
		n, end, err := e.src.fill(buf)
		if err != nil && !e.corrupt(err) {
			return left, err
		}
		left.text, eof = buf[:n], end
	}
}

// skipper finds the end of a record that is read in pieces.
type skipper struct {
	line     bool // the record ends with its line
	newline  byte
	depth    int
	inString bool
	escaped  bool
}

// skip returns the offset in text after the record, if the record ends there.
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

// close reads the text after the array of records.
func (e *engine) close(left remainder, eof bool) error {
	tail, base := bytes.Clone(left.text), left.base
	for !eof && len(tail) <= e.opt.MaxRecordBytes {
		more := make([]byte, e.opt.blockBytes)
		n, end, err := e.src.fill(more)
		if err != nil && !e.corrupt(err) {
			return err
		}
		tail, eof = append(tail, more[:n]...), end
	}
	e.report.InputBytes = base + int64(len(tail))
	if e.info.container == ContainerDataObject {
		e.checkEnvelope(tail, base)
		return nil
	}
	if at := skipSpace(tail, 0); at < len(tail) {
		e.faultIn(-1, base+int64(at), e.lines+e.lineEnds(tail[:at]), &finding{
			code: strictjson.CodeTrailingData, message: "there is more text after the array",
			fix: "keep all records in one array",
		})
	}
	return nil
}

func (e *engine) lineEnds(text []byte) int64 { return int64(bytes.Count(text, []byte{e.info.newline})) }

// checkEnvelope checks the text of the object around the records, without the records.
func (e *engine) checkEnvelope(tail []byte, base int64) {
	text := append(append(e.head, ']'), tail...)
	fault := func(at int64, f *finding) {
		offset, line := at+e.src.start(), e.lineEnds(text[:at])
		if behind := at - int64(len(e.head)) - 1; behind >= 0 { // after the array
			offset, line = base+behind, e.lines+e.lineEnds(tail[:behind])
		}
		e.faultIn(-1, offset, line, f)
	}
	var p strictjson.Parser
	p.Reset(text)
	end, err := p.Parse(0, len(text))
	if rest := skipSpace(text, end); err == nil && rest < len(text) {
		err = &strictjson.Error{Offset: int64(rest), Code: strictjson.CodeTrailingData, Message: "there is more text after the object"}
	}
	for _, v := range p.Violations {
		fault(v.Offset, &finding{code: v.Code, message: v.Message, fix: textFixes[v.Code]})
	}
	if err != nil {
		fault(err.Offset, &finding{code: err.Code, message: err.Message, fix: textFixes[err.Code]})
		return
	}
	if e.opt.IgnoreEnvelope {
		return
	}
	r := record{buf: text, nodes: p.Nodes}
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if name := r.text(i); name != "data" {
			fault(int64(r.start(i)), &finding{
				code:    CodeUnknownField,
				message: "the object around the records has the unknown member " + quoted(name), fix: `keep "data" alone`,
			})
		}
	}
}
