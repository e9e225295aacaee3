// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"fmt"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// merge adds the results of a block to the report and writes its examples.
func (e *engine) merge(b *block) error {
	rep := e.report
	out := e.unique(b)
	e.count(b)
	e.faults.merge(&b.log.faultTable, rep.Records, e.lines, e.opt.MaxFaults)
	for reason, n := range b.leftOut {
		rep.LeftOut[string(reason)] += n
	}
	visitErr := e.visit(b, out)
	e.lines += b.lines
	rep.Records += b.records
	rep.Examples += int64(len(b.examples))
	rep.OutputBytes += int64(len(out))
	if visitErr != nil {
		return visitErr
	}
	if err := e.write(out); err != nil {
		return err
	}
	e.progress(b.bytesRead)
	return nil
}

// visit passes the examples of a block to Options.Example, unless the file has an error.
func (e *engine) visit(b *block, out []byte) error {
	if e.opt.Example == nil || e.faults.errors > 0 {
		return nil
	}
	line, at, from := e.lines+1, 0, 0
	for i := range b.examples {
		x := &b.examples[i]
		line += e.lineEnds(b.buf[at:x.at])
		at = x.at
		shown := Example{
			Text: out[from:x.end], Record: e.report.Records + x.record, Line: line,
			Tokens: x.wholeTokens(), Script: x.script(), TooLong: e.isTooLong(x),
		}
		if x.paired {
			shown.Session = session(b.buf[x.at:])
		}
		from = x.end
		if err := e.opt.Example(shown); err != nil {
			return err
		}
	}
	return nil
}

// session returns the session_id of the message record at the start of text.
func session(text []byte) string {
	for name, value := range strictjson.Members(strictjson.Value(text)) {
		if name == "session_id" && strictjson.KindOf(value) == strictjson.String {
			id, err := strictjson.Unquote(value)
			if err == nil {
				return id
			}
		}
	}
	return ""
}

// write writes examples, unless the file has an error.
func (e *engine) write(out []byte) error {
	if e.faults.errors > 0 || len(out) == 0 {
		return nil
	}
	if _, err := e.w.Write(out); err != nil {
		return fmt.Errorf("write examples: %w", err)
	}
	return nil
}

// count adds the examples of a block to the statistics. It warns about each example that has too
// many tokens or files for the model, or that occurs earlier in the file.
func (e *engine) count(b *block) {
	log := &b.log
	for i := range b.examples {
		x := &b.examples[i]
		e.collector.add(x.size)
		if x.nearEmpty {
			e.collector.nearEmpty++
		}
		warn := func(code, message, fix string) {
			log.from, log.to = x.at, x.to
			log.add(x.record, &finding{offset: x.at, node: -1, code: code, severity: SeverityWarning, message: message, fix: fix}, nil)
		}
		if limit := e.opt.Limits.ExampleTokens; e.isTooLong(x) {
			e.collector.addLong(x.size, limit)
			warn(CodeOverTokenLimit, fmt.Sprintf("the example has about %d tokens, the model takes %d: Vertex AI will drop it",
				x.wholeTokens(), limit), "split the conversation")
		}
		if limit := e.opt.Limits.ExampleFiles; limit > 0 && x.files() > limit {
			warn(CodeTooManyFiles, fmt.Sprintf("the example has %d files, the model takes %d: Vertex AI will drop it", x.files(), limit), "split the conversation")
		}
		if e.collector.seenHashes.Add(x.hash, struct{}{}) {
			e.collector.duplicates++
			warn(CodeDuplicateExample, "the same example occurs earlier in the file", "keep one of them")
		}
	}
}

func (e *engine) isTooLong(x *example) bool {
	limit := e.opt.Limits.ExampleTokens
	return limit > 0 && x.wholeTokens() > limit
}

// unique drops the examples of message records whose pair exists already.
func (e *engine) unique(b *block) []byte {
	if len(b.examples) == 0 || !b.examples[0].paired {
		return b.out
	}
	kept, to, from := b.examples[:0], 0, 0
	for _, x := range b.examples {
		line := b.out[from:x.end]
		from = x.end
		if x.paired && !e.info.pairer.add(x.pair, x.user) {
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

// fault reports an error of the file itself at an offset of its text.
func (e *engine) fault(offset int64, f *finding) { e.faultIn(-1, offset, e.lines, f) }

// faultIn reports an error of a record that is not in a block.
func (e *engine) faultIn(record, offset, line int64, f *finding) {
	kind := kindOfFault{f.code, SeverityError}
	e.faults.count(kind, 1)
	if e.faults.rowCounts[kind] < e.opt.MaxFaults {
		e.faults.addRow(&Fault{
			Record: record, Line: line + 1, Offset: offset, Code: f.code, Severity: SeverityError, Message: f.message, Fix: f.fix,
		}, "")
	}
}
