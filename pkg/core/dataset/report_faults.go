// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxPlaces is how many places of a warning its row lists.
const maxPlaces = 10

// kindOfFault groups faults for the limit of rows. Each kind has its own limit, so that many faults
// of one kind do not hide another kind.
type kindOfFault struct {
	code     string
	severity Severity
}

// faultTable counts faults and keeps the first ones. Each error has its own row; equal warnings in
// many records share a row.
type faultTable struct {
	rows      []Fault
	rowOf     map[string]int      // the row of a warning, by its key
	rowCounts map[kindOfFault]int // how many rows there are
	counts    map[string]int64    // by code
	errors    int64
	warnings  int64
}

func newFaultTable() faultTable {
	return faultTable{rowOf: map[string]int{}, rowCounts: map[kindOfFault]int{}, counts: map[string]int64{}}
}

// reset empties the table.
func (t *faultTable) reset() {
	if t.counts == nil {
		*t = newFaultTable()
	}
	t.rows = t.rows[:0]
	clear(t.rowOf)
	clear(t.rowCounts)
	clear(t.counts)
	t.errors, t.warnings = 0, 0
}

// count counts n faults.
func (t *faultTable) count(kind kindOfFault, n int64) {
	t.counts[kind.code] += n
	if kind.severity == SeverityError {
		t.errors += n
	} else {
		t.warnings += n
	}
}

// addRow adds a row. key is used only for a warning.
func (t *faultTable) addRow(f *Fault, key string) {
	t.rowCounts[kindOfFault{f.Code, f.Severity}]++
	if f.Severity == SeverityWarning {
		t.rowOf[key] = len(t.rows)
	}
	t.rows = append(t.rows, *f)
}

// merge adds the faults of a block, whose records and lines are counted from the start of the
// block. Each kind has at most limit rows.
func (t *faultTable) merge(block *faultTable, record, line int64, limit int) {
	keys := make([]string, len(block.rows))
	for key, row := range block.rowOf {
		keys[row] = key
	}
	for i := range block.rows {
		f := &block.rows[i]
		f.move(record, line)
		row, known := t.rowOf[keys[i]]
		switch {
		case known && f.Severity == SeverityWarning:
			t.rows[row].Count += f.Count
			t.rows[row].Places = append(t.rows[row].Places, f.Places[:min(len(f.Places), maxPlaces-len(t.rows[row].Places))]...)
		case t.rowCounts[kindOfFault{f.Code, f.Severity}] < limit:
			t.addRow(f, keys[i])
		}
	}
	for code, n := range block.counts {
		t.counts[code] += n
	}
	t.errors += block.errors
	t.warnings += block.warnings
}

// move changes the positions of a fault so that they are counted from the start of the file.
func (f *Fault) move(record, line int64) {
	f.Line += line + 1
	if f.Record >= 0 {
		f.Record += record
	}
	for i := range f.Places {
		f.Places[i].Record += record
		f.Places[i].Line += line + 1
	}
}

// sorted returns the rows, errors first, each group in the order of the file.
func (t *faultTable) sorted() []Fault {
	slices.SortStableFunc(t.rows, func(a, b Fault) int {
		if a.Severity != b.Severity {
			return cmp.Compare(a.Severity, b.Severity)
		}
		return cmp.Compare(a.Offset, b.Offset)
	})
	for i := range t.rows {
		if t.rows[i].Count < 2 {
			t.rows[i].Count, t.rows[i].Places = 0, nil
		}
	}
	return t.rows
}

// faultLog collects the faults of one block. Records and lines are counted from the start of the
// block.
type faultLog struct {
	faultTable
	buf      []byte
	base     int64 // offset of buf in the text
	newline  byte
	limit    int    // rows per kind of error
	from, to int    // the current record
	key      []byte // a buffer for the key of a warning

	lineAt int   // buf[:lineAt] holds line newlines
	line   int64 // lines before lineAt
}

func (l *faultLog) reset(buf []byte, base int64) {
	l.buf, l.base = buf, base
	l.faultTable.reset()
	l.lineAt, l.line = 0, 0
}

// add counts a fault of a record and keeps it if there is room. r is nil if the fault does not
// refer to a node.
func (l *faultLog) add(record int64, f *finding, r *record) {
	kind := kindOfFault{f.code, f.severity}
	l.count(kind, 1)
	if f.severity == SeverityWarning {
		l.warn(record, f, r)
		return
	}
	if l.rowCounts[kind] < l.limit {
		row := l.row(record, f, r)
		l.addRow(&row, "")
	}
}

// warn adds a warning to the row of the same warning. Its rows are not limited here, because only
// the report knows which of them existed before; the size of the block and the limit per record
// bound them.
func (l *faultLog) warn(record int64, f *finding, r *record) {
	l.key = append(append(l.key[:0], f.code...), '\n')
	if f.node > root {
		l.key = r.appendPointer(l.key, f.node, true)
	}
	l.key = appendShape(append(l.key, '\n'), f.message)
	i, known := l.rowOf[string(l.key)]
	if !known {
		i = len(l.rows)
		row := l.row(record, f, r)
		l.addRow(&row, string(l.key))
	}
	row := &l.rows[i]
	if row.Count++; len(row.Places) < maxPlaces {
		row.Places = append(row.Places, Place{Record: record, Line: l.lineOf(f.offset), Pointer: f.pointerIn(r)})
	}
}

// appendShape appends a message without its digits, because numbers do not distinguish warnings.
func appendShape(dst []byte, message string) []byte {
	for i := range len(message) {
		if c := message[i]; c < '0' || c > '9' {
			dst = append(dst, c)
		}
	}
	return dst
}

func (l *faultLog) row(record int64, f *finding, r *record) Fault {
	fix := f.fix
	if fix == "" {
		fix = usualFixes[f.code]
	}
	return Fault{
		Record:   record,
		Line:     l.lineOf(f.offset),
		Offset:   l.base + int64(f.offset),
		Pointer:  f.pointerIn(r),
		Code:     f.code,
		Severity: f.severity,
		Message:  f.message,
		Excerpt:  excerpt(l.buf[l.from:l.to], f.offset-l.from),
		Fix:      fix,
	}
}

// lineOf returns the number of line ends before buf[at]. It is fast if at increases from call to
// call.
func (l *faultLog) lineOf(at int) int64 {
	if at < l.lineAt {
		return l.line - int64(bytes.Count(l.buf[at:l.lineAt], []byte{l.newline}))
	}
	l.line += int64(bytes.Count(l.buf[l.lineAt:at], []byte{l.newline}))
	l.lineAt = at
	return l.line
}

// excerpt returns the text around buf[at] as one line of valid UTF-8.
func excerpt(buf []byte, at int) string {
	const before, after = 24, 56
	at = min(at, len(buf))
	from, to := max(0, at-before), min(len(buf), at+after)
	for from < at && !utf8.RuneStart(buf[from]) {
		from++
	}
	for to > at && to < len(buf) && !utf8.RuneStart(buf[to]) {
		to--
	}
	for to > from && buf[to-1] <= ' ' {
		to--
	}
	text := strings.ToValidUTF8(string(buf[from:to]), "\uFFFD")
	return strings.Join(strings.FieldsFunc(text, func(c rune) bool { return c < ' ' }), " ")
}
