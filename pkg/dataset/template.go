// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

// template is what plain examples of a file look like between their texts. Files
// are written by programs: once the parser has found one example to be without
// faults, others that have the same bytes between their texts need no grammar
// and no rules, only a look at the texts. Whatever differs by a byte is left to
// the parser.
//
// Plain are examples whose turns hold texts only, and whose system instruction,
// if there is one, is one text. Beside that they may have any members, as long
// as those are the same in all of them.
type template struct {
	pieces [pieceKinds]piece
	exact  bool // the examples are in the file as they are to be written
}

// piece is what stands between two texts, or before the first or behind the
// last, with the quotes of the texts.
type piece struct {
	in  []byte // as it is in the file; nil if it is not known
	out []byte // as it is to be written
}

// Kinds of pieces, by what they lead from and to. They tell where in the example
// a text is, so that pieces of one kind can take each other's place.
const (
	startToSystem = iota // to a system instruction before the turns
	systemToUser
	startToUser
	userToModel
	modelToUser
	userToPart // to another text of the same turn
	modelToPart
	modelToSystem // to a system instruction behind the turns
	systemToEnd
	modelToEnd
	pieceKinds
)

// optional are the kinds that an example may lack and its template still have.
var optional = [pieceKinds]bool{modelToUser: true, userToPart: true, modelToPart: true}

// free is a text of a plain example.
type free struct {
	node int
	kind int // of the piece before it
}

// maxTemplates bounds how many templates a file may need, and maxPiece how long
// their pieces may be.
const (
	maxTemplates = 4
	maxPiece     = 64 << 10
)

// templates are those of a file, and whether it pays to have them.
type templates struct {
	all    []template
	doubt  int // grows with examples that are like no template
	pause  int // examples to leave to the parser, because most are
	frees  []free
	parser strictjson.Parser
}

// wanted reports whether the next example should be compared with the templates.
func (t *templates) wanted() bool {
	if t.pause > 0 {
		t.pause--
		return false
	}
	return len(t.all) > 0
}

// used notes whether an example was like one of the templates.
func (t *templates) used(ok bool) {
	const most, miss, rest = 32, 8, 256
	if ok {
		t.doubt = max(t.doubt-1, 0)
		return
	}
	if t.doubt += miss; t.doubt > most {
		t.doubt, t.pause = 0, rest
	}
}

// learn makes a template of the record at hand, which has no faults and makes the
// given line.
func (t *templates) learn(r *record, line []byte) {
	if t.pause > 0 || !t.findFrees(r) {
		return
	}
	t.parser.Reset(line)
	if _, err := t.parser.Parse(0, len(line)); err != nil || len(t.parser.Nodes) != len(r.nodes) {
		return
	}
	out := t.parser.Nodes
	var made template
	from, outFrom := r.start(root), 0
	for _, f := range t.frees {
		p := piece{r.buf[from : r.start(f.node)+1], line[outFrom : out[f.node].Start+1]}
		from, outFrom = r.end(f.node)-1, int(out[f.node].End)-1
		if !made.set(f.kind, p) {
			return
		}
	}
	last := modelToEnd
	if t.frees[len(t.frees)-1].kind == modelToSystem {
		last = systemToEnd
	}
	if made.set(last, piece{r.buf[from:r.end(root)], line[outFrom:]}) {
		t.keep(made)
	}
}

// set sets a piece, unless there is another of its kind.
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

// keep adds a template, or what it has more than one that is there already.
func (t *templates) keep(made template) {
	for i := range t.all {
		known := &t.all[i]
		if !known.fits(&made) {
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

// fits reports whether two templates differ at most in optional pieces that one
// of them lacks.
func (t *template) fits(other *template) bool {
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

// findFrees finds the texts of the record at hand, and reports whether it is
// plain.
func (t *templates) findFrees(r *record) bool {
	t.frees = t.frees[:0]
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

// findTurns finds the texts of turns, which are the user's and the model's in
// turn, since nothing else is without faults.
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
			if len(t.frees) == 0 {
				kind = startToUser
			} else if t.frees[len(t.frees)-1].kind == startToSystem {
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

// findParts finds the texts of a list of parts. The pieces before them are of the
// kind first, those between them of the kind more, or there may be but one text.
func (t *templates) findParts(r *record, list, first, more int) bool {
	if list == 0 || r.kind(list) != strictjson.Array {
		return false
	}
	for part := list + 1; part < r.next(list); part = r.next(part) {
		text := part + 2
		if first < 0 || r.next(part) != text+1 || string(r.key(part+1)) != "text" || r.kind(text) != strictjson.String {
			return false
		}
		t.frees = append(t.frees, free{text, first})
		first = more
	}
	return true
}

func (r *record) start(n int) int { return int(r.nodes[n].Start) }
func (r *record) end(n int) int   { return int(r.nodes[n].End) }
