// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"runtime"
	"sync/atomic"
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
	broken bool   // the packed data is broken
	*workspace
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
	if opt.Workers <= 0 {
		opt.Workers = min(runtime.GOMAXPROCS(0), maxWorkers)
	}
	ws := newWorkspace()
	defer ws.release()
	e := &engine{workspace: ws, opt: opt, w: w, report: &Report{Counts: map[string]int64{}, LeftOut: map[string]int64{}}}
	e.layout = layout{
		newline: '\n', format: unknownFormat, maxRecord: opt.MaxRecordBytes, maxFaults: opt.MaxFaults, full: new(atomic.Bool),
		noTemplates: opt.noTemplates, pairer: NewPairer(), seed: maphash.MakeSeed(),
	}
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

// corrupt notes packed data that is broken, and returns false for any other error.
// It is reported at the end, behind what was found before it.
func (e *engine) corrupt(err error) bool {
	e.broken = errors.Is(err, errUnpack)
	return e.broken
}

// finish says what can only be said at the end.
func (e *engine) finish() {
	rep := e.report
	if e.broken {
		e.fault(rep.InputBytes, &finding{
			code: CodeCorruptGzip, severity: SeverityError,
			message: "the compressed data is broken or cut off", fix: "pack the file again",
		})
	}
	if rep.Records == 0 && rep.Errors == 0 {
		e.fault(0, &finding{
			code: CodeNoRecords, severity: SeverityError, message: "the file holds no records", fix: "give at least one example",
		})
	}
	if e.layout.format != unknownFormat {
		rep.Format = formats[e.layout.format].name
	}
	if rep.Examples > 0 {
		rep.Stats = e.census.stats()
	}
	e.checkLimits()
	rep.Truncated = rep.Errors+rep.Warnings > int64(len(rep.Faults))
	e.progress(e.src.raw.n)
}

// checkLimits compares the whole file with what the model may be given.
func (e *engine) checkLimits() {
	limits, rep := e.opt.Limits, e.report
	if limits.Examples > 0 && rep.Examples > limits.Examples {
		e.fault(rep.InputBytes, &finding{
			code: CodeTooManyExamples, severity: SeverityError,
			message: fmt.Sprintf("the file makes %d examples, the model takes %d", rep.Examples, limits.Examples), fix: "split the file",
		})
	}
	if limits.OutputBytes > 0 && rep.OutputBytes > limits.OutputBytes {
		e.fault(rep.InputBytes, &finding{
			code: CodeOutputTooLarge, severity: SeverityError,
			message: fmt.Sprintf("the examples have %d bytes, the model takes %d", rep.OutputBytes, limits.OutputBytes), fix: "split the file",
		})
	}
}

func (e *engine) progress(taken int64) {
	if e.opt.Progress != nil {
		e.opt.Progress(Progress{Bytes: taken, Records: e.report.Records})
	}
}
