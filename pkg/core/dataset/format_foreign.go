// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// otherKind is a type of file that is not JSON, identified by its first bytes.
type otherKind struct{ start, name, fix string }

// Advice for files of other types.
const (
	exportFix   = "export its rows as JSON lines, one object a line"
	unpackFix   = "unpack it and give the file inside, or pack it with gzip"
	downloadFix = "download the file itself: this may be the page around it, or an error"
	utf8Fix     = "save the file as UTF-8"
	writeFix    = "write JSON: one object a line, or an array of objects"
)

// binaryKinds are types of files with distinctive first bytes.
var binaryKinds = []otherKind{
	{"\x00\x00\xfe\xff", "text in UTF-32", utf8Fix},
	{"\xff\xfe\x00\x00", "text in UTF-32", utf8Fix},
	{"\xfe\xff", "text in UTF-16", utf8Fix},
	{"\xff\xfe", "text in UTF-16", utf8Fix},
	{"PAR1", "a Parquet file", exportFix},
	{"ARROW1", "an Arrow file", exportFix},
	{"FEA1", "a Feather file", exportFix},
	{"\xff\xff\xff\xff", "an Arrow stream", exportFix},
	{"Obj\x01", "an Avro file", exportFix},
	{"ORC", "an ORC file", exportFix},
	{"SQLite format 3", "an SQLite database", exportFix},
	{"\x89HDF", "an HDF5 file", exportFix},
	{"\x93NUMPY", "a NumPy array", exportFix},
	{"\x80\x02", "a Python pickle", exportFix},
	{"\x80\x03", "a Python pickle", exportFix},
	{"\x80\x04", "a Python pickle", exportFix},
	{"\x80\x05", "a Python pickle", exportFix},
	{"\xd0\xcf\x11\xe0", "an old Microsoft Office file", exportFix},
	{"%PDF-", "a PDF document", writeFix},
	{"{\\rtf", "an RTF document", writeFix},
	{"\x1f\x8b", "packed with gzip twice", "pack it once"},
	{"PK\x03\x04", "a ZIP archive", unpackFix},
	{"PK\x05\x06", "a ZIP archive without files", unpackFix},
	{"BZh", "packed with bzip2", unpackFix},
	{"\x28\xb5\x2f\xfd", "packed with Zstandard", unpackFix},
	{"\xfd7zXZ", "packed with xz", unpackFix},
	{"\x04\x22\x4d\x18", "packed with LZ4", unpackFix},
	{"7z\xbc\xaf", "a 7-Zip archive", unpackFix},
	{"Rar!", "a RAR archive", unpackFix},
	{"\x1f\x9d", "packed with compress", unpackFix},
	{"\x89PNG", "an image", writeFix},
	{"\xff\xd8\xff", "an image", writeFix},
	{"GIF8", "an image", writeFix},
	{"RIFF", "a sound, video or image", writeFix},
	{"ID3", "a sound", writeFix},
	{"\x7fELF", "a program", writeFix},
}

// textKinds are types of text files, identified by their start in lower case.
var textKinds = []otherKind{
	{"version https://git-lfs.github.com/spec/", "a pointer of Git LFS, not the file itself", `fetch the file with "git lfs pull"`},
	{"<!doctype html", "an HTML page", downloadFix},
	{"<html", "an HTML page", downloadFix},
	{"<head", "an HTML page", downloadFix},
	{"<?xml", "an XML file", downloadFix},
	{"%yaml", "a YAML file", writeFix},
	{"---\n", "a YAML file", writeFix},
	{"---\r\n", "a YAML file", writeFix},
}

