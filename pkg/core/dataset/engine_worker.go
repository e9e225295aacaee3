// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"hash/maphash"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// fileInfo holds the facts about a file that are known before its first record.
type fileInfo struct {
	container   string
	newline     byte         // the byte that ends a line
	format      int          // the index of the format of the first record that has one
	seed        maphash.Seed // for the hashes of examples
	noTemplates bool
	maxRecord   int
	maxFaults   int
	pairer      *Pairer // workers use only its seeds
}

// worker checks the records of one block after another.
type worker struct {
	info   *fileInfo
	parser strictjson.Parser
	record record
	block  *block

	conversation conversation
	templates    templates
	scratch      []byte
}

// run processes all complete records of b. The rest of the block, from b.used, is the start of a
// record whose end was not read yet.
func (w *worker) run(b *block) {
	w.block = b
	w.record.buf, w.record.log, w.record.worker = b.buf, &b.log, w
	b.log.newline, b.log.limit = w.info.newline, w.info.maxFaults
	w.parser.Reset(b.buf)
	for w.step() {
		if b.limit > 0 && b.used >= b.limit && b.used < len(b.buf) {
			b.stoppedAtLimit = true
			break
		}
	}
	b.lines = b.log.lineOf(b.used) // counted now, while the text is in the processor's cache
}

// step processes the next token or record and reports whether the block may contain more of them.
func (w *worker) step() bool {
	b := w.block
	at := skipSpace(b.buf, b.used)
	if at == len(b.buf) {
		w.keepIndent()
		return false
	}
	switch b.state {
	case betweenValues:
		if w.info.container == ContainerLines {
			return w.line(at)
		}
		return w.value(at)
	case firstElement, nextElement:
		if b.buf[at] != ']' {
			return w.value(at)
		}
		if b.state == nextElement {
			w.fileFault(at, strictjson.CodeTrailingComma, "there is a comma before the closing bracket", "remove the comma")
		}
		b.state, b.used = afterArray, at+1
	case afterElement:
		w.separator(at)
	case afterArray:
		b.used = at
		return false
	}
	return true
}

// keepIndent moves the start of the last line to the next block if the line has only white space so
// far, because resync must know the indentation of a record.
func (w *worker) keepIndent() {
	const maxIndent = 1 << 10
	b := w.block
	if !b.final && w.info.container != ContainerLines {
		if line := bytes.LastIndexByte(b.buf[b.used:], w.info.newline); line >= 0 && len(b.buf)-b.used-line < maxIndent {
			b.used += line
			return
		}
	}
	b.used = len(b.buf)
}

// separator reads the text between two elements of an array.
func (w *worker) separator(at int) {
	b := w.block
	switch b.buf[at] {
	case ',':
		b.state, b.used = nextElement, at+1
	case ']':
		b.state, b.used = afterArray, at+1
	default:
		w.fileFault(at, strictjson.CodeSyntax, "a comma or the end of the array is expected here", "put a comma between the records")
		b.state, b.used = nextElement, at
	}
}

// line processes the line that starts at buf[at].
func (w *worker) line(at int) bool {
	b := w.block
	if end, ok := w.tryTemplates(at, true); ok {
		b.used = end
		return true
	}
	end := bytes.IndexByte(b.buf[at:], w.info.newline)
	if end >= 0 {
		end += at
	} else {
		if !b.final {
			b.used = at
			return false
		}
		end = len(b.buf)
	}
	r := w.begin()
	after, err := w.parser.Parse(at, end)
	r.nodes, r.dense = w.parser.Nodes, w.parser.Compact()
	rest := end
	if err == nil {
		if rest = skipSpace(b.buf[:end], after); rest < end {
			r.violation(trailing(b.buf, rest))
		}
	}
	w.finish(err, at, end)
	if err != nil || rest < end {
		w.parser.Skip(end)
	}
	b.used = end
	return true
}

// trailing returns the fault of a line that continues after its value.
func trailing(buf []byte, at int) *strictjson.Error {
	e := &strictjson.Error{Offset: int64(at), Code: strictjson.CodeTrailingData, Message: "there is more text after the value of this line"}
	if buf[at] == ',' {
		e.Message = "there is a comma after the value; lines have no commas between them"
	}
	return e
}

// endlessBytes is how much of a record that is nested too deeply is kept in memory while its end is
// searched for.
const endlessBytes = 1 << 20

