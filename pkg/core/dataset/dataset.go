// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package dataset converts files of conversations to training examples for Gemini, and reports
// everything that is wrong with them in one pass.
//
// A file is read as a stream of records: a JSON array, {"data": […]}, lines, or values one after
// the other, optionally compressed with gzip. Every record is checked by the rules of RFC 8259 and
// then by those of its format, and is written as one line of JSON. Strings and numbers keep their
// original bytes. Memory does not grow with the file, only with its longest record.
//
// Faults never stop the reading: an unreadable record is reported, and reading continues at the
// next one. The caller checks [Report].Errors to decide whether it may use the result.
//
// The package has two halves. The engine (engine*.go) finds the records in a stream, checks them in
// parallel and writes the results in order; it knows no format. The formats (format*.go) read one
// record each. They share the code for the turns of a conversation (conversation*.go), for the
// schemas of function declarations (schema*.go), and for the record itself (record*.go). The engine
// and the formats add to the report (report*.go).
package dataset

import (
	"context"
	"io"
)

// Options configure the reading of a file. The zero value is a good choice.
type Options struct {
	// MaxFaults limits how many faults of each kind are reported in full; all are counted. The same
	// warning in many records counts as one. 0 means 200.
	MaxFaults int
	// MaxRecordBytes is the size of the longest record that is accepted.
	// 0 means 32 MiB.
	MaxRecordBytes int
	// Workers is the number of goroutines that check records. 0 means one for each processor that
	// Go may use, up to 4.
	Workers int
	// Name is the name of the file, or "". A file whose name ends in .gz must be compressed.
	Name string
	// IgnoreEnvelope allows other members next to "data" in {"data": […]}.
	IgnoreEnvelope bool
	// Limits are the limits of the model to be tuned.
	Limits Limits
	// Progress, if set, is called from time to time and once at the end. Calls do not overlap.
	Progress func(Progress)

	// Example, if set, is called for every example that is written, in their order. Calls do not
	// overlap. If it returns an error, the reading ends.
	Example func(Example) error

	// Only tests set these fields.
	blockBytes  int  // how much is processed at a time
	noTemplates bool // every record is parsed
}

// Limits are the limits of one model. Zero means no limit.
type Limits struct {
	ExampleTokens int64 // estimated tokens of one example, for input and output together
	ExampleFiles  int64 // images, sounds, videos and documents of one example
	Examples      int64 // examples of a file
	OutputBytes   int64 // bytes of the output file
}

// Example is a written example with its source.
type Example struct {
	Text    []byte // its line; valid until the call returns
	Record  int64  // 0-based, in the order of the file
	Line    int64  // 1-based line of the decompressed text where the record starts
	Session string // the session_id of a message record
	Tokens  int64  // estimated, as in Stats
	Script  Script
	TooLong bool // it exceeds Limits.ExampleTokens
}

// Progress says how much of a file has been read.
type Progress struct {
	Bytes   int64 // read from the reader, before decompression
	Records int64 // checked so far
}

const (
	defaultMaxFaults      = 200
	defaultMaxRecordBytes = 32 << 20
	// Only one worker at a time reads or writes, so more workers would only wait for each other.
	maxWorkers = 4
)

// Convert reads one file from r and writes it to w, one example per line. Several goroutines use r
// and w, but never two at a time, and none after Convert has returned.
//
// Convert returns an error only if reading, writing or Options.Example fails, or if ctx ends. All
// faults of the data are in the report. If its Errors is not zero, the output is incomplete and
// must be discarded.
func Convert(ctx context.Context, w io.Writer, r io.Reader, opt Options) (*Report, error) {
	return run(ctx, w, r, opt)
}

// Check is like Convert but does not write. It returns the same report.
func Check(ctx context.Context, r io.Reader, opt Options) (*Report, error) {
	return run(ctx, io.Discard, r, opt)
}
