// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// parts checks the parts of a turn and reports whether all of them are results of functions.
func (r *record) parts(list int, role string) (answers bool) {
	answers = r.len(list) > 0
	for part := list + 1; part < r.next(list); part = r.next(part) {
		if !r.is(part, strictjson.Object) {
			answers = false
			continue
		}
		kind := r.checkPart(part)
		answers = answers && kind == fieldFunctionResponse
		switch {
		case kind == fieldText && role == roleModel && r.next(part) == part+3 && r.kind(part+2) == strictjson.String:
			r.checkAnswer(part+2, list)
		case kind == fieldFunctionCall && role == roleUser:
			r.warn(part, CodeWrongSide, "a function is called in a turn of the user", "calls belong to the model")
		case kind == fieldFunctionResponse && role == roleModel:
			r.warn(part, CodeWrongSide, "the result of a function is in a turn of the model", "results belong to the user's side")
		}
	}
	return answers
}

// checkAnswer warns about a text of the model that contains thoughts. It also warns if the text is
// the whole turn and has no letter and no digit.
func (r *record) checkAnswer(text, list int) {
	if mayContainThoughts(r.raw(text)) {
		if _, found := withoutThoughts(r.text(text)); found {
			r.warn(text, CodeThoughtPart, "the answer holds thoughts in tags, which are learned as its text", "take the thoughts away")
		}
	}
	if r.next(text) == r.next(list) && text == list+3 && !r.blank(text) && r.isNearEmpty(text) {
		r.warnNearEmpty(text)
	}
}

func (r *record) warnNearEmpty(text int) {
	r.example.nearEmpty = true
	r.warn(text, CodeNearEmptyAnswer, "the answer has no letter and no digit", "give an answer worth learning, or leave the example out")
}

// checkPart checks one part and returns the kind of its data.
func (r *record) checkPart(obj int) (kind fieldID) {
	var seen fields
	count := 0
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		v := i + 1
		if key := r.key(i); string(key) == "text" {
			kind = fieldText
			count++
			r.checkText(v)
			continue
		}
		f, ok := partFields[string(r.key(i))]
		if !ok {
			r.fail(i, CodeUnknownField, "a part has no member "+quoted(r.text(i)), "remove it")
			continue
		}
		r.rename(i, f, &seen)
		if f.id >= fieldThought {
			r.sibling(v, f.id)
			continue
		}
		if r.kind(v) == strictjson.Null {
			continue
		}
		kind = f.id
		count++
		r.data(v, f.id)
	}
	switch {
	case count == 0:
		r.fail(obj, CodeEmptyPart, "the part holds no data", "add a text, or take the part away")
	case count > 1:
		r.fail(obj, CodeMultipleData, "the part holds more than one kind of data", "put each kind into a part of its own")
	}
	return kind
}

// sibling checks a member that may accompany the data of a part.
func (r *record) sibling(v int, id fieldID) {
	if r.kind(v) == strictjson.Null {
		return
	}
	switch id {
	case fieldThought:
		if r.is(v, strictjson.Bool) && string(r.raw(v)) == "true" {
			r.fail(v, CodeThoughtPart, "Vertex AI takes no thoughts in examples", "take the part away")
		}
	case fieldThoughtSignature:
		if r.is(v, strictjson.String) && len(r.key(v)) > 0 && !isBase64(r.key(v)) {
			r.fail(v, CodeInvalidBase64, "the signature is not base64", "")
		}
	case fieldVideoMetadata:
		r.configure(v, videoMetadata)
	default:
		r.configure(v, partMedia)
	}
}

// data checks the data of a part other than text.
func (r *record) data(v int, id fieldID) {
	if !r.is(v, strictjson.Object) {
		return
	}
	switch id {
	case fieldInlineData:
		r.blob(v, inlineFields, fieldData)
	case fieldFileData:
		r.blob(v, fileFields, fieldFileURI)
	case fieldFunctionCall:
		r.example.parts[kindFunctionCall]++
		r.call(v, "args", CodeArgsNotObject, false)
	case fieldFunctionResponse:
		r.call(v, "response", CodeResponseNotObject, true)
	default:
		r.fail(v, CodeUnsupported, "Vertex AI accepts no executed code in examples", "take the part away")
	}
}

