// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// marks are the top-level names of a record that identify its format.
type marks uint32

const (
	markContents marks = 1 << iota
	markCompletions
	markContent
	markRole
	markRelated
	markSession
	markMessages
	markSchemaVersion
	markPreferred
	markChosen
	markPrompt
	markCompletion
	markConversations
	markInstruction
	markOutput
	markInputText
	markOutputText
)

// markNames maps names to marks.
var markNames = map[string]marks{
	"contents":             markContents,
	"completions":          markCompletions,
	"content":              markContent,
	"role":                 markRole,
	"related_message":      markRelated,
	"session_id":           markSession,
	"messages":             markMessages,
	"schemaVersion":        markSchemaVersion,
	"preferred_output":     markPreferred,
	"non_preferred_output": markPreferred,
	"chosen":               markChosen,
	"chosen_response":      markChosen,
	"chosen_messages":      markChosen,
	"rejected":             markChosen,
	"rejected_response":    markChosen,
	"rejected_messages":    markChosen,
	"prompt":               markPrompt,
	"completion":           markCompletion,
	"conversations":        markConversations,
	"conversation":         markConversations,
	"instruction":          markInstruction,
	"output":               markOutput,
	"input_text":           markInputText,
	"output_text":          markOutputText,
}

// format is one format of a record.
type format struct {
	name string
	// fits reports whether a record has this format.
	fits func(r *record) bool
	// convert checks the record and appends its example to dst, if it makes one. It reports faults
	// of the record.
	convert func(r *record, dst []byte) []byte
}

// formats are tried in this order; specific formats come before general ones.
var formats = []format{
	{FormatGeminiPreference, has(markContents | markCompletions), (*record).geminiPreference},
	{FormatGemini, has(markContents), (*record).gemini},
	{FormatOpenAIPreference, has(markPreferred), (*record).preference},
	{FormatPreferencePair, (*record).isPreferencePair, (*record).preference},
	{FormatBedrock, func(r *record) bool { return r.has(markMessages) && r.isBedrock() }, (*record).bedrock},
	{FormatPaLMChat, func(r *record) bool { return r.has(markMessages) && r.firstHas("messages", "author") }, (*record).palmChat},
	{FormatOpenAIChat, has(markMessages), (*record).openAI},
	{FormatShareGPT, has(markConversations), (*record).shareGPT},
	{FormatMessages, func(r *record) bool {
		return r.has(markContent|markRole) || r.has(markRelated) || r.has(markSession|markContent)
	}, (*record).message},
	{FormatPromptCompletion, func(r *record) bool {
		return r.has(markCompletion) || r.has(markPrompt) && !r.has(markOutput)
	}, (*record).promptCompletion},
	{FormatPaLMText, hasAny(markInputText | markOutputText), (*record).palmText},
	{FormatAlpaca, has(markInstruction), (*record).alpaca},
}

// unknownFormat is the number for no format.
const unknownFormat = -1

func has(m marks) func(*record) bool    { return func(r *record) bool { return r.has(m) } }
func hasAny(m marks) func(*record) bool { return func(r *record) bool { return r.marks&m != 0 } }

// has reports whether the record has all the given names.
func (r *record) has(m marks) bool { return r.marks&m == m }

// findMarks notes which names the record has.
func (r *record) findMarks() {
	r.marks = 0
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		r.marks |= markNames[string(r.key(i))]
	}
}

// first returns the first element of a member that is an array, or 0.
func (r *record) first(member string) int {
	list := r.member(root, member)
	if r.kind(list) != strictjson.Array || r.next(list) == list+1 {
		return 0
	}
	return list + 1
}

// firstHas reports whether the first element of an array has a member.
func (r *record) firstHas(list, name string) bool {
	first := r.first(list)
	return first != 0 && r.kind(first) == strictjson.Object && r.member(first, name) != 0
}

// isPreferencePair reports whether the record has a chosen or a rejected answer. In files that mix
// formats, these members are null in other records.
func (r *record) isPreferencePair() bool {
	return r.has(markChosen) && (r.hasAnswers() || r.marks&(markMessages|markConversations|markCompletion|markOutput) == 0)
}

func (r *record) hasAnswers() bool {
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if markNames[string(r.key(i))] == markChosen && r.kind(i+1) != strictjson.Null {
			return true
		}
	}
	return false
}

// isBedrock reports whether the messages have the form of Amazon Bedrock: the parts of their
// contents have no type.
func (r *record) isBedrock() bool {
	if r.has(markSchemaVersion) {
		return true
	}
	first := r.first("messages")
	if first == 0 || r.kind(first) != strictjson.Object {
		return false
	}
	content := r.member(first, "content")
	return content != 0 && r.kind(content) == strictjson.Array && r.next(content) > content+1 &&
		r.kind(content+1) == strictjson.Object && r.len(content+1) == 1 && r.member(content+1, "type") == 0
}

// convert recognises the format of the current record, checks the record, and adds its example to
// the block.
func (w *worker) convert() {
	r, b := &w.record, w.block
	r.findMarks()
	i := slices.IndexFunc(formats, func(f format) bool { return f.fits(r) })
	switch known := w.info.format; {
	case i == unknownFormat && known == unknownFormat:
		r.unknownRecord()
		return
	case i == unknownFormat:
		i = known
	case known == unknownFormat:
		w.info.format = i
	case i != known:
		r.fail(root, CodeFormatChanged,
			"this record has the format "+formats[i].name+", the file started with "+formats[known].name, "put records of one format in a file")
	}
	before := len(b.out)
	r.example = example{record: r.number, at: r.start(root), to: r.end(root)}
	b.out = formats[i].convert(r, b.out)
	switch {
	case r.failed():
		b.out = b.out[:before]
	case r.leftOut != "":
		b.out = b.out[:before]
		b.leaveOut(r.leftOut)
	}
	if len(b.out) > before {
		r.example.end = len(b.out)
		r.example.hash = w.hash(b.out[before:])
		if len(r.faults) == 0 && !w.info.noTemplates {
			w.templates.learn(r, b.out[before:len(b.out)-1])
		}
		b.examples = append(b.examples, r.example)
	}
}

// hash returns a hash that identifies an example.
func (w *worker) hash(line []byte) uint64 { return maphash.Bytes(w.info.seed, line) }

// names lists the first names of the record for a message.
func (r *record) names() string {
	var names []string
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if len(names) == 6 {
			names = append(names, "…")
			break
		}
		names = append(names, quoted(r.text(i)))
	}
	if len(names) == 0 {
		return "no members"
	}
	return strings.Join(names, ", ")
}

// quoted quotes a name for a message and shortens it.
func quoted(name string) string {
	const maxBytes = 40
	if len(name) > maxBytes {
		name = strings.ToValidUTF8(name[:maxBytes], "") + "…"
	}
	return strconv.Quote(name)
}

// IsPreference reports whether the records of a format contain a better and a worse answer.
func IsPreference(format string) bool {
	return format == FormatGeminiPreference || format == FormatOpenAIPreference || format == FormatPreferencePair
}
