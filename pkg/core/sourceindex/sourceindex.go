// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package sourceindex keeps an index for each dataset that records the source of each line. Vertex
// AI names a dropped example only by its number; with the index, the service can name the source to
// the person who has to correct it.
//
// The index is JSON lines and is written and read as a stream. The first line is {"version":1}, the
// last {"lines":N}. Each line between them describes the next lines of the dataset, in order:
//
//	"7f0c…"                                    one line, made from the message with this ID
//	{"object":"gs://b/o","generation":"1712"}  the next entries are lines of this object
//	[4001,250]                                 250 lines, made from the object's lines that start at 4001
//
// The index of a dataset from a file has only a few lines, whatever its size. The index of a
// dataset from messages takes about 40 bytes per message.
package sourceindex

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

const version = 1

// Source is the origin of a line of a dataset: a message, or a line of an object.
type Source struct {
	Message    string `json:"message_id,omitempty"`
	Object     string `json:"object,omitempty"` // gs:// URI
	Generation int64  `json:"generation,omitempty,string"`
	Line       int64  `json:"line,omitempty"` // from 1, in the decompressed text
}

// String describes the source for people.
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

	object     string // the object that the index named last
	generation int64
	from, run  int64 // lines of the object that are not written yet: the first line, and their number
}

// NewWriter returns a Writer that writes an index to w.
func NewWriter(w io.Writer) *Writer {
	iw := &Writer{out: bufio.NewWriterSize(w, 64<<10)}
	iw.line = fmt.Appendf(nil, "{\"version\":%d}\n", version)
	_ = iw.emit() // cannot fail: the buffer is empty
	return iw
}

// Add records the source of the next line of the dataset. If a write fails, this call or a later
// one returns the error.
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

// Close writes the last line of the index. It does not close the underlying writer.
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

// flushRun appends the entry of the current lines of the object to w.line.
func (w *Writer) flushRun() {
	if w.run == 0 {
		return
	}
	w.line = strconv.AppendInt(append(w.line, '['), w.from, 10)
	w.line = strconv.AppendInt(append(w.line, ','), w.run, 10)
	w.line = append(w.line, "]\n"...)
	w.run = 0
}

// emit writes w.line to the buffer, which keeps its first error.
func (w *Writer) emit() error {
	_, err := w.out.Write(w.line)
	w.line = w.line[:0]
	if err != nil {
		return fmt.Errorf("write the index of sources: %w", err)
	}
	return nil
}
