// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// These are common names of the members of a record, in lower case.
var (
	questionNames = []string{
		"prompt", "question", "query", "text_input", "input_text", "input", "instruction", "user", "human", "q", "source", "problem", "src",
		"request", "document", "article",
	}
	answerNames = []string{
		"completion", "answer", "response", "output", "output_text", "answers", "assistant", "model", "bot", "gpt", "a", "target",
		"tgt", "reply", "solution", "label", "final_answer", "summary",
	}
	contextNames = []string{"context", "passage", "document", "background"}
	systemNames  = []string{"system", "system_prompt", "system_message"}
	historyNames = []string{"history", "conversation_history"}
)

// These are the recommended forms of a conversation, and of a question with its answer.
const (
	asMessages = `{"messages": [{"role": "user", "content": …}, {"role": "assistant", "content": …}]}`
	asPair     = `{"prompt": …, "completion": …}`
)

// turnNames lists the members of a turn of a conversation, and the name of the list from which such
// turns are read, or "" if they are not read.
var turnNames = []struct{ speaker, text, list string }{
	{"role", "content", "messages"},
	{"from", "value", "conversations"},
	{"role", "parts", "contents"},
	{"role", "text", ""},
	{"speaker", "text", ""},
	{"author", "content", ""},
	{"from", "content", ""},
	{"role", "value", ""},
	{"speaker", "utterance", ""},
	{"role", "message", ""},
	{"sender", "text", ""},
	{"author", "text", ""},
	{"from", "text", ""},
}

// unknownRecord reports a record of unknown format and says how to write what the record seems to
// contain.
func (r *record) unknownRecord() {
	message := "the record has no known format: it has " + r.names()
	for _, advise := range []func(*record) (what, fix string){
		(*record).adviseList, (*record).adviseSides, (*record).adviseText,
	} {
		if what, fix := advise(r); fix != "" {
			r.fail(root, CodeUnknownFormat, message+"; "+what, fix)
			return
		}
	}
	r.fail(root, CodeUnknownFormat, message,
		`write a question and its answer as `+asPair+`, a conversation as `+asMessages+`, or an example of Gemini as {"contents": […]}`)
}

// named returns the first member that has one of the names in any case, or 0.
func (r *record) named(names []string) int {
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		if slices.Contains(names, strings.ToLower(r.text(i))) && r.kind(i+1) != strictjson.Null {
			return i
		}
	}
	return 0
}

// adviseSides looks for a question and its answer under other names.
func (r *record) adviseSides() (what, fix string) {
	question, answer := r.named(questionNames), r.named(answerNames)
	if question == 0 || answer == 0 {
		return "", ""
	}
	fix = "write them as " + asPair
	if context := r.named(contextNames); context != 0 && context != question {
		fix += ", with " + quoted(r.text(context)) + ` before the question in "prompt"`
	}
	system, history := r.named(systemNames), r.named(historyNames)
	switch {
	case history != 0:
		fix += ", or with the turns of " + quoted(r.text(history)) + " before them as " + asMessages
	case system != 0:
		fix += `, with {"role": "system", "content": …} first as ` + asMessages
	}
	return quoted(r.text(question)) + " seems to be the question, and " + quoted(r.text(answer)) + " its answer", fix
}

// adviseText looks for a record that is only a text.
func (r *record) adviseText() (what, fix string) {
	text := r.named([]string{"text", "content", "body", "document", "sentence", "story"})
	if text == 0 || r.kind(text+1) != strictjson.String {
		return "", ""
	}
	return "a plain text has no question and no answer to learn from", "divide it, and write " + asPair
}

// adviseList looks for a list of records, or of the turns of a conversation, under an unknown name.
func (r *record) adviseList() (what, fix string) {
	sides, _ := r.adviseSides()
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		list, name := r.listIn(i)
		if list == 0 || sides != "" && slices.Contains(historyNames, r.text(i)) {
			continue
		}
		if what, fix = r.adviseTurns(list, name, i+1 == list); fix != "" {
			return what, fix
		}
		first := list + 1
		if r.next(list) == first || r.kind(first) != strictjson.Object || r.len(first) == 0 {
			continue
		}
		if row := r.member(first, "row"); row != 0 || r.len(first) > 1 || markNames[string(r.key(first+1))] != 0 {
			fix = `give that array alone, or as {"data": […]}`
			if row != 0 {
				fix += `, with each object of "row" as a record`
			}
			return "its records seem to be in the array " + name, fix
		}
	}
	return "", ""
}

