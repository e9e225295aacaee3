// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// wide encodes a text as UTF-16, or as UTF-32 if size is 4.
func wide(text string, size int, order binary.AppendByteOrder) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		if size == 4 {
			b = order.AppendUint32(b, uint32(unit))
		} else {
			b = order.AppendUint16(b, unit)
		}
	}
	return string(b)
}

// A file that is not JSON has one error that names its type, whether it is compressed or not.
func TestOtherKinds(t *testing.T) {
	t.Parallel()
	little, big := binary.LittleEndian, binary.BigEndian
	row := "\"Hours, please\",\"Nine to\nsix\"\n"
	for name, tc := range map[string]struct{ in, message string }{
		"utf16_mark":     {"\xff\xfe" + wide(good, 2, little), "UTF-16"},
		"utf16_big_mark": {"\xfe\xff" + wide(good, 2, big), "UTF-16"},
		"utf16":          {wide(good+"\n"+good, 2, little), "UTF-16"},
		"utf16_big":      {wide("["+good+"]", 2, big), "UTF-16"},
		"utf32_mark":     {"\xff\xfe\x00\x00" + wide(good, 4, little), "UTF-32"},
		"utf32":          {wide(good, 4, little), "UTF-32"},
		"utf32_big":      {wide(good, 4, big), "UTF-32"},
		"parquet":        {"PAR1\x15\x04\x15", "Parquet"},
		"arrow":          {"ARROW1\x00\x00\xff\xff", "Arrow"},
		"zip":            {"PK\x03\x04\x14\x00data.jsonl", "ZIP"},
		"excel":          {"PK\x03\x04\x14\x00[Content_Types].xml....xl/workbook.xml", "Excel"},
		"bzip2":          {"BZh91AY&SY", "bzip2"},
		"zstd":           {"\x28\xb5\x2f\xfd\x04", "Zstandard"},
		"xz":             {"\xfd7zXZ\x00\x00", "xz"},
		"pdf":            {"%PDF-1.7\n%\xe2\xe3", "PDF"},
		"sqlite":         {"SQLite format 3\x00\x10\x00", "SQLite"},
		"html":           {"\n<!DOCTYPE html>\n<html>{\"a\": 1}\n", "HTML"},
		"xml":            {"<?xml version=\"1.0\"?>\n<a/>", "XML"},
		"xml_bare":       {"<dialogs>\n <dialog/>\n</dialogs>", "XML"},
		"yaml":           {"- prompt: q\n  completion: a\n- prompt: q\n  completion: a\n", "YAML"},
		"yaml_document":  {"---\nprompt: q\n", "YAML"},
		"git_lfs":        {"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "Git LFS"},
		"csv":            {"prompt,completion\n" + strings.Repeat(row, 500), "CSV"},
		"csv_quoted":     {"\"prompt\",\"completion\"\n" + row, "CSV"},
		"csv_crlf":       {"prompt;completion\r\nq;a\r\nq;a\r\n", "CSV"}, //nolint:dupword // two rows of a table
		"csv_header":     {"prompt,completion", "CSV"},
		"csv_of_json":    {"messages\n\"[{\"\"role\"\": \"\"user\"\"}]\"\n", "CSV"},
		"csv_with_ids":   {"id,prompt,completion\n1,q,a\n2,q,a\n", "CSV"},
		"csv_numbers":    {"1,q,a\n2,q,a\n", "CSV"},
		"tsv":            {"prompt\tcompletion\nq, q\ta\nq\ta, a, a\n", "TSV"}, //nolint:dupword // a row of a table
		"csv_two_rows":   {"a b,c\nd,e f\n", "CSV"},
		"csv_cut":        {"a,b\nc,d\ne", "CSV"},
		"csv_uneven":     {"a,b\nc,d\ne,f\ng\nh\n", "CSV"},
		"csv_blank":      {"a,b\n\n \nc,d\n", "CSV"},
		"csv_column":     {"text\n\"Some words.\"\n", "CSV"},
		"csv_of_arrays":  {"text\n\"{\"\"a\"\": 1}\" x\n", "CSV"},
		"bar":            {"a|b\nc|d\n", "a table"},
		"two_lines":      {"a,b\nc", "plain text"},
		"no_table":       {"a,b\nc d\n", "plain text"},
		"sentence":       {"Hello, world", "plain text"},
		"words":          {"two words\n\"x\"\n", "plain text"},
		"quote_alone":    {"name\n\"\nx", "plain text"},
		"brackets":       {"Title\n[a b c]\n[  {\n", "plain text"},
		"bracket_alone":  {"x\n[\n\"a\" b\n", "plain text"},
		"fine":           {"fine\nline\n", "plain text"},
		"fraction":       {".5\n.6\n", "plain text"},
		"dashes":         {"-\n-\n", "plain text"},
		"yaml_names":     {"a: 1\nz: 2\n", "YAML"},
		"yaml_empty":     {"a:\nb:\n", "YAML"},
		"yaml_item":      {"- a: 1\n  text\n", "YAML"},
		"yaml_one_name":  {"a: 1\nSome text.\n", "plain text"},
		"yaml_no_spaces": {"a:b\nc:d\n", "plain text"},
		"yaml_late":      {strings.Repeat("A line.\n", 7) + "a: 1\nb: 2\n", "plain text"},
		"tar":            {strings.Repeat("a", 257) + "ustar\x0000", "tar"},
		"utf16_mixed":    {strings.Repeat("a\x00b\x00c\x00\x30\x04", 8), "UTF-16"},
		"utf16_mixed_be": {strings.Repeat("\x00a\x00b\x00c\x04\x30", 8), "UTF-16"},
		"utf16_then":     {wide("["+good+"\n"+strings.Repeat("\u4e2d", 300), 2, little), "UTF-16"},
		"utf16_short":    {wide("[1]", 2, little), "UTF-16"},
		"a_zero_of_four": {strings.Repeat("a\x00bc", 8), "binary"},
		"half_zeros":     {strings.Repeat("a\x00\x30\x04", 8), "binary"},
		"half_zeros_be":  {strings.Repeat("\x00a\x04\x30", 8), "binary"},
		"little_binary":  {"a\x00b", "binary"},
		"controls_16":    {strings.Repeat("\x01", 16) + " text", "plain text"},
		"controls_17":    {strings.Repeat("\x01", 17) + " text", "binary"},
		"controls_cut":   {strings.Repeat("\x01", 19), "plain text"},
		"controls_whole": {strings.Repeat("\x01", 20), "binary"},
		"spaces_inside":  {"x" + strings.Repeat("\t\f\x1b\r\n", 20), "TSV"},
		"replacements":   {strings.Repeat("\ufffd", 20), "plain text"},
		"latin_1":        {strings.Repeat("caf\xe9 ", 20), "binary"},
		"python_cut":     {"{'", "Python"},
		"python_most":    {"{'a': 1}\n{\"a\": 2}\n{'a': 3}\n", "Python"},
		"python_pretty":  {"[\n{\n'a': 1},\n{'b': 2}]", "Python"},
		"python":         {"{'prompt': 'q', 'completion': None}\n{'prompt': \"it's\", 'completion': True}\n", "Python"},
		"python_list":    {"[{'prompt': 'q', 'completion': 'a'}, {'prompt': 'q', 'completion': 'a'}]", "Python"},
		"text":           {"Question: are you open?\nAnswer: yes.\n", "plain text"},
		"one_word":       {"hello", "plain text"},
		"markdown":       {"# Title\n\nSome text, with a comma.\n", "plain text"},
		"pickle":         {"\x80\x04\x95\x10\x00\x00", "pickle"},
		"binary":         {"\x00\x01\x02\x03\x04\x05\x06\x07", "binary"},
		"noise":          {strings.Repeat("\xc3\x28\xa0\xa1\x01\x02", 20), "binary"},
		"empty":          {"", "empty"},
		"spaces":         {" \n\n", "white space"},
	} {
		for _, packs := range []bool{false, true} {
			in := tc.in
			if packs {
				in = packed(t, in)
			}
			for _, opt := range []dataset.Options{{}, dataset.InBlocksOf(64, dataset.Options{Workers: 2})} {
				_, report := convert(t, strings.NewReader(in), opt)
				if len(report.Faults) != 1 || report.Errors != 1 || report.Faults[0].Offset != 0 || !strings.Contains(report.Faults[0].Message, tc.message) || report.Faults[0].Fix == "" {
					t.Errorf("%s, packed %t: %+v, want one error that says %q", name, packs, report.Faults, tc.message)
				}
				if inside := strings.Contains(report.Faults[0].Message, "inside the gzip"); report.Faults[0].Code == dataset.CodeNotJSON && inside != packs {
					t.Errorf("%s, packed %t: the message is %q", name, packs, report.Faults[0].Message)
				}
				if !strings.Contains(report.Refusal(), tc.message) {
					t.Errorf("%s: the reason is %q, want it to say %q", name, report.Refusal(), tc.message)
				}
			}
		}
	}
	for _, name := range []string{"x.gz", "X.GZ"} {
		for in, says := range map[string]string{good: "plain text", `[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]`: "plain text", "PAR1": "Parquet", "7": "plain text", "": "empty", packed(t, good): ""} {
			_, report := convert(t, strings.NewReader(in), dataset.Options{Name: name})
			if says == "" && report.Errors > 0 || says != "" && (len(report.Faults) != 1 || !strings.Contains(report.Faults[0].Message, says)) {
				t.Errorf("%.20q with the name %s: %+v, want an error that says %q", in, name, report.Faults, says)
			}
		}
	}
	_, report := convert(t, strings.NewReader(packed(t, packed(t, good))), dataset.Options{})
	if len(report.Faults) != 1 || !strings.Contains(report.Faults[0].Message, "twice") {
		t.Errorf("packed twice: %+v", report.Faults)
	}
}

// The error at a value that is not a tool says what a tool must be.
func TestTools_that_are_none(t *testing.T) {
	t.Parallel()
	for tools, want := range map[string]string{
		`"tools":[1]`: "/tools/0 this must be an object, not a number", `"tools":[[{"name":"f"},true]]`: "/tools/0/1 this must be an object, not a boolean",
		`"functions":[{"name":"f"},2]`: "/functions/1 this must be an object, not a number", `"tools":"[3]"`: "/tools this must be an object, not a number",
		`"tools":4`: "/tools this must be an array, not a number", `"tools":{"tools":[5]}`: "/tools/tools/0 this must be an object, not a number",
	} {
		_, report := convert(t, strings.NewReader(`{`+tools+`,"messages":[`+usr+`,`+asst+`]}`), dataset.Options{})
		if len(report.Faults) != 1 || report.Faults[0].Pointer+" "+report.Faults[0].Message != want {
			t.Errorf("%s: got %+v, want %s", tools, report.Faults, want)
		}
	}
}

// A prompt can have several forms, so the error names all of them.
func TestPrompts_that_are_none(t *testing.T) {
	t.Parallel()
	const (
		exchange = "this must be a text, a message or a list of messages, not "
		side     = "this must be a text or a list of messages, not "
		content  = "this must be a text or a list of parts, not "
	)
	for in, want := range map[string]string{
		`{"prompt":{"system":"S","user":"q"},"chosen":"x","rejected":"y"}`: exchange + "an object", `{"prompt":5,"chosen":"x","rejected":"y"}`: exchange + "a number",
		`{"input":true,"preferred_output":[` + better + `],"non_preferred_output":[` + worse + `]}`: exchange + "a boolean",
		`{"prompt":{"a":"b"},"completion":"x"}`:                                                     side + "an object", `{"prompt":"q","completion":6}`: side + "a number",
		`{"messages":[` + usr + `,{"role":"assistant","content":{"text":"a"}}]}`: content + "an object", `{"messages":[{"role":"user","content":1},` + asst + `]}`: content + "a number",
	} {
		_, report := convert(t, strings.NewReader(in), dataset.Options{})
		if len(report.Faults) != 1 || report.Faults[0].Code != "WRONG_TYPE" || report.Faults[0].Message != want {
			t.Errorf("%s: got %+v, want %s", in, report.Faults, want)
		}
	}
}

// A JSON text is read as JSON even if it has faults.
func TestTexts_that_are_JSON(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"mark": "\xef\xbb\xbf" + good, "a_line_before": "# exported today\n" + good + "\n", "title": "prompt, completion\n" + good,
		"number": "7\n" + good, "scalars": "1\n2\n", "text": "\"a\"\n\"b\"\n", "python_later": good + "\n{'a': 1}\n", "null": "null",
		"indented": "# exported\n\t " + good, "array_of_texts": "x,y\n[\"q\"]\n", "spaced_array": "text\n[ {\n", "commas": "7,\n8,\n",
		"negative": "-5 \n", "zero": "0\n9\n", "infinity": "-Infinity\n", "python_half": "{'a': 1}\n{\"a\": 2}\n", "no_name": "[{}]", "quoted": "\"a\" b\n",
		"spaces_before": "\n\n  " + good, "letters": "{\"prompt\": \"<html>, PAR1\", \"completion\": \"a\"}",
	} {
		_, report := convert(t, strings.NewReader(in), dataset.Options{})
		if report.Records == 0 || report.Counts[dataset.CodeNotJSON] > 0 {
			t.Errorf("%s: %d records, %+v; want it read as JSON", name, report.Records, report.Faults)
		}
	}
}