// notJSON returns the fault of a file that is not JSON, judged by the start of its text, or nil.
// One error names the type of the file, instead of one error for each line.
func notJSON(head []byte, name string, packed bool) *finding {
	what, fix := foreignKind(head)
	if what == "" && !packed && len(head) > 0 && strings.HasSuffix(strings.ToLower(name), ".gz") {
		what, fix = "not packed with gzip, as its name says: it is plain text", "take .gz off its name, or pack it"
	}
	if what == "" {
		return nil
	}
	message := "the file is not JSON: it is " + what
	if packed {
		message = "the file inside the gzip is not JSON: it is " + what
	}
	return &finding{code: CodeNotJSON, message: message, fix: fix}
}

// foreignKind names the type of a text that is not JSON.
func foreignKind(head []byte) (what, fix string) {
	for _, kind := range binaryKinds {
		if bytes.HasPrefix(head, []byte(kind.start)) {
			if strings.HasPrefix(kind.start, "PK\x03") {
				return zipKind(head)
			}
			return kind.name, kind.fix
		}
	}
	if bytes.HasPrefix(head[min(257, len(head)):], []byte("ustar")) {
		return "a tar archive", unpackFix
	}
	if what := wideText(head); what != "" {
		return what, utf8Fix
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 {
		return "", ""
	}
	if text[0] == '{' || text[0] == '[' {
		return pythonText(text)
	}
	if isBinary(head) {
		return "binary data", writeFix
	}
	lower := bytes.ToLower(text)
	for _, kind := range textKinds {
		if bytes.HasPrefix(lower, []byte(kind.start)) {
			return kind.name, kind.fix
		}
	}
	return plainText(text)
}

// zipKind names documents that are ZIP archives, by the names of the files in them.
func zipKind(head []byte) (what, fix string) {
	switch {
	case bytes.Contains(head, []byte("xl/")):
		return "an Excel workbook", exportFix
	case bytes.Contains(head, []byte("word/")):
		return "a Word document", writeFix
	case bytes.Contains(head, []byte("opendocument")):
		return "an OpenDocument file", exportFix
	case bytes.Contains(head, []byte("[Content_Types].xml")):
		return "a Microsoft Office document", exportFix
	case bytes.Contains(head, []byte(".npy")):
		return "an archive of NumPy arrays", exportFix
	}
	return "a ZIP archive", unpackFix
}

// wideText recognises UTF-16 and UTF-32 without a byte-order mark by the positions of the zero
// bytes in the first characters.
func wideText(head []byte) string {
	const looked = 64
	head = head[:min(len(head), looked)&^3]
	var zeros [4]int
	for i, c := range head {
		if c == 0 {
			zeros[i%4]++
		}
	}
	quarter := len(head) / 4 // the number of bytes at each position modulo 4
	if quarter == 0 {
		return ""
	}
	first, last := zeros[0]+zeros[2], zeros[1]+zeros[3]
	switch {
	case zeros[0] == 0 && zeros[2]+zeros[3] == 2*quarter, zeros[3] == 0 && zeros[0]+zeros[1] == 2*quarter:
		return "text in UTF-32"
	case first == 0 && last > quarter, last == 0 && first > quarter:
		return "text in UTF-16"
	}
	return ""
}

// isBinary reports whether bytes are not text.
func isBinary(head []byte) bool {
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	odd := 0
	for len(head) >= utf8.UTFMax { // the last character may be incomplete
		r, size := utf8.DecodeRune(head)
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' && r != 0x1b {
			odd++
		}
		head = head[size:]
	}
	return odd > 16
}

// pythonText recognises the output of Python's print: the first name of most records is in single
// quotes.
func pythonText(text []byte) (what, fix string) {
	records, python := 0, 0
	for line := range bytes.Lines(text) {
		line = bytes.TrimLeft(line, "[ \t\r\n")
		if len(line) == 0 || line[0] != '{' {
			continue
		}
		if line = bytes.TrimLeft(line[1:], " \t\r\n"); len(line) > 0 {
			records++
			if line[0] == '\'' {
				python++
			}
		}
	}
	if python == 0 || 2*python <= records {
		return "", ""
	}
	return "what Python prints, with ' for \"", `write it with json.dumps, which puts names and texts in ", and writes true, false and null`
}