// listIn returns the array that is the value of a member, or that is inside the object of a member.
// It also returns the name of the array for a message.
func (r *record) listIn(name int) (list int, path string) {
	path = quoted(r.text(name))
	switch v := name + 1; r.kind(v) {
	case strictjson.Array:
		return v, path
	case strictjson.Object:
		for i := v + 1; i < r.next(v); i = r.next(i + 1) {
			if r.kind(i+1) == strictjson.Array {
				return i + 1, quoted(r.text(i)) + " of " + path
			}
		}
	}
	return 0, ""
}

// adviseTurns says how to write the turns in a list, if the list contains turns. member is true if
// the list is the value of a member of the record.
func (r *record) adviseTurns(list int, name string, member bool) (what, fix string) {
	first := list + 1
	if r.next(list) == first {
		return "", ""
	}
	switch r.kind(first) {
	case strictjson.String:
		if r.len(list) > 1 {
			return name + " holds texts that do not say who wrote them", "write them as messages: " + asMessages
		}
	case strictjson.Array:
		if r.len(first) == 2 && r.kind(first+1) == strictjson.String {
			return name + " holds pairs of texts", "write each as two messages: " + asMessages
		}
	case strictjson.Object:
		if to, _ := r.turnList(first); to != "" {
			fix = "give it as a record of its own, "
			if member {
				fix = "rename it: "
			}
			return name + " holds the turns of a conversation", fix + `{"` + to + `": [ its turns ]}`
		} else if r.isTurn(first) {
			return name + " holds the turns of a conversation", "write them as " + asMessages
		}
	}
	return "", ""
}

// isTurn reports whether an object is a turn of a conversation.
func (r *record) isTurn(obj int) bool {
	for _, names := range turnNames {
		if r.member(obj, names.speaker) != 0 && r.member(obj, names.text) != 0 {
			return true
		}
	}
	return false
}

// turnList returns the name of the list from which turns like obj are read, or "", and the speaker
// of the turn.
func (r *record) turnList(obj int) (list, speaker string) {
	for _, names := range turnNames {
		if from := r.member(obj, names.speaker); from != 0 && r.member(obj, names.text) != 0 {
			return names.list, string(r.raw(from))
		}
	}
	return "", ""
}

// notAnObject reports a record that is not an object.
func (r *record) notAnObject() {
	message, fix := "a record must be an object, not "+article(r.kind(root)), ""
	if r.kind(root) == strictjson.Array {
		if what, advice := r.adviseTurns(root, "the array", false); advice != "" {
			message, fix = message+"; "+what, advice
		}
	}
	r.fail(root, CodeNotAnObject, message, fix)
}

// missingFix returns advice for a record that lacks one side, which may be present under another
// name.
func (r *record) missingFix(name string) string {
	names := answerNames
	if slices.Contains(questionNames, name) {
		names = questionNames
	}
	if other := r.named(names); other != 0 {
		return "if it is in " + quoted(r.text(other)) + ", rename that member to " + quoted(name)
	}
	return "add it"
}

// turnsAlone returns the fault of a file that is an array of the turns of one conversation, or nil.
// The turns would otherwise be read as message records.
func turnsAlone(head []byte) *finding {
	at := skipSpace(head, 0)
	if at == len(head) || head[at] != '[' || bytes.Contains(head, []byte(`"related_message"`)) || bytes.Contains(head, []byte(`"session_id"`)) {
		return nil
	}
	var lists, speakers [2]string
	var p strictjson.Parser
	p.Reset(head)
	for i := range lists {
		end, err := p.Parse(at+1, len(head))
		if err != nil || p.Nodes[root].Kind != strictjson.Object {
			return nil
		}
		r := record{buf: head, nodes: p.Nodes}
		lists[i], speakers[i] = r.turnList(root)
		if at = skipSpace(head, end); lists[i] == "" || i == 0 && (at == len(head) || head[at] != ',') {
			return nil
		}
	}
	if lists[0] != lists[1] || speakers[0] == speakers[1] {
		return nil
	}
	return &finding{
		code: CodeNotRecords, message: "the array holds the turns of one conversation, and not records",
		fix: "write each conversation as " + `{"` + lists[0] + `": [ its turns ]}, on a line of its own`,
	}
}
