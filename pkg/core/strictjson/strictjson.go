// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package strictjson reads JSON from memory and rejects everything that two readers could
// understand differently.
//
// It accepts exactly RFC 8259 text in valid UTF-8 and adds rules that RFC 8259 leaves open: no
// repeated name in an object, no lone surrogate in an escape, no nesting deeper than [MaxDepth], no
// byte-order mark. Numbers may have any size and precision; their text is kept.
//
// Reading is done in two steps. An index lists where quotes, escapes,
// punctuation and scalars are; a [Parser] then checks the grammar from entry to
// entry and never looks at the bytes of a string that holds no escape. Nothing
// is decoded and, once a Parser has warmed up, nothing is allocated.
//
// # Assembly
//
// On amd64 processors with AVX2, BMI1, PCLMULQDQ and POPCNT, the index is built
// by assembly, 64 bytes at a time (scan_amd64.s), and strings are checked by
// vectors (text_amd64.s). The reason is speed: every byte of every
// training file passes here, and files have gigabytes. With it, package dataset
// converts files 3 to 7 times as fast (its README has the figures), measured by
//
//	go test -run '^$' -bench Convert ./pkg/core/dataset
//	go test -run '^$' -bench Convert -tags purego ./pkg/core/dataset
//
// Other processors, and builds with -tags purego, use the portable code
// (scan_portable.go). Tests hold the two against each other, so that both find
// the same index and the same faults.
package strictjson

import (
	"fmt"
	"sync"
)

// MaxDepth is the deepest nesting of arrays and objects that is accepted.
const MaxDepth = 512

// MaxValues limits how many values and names a Parser holds at a time, so that a text full of
// brackets cannot fill the memory with nodes. Validate holds only the names of the objects around
// its position; a Parser holds all nodes of a value.
const MaxValues = 1 << 20

// Codes of an [Error]. They are stable and may be matched by programs.
const (
	CodeByteOrderMark    = "BYTE_ORDER_MARK"   // the text starts with U+FEFF
	CodeComment          = "COMMENT"           // a // a comment that starts with // or /*
	CodeControlCharacter = "CONTROL_CHARACTER" // an unescaped control character in a string
	CodeDuplicateName    = "DUPLICATE_NAME"    // a name twice in one object
	CodeInvalidEscape    = "INVALID_ESCAPE"    // a backslash sequence that does not exist in JSON
	CodeInvalidUTF8      = "INVALID_UTF8"      // bytes in a string that are not UTF-8
	CodeLoneSurrogate    = "LONE_SURROGATE"    // half of a surrogate pair
	CodeNotANumber       = "NOT_A_NUMBER"      // NaN, Infinity, 01, +1, 0x1 and similar
	CodeSyntax           = "SYNTAX"            // any other grammar error
	CodeTooManyValues    = "TOO_MANY_VALUES"   // more than MaxValues
	CodeTooDeep          = "TOO_DEEP"          // nesting beyond MaxDepth
	CodeTrailingComma    = "TRAILING_COMMA"    // a comma before a closing bracket
	CodeTrailingData     = "TRAILING_DATA"     // text after the one value
	CodeUnexpectedEnd    = "UNEXPECTED_END"    // the text ends inside a value
)

// Error is one violation of the rules.
type Error struct {
	Offset  int64  // byte offset in the document
	Pointer string // RFC 6901 pointer to the wrong value, at most 32 levels deep
	Code    string // one of the Code constants
	Message string // a description for people
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s at byte %d (%q): %s", e.Code, e.Offset, e.Pointer, e.Message)
}

// Kind is the kind of a JSON value.
type Kind uint8

// The kinds of values. Invalid is the kind of text that is not a JSON value.
const (
	Invalid Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

var kindNames = [...]string{"invalid", "null", "boolean", "number", "string", "array", "object"}

// String returns the name of the kind in JSON Schema.
func (k Kind) String() string { return kindNames[k] }

// KindOf returns the kind of a value from its first byte. It skips white space before the value and
// does not look at the rest.
func KindOf(raw []byte) Kind {
	i := skipSpace(raw, 0)
	if i == len(raw) {
		return Invalid
	}
	switch c := raw[i]; {
	case c == '{':
		return Object
	case c == '[':
		return Array
	case c == '"':
		return String
	case c == '-' || '0' <= c && c <= '9':
		return Number
	case c == 't' || c == 'f':
		return Bool
	case c == 'n':
		return Null
	}
	return Invalid
}

var parsers = sync.Pool{New: func() any { return new(Parser) }}

// Validate returns the first violation in doc as an *[Error], or nil if doc is exactly one value.
// White space around the value is allowed.
func Validate(doc []byte) error {
	p, _ := parsers.Get().(*Parser)
	defer func() {
		p.Reset(nil)
		parsers.Put(p)
	}()
	p.Reset(doc)
	p.lean = true
	end, err := p.Parse(0, len(doc))
	if err == nil {
		if rest := skipSpace(doc, end); rest < len(doc) {
			err = &Error{Offset: int64(rest), Code: CodeTrailingData, Message: "there is more text after the value"}
		}
	}
	for i := range p.Violations {
		if v := &p.Violations[i]; err == nil || v.Offset < err.Offset {
			err = v
		}
	}
	if err == nil {
		return nil
	}
	first := *err
	return &first
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}