// blob checks inline data or a file: its type, and the member with the data or the address.
func (r *record) blob(obj int, known map[string]field, content fieldID) {
	var seen fields
	var mime, data int
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		f, ok := known[string(r.key(i))]
		if !ok {
			r.fail(i, CodeUnknownField, "this object has no member "+quoted(r.text(i)), "remove it")
			continue
		}
		r.rename(i, f, &seen)
		if !r.is(i+1, strictjson.String) {
			continue
		}
		switch f.id {
		case fieldMimeType:
			mime = i + 1
		case content:
			data = i + 1
		}
	}
	if mime != 0 {
		r.example.parts[kindOf(r.key(mime))]++
	}
	switch {
	case !seen.has(fieldMimeType):
		r.fail(obj, CodeMissingField, `"mimeType" is missing`, "say what kind of data it is, as in image/png")
	case mime != 0 && !mimeTypes[string(r.key(mime))]:
		r.fail(mime, CodeUnknownMimeType, "Vertex AI takes no files of the type "+quoted(r.text(mime)), mimeFix(r.text(mime)))
	}
	switch {
	case !seen.has(content):
		r.fail(obj, CodeMissingField, "the data is missing", "")
	case data == 0:
	case content == fieldFileURI:
		r.checkURI(data)
	case !isBase64(r.key(data)):
		r.fail(data, CodeInvalidBase64, "the data is not base64", "")
	}
}

// checkURI reports whether Vertex AI can read the address of a file. If not, it adds a fault.
func (r *record) checkURI(n int) bool {
	uri := r.key(n)
	for _, scheme := range [...]string{"gs://", "https://", "http://"} {
		if rest, ok := bytes.CutPrefix(uri, []byte(scheme)); ok && len(rest) > 0 {
			return true
		}
	}
	r.fail(n, CodeInvalidURI, "the file has no address that Vertex AI can read", "use gs://bucket/object or a public http(s) address")
	return false
}

// call checks the call of a function or its result.
func (r *record) call(obj int, payload, code string, required bool) {
	name, value := 0, 0
	for i := obj + 1; i < r.next(obj); i = r.next(i + 1) {
		switch key := string(r.key(i)); key {
		case "name":
			name = i + 1
		case payload:
			value = i + 1
		default:
			r.fail(i, CodeUnknownField, "this object has no member "+quoted(key), "remove it")
		}
	}
	switch {
	case name == 0:
		r.fail(obj, CodeMissingField, `the function's "name" is missing`, "")
	case r.functionName(name):
		c := &r.worker.conversation
		c.calls = append(c.calls, call{name: r.raw(name), node: name})
	}
	switch {
	case value == 0 || r.kind(value) == strictjson.Null:
		if required {
			r.fail(obj, CodeMissingField, "the function's "+quoted(payload)+" is missing", `write an object, as in {"output": …}`)
		}
	case r.kind(value) == strictjson.Object:
		r.addJSON(r.raw(value))
		r.numbers(value)
	default:
		r.fail(value, code, quoted(payload)+" must be an object, not "+article(r.kind(value)), `write an object, as in {"name": "value"}`)
	}
}

// numbers reports numbers inside a value that are out of range for Vertex AI, which stores numbers
// as 64-bit floating point.
func (r *record) numbers(v int) {
	for n := v; n < r.next(v); n++ {
		if r.isHuge(n) {
			r.fail(n, CodeNumberOutOfRange, "the number is too large for Vertex AI", "")
		}
	}
}

// numbersOf reports numbers that are out of range in inner, which is the parsed text of a string.
// It reports them at the string's node.
func (r *record) numbersOf(inner *record, at int) {
	for n := range inner.nodes {
		if inner.isHuge(n) {
			r.fail(at, CodeNumberOutOfRange, "a number in it is too large for Vertex AI", "")
			return
		}
	}
}

// isHuge reports whether a node is a number outside the range of 64-bit floating point.
func (r *record) isHuge(n int) bool {
	if r.kind(n) != strictjson.Number {
		return false
	}
	_, err := strconv.ParseFloat(string(r.raw(n)), 64)
	return errors.Is(err, strconv.ErrRange)
}

// isBase64 reports whether data are standard or URL base64, with or without padding.
func isBase64(data []byte) bool {
	body := bytes.TrimRight(data, "=")
	if len(data) == 0 || len(data)-len(body) > 2 || len(body)%4 == 1 {
		return false
	}
	if len(body) < len(data) && len(data)%4 != 0 || bytes.ContainsAny(body, "+/") && bytes.ContainsAny(body, "-_") {
		return false
	}
	for _, c := range body {
		if !base64Bytes[c] {
			return false
		}
	}
	return true
}

var base64Bytes = func() (t [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_") {
		t[c] = true
	}
	return t
}()
