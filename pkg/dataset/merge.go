// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import "fmt"

// merge adds what was found in a block to the report, and writes its examples.
func (e *engine) merge(b *block) error {
	rep := e.report
	for _, f := range b.log.faults {
		if len(rep.Faults) == e.opt.MaxFaults {
			break
		}
		if f.Record >= 0 {
			f.Record += rep.Records
		}
		f.Line += e.lines + 1
		rep.Faults = append(rep.Faults, f)
	}
	for code, n := range b.log.counts {
		rep.Counts[code] += n
	}
	for reason, n := range b.leftOut {
		rep.LeftOut[string(reason)] += n
	}
	rep.Errors += b.log.errors
	rep.Warnings += b.log.warnings
	e.lines += b.log.lineOf(b.used)
	rep.Records += b.records
	if err := e.write(b); err != nil {
		return err
	}
	e.progress()
	return nil
}

// write writes the examples of a block that are not written already.
func (e *engine) write(b *block) error {
	out := e.unique(b)
	e.report.Examples += int64(len(b.examples))
	e.report.OutputBytes += int64(len(out))
	if e.report.Errors > 0 || len(out) == 0 {
		return nil // nobody may use it
	}
	if _, err := e.w.Write(out); err != nil {
		return fmt.Errorf("write examples: %w", err)
	}
	return nil
}

// unique drops the examples of message records whose pair is there already.
func (e *engine) unique(b *block) []byte {
	if len(b.examples) == 0 || !b.examples[0].paired {
		return b.out
	}
	kept, to, from := b.examples[:0], 0, 0
	for _, x := range b.examples {
		line := b.out[from:x.end]
		from = x.end
		if x.paired && !e.layout.pairer.add(x.pair, x.user) {
			e.report.MergedPairs++
			continue
		}
		to += copy(b.out[to:], line)
		x.end = to
		kept = append(kept, x)
	}
	b.examples = kept
	return b.out[:to]
}

// fault reports something about the file itself, at an offset of its text.
func (e *engine) fault(offset int64, f *finding) { e.faultIn(-1, offset, f) }

// faultIn reports something about a record that is in no block.
func (e *engine) faultIn(record, offset int64, f *finding) {
	rep := e.report
	if len(rep.Faults) < e.opt.MaxFaults {
		rep.Faults = append(rep.Faults, Fault{
			Record: record, Line: e.lines + 1, Offset: offset, Code: f.code, Severity: f.severity, Message: f.message, Fix: f.fix,
		})
	}
	rep.Counts[f.code]++
	if f.severity == SeverityError {
		rep.Errors++
	} else {
		rep.Warnings++
	}
}
