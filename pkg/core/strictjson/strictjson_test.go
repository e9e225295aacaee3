// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

func TestValidate_names_the_first_fault(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	tests := []struct {
		name, doc string
		want      *strictjson.Error // Message is not compared
	}{
		{name: "object", doc: ` {"a":[1,-0.5e+3,true,false,null,"x"],"b":{}} `},
		{name: "string_root", doc: `"x"`},
		{name: "huge_number", doc: strings.Repeat("9", 500) + "e999999"},
		{name: "depth_at_the_bound", doc: deep(strictjson.MaxDepth)},
		{name: "surrogate_pair", doc: `"\uD83D\ude00"`},
		{name: "last_surrogate_pair", doc: `"\uDBFF\uDFFF"`},
		{name: "empty", doc: "", want: fault(0, "", strictjson.CodeUnexpectedEnd)},
		{name: "white_space_only", doc: " \n", want: fault(2, "", strictjson.CodeUnexpectedEnd)},
		{name: "depth_over_the_bound", doc: deep(strictjson.MaxDepth + 1), want: fault(512, strings.Repeat("/0", 32), strictjson.CodeTooDeep)},
		{name: "duplicate_name", doc: `{"a":[{"x":1,"y":2,"x":3}]}`, want: fault(19, "/a/0/x", strictjson.CodeDuplicateName)},
		{name: "duplicate_name_by_escape", doc: `{"a":1,"\u0061":2}`, want: fault(7, "/a", strictjson.CodeDuplicateName)},
		{name: "duplicate_before_syntax", doc: `{"a":1,"a":2,"b" 3}`, want: fault(7, "/a", strictjson.CodeDuplicateName)},
		{name: "duplicate_of_many", doc: manyNames(40) + `,"n7":0}`, want: fault(int64(len(manyNames(40))+1), "/n7", strictjson.CodeDuplicateName)},
		{name: "invalid_utf8", doc: "{\"a/~\":\"x\xff\"}", want: fault(9, "/a~1~0", strictjson.CodeInvalidUTF8)},
		{name: "utf8_of_a_surrogate", doc: "[\"\xed\xa0\x80\"]", want: fault(2, "/0", strictjson.CodeInvalidUTF8)},
		{name: "control_character", doc: "[1,\"a\tb\"]", want: fault(5, "/1", strictjson.CodeControlCharacter)},
		{name: "lone_high_surrogate", doc: `["\ud83dx"]`, want: fault(2, "/0", strictjson.CodeLoneSurrogate)},
		{name: "lone_low_surrogate_in_a_name", doc: `{"\udc00":1}`, want: fault(2, `/\udc00`, strictjson.CodeLoneSurrogate)},
		{name: "bad_escape", doc: `["\x"]`, want: fault(2, "/0", strictjson.CodeInvalidEscape)},
		{name: "short_unicode_escape", doc: `["\u12"]`, want: fault(2, "/0", strictjson.CodeInvalidEscape)},
		{name: "trailing_comma_in_array", doc: `[1,2,]`, want: fault(4, "/1", strictjson.CodeTrailingComma)},
		{name: "name_without_a_value_behind_an_array", doc: `{"a":[1,2],"b":}`, want: fault(15, "/b", strictjson.CodeSyntax)},
		{name: "trailing_comma_in_object", doc: `{"a":1,}`, want: fault(6, "/a", strictjson.CodeTrailingComma)},
		{name: "comma_only", doc: `[,]`, want: fault(1, "/0", strictjson.CodeSyntax)},
		{name: "line_comment", doc: "[1, // one\n2]", want: fault(4, "/1", strictjson.CodeComment)},
		{name: "block_comment", doc: `{/* */"a":1}`, want: fault(1, "", strictjson.CodeComment)},
		{name: "nan", doc: `[NaN]`, want: fault(1, "/0", strictjson.CodeNotANumber)},
		{name: "leading_zero", doc: `[01]`, want: fault(1, "/0", strictjson.CodeNotANumber)},
		{name: "hexadecimal", doc: `[0x1F]`, want: fault(1, "/0", strictjson.CodeNotANumber)},
		{name: "digits_and_a_letter", doc: `[1a]`, want: fault(1, "/0", strictjson.CodeNotANumber)},
		{name: "digits_and_the_last_letter", doc: `[1Z]`, want: fault(1, "/0", strictjson.CodeNotANumber)},
		{name: "digits_and_a_sign", doc: `[1@]`, want: fault(1, "/0", strictjson.CodeSyntax)},
		{name: "python_true", doc: `[1,True]`, want: fault(3, "/1", strictjson.CodeSyntax)},
		{name: "single_quotes", doc: "{`a`:1}", want: fault(1, "", strictjson.CodeSyntax)},
		{name: "missing_comma", doc: `[1 2]`, want: fault(3, "/0", strictjson.CodeSyntax)},
		{name: "missing_colon", doc: `{"a" 1}`, want: fault(5, "/a", strictjson.CodeSyntax)},
		{name: "missing_value", doc: `{"a":}`, want: fault(5, "/a", strictjson.CodeSyntax)},
		{name: "wrong_bracket", doc: `[1}`, want: fault(2, "/0", strictjson.CodeSyntax)},
		{name: "open_string", doc: `{"a":"x`, want: fault(7, "/a", strictjson.CodeUnexpectedEnd)},
		{name: "open_name", doc: `{"a`, want: fault(3, "", strictjson.CodeUnexpectedEnd)},
		{name: "open_object", doc: `{"a":1`, want: fault(6, "/a", strictjson.CodeUnexpectedEnd)},
		{name: "two_values", doc: `1 2`, want: fault(2, "", strictjson.CodeTrailingData)},
		{name: "many_elements", doc: "[" + strings.Repeat("0,", strictjson.MaxValues) + "0]"},
		{name: "byte_order_mark", doc: "\xef\xbb\xbf{}", want: fault(0, "", strictjson.CodeByteOrderMark)},
		{name: "backslash_outside", doc: `[\"]`, want: fault(1, "/0", strictjson.CodeSyntax)},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var got *strictjson.Error
			if err := strictjson.Validate([]byte(tc.doc)); err != nil && !errors.As(err, &got) {
				t.Fatalf("Validate returned %T, want *strictjson.Error", err)
			}
			if got != nil {
				if got.Message == "" {
					t.Error("the error has no message")
				}
				got.Message = ""
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("Validate(%q) mismatch (-want +got):\n%s", tc.doc, diff)
			}
		})
	}
}

