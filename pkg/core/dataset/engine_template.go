// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// template describes the bytes of plain examples between their texts. Programs write most files, so
// these bytes are often the same in many examples. If the parser has found one of the examples
// without faults, only the texts of the others are checked, and not their grammar and the rules.
// The parser handles every example with other bytes between its texts.
//
// An example is plain if its turns contain only texts, and its system instruction, if it has one,
// is a single text. It may have any other members, if they are the same in all of these examples.
type template struct {
	pieces [pieceKinds]piece
	exact  bool // the examples are already in their output form
}

// piece holds the bytes between two texts of an example, or before the first text, or after the
// last one. It includes the quotes of the texts.
type piece struct {
	in  []byte // its form in the file; nil means unknown
	out []byte // its form in the output
}

// The kinds of pieces, by the texts before and after them. The kind says where in the example a
// text is, so pieces of one kind are interchangeable.
const (
	startToSystem = iota // to a system instruction before the turns
	systemToUser
	startToUser
	userToModel
	modelToUser
	userToPart // to another text of the same turn
	modelToPart
	modelToSystem // to a system instruction after the turns
	systemToEnd
	modelToEnd
	pieceKinds
)

// optional marks the kinds that an example may lack although its template has them.
var optional = [pieceKinds]bool{modelToUser: true, userToPart: true, modelToPart: true}

// textSlot is a text of a plain example.
type textSlot struct {
	node int
	kind int // the kind of the piece before it
}

// maxTemplates limits the templates of a file, and maxPiece the length of their pieces.
const (
	maxTemplates = 4
	maxPiece     = 64 << 10
)

// templates are the templates of a file, with counters that show whether they save time.
type templates struct {
	all        []template
	mismatches int // grows with examples that match no template
	pause      int // how many examples to leave to the parser, because most do not match
	textSlots  []textSlot
	parser     strictjson.Parser
}

// shouldTry reports whether to compare the next example with the templates.
func (t *templates) shouldTry() bool {
	if t.pause > 0 {
		t.pause--
		return false
	}
	return len(t.all) > 0
}

// used records whether an example matched a template.
func (t *templates) used(ok bool) {
	const limit, perMismatch, pause = 32, 8, 256
	if ok {
		t.mismatches = max(t.mismatches-1, 0)
		return
	}
	if t.mismatches += perMismatch; t.mismatches > limit {
		t.mismatches, t.pause = 0, pause
	}
}

// learn makes a template from the current record, which has no faults. line is its output.
func (t *templates) learn(r *record, line []byte) {
	if t.pause > 0 || !t.findTextSlots(r) {
		return
	}
	t.parser.Reset(line)
	if _, err := t.parser.Parse(0, len(line)); err != nil || len(t.parser.Nodes) != len(r.nodes) {
		return
	}
	out := t.parser.Nodes
	var made template
	from, outFrom := r.start(root), 0
	for _, f := range t.textSlots {
		p := piece{r.buf[from : r.start(f.node)+1], line[outFrom : out[f.node].Start+1]}
		from, outFrom = r.end(f.node)-1, int(out[f.node].End)-1
		if !made.set(f.kind, p) {
			return
		}
	}
	last := modelToEnd
	if t.textSlots[len(t.textSlots)-1].kind == modelToSystem {
		last = systemToEnd
	}
	if made.set(last, piece{r.buf[from:r.end(root)], line[outFrom:]}) {
		t.add(made)
	}
}

// set sets a piece. It returns false if the piece is too long or another piece of its kind is
// different.
func (t *template) set(kind int, p piece) bool {
	known := &t.pieces[kind]
	if len(p.in) > maxPiece {
		return false
	}
	if known.in == nil {
		*known = p
		return true
	}
	return bytes.Equal(known.in, p.in) && bytes.Equal(known.out, p.out)
}

// add adds a template, or adds its pieces to a known template that fits.
func (t *templates) add(made template) {
	for i := range t.all {
		known := &t.all[i]
		if !known.matches(&made) {
			continue
		}
		for kind := range made.pieces {
			if known.pieces[kind].in == nil {
				known.pieces[kind] = made.pieces[kind].clone()
			}
		}
		known.exact = known.isExact()
		return
	}
	for kind := range made.pieces {
		made.pieces[kind] = made.pieces[kind].clone()
	}
	made.exact = made.isExact()
	if len(t.all) == maxTemplates {
		t.all = slices.Delete(t.all, maxTemplates-1, maxTemplates)
	}
	t.all = append(t.all, made)
}

func (p piece) clone() piece { return piece{bytes.Clone(p.in), bytes.Clone(p.out)} }

// matches reports whether two templates are equal, except for optional pieces that one of them
// lacks.
func (t *template) matches(other *template) bool {
	for kind := range t.pieces {
		a, b := t.pieces[kind].in, other.pieces[kind].in
		if (a == nil || b == nil) && optional[kind] {
			continue
		}
		if (a == nil) != (b == nil) || !bytes.Equal(a, b) {
			return false
		}
	}
	return true
}

func (t *template) isExact() bool {
	return !slices.ContainsFunc(t.pieces[:], func(p piece) bool { return !bytes.Equal(p.in, p.out) })
}

// findTextSlots finds the texts of the current record and reports whether the record is plain.
func (t *templates) findTextSlots(r *record) bool {
	t.textSlots = t.textSlots[:0]
	contents := false
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		switch f := exampleFields[string(r.key(i))]; {
		case f.id == fieldContents:
			contents = true
			if !t.findTurns(r, v) {
				return false
			}
		case f.id == fieldSystemInstruction:
			kind := startToSystem
			if contents {
				kind = modelToSystem
			}
			if r.kind(v) != strictjson.Object || !t.findParts(r, r.member(v, "parts"), kind, -1) {
				return false
			}
		}
	}
	return contents
}

// findTurns finds the texts of turns. The turns of user and model alternate, because any other
// order is a fault.
func (t *templates) findTurns(r *record, list int) bool {
	user := true
	for turn := list + 1; turn < r.next(list); turn = r.next(turn) {
		role := r.member(turn, "role")
		if role == 0 || r.kind(role) != strictjson.String || (string(r.key(role)) == roleUser) != user {
			return false
		}
		kind, more := userToModel, modelToPart
		if user {
			kind, more = modelToUser, userToPart
			if len(t.textSlots) == 0 {
				kind = startToUser
			} else if t.textSlots[len(t.textSlots)-1].kind == startToSystem {
				kind = systemToUser
			}
		}
		if !t.findParts(r, r.member(turn, "parts"), kind, more) {
			return false
		}
		user = !user
	}
	return user
}

// findParts finds the texts of a list of parts. The piece before the first text has the kind first,
// the pieces between texts have the kind more. If more is negative, only one text is allowed.
func (t *templates) findParts(r *record, list, first, more int) bool {
	if list == 0 || r.kind(list) != strictjson.Array {
		return false
	}
	for part := list + 1; part < r.next(list); part = r.next(part) {
		text := part + 2
		if first < 0 || r.next(part) != text+1 || string(r.key(part+1)) != "text" || r.kind(text) != strictjson.String {
			return false
		}
		t.textSlots = append(t.textSlots, textSlot{text, first})
		first = more
	}
	return true
}

func (r *record) start(n int) int { return int(r.nodes[n].Start) }
func (r *record) end(n int) int   { return int(r.nodes[n].End) }
