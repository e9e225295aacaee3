// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// template is what plain examples of a file look like between their texts. Files
// are written by programs: once one example without faults was checked, others
// that have the same bytes between their texts need no grammar and no rules, only
// a look at the texts. Whatever differs by a byte is left to the parser.
//
// A plain example has turns of one text, the user's and the model's by turns, and
// may have a system instruction of one text before them.
type template struct {
	ready  bool
	exact  bool // the file is written as the examples are to be written
	head   []byte
	system [2][]byte // instead of head: before the system text, and behind it
	user   []byte    // from the start of a turn to its text
	model  []byte
	next   []byte // from a text to the next turn
	end    []byte // from the last text to the end of the record
}

// How examples are written, in the same pieces.
const (
	plainHead   = `{"contents":[`
	plainSystem = `{"systemInstruction":{"parts":[{"text":"`
	plainBehind = `"}]},"contents":[`
	plainUser   = `{"role":"user","parts":[{"text":"`
	plainModel  = `{"role":"model","parts":[{"text":"`
	plainNext   = `"}]},`
	plainEnd    = `"}]}]}`
)

// learn takes the record at hand as the template if it is plain. It must have
// been found without faults.
func (t *template) learn(r *record) {
	name, contents := 1, 2
	var system int
	if key := string(r.raw(name)); key == `"systemInstruction"` || key == `"system_instruction"` {
		if system = r.plainText(contents); system == 0 || r.next(contents) != system+1 {
			return
		}
		name = system + 1
		contents = name + 1
	}
	if name >= len(r.nodes) || string(r.raw(name)) != `"contents"` || r.next(contents) != len(r.nodes) {
		return
	}
	var texts, turns [2]int // the first two of them
	count, last := 0, 0
	for turn := contents + 1; turn < r.next(contents); turn = r.next(turn) {
		text := r.plainTurn(turn, count%2 == 0)
		if text == 0 {
			return
		}
		if count < 2 {
			texts[count], turns[count] = text, turn
		}
		count++
		last = text
	}
	if count < 2 || count%2 != 0 {
		return
	}
	t.user = t.cut(t.user, r, r.start(turns[0]), r.start(texts[0])+1)
	t.model = t.cut(t.model, r, r.start(turns[1]), r.start(texts[1])+1)
	t.next = t.cut(t.next, r, r.end(texts[0])-1, r.start(turns[1]))
	t.end = t.cut(t.end, r, r.end(last)-1, r.end(root))
	if system == 0 {
		t.head = t.cut(t.head, r, r.start(root), r.start(turns[0]))
	} else {
		t.system[0] = t.cut(t.system[0], r, r.start(root), r.start(system)+1)
		t.system[1] = t.cut(t.system[1], r, r.end(system)-1, r.start(turns[0]))
	}
	t.ready = true
	same := func(piece []byte, plain string) bool { return len(piece) == 0 || string(piece) == plain }
	t.exact = same(t.user, plainUser) && same(t.model, plainModel) && same(t.next, plainNext) && same(t.end, plainEnd) &&
		same(t.head, plainHead) && same(t.system[0], plainSystem) && same(t.system[1], plainBehind)
}

// cut copies a piece of the record into one that is there already.
func (t *template) cut(piece []byte, r *record, from, to int) []byte {
	return append(piece[:0], r.buf[from:to]...)
}

func (r *record) start(n int) int { return int(r.nodes[n].Start) }
func (r *record) end(n int) int   { return int(r.nodes[n].End) }

// plainTurn returns the text of a turn that has the expected role and one text,
// and 0 for any other turn.
func (r *record) plainTurn(turn int, user bool) int {
	// role, its value, parts, their list
	if turn+4 >= len(r.nodes) || string(r.raw(turn+1)) != `"role"` || string(r.raw(turn+3)) != `"parts"` {
		return 0
	}
	role := string(r.raw(turn + 2))
	if user && role != `"user"` || !user && role != `"model"` && role != `"assistant"` {
		return 0
	}
	text := r.plainParts(turn + 4)
	if text == 0 || r.next(turn) != text+1 {
		return 0
	}
	return text
}

// plainText returns the text of an object that holds nothing but one.
func (r *record) plainText(obj int) int {
	if obj+2 >= len(r.nodes) || string(r.raw(obj+1)) != `"parts"` {
		return 0
	}
	return r.plainParts(obj + 2)
}

// plainParts returns the text of a list that has one part, and that a text.
func (r *record) plainParts(list int) int {
	text := list + 3
	if text >= len(r.nodes) || r.kind(list) != strictjson.Array || r.kind(list+1) != strictjson.Object ||
		string(r.raw(list+2)) != `"text"` || r.next(list) != text+1 {
		return 0
	}
	return text
}

// plain deals with the record at buf[at] if it is like the template and has no
// faults. If not, nothing has happened. A record on a line must be alone on it.
func (w *worker) plain(at int, line bool) (end int, ok bool) {
	t, b := &w.template, w.block
	if !t.ready {
		return 0, false
	}
	m := matcher{t: t, buf: b.buf, at: at, out: b.out, write: !t.exact}
	if !m.record() || m.at-at > w.layout.maxRecord || line && !w.alone(m.at) {
		t.ready = false // until the parser has seen what is different
		return 0, false
	}
	before := len(b.out)
	if t.exact {
		m.out = append(m.out, b.buf[at:m.at]...)
	}
	b.out = append(m.out, '\n')
	x := example{size: m.size, end: len(b.out), at: at, record: b.records}
	x.hash = w.hash(b.out[before:])
	b.examples = append(b.examples, x)
	b.records++
	return m.at, true
}

// alone reports whether nothing but white space follows on the line.
func (w *worker) alone(at int) bool {
	for buf := w.block.buf; at < len(buf); at++ {
		switch c := buf[at]; {
		case c == w.layout.newline:
			return true
		case c != ' ' && c != '\t' && c != '\r':
			return false
		}
	}
	return w.block.final
}

// matcher compares a record with a template.
type matcher struct {
	size
	t     *template
	buf   []byte
	at    int
	out   []byte
	write bool // the example is written piece by piece
}

// record matches a whole record.
func (m *matcher) record() bool {
	t := m.t
	switch {
	case m.piece(t.system[0], plainSystem):
		if !m.text(false) || !m.piece(t.system[1], plainBehind) {
			return false
		}
	case !m.piece(t.head, plainHead):
		return false
	}
	for {
		if !m.piece(t.user, plainUser) || !m.text(false) || !m.piece(t.next, plainNext) ||
			!m.piece(t.model, plainModel) || !m.text(true) {
			return false
		}
		m.turns += 2
		if !m.piece(t.next, plainNext) {
			return m.piece(t.end, plainEnd)
		}
	}
}

// piece matches what stands between two texts.
func (m *matcher) piece(in []byte, out string) bool {
	if len(in) == 0 || !bytes.HasPrefix(m.buf[m.at:], in) {
		return false
	}
	m.at += len(in)
	if m.write {
		m.out = append(m.out, out...)
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
	if blank(raw) || answer && mute(raw) {
		return false
	}
	m.addText(len(raw), text.Over, text.Two, text.Three, text.Four)
	m.at = text.End
	if m.write {
		m.out = append(m.out, raw...)
	}
	return true
}
