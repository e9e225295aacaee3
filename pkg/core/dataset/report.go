// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"fmt"
	"strconv"
	"strings"
)

// Severity says whether a fault makes the file unusable.
type Severity string

// An error makes the file unusable; a warning does not.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Fault is one fault of a file.
type Fault struct {
	Record   int64    `json:"record"`  // 0-based, in the order of the file; -1 for the file itself
	Line     int64    `json:"line"`    // 1-based, in the decompressed text
	Offset   int64    `json:"offset"`  // in bytes, in the decompressed text
	Pointer  string   `json:"pointer"` // RFC 6901, relative to the record
	Code     string   `json:"code"`    // stable, for programs
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Excerpt  string   `json:"excerpt,omitempty"` // the text around the offset, valid UTF-8
	Fix      string   `json:"fix,omitempty"`     // advice for correcting it

	// Count is how often a repeated warning occurred; Places are its first places.
	Count  int64   `json:"count,omitempty"`
	Places []Place `json:"places,omitempty"`
}

// Place is the position of a fault.
type Place struct {
	Record  int64  `json:"record"`
	Line    int64  `json:"line"`
	Pointer string `json:"pointer"`
}

// Field returns the place of the fault in the notation of Google APIs, such as
// data[3].contents[1].role. prefix is the name of the field that contains the records.
func (f *Fault) Field(prefix string) string {
	if f.Record < 0 {
		return prefix
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s[%d]", prefix, f.Record)
	if f.Pointer == "" {
		return b.String()
	}
	for token := range strings.SplitSeq(f.Pointer[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		switch {
		case isDigits(token):
			b.WriteString("[" + token + "]")
		case isIdentifier(token):
			b.WriteString("." + token)
		default:
			b.WriteString("[" + strconv.Quote(token) + "]")
		}
	}
	return b.String()
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isIdentifier(s string) bool {
	for i, c := range []byte(s) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// Report describes the content of a file and its faults.
type Report struct {
	Format      string           `json:"format,omitempty"`    // one of the Format constants; empty if none was recognised
	Container   string           `json:"container,omitempty"` // one of the Container constants
	Compression string           `json:"compression,omitempty"`
	Records     int64            `json:"records"`      // records in the file, valid or not
	Examples    int64            `json:"examples"`     // examples made from them
	InputBytes  int64            `json:"input_bytes"`  // of the decompressed text
	OutputBytes int64            `json:"output_bytes"` // of the examples, as lines
	Errors      int64            `json:"errors"`
	Warnings    int64            `json:"warnings"`
	Counts      map[string]int64 `json:"counts,omitempty"` // all faults, by code
	Faults      []Fault          `json:"faults,omitempty"` // the first of each kind: errors, then warnings, each in the order of the file
	Truncated   bool             `json:"truncated,omitempty"`
	LeftOut     map[string]int64 `json:"left_out,omitempty"`     // valid records that made no example, by the code of the warning that says why
	MergedPairs int64            `json:"merged_pairs,omitempty"` // message records whose pair was already written
	Stats       *Stats           `json:"stats,omitempty"`        // of the examples, if there are any
}

// Refused returns a report about a file that was not read. Its one error says why.
func Refused(code, message, fix string) *Report {
	return &Report{
		Errors: 1, Counts: map[string]int64{code: 1},
		Faults: []Fault{{Record: -1, Line: 1, Code: code, Severity: SeverityError, Message: message, Fix: fix}},
	}
}

// Formats of records.
const (
	FormatGemini           = "gemini"            // {"contents": […]}
	FormatGeminiPreference = "gemini_preference" // {"contents": […], "completions": […]}
	FormatMessages         = "messages"          // {"content": …, "role": …, "related_message": {…}}
	FormatOpenAIChat       = "openai_chat"       // {"messages": [{"role": …, "content": …}]}
	FormatOpenAIPreference = "openai_preference" // {"input": {…}, "preferred_output": […], "non_preferred_output": […]}
	FormatPreferencePair   = "preference_pair"   // {"prompt": …, "chosen": …, "rejected": …}, or with conversations or an instruction
	FormatPromptCompletion = "prompt_completion" // {"prompt": …, "completion": …}
	FormatShareGPT         = "sharegpt"          // {"conversations": [{"from": …, "value": …}]}
	FormatAlpaca           = "alpaca"            // {"instruction": …, "input": …, "output": …}
	FormatBedrock          = "bedrock"           // {"schemaVersion": …, "messages": [{"role": …, "content": [{"text": …}]}]}
	FormatPaLMText         = "palm_text"         // {"input_text": …, "output_text": …}
	FormatPaLMChat         = "palm_chat"         // {"messages": [{"author": …, "content": …}]}
)

// Containers of records.
const (
	ContainerArray        = "json_array"
	ContainerDataObject   = "data_object"
	ContainerLines        = "jsonl"
	ContainerConcatenated = "concatenated"
)

// CompressionGzip is the only compression that is unpacked.
const CompressionGzip = "gzip"
