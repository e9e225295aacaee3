// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"
	"strconv"
	"strings"
)

// marks are the top-level names of a record that tell its format.
type marks uint32

const (
	markContents marks = 1 << iota
	markContent
	markRole
	markRelated
	markSession
)

// markNames maps names to marks.
var markNames = map[string]marks{
	"contents":        markContents,
	"content":         markContent,
	"role":            markRole,
	"related_message": markRelated,
	"session_id":      markSession,
}

// format is one way to write a record.
type format struct {
	name string
	// fits reports whether a record with these marks is of this format.
	fits func(r *record) bool
	// convert checks the record and appends its example, if it makes one, to
	// dst. Faults are reported on the way.
	convert func(r *record, dst []byte) []byte
}

// formats are tried in order.
var formats = []format{
	{FormatGemini, func(r *record) bool { return r.has(markContents) }, (*record).gemini},
	{FormatMessages, func(r *record) bool {
		return r.has(markContent|markRole) || r.has(markRelated) || r.has(markSession|markContent)
	}, (*record).message},
}

// has reports whether the record has all the given names.
func (r *record) has(m marks) bool { return r.marks&m == m }

// findMarks notes which names the record has.
func (r *record) findMarks() {
	r.marks = 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		r.marks |= markNames[string(r.key(i))]
	}
}

// convert recognises the record at hand, checks it, and adds its example to the
// block.
func (w *worker) convert() {
	r, b := &w.record, w.block
	r.findMarks()
	i := slices.IndexFunc(formats, func(f format) bool { return f.fits(r) })
	known := slices.IndexFunc(formats, func(f format) bool { return f.name == w.layout.format })
	switch {
	case i < 0 && known < 0:
		r.fail(root, CodeUnknownFormat, "this is no kind of record that is known: it has "+r.names(), `write examples as {"contents": […]}`)
		return
	case i < 0:
		i = known
	case known < 0:
		w.layout.format = formats[i].name
	case i != known:
		r.fail(root, CodeFormatChanged, "this record has the format "+formats[i].name+", the file started with "+w.layout.format, "put records of one format in a file")
	}
	before := len(b.out)
	r.example = example{record: r.number}
	b.out = formats[i].convert(r, b.out)
	if r.failed() {
		b.out = b.out[:before]
	}
	if len(b.out) > before {
		r.example.end = len(b.out)
		b.examples = append(b.examples, r.example)
	}
}

// names lists the first names of the record for a message.
func (r *record) names() string {
	var names []string
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if len(names) == 6 {
			names = append(names, "…")
			break
		}
		names = append(names, quoted(r.text(i)))
	}
	if len(names) == 0 {
		return "no members"
	}
	return strings.Join(names, ", ")
}

// quoted quotes a name for a message, shortened.
func quoted(name string) string {
	const most = 40
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return strconv.Quote(name)
}