func fault(offset int64, pointer, code string) *strictjson.Error {
	return &strictjson.Error{Offset: offset, Pointer: pointer, Code: code}
}

// manyNames returns an object of n members without its closing bracket.
func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"n%d":%d`, i, i)
	}
	return "{" + b.String()[1:]
}

func TestParser_keeps_every_fault_of_a_value(t *testing.T) {
	t.Parallel()
	doc := []byte("{\"a\":\"\\x\",\"b\":[NaN,],\"a\":\"\x01\xff\"} true")
	var p strictjson.Parser
	p.Reset(doc)
	end, err := p.Parse(0, len(doc))
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	var got []string
	for _, v := range p.Violations {
		got = append(got, fmt.Sprintf("%s %s", v.Code, v.Pointer))
	}
	want := []string{
		"INVALID_ESCAPE /a", "NOT_A_NUMBER /b/0", "TRAILING_COMMA /b/0",
		"CONTROL_CHARACTER /a", "INVALID_UTF8 /a", "DUPLICATE_NAME /a",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations mismatch (-want +got):\n%s", diff)
	}
	if end, err = p.Parse(end, len(doc)); err != nil || end != len(doc) || p.Nodes[0].Kind != strictjson.Bool {
		t.Errorf("second Parse = %d, %v, %v; want %d, nil, boolean", end, err, p.Nodes, len(doc))
	}
}

// The text at the end of a window of the index must not matter.
func TestWindows_do_not_show(t *testing.T) {
	t.Parallel()
	for _, tail := range []string{`\ud83d\ude00"}`, `\\\""}`, `x","b":[{},[],12,true]}`, "é日😀\"}", "\xff\"}", `\ud83d"}`, "\x01\"}"} {
		want := strictjson.Validate([]byte(`{"a":"` + tail))
		for pad := 8192 - 30; pad < 8192+2; pad++ {
			got := strictjson.Validate([]byte(`{"a":"` + strings.Repeat("x", pad) + tail))
			if (got == nil) != (want == nil) {
				t.Fatalf("%q after %d bytes: %v, want %v", tail, pad, got, want)
			}
		}
	}
}

func TestParser_bounds_what_it_keeps(t *testing.T) {
	t.Parallel()
	doc := []byte("[" + strings.Repeat(`"\x",`, 1000) + "0]")
	var p strictjson.Parser
	p.Reset(doc)
	if _, err := p.Parse(0, len(doc)); err != nil {
		t.Fatalf("Parse: %v", err)
	}
	if dropped := p.Dropped[strictjson.CodeInvalidEscape]; len(p.Violations) != 100 || dropped != 900 {
		t.Errorf("kept %d and dropped %d violations, want 100 and 900", len(p.Violations), dropped)
	}
}

func TestParser_bounds_its_nodes(t *testing.T) {
	t.Parallel()
	doc := []byte("[" + strings.Repeat("[],", strictjson.MaxValues) + "0]")
	var p strictjson.Parser
	p.Reset(doc)
	if _, err := p.Parse(0, len(doc)); err == nil || err.Code != strictjson.CodeTooManyValues || len(p.Nodes) > strictjson.MaxValues {
		t.Errorf("Parse = %v with %d nodes, want %s", err, len(p.Nodes), strictjson.CodeTooManyValues)
	}
	if err := strictjson.Validate(doc); err != nil {
		t.Errorf("Validate = %v, want nil: it needs no nodes", err)
	}
}

