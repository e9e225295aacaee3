// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// roleModel is the role whose turns are trained on.
const roleModel = "model"

// gemini checks an example in the format of Vertex AI, and appends it with the names and roles that
// Vertex AI documents.
func (r *record) gemini(dst []byte) []byte { return r.nativeExample(dst, false) }

// geminiPreference checks and appends an example in Vertex AI's format that has two answers to
// compare.
func (r *record) geminiPreference(dst []byte) []byte { return r.nativeExample(dst, true) }

func (r *record) nativeExample(dst []byte, preference bool) []byte {
	r.worker.conversation.begin(r) // it collects the declared and the called functions
	contents, completions := 0, 0
	var seen fields
	for i := 1; i < r.next(root); i = r.next(i + 1) {
		v := i + 1
		f, ok := exampleFields[string(r.key(i))]
		if !ok {
			r.fail(i, CodeUnknownField, "an example has no member "+quoted(r.text(i)), "remove it")
			continue
		}
		r.rename(i, f, &seen)
		if r.kind(v) == strictjson.Null {
			continue // null means absent
		}
		switch f.id {
		case fieldContents:
			contents = v
			r.contents(v, preference)
		case fieldCompletions:
			completions = v
			r.completions(v)
		default:
			r.exampleMember(v, f.id)
		}
	}
	if preference && completions == 0 {
		r.fail(root, CodeMissingField, `the example has no "completions"`, "add two answers, with the scores 1 and 0")
	}
	if contents == 0 {
		r.fail(root, CodeMissingField, `the example has no "contents"`, "add the turns of the conversation")
	}
	r.checkCalls()
	return append(r.appendRoot(dst), '\n')
}

// exampleMember checks one member of an example.
func (r *record) exampleMember(v int, id fieldID) {
	switch id {
	case fieldSystemInstruction:
		r.systemInstruction(v)
	case fieldTools:
		r.tools(v)
	case fieldToolConfig:
		r.configure(v, toolConfig)
	case fieldGenerationConfig:
		r.configure(v, generationConfig)
	case fieldSafetySettings:
		r.configure(v, safetySettings)
	case fieldLabels:
		r.labels(v)
	case fieldModel:
		r.is(v, strictjson.String)
	}
}

// configure checks a member other than the turns, and replaces the names inside it with the
// documented ones.
func (r *record) configure(v int, s *shape) {
	r.checkShape(v, s)
	r.camelCase(v)
}

// contents checks the turns of a conversation. prompt is true if the answers are in another member.
func (r *record) contents(v int, prompt bool) {
	if !r.is(v, strictjson.Array) {
		return
	}
	if r.next(v) == v+1 {
		r.fail(v, CodeEmptyList, "the example has no turns", "add at least a question and an answer")
		return
	}
	single := r.next(v+1) == r.next(v)
	var last int
	before := ""
	for turn := v + 1; turn < r.next(v); turn = r.next(turn) {
		last = turn
		r.example.turns++
		if !r.is(turn, strictjson.Object) {
			before = ""
			continue
		}
		role := r.turn(turn, single)
		switch {
		case turn == v+1 && role == roleModel:
			r.warn(turn, CodeRolesNotAlternating, "the conversation starts with the model", "start with the user's turn")
		case role != "" && role == before:
			r.warn(turn, CodeRolesNotAlternating, "two turns of the role "+quoted(role)+" follow each other", "join them to one turn with several parts")
		}
		before = role
	}
	if prompt {
		if before == roleModel {
			r.fail(last, CodeLastTurnNotUser, "the conversation before the answers must end with the user's turn", `move the last turn to "completions"`)
		}
		return
	}
	if before == roleUser || before == "" && single && r.kind(last) == strictjson.Object && r.noRole(last) {
		r.fail(last, CodeLastTurnNotModel, "the last turn is not the model's, so there is nothing to learn", "end the conversation with the model's answer")
	}
}

