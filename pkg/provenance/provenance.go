// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package provenance keeps an index beside each dataset that says where every line of it came from, so that an
// example which Vertex AI drops, and names by its number only, can be named to the person who has to mend it.
//
// The index is JSON lines, written and read as a stream. The first line is {"version":1}, the last {"lines":N}.
// Between them each line tells of the next lines of the dataset, in order:
//
//	"7f0c…"                                    one line, made of the message with this ID
//	{"object":"gs://b/o","generation":"1712"}  what follows came of this object; it tells of no line itself
//	[4001,250]                                 250 lines, made of the object's lines from 4001 on
//
// A dataset of a file takes a few lines whatever its size; one of messages about 40 bytes a message.
package provenance

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/vertextune/vertextune/pkg/strictjson"
)

const version = 1

// Source is what a line of a dataset was made of: a message, or a line of an object.
type Source struct {
	Message    string `json:"message_id,omitempty"`
	Object     string `json:"object,omitempty"` // gs:// URI
	Generation int64  `json:"generation,omitempty,string"`
	Line       int64  `json:"line,omitempty"` // from 1, in the unpacked text
}

// String names the source for people.
func (s Source) String() string {
	if s.Object == "" {
		return "message " + s.Message
	}
	return fmt.Sprintf("line %d of %s, generation %d", s.Line, s.Object, s.Generation)
}

// Writer writes an index.
type Writer struct {
	out   *bufio.Writer
	line  []byte
	lines int64

	object     string // that the index has named last
	generation int64
	from, run  int64 // lines of the object that are not written yet: the first, and how many
}

// NewWriter returns a writer of an index.
func NewWriter(w io.Writer) *Writer {
	iw := &Writer{out: bufio.NewWriterSize(w, 64<<10)}
	iw.line = fmt.Appendf(nil, "{\"version\":%d}\n", version)
	_ = iw.emit() // into an empty buffer
	return iw
}

// Add tells what the next line of the dataset was made of. A failing write is returned by this call or a later one.
func (w *Writer) Add(s Source) error {
	w.lines++
	if s.Object != "" && s.Object == w.object && s.Generation == w.generation && s.Line == w.from+w.run {
		w.run++
		return nil
	}
	w.flushRun()
	if s.Object == "" {
		w.line = append(strictjson.AppendQuote(w.line, s.Message), '\n')
		return w.emit()
	}
	if s.Object != w.object || s.Generation != w.generation {
		w.object, w.generation = s.Object, s.Generation
		w.line = strictjson.AppendQuote(append(w.line, `{"object":`...), s.Object)
		w.line = strconv.AppendInt(append(w.line, `,"generation":"`...), s.Generation, 10)
		w.line = append(w.line, "\"}\n"...)
	}
	w.from, w.run = s.Line, 1
	return w.emit()
}

// Close writes the end. It does not close what the index is written to.
func (w *Writer) Close() error {
	w.flushRun()
	w.line = fmt.Appendf(w.line, "{\"lines\":%d}\n", w.lines)
	if err := w.emit(); err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write the index of sources: %w", err)
	}
	return nil
}

// flushRun puts the lines of the object that were gathered into w.line.
func (w *Writer) flushRun() {
	if w.run == 0 {
		return
	}
	w.line = strconv.AppendInt(append(w.line, '['), w.from, 10)
	w.line = strconv.AppendInt(append(w.line, ','), w.run, 10)
	w.line = append(w.line, "]\n"...)
	w.run = 0
}

// emit hands w.line to the buffer, whose errors stay with it.
func (w *Writer) emit() error {
	_, err := w.out.Write(w.line)
	w.line = w.line[:0]
	if err != nil {
		return fmt.Errorf("write the index of sources: %w", err)
	}
	return nil
}
