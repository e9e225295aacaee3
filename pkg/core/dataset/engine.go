// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"runtime"
)

// engine reads one file.
type engine struct {
	opt       Options
	src       *source
	w         io.Writer
	report    *Report
	info      fileInfo
	head      []byte // the text of {"data": […]} up to the opening bracket of the array
	faults    faultTable
	lines     int64 // line ends before the block that is merged next
	isCorrupt bool  // the compressed data are broken
	gaveUp    bool  // the end of a record was not found
	*workspace
}

// run implements Convert.
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
	e := &engine{workspace: ws, opt: opt, w: w, report: &Report{LeftOut: map[string]int64{}}, faults: newFaultTable()}
	e.info = fileInfo{
		newline: '\n', format: unknownFormat, maxRecord: opt.MaxRecordBytes, maxFaults: opt.MaxFaults,
		noTemplates: opt.noTemplates, pairer: NewPairer(), seed: maphash.MakeSeed(),
	}
	var err error
	e.src, err = openSource(ctx, r)
	e.report.Compression = e.src.compression
	if err != nil && !e.corrupt(err) {
		return nil, err
	}
	if f := cmp.Or(notJSON(e.src.head, opt.Name, e.src.compression != ""), turnsAlone(e.src.head)); f != nil && !e.isCorrupt {
		e.fault(0, f)
	} else if err := e.read(); err != nil {
		return nil, err
	}
	e.finish()
	return e.report, nil
}

// corrupt reports whether err says that the compressed data are broken, and keeps this for finish,
// which reports the fault after the faults of the text before it.
func (e *engine) corrupt(err error) bool {
	e.isCorrupt = errors.Is(err, errUnpack)
	return e.isCorrupt
}

// finish adds the faults that are known only at the end.
func (e *engine) finish() {
	rep := e.report
	if e.isCorrupt {
		e.fault(rep.InputBytes, &finding{
			code:    CodeCorruptGzip,
			message: "the compressed data is broken or cut off", fix: "pack the file again",
		})
	}
	switch {
	case e.faults.errors > 0:
	case rep.Records == 0:
		e.fault(0, &finding{code: CodeNoRecords, message: e.emptiness(), fix: "give at least one example"})
	case rep.Examples == 0:
		e.fault(0, &finding{
			code: CodeNoExamples, message: "nothing is left to learn: " + allLeftOut(rep.Records), fix: noExamplesFix,
		})
	}
	if e.info.format != unknownFormat {
		rep.Format = formats[e.info.format].name
	}
	if rep.Examples > 0 {
		rep.Stats = e.collector.stats()
	}
	e.checkLimits()
	e.list()
	e.progress(e.src.raw.n)
}

// noExamplesFix names files that are often mistaken for training examples.
const noExamplesFix = "give each question its answer; the warnings name each record. Files for reinforcement tuning or " +
	"distillation hold questions without answers, and cannot be used here"

func allLeftOut(records int64) string {
	if records == 1 {
		return "the one record makes no training example"
	}
	return fmt.Sprintf("none of the %d records makes a training example", records)
}

// emptiness describes a file without records.
func (e *engine) emptiness() string {
	switch {
	case e.report.InputBytes == 0:
		return "the file is empty"
	case e.report.Container == "":
		return "the file holds only white space"
	default:
		return "the file holds no records"
	}
}

// list copies the faults to the report.
func (e *engine) list() {
	rep, listed := e.report, int64(0)
	rep.Counts, rep.Errors, rep.Warnings = e.faults.counts, e.faults.errors, e.faults.warnings
	rep.Faults = e.faults.sorted()
	for i := range rep.Faults {
		listed += max(rep.Faults[i].Count, 1)
	}
	rep.Truncated = listed < rep.Errors+rep.Warnings
}

// checkLimits compares the whole file with the limits of the model.
func (e *engine) checkLimits() {
	limits, rep := e.opt.Limits, e.report
	if limits.Examples > 0 && rep.Examples > limits.Examples {
		e.fault(rep.InputBytes, &finding{
			code:    CodeTooManyExamples,
			message: fmt.Sprintf("the file makes %d examples, the model takes %d", rep.Examples, limits.Examples), fix: "split the file",
		})
	}
	if limits.OutputBytes > 0 && rep.OutputBytes > limits.OutputBytes {
		e.fault(rep.InputBytes, &finding{
			code:    CodeOutputTooLarge,
			message: fmt.Sprintf("the examples have %d bytes, the model takes %d", rep.OutputBytes, limits.OutputBytes), fix: "split the file",
		})
	}
}

func (e *engine) progress(bytesRead int64) {
	if e.opt.Progress != nil {
		e.opt.Progress(Progress{Bytes: bytesRead, Records: e.report.Records})
	}
}
