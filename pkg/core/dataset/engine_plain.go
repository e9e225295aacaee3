// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// tryTemplates processes the record at buf[at] if it matches a template and has no faults. If not,
// it changes nothing. If line is set, the record must be alone on its line.
func (w *worker) tryTemplates(at int, line bool) (end int, ok bool) {
	if !w.templates.shouldTry() {
		return 0, false
	}
	b := w.block
	for i := range w.templates.all {
		t := &w.templates.all[i]
		m := matcher{template: t, buf: b.buf, at: at, out: b.out}
		if !m.record() || m.at-at > w.info.maxRecord || line && !w.isAlone(m.at) {
			continue
		}
		before := len(b.out)
		if b.out = m.out; m.exact {
			b.out = append(b.out, b.buf[at:m.at]...)
		}
		b.out = append(b.out, '\n')
		b.examples = append(b.examples, example{
			size: m.size, end: len(b.out), at: at, to: m.at, record: b.records, hash: w.hash(b.out[before:]),
		})
		b.records++
		w.templates.used(true)
		if i > 0 { // the next record probably matches the same template
			all := w.templates.all
			all[i], all[i-1] = all[i-1], all[i] // from here on, m.template points to the other template
		}
		return m.at, true
	}
	w.templates.used(false)
	return 0, false
}

// isAlone reports whether only white space follows on the line.
func (w *worker) isAlone(at int) bool {
	for buf := w.block.buf; at < len(buf); at++ {
		switch c := buf[at]; {
		case c == w.info.newline:
			return true
		case c != ' ' && c != '\t' && c != '\r':
			return false
		}
	}
	return w.block.final
}

// matcher compares a record with a template.
type matcher struct {
	*template
	size
	buf []byte
	at  int
	out []byte // the output, with the example if the template is not exact
}

// record matches a whole record.
func (m *matcher) record() bool {
	if m.piece(startToSystem) {
		if !m.text(false) || !m.piece(systemToUser) {
			return false
		}
	} else if !m.piece(startToUser) {
		return false
	}
	for {
		if !m.turn(userToPart, false) || !m.piece(userToModel) || !m.turn(modelToPart, true) {
			return false
		}
		switch {
		case m.piece(modelToUser):
		case m.piece(modelToSystem):
			return m.text(false) && m.piece(systemToEnd)
		default:
			return m.piece(modelToEnd)
		}
	}
}

// turn matches the texts of a turn.
func (m *matcher) turn(more int, answer bool) bool {
	m.turns++
	for {
		if !m.text(answer) {
			return false
		}
		if !m.piece(more) {
			return true
		}
	}
}

// piece matches the bytes between two texts.
func (m *matcher) piece(kind int) bool {
	p := &m.pieces[kind]
	if p.in == nil || !bytes.HasPrefix(m.buf[m.at:], p.in) {
		return false
	}
	m.at += len(p.in)
	if !m.exact {
		m.out = append(m.out, p.out...)
	}
	return true
}

// text matches a text without faults.
func (m *matcher) text(answer bool) bool {
	text, ok := strictjson.ScanText(m.buf, m.at)
	if !ok {
		return false
	}
	raw := m.buf[m.at:text.End]
	if blank(raw) || answer && (isNearEmpty(raw) || mayContainThoughts(raw)) {
		return false
	}
	m.addText(&text)
	m.at = text.End
	if !m.exact {
		m.out = append(m.out, raw...)
	}
	return true
}
