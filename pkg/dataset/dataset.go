// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package dataset turns files of conversations into training examples for
// Gemini, and says everything that is wrong with them in one pass.
//
// A file is read as a stream of records: a JSON array, {"data": […]}, lines, or
// values one after the other, gzipped or not. Every record is checked by the
// rules of RFC 8259 and then by those of its format, and written as one line of
// JSON. Strings and numbers keep the bytes that they came with. Memory does not
// grow with the file, only with its longest record.
//
// Faults never stop the reading: a record that cannot be understood is reported
// and the next one is looked for. Whoever calls decides by [Report].Errors
// whether the result may be used.
package dataset

import (
	"context"
	"io"
)

// Options says how a file is read. The zero value is a good choice.
type Options struct {
	// MaxFaults is how many faults of each kind are reported in full; all are
	// counted. The same warning in many records is one. 0 means 200.
	MaxFaults int
	// MaxRecordBytes is the size of the longest record that is accepted.
	// 0 means 32 MiB.
	MaxRecordBytes int
	// Workers is how many goroutines check records. 0 means one for each
	// processor that Go may use, at most 4.
	Workers int
	// Name is the name of the file, if it has one. One that ends in .gz must be
	// packed.
	Name string
	// IgnoreEnvelope accepts other members beside "data" in {"data": […]}.
	IgnoreEnvelope bool
	// Limits are those of the model that is to be tuned.
	Limits Limits
	// Progress, if set, is called now and then, and once at the end, never
	// twice at a time.
	Progress func(Progress)

	// Example, if set, is given every example that is written, in their order, from
	// one goroutine at a time. Its error ends the reading.
	Example func(Example) error

	// Set by tests.
	blockBytes  int  // how much is dealt with at a time
	noTemplates bool // every record is parsed
}

// Limits are the bounds of one model. Zero means that there is none.
type Limits struct {
	ExampleTokens int64 // estimated tokens of one example, input and output together
	ExampleFiles  int64 // images, sounds, videos and documents of one example
	Examples      int64 // examples of a file
	OutputBytes   int64 // bytes of the file that is written
}

// Example is an example that was written, and where it came from.
type Example struct {
	Text    []byte // its line; valid until the call returns
	Record  int64  // 0-based, in the order of the file
	Line    int64  // 1-based, in the unpacked text: where the record starts
	Session string // the session_id of a message record
}

// Progress says how far the reading of a file has come.
type Progress struct {
	Bytes   int64 // taken from the reader, before they are unpacked
	Records int64 // checked so far
}

const (
	defaultMaxFaults      = 200
	defaultMaxRecordBytes = 32 << 20
	// They take turns at reading and writing, which is what more of them
	// would wait for.
	maxWorkers = 4
)

// Convert reads one file from r and writes it to w, one example a line. Several
// goroutines use r and w, but only one of them at a time, and none after Convert
// has returned.
//
// The error is about reading, writing, or ctx only. Everything that is wrong
// with the data is in the report, and if its Errors is not zero, what was
// written is incomplete and must be thrown away.
func Convert(ctx context.Context, w io.Writer, r io.Reader, opt Options) (*Report, error) {
	return run(ctx, w, r, opt)
}

// Check is Convert without writing. Its report is the same.
func Check(ctx context.Context, r io.Reader, opt Options) (*Report, error) {
	return run(ctx, io.Discard, r, opt)
}