func TestIterators(t *testing.T) {
	t.Parallel()
	doc := []byte(` { "a\n" : [ 1 , "x,]" , { "y" : [ ] } ] , "b":true,"c" : "" } `)
	if err := strictjson.Validate(doc); err != nil {
		t.Fatalf("Validate: %v", err)
	}
	var got []string
	for name, raw := range strictjson.Members(doc) {
		got = append(got, fmt.Sprintf("%s=%s", name, raw))
		for i, element := range strictjson.Elements(raw) {
			got = append(got, fmt.Sprintf("%d=%s", i, element))
		}
	}
	want := []string{
		"a\n=[ 1 , \"x,]\" , { \"y\" : [ ] } ]", "0=1", `1="x,]"`, `2={ "y" : [ ] }`, "b=true", `c=""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("members and elements mismatch (-want +got):\n%s", diff)
	}
	for i, element := range strictjson.Elements([]byte("[7]")) {
		if i != 0 || string(element) != "7" {
			t.Errorf("element %d of [7] is %s", i, element)
		}
		got = nil
	}
	for name, value := range strictjson.Members([]byte(`{"":8}`)) {
		got = append(got, name+string(value))
	}
	if len(got) != 1 || got[0] != "8" {
		t.Errorf("members and elements without white space: %q", got)
	}
	for name := range strictjson.Members([]byte("[1]")) {
		t.Errorf("an array has the member %q", name)
	}
	for range strictjson.Elements([]byte(" [ ] ")) {
		t.Error("an empty array has an element")
	}
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]strictjson.Kind{
		" {": strictjson.Object, "\n[": strictjson.Array, `"`: strictjson.String, "-1": strictjson.Number, "7": strictjson.Number,
		"true": strictjson.Bool, "false": strictjson.Bool, "null": strictjson.Null, "": strictjson.Invalid, "x": strictjson.Invalid,
	} {
		if got := strictjson.KindOf([]byte(raw)); got != want {
			t.Errorf("KindOf(%q) = %v, want %v", raw, got, want)
		}
	}
}

func TestQuoteAndUnquote(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                           `""`,
		"a<b>&\u2028é😀":              "\"a<b>&\u2028é😀\"",
		"\"\\\b\f\n\r\t\x00\x1f\x7f": `"\"\\\b\f\n\r\t\u0000\u001f` + "\x7f\"",
	} {
		quoted := strictjson.AppendQuote(nil, text)
		if string(quoted) != want {
			t.Errorf("AppendQuote(%q) = %s, want %s", text, quoted, want)
		}
		if got, err := strictjson.Unquote(quoted); err != nil || got != text {
			t.Errorf("Unquote(%s) = %q, %v, want %q", quoted, got, err, text)
		}
	}
	if got, err := strictjson.Unquote([]byte(" \t\"a\" \n")); err != nil || got != "a" {
		t.Errorf("with white space around it: %q, %v", got, err)
	}
	for _, bad := range []string{"", `"`, "x", `"a`, `"\"`, `"\x"`, `"\u12"`, `"\ud800"`, `"\ud800\u0041"`, "\"\x01\"", "\"\xff\"", `"a"b"`} {
		if got, err := strictjson.Unquote([]byte(bad)); err == nil {
			t.Errorf("Unquote(%q) = %q, want an error", bad, got)
		}
	}
}

// FuzzValidate compares Validate with another strict reader.
func FuzzValidate(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,true,false,null,"x\u00e9\n"],"b":{}}`, `[1,]`, `{"a":1,"a":2}`, `"\ud83d\ude00"`, "\"\xff\"", `[NaN]`, `{"":{"":""}}`, `\"`, `[[[[]]]]`, `{"a":"\`, `"a` + "\n",
	} {
		f.Add([]byte(seed))
		f.Add([]byte(`{"pad":"` + strings.Repeat(`é x\n`, 2000) + `","v":` + seed + "}"))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		got := strictjson.Validate(doc)
		want := judge(doc)
		if (got == nil) != (want == nil) && !tooDeep(got) {
			t.Fatalf("Validate(%q) = %v, but jsontext returns %v", doc, got, want)
		}
	})
}

// judge reads doc with jsontext, which is strict about names and UTF-8.
func judge(doc []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(doc))
	if _, err := d.ReadValue(); err != nil {
		return fmt.Errorf("judge: %w", err)
	}
	if _, err := d.ReadToken(); err == nil || errors.As(err, new(*jsontext.SyntacticError)) {
		return errors.New("judge: more than one value")
	}
	return nil
}

func tooDeep(err error) bool {
	var e *strictjson.Error
	return errors.As(err, &e) && e.Code == strictjson.CodeTooDeep
}
