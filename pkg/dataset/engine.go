// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"context"
	"errors"
	"io"
)

// engine reads one file.
type engine struct {
	opt    Options
	src    *source
	w      io.Writer
	report *Report
	layout layout
	head   []byte // of {"data": […]}, up to the bracket that opens the array
	lines  int64  // line ends before the block that is merged next
}

// run is Convert.
func run(ctx context.Context, w io.Writer, r io.Reader, opt Options) (*Report, error) {
	if opt.MaxFaults <= 0 {
		opt.MaxFaults = defaultMaxFaults
	}
	if opt.MaxRecordBytes <= 0 {
		opt.MaxRecordBytes = defaultMaxRecordBytes
	}
	if opt.blockBytes <= 0 {
		opt.blockBytes = defaultBlockBytes
	}
	e := &engine{opt: opt, w: w, report: &Report{Counts: map[string]int64{}, LeftOut: map[string]int64{}}}
	e.layout = layout{newline: '\n', format: unknownFormat, maxRecord: opt.MaxRecordBytes, maxFaults: opt.MaxFaults, pairer: NewPairer()}
	var err error
	e.src, err = openSource(ctx, r)
	e.report.Compression = e.src.compression
	if err != nil && !e.corrupt(err) {
		return nil, err
	}
	if err := e.read(); err != nil {
		return nil, err
	}
	e.finish()
	return e.report, nil
}

// corrupt reports packed data that is broken, and returns false for any other error.
func (e *engine) corrupt(err error) bool {
	if !errors.Is(err, errUnpack) {
		return false
	}
	e.fault(0, &finding{
		code: CodeCorruptGzip, severity: SeverityError,
		message: "the compressed data is broken or cut off", fix: "pack the file again",
	})
	return true
}

// finish says what can only be said at the end.
func (e *engine) finish() {
	rep := e.report
	if rep.Records == 0 && rep.Errors == 0 {
		e.fault(0, &finding{
			code: CodeNoRecords, severity: SeverityError, message: "the file holds no records", fix: "give at least one example",
		})
	}
	if e.layout.format != unknownFormat {
		rep.Format = formats[e.layout.format].name
	}
	rep.Truncated = rep.Errors+rep.Warnings > int64(len(rep.Faults))
	e.progress()
}

func (e *engine) progress() {
	if e.opt.Progress != nil {
		e.opt.Progress(Progress{Bytes: e.src.raw.n, Records: e.report.Records})
	}
}