// turn checks one turn and returns its role, or "" if it is unknown.
func (r *record) turn(obj int, single bool) (role string) {
	var roleNode, parts int
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		v := i + 1
		switch string(r.key(i)) {
		case "role":
			roleNode = v
		case "parts":
			parts = v
		default:
			r.fail(i, CodeUnknownField, "a turn has no member "+quoted(r.text(i)), "remove it")
		}
	}
	answers := false
	role = r.role(roleNode)
	switch {
	case parts == 0:
		r.fail(obj, CodeMissingField, `the turn has no "parts"`, "add what was said")
	case r.is(parts, strictjson.Array):
		if r.next(parts) == parts+1 {
			r.fail(parts, CodeEmptyList, "the turn has no parts", "add what was said")
		}
		answers = r.parts(parts, role)
	}
	if roleNode != 0 && !r.empty(roleNode) {
		return role
	}
	if answers {
		return roleUser // results of functions need no role
	}
	if !single {
		r.fail(obj, CodeMissingRole, "the turn does not say who speaks", `add the role "user" or "model"`)
	}
	return ""
}

// noRole reports whether a turn has no role.
func (r *record) noRole(turn int) bool {
	role := r.member(turn, "role")
	return role == 0 || r.empty(role)
}

// empty reports whether a node is null or "".
func (r *record) empty(n int) bool {
	return r.kind(n) == strictjson.Null || r.kind(n) == strictjson.String && r.nodes[n].End-r.nodes[n].Start == 2
}

// roleFixes has advice for roles of other formats.
var roleFixes = map[string]string{
	"system":    `move the text to "systemInstruction"`,
	"developer": `move the text to "systemInstruction"`,
	"tool":      `write the result as a "functionResponse" in a turn of the user`,
	"function":  `write the result as a "functionResponse" in a turn of the user`,
}

// role checks the role of a turn and returns it, or "" if it is not valid.
func (r *record) role(n int) string {
	if n == 0 || r.empty(n) || !r.is(n, strictjson.String) {
		return ""
	}
	switch role := string(r.key(n)); role {
	case roleUser:
		return roleUser
	case roleModel:
		return roleModel
	case roleAssistant:
		r.replace(n, `"model"`)
		return roleModel
	default:
		fix := roleFixes[role]
		if fix == "" {
			fix = `write "user" or "model"`
		}
		r.fail(n, CodeInvalidRole, "a turn has no role "+quoted(role), fix)
		return ""
	}
}

// systemInstruction checks the instruction before the conversation.
func (r *record) systemInstruction(v int) {
	if r.kind(v) == strictjson.String {
		r.fail(v, CodeWrongType, "this must be an object, not a string", `write {"parts": [{"text": …}]}`)
		return
	}
	if !r.is(v, strictjson.Object) {
		return
	}
	parts := 0
	for i := v + 1; i < r.next(v); i = r.next(i + 1) {
		switch string(r.key(i)) {
		case "role":
			if r.kind(i+1) != strictjson.Null {
				r.is(i+1, strictjson.String)
			}
		case "parts":
			parts = i + 1
		default:
			r.fail(i, CodeUnknownField, "a system instruction has no member "+quoted(r.text(i)), "remove it")
		}
	}
	if parts == 0 {
		r.fail(v, CodeMissingField, `the system instruction has no "parts"`, "add its text")
		return
	}
	if !r.is(parts, strictjson.Array) {
		return
	}
	if r.next(parts) == parts+1 {
		r.fail(parts, CodeEmptyList, "the system instruction has no parts", "add its text, or remove it")
	}
	for part := parts + 1; part < r.next(parts); part = r.next(part) {
		if !r.is(part, strictjson.Object) {
			continue
		}
		text := r.member(part, "text")
		if r.next(part) != text+1 || text != part+2 {
			r.fail(part, CodeSystemNotText, "a system instruction holds text only", `keep one "text" in each part`)
			continue
		}
		r.checkText(text)
	}
}

// checkText checks the text of a part.
func (r *record) checkText(n int) {
	switch {
	case !r.is(n, strictjson.String):
	case r.blank(n):
		r.fail(n, CodeEmptyText, "the text is empty", "write what was said, or take the part away")
	default:
		r.addText(n)
	}
}
