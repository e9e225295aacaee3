// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"strings"
	"unicode"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// fieldID identifies a member of an object of an example.
type fieldID uint8

const (
	fieldContents fieldID = iota + 1
	fieldCompletions
	fieldSystemInstruction
	fieldTools
	fieldToolConfig
	fieldGenerationConfig
	fieldSafetySettings
	fieldLabels
	fieldModel

	fieldText
	fieldInlineData
	fieldFileData
	fieldFunctionCall
	fieldFunctionResponse
	fieldExecutableCode
	fieldCodeExecutionResult
	fieldThought // this and the following ones are not data
	fieldThoughtSignature
	fieldVideoMetadata
	fieldMediaResolution

	fieldMimeType
	fieldData
	fieldFileURI
	fieldString // this and the following ones are the kinds of values in a schema
	fieldInteger
	fieldNumber
	fieldAny
	fieldStrings
	fieldSchema
)

// fields is a set of members that were seen: documented names in the low half, names with
// underscores in the high half.
type fields uint64

const otherNames = 32

func (s fields) has(id fieldID) bool { return s&(1<<id|1<<(id+otherNames)) != 0 }

// field is a name under which a member may be written.
type field struct {
	id fieldID
	// canonical is the quoted name to write, if it differs from the name of the member.
	canonical string
}

// names returns the table of an object: each member under its documented name and under its name
// with underscores.
func names(members map[string]fieldID) map[string]field {
	table := make(map[string]field)
	for camel, id := range members {
		table[camel] = field{id: id}
		if snake := snakeCase(camel); snake != camel {
			table[snake] = field{id: id, canonical: `"` + camel + `"`}
		}
	}
	return table
}

var (
	exampleFields = names(map[string]fieldID{
		"contents": fieldContents, "completions": fieldCompletions, "systemInstruction": fieldSystemInstruction, "tools": fieldTools, "toolConfig": fieldToolConfig,
		"generationConfig": fieldGenerationConfig, "safetySettings": fieldSafetySettings, "labels": fieldLabels, "model": fieldModel,
	})
	partFields = names(map[string]fieldID{
		"text": fieldText, "inlineData": fieldInlineData, "fileData": fieldFileData,
		"functionCall": fieldFunctionCall, "functionResponse": fieldFunctionResponse,
		"executableCode": fieldExecutableCode, "codeExecutionResult": fieldCodeExecutionResult,
		"thought": fieldThought, "thoughtSignature": fieldThoughtSignature,
		"videoMetadata": fieldVideoMetadata, "mediaResolution": fieldMediaResolution,
	})
	inlineFields = names(map[string]fieldID{"mimeType": fieldMimeType, "data": fieldData})
	fileFields   = names(map[string]fieldID{"mimeType": fieldMimeType, "fileUri": fieldFileURI})
)

// mimeTypes are the types that Google documents for Gemini.
var mimeTypes = map[string]bool{
	"application/pdf": true, "text/plain": true,
	"audio/mpeg": true, "audio/mp3": true, "audio/wav": true,
	"image/png": true, "image/jpeg": true, "image/webp": true,
	"video/mov": true, "video/mpeg": true, "video/mp4": true, "video/mpg": true,
	"video/avi": true, "video/wmv": true, "video/mpegps": true, "video/flv": true,
}

// otherMimeTypes maps other names of types to the names that Google documents.
var otherMimeTypes = map[string]string{
	"image/jpg": "image/jpeg", "image/pjpeg": "image/jpeg", "image/x-png": "image/png", "application/x-pdf": "application/pdf",
	"application/txt": "text/plain", "audio/x-wav": "audio/wav", "audio/wave": "audio/wav", "audio/vnd.wave": "audio/wav",
	"audio/x-mp3": "audio/mp3", "audio/mpeg3": "audio/mp3", "video/quicktime": "video/mov", "video/x-msvideo": "video/avi",
	"video/x-ms-wmv": "video/wmv", "video/x-flv": "video/flv",
}

// mimeType returns Vertex AI's name for a MIME type. If Vertex AI does not accept the type, it
// reports this at the node at and returns false.
func (r *record) mimeType(at int, mime string) (known string, ok bool) {
	mime = strings.ToLower(mime)
	if other, ok := otherMimeTypes[mime]; ok {
		mime = other
	}
	if ok = mimeTypes[mime]; !ok {
		r.fail(at, CodeUnknownMimeType, "Vertex AI takes no files of the type "+quoted(mime), mimeFix(mime))
	}
	return mime, ok
}

// mimeFix returns advice for a MIME type that Vertex AI does not accept.
func mimeFix(mime string) string {
	if other, ok := otherMimeTypes[strings.ToLower(mime)]; ok {
		return "write " + other
	}
	return "convert the file to a type that Gemini takes, such as image/png, audio/wav, video/mp4 or application/pdf"
}

// rename makes the output use the documented name of a member. It reports a member that is present
// under both of its names.
func (r *record) rename(name int, f field, seen *fields) {
	mine, other := fields(1)<<f.id, fields(1)<<(f.id+otherNames)
	if f.canonical != "" {
		r.replace(name, f.canonical)
		mine, other = other, mine
	}
	if *seen&other != 0 {
		r.fail(name, strictjson.CodeDuplicateName, "the member is present twice, under two names", "keep one of the two members")
	}
	*seen |= mine
}

// freeNames are members whose own members may have any names.
var freeNames = map[string]bool{
	"properties": true, "defs": true, "example": true, "default": true, "parametersJsonSchema": true, "responseJsonSchema": true,
}

// camelCase makes the output use the documented names of all members inside a value.
func (r *record) camelCase(v int) {
	if r.kind(v) == strictjson.Array {
		for i := v + 1; i < r.next(v); i = r.next(i) {
			r.camelCase(i)
		}
		return
	}
	if r.kind(v) != strictjson.Object {
		return
	}
	for i := v + 1; i < r.next(v); i = r.next(i + 1) {
		key := r.key(i)
		if bytes.ContainsAny(key, "_") {
			camel := fromSnake(key)
			r.replace(i, string(strictjson.AppendQuote(nil, camel)))
			key = []byte(camel)
		}
		if freeNames[string(key)] {
			r.freeSchema(i + 1)
			continue
		}
		r.camelCase(i + 1)
	}
}

// freeSchema makes the output use the documented names inside the schemas of properties. The names
// of the properties themselves are free and stay as they are.
func (r *record) freeSchema(v int) {
	if r.kind(v) != strictjson.Object || string(r.key(v-1)) != "properties" {
		return
	}
	for i := v + 1; i < r.next(v); i = r.next(i + 1) {
		r.camelCase(i + 1)
	}
}

// snakeCase returns the name with underscores.
func snakeCase(camel string) string {
	var snake []byte
	for _, c := range []byte(camel) {
		if unicode.IsUpper(rune(c)) {
			snake = append(snake, '_')
			c |= 0x20
		}
		snake = append(snake, c)
	}
	return string(snake)
}

// fromSnake returns the name without underscores, by the rules of protocol buffers.
func fromSnake(snake []byte) string {
	camel, up := make([]byte, 0, len(snake)), false
	for _, c := range snake {
		if c == '_' {
			up = true
			continue
		}
		if up && 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		camel, up = append(camel, c), false
	}
	return string(camel)
}