// value processes the value that starts at buf[at] and may span lines.
func (w *worker) value(at int) bool {
	b := w.block
	if end, ok := w.tryTemplates(at, false); ok {
		b.used = end
		if b.state != betweenValues {
			b.state = afterElement
		}
		return true
	}
	r := w.begin()
	end, err := w.parser.Parse(at, len(b.buf))
	after, whole := afterElement, b.final || !w.mayContinue(end, err)
	if err != nil && whole {
		end, after, whole = w.resync(at, end)
		if end <= at && b.buf[at] != ',' {
			end = at + 1 // a closing bracket without an opening one
		}
	}
	if !whole {
		b.records--
		b.endless = err != nil && err.Code == strictjson.CodeTooDeep && len(b.buf)-at > endlessBytes
		return false
	}
	if err != nil {
		// The faults of a record must depend only on its own text, so it is parsed again.
		w.parser.Skip(at)
		_, err = w.parser.Parse(at, at+len(bytes.TrimRight(b.buf[at:end], ", \t\r\n")))
	}
	r.nodes, r.dense = w.parser.Nodes, w.parser.Compact()
	w.finish(err, at, end)
	if err != nil {
		w.parser.Skip(end)
	}
	b.used = end
	if b.state != betweenValues {
		b.state = after
	}
	return true
}

// mayContinue reports whether the value that was parsed up to end may continue after the block.
func (w *worker) mayContinue(end int, err *strictjson.Error) bool {
	buf := w.block.buf
	switch {
	case err == nil:
		return end == len(buf) && buf[end-1] != '}' && buf[end-1] != ']' && buf[end-1] != '"'
	case err.Code == strictjson.CodeUnexpectedEnd:
		return true
	}
	return !bytes.ContainsAny(buf[end:], " \t\r\n,:[]{}\"") // if no delimiter follows, the scalar may continue
}

// begin starts a record.
func (w *worker) begin() *record {
	r := &w.record
	r.number = w.block.records
	r.faults, r.edits, r.hasError, r.leftOut = r.faults[:0], r.edits[:0], false, ""
	r.faultCounts = r.faultCounts[:0]
	w.block.records++
	return r
}

// finish checks the record that was parsed from buf[from:to] and adds its example to the output.
func (w *worker) finish(err *strictjson.Error, from, to int) {
	r := &w.record
	w.block.log.from, w.block.log.to = from, to
	for i := range w.parser.Violations {
		r.violation(&w.parser.Violations[i])
	}
	switch {
	case err != nil:
		r.violation(err)
	case r.end(root)-r.start(root) > w.info.maxRecord:
		r.fail(root, CodeRecordTooLarge, tooLarge, tooLargeFix)
	case r.kind(root) != strictjson.Object:
		r.notAnObject()
	default:
		w.convert()
	}
	for code, n := range w.parser.Dropped {
		w.block.log.count(kindOfFault{code, SeverityError}, n)
	}
	r.flush()
}

// violation adds a fault in the JSON text of the record.
func (r *record) violation(v *strictjson.Error) {
	r.hasError = true
	r.faults = append(r.faults, finding{
		offset: int(v.Offset), pointer: v.Pointer, node: -1, code: v.Code, severity: SeverityError,
		message: v.Message, fix: textFixes[v.Code],
	})
}

// textFixes has advice for faults in the JSON text.
var textFixes = map[string]string{
	strictjson.CodeComment:          "take comments out of the file",
	strictjson.CodeControlCharacter: `write it as an escape, as in \n or \u0000`,
	strictjson.CodeDuplicateName:    "keep one of the two members",
	strictjson.CodeInvalidUTF8:      "save the file as UTF-8",
	strictjson.CodeLoneSurrogate:    "write the character itself, or both halves of the pair",
	strictjson.CodeNotANumber:       "write a decimal number, null, or a string",
	strictjson.CodeTrailingComma:    "remove the comma",
	strictjson.CodeTrailingData:     "write one value a line",
	strictjson.CodeUnexpectedEnd:    "the text seems to be cut off: write it again, whole",
}

// fileFault reports an error outside any record.
func (w *worker) fileFault(at int, code, message, fix string) {
	w.block.log.from, w.block.log.to = at, at // the text after it may not be read yet
	w.block.log.add(-1, &finding{offset: at, node: -1, code: code, severity: SeverityError, message: message, fix: fix}, nil)
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}
