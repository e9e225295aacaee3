// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
)

// plainText names the type of a text whose first line is not a JSON value. It returns "" for JSON
// with a fault: a line starts like a record, or the text starts with a scalar value. The text must
// not start with a bracket or white space.
func plainText(text []byte) (what, fix string) {
	lines := bytes.Split(text, []byte{'\n'})
	if len(lines) > 2 {
		lines = lines[:len(lines)-1] // the last line may be incomplete
	}
	for i := range lines {
		lines[i] = bytes.TrimRight(lines[i], "\r")
	}
	if slices.ContainsFunc(lines, startsRecord) || startsScalar(text) && !startsCells(lines[0]) {
		return "", ""
	}
	for _, table := range []struct {
		separator    byte
		name, marker string
	}{{'\t', "a table (TSV)", "tab"}, {',', "a table (CSV)", "comma"}, {';', "a table (CSV)", "semicolon"}, {'|', "a table", "bar"}} {
		if isTable(lines, table.separator) {
			return table.name, tableFix
		}
	}
	switch {
	case isColumn(lines):
		return "a table (CSV)", tableFix
	case text[0] == '<':
		return "a text with tags, such as HTML or XML", writeFix
	case isYAML(lines):
		return "a YAML file", writeFix
	}
	return "plain text", writeFix
}

// tableFix says how to write the rows of a table.
const tableFix = `write each row as an object on a line of its own, such as {"prompt": …, "completion": …}`

// startsRecord reports whether a line starts like a record.
func startsRecord(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	if len(line) == 0 {
		return false
	}
	return line[0] == '{' || line[0] == '[' && bytes.ContainsAny(line[1:min(len(line), 3)], "{[\"]")
}

// startsScalar reports whether a text starts with a JSON value other than an object or an array.
// Each line is then a record that is not an object.
func startsScalar(text []byte) bool {
	if text[0] == '"' {
		return true
	}
	word := text[:len(text)-len(bytes.TrimLeft(text, "+-.0123456789aefilnrstuyENI"))]
	return len(word) == len(text) || bytes.IndexByte([]byte(" \t\r\n,]}"), text[len(word)]) >= 0 && isScalarWord(word)
}

func isScalarWord(word []byte) bool {
	switch string(word) {
	case "true", "false", "null", "NaN", "Infinity", "-Infinity":
		return true
	}
	digits := bytes.TrimLeft(word, "-")
	return len(digits) > 0 && '0' <= digits[0] && digits[0] <= '9'
}

// startsCells reports whether a line starts with a cell of a table that is followed by another
// cell.
func startsCells(line []byte) bool {
	if line[0] == '"' {
		end := skipString(line, 0)
		return end < len(line) && bytes.IndexByte([]byte(",;\t|"), line[end]) >= 0
	}
	i := bytes.IndexAny(line, ",;\t|")
	return i > 0 && i+1 < len(line)
}

// isTable reports whether the first lines have cells, and the same number of them.
func isTable(lines [][]byte, separator byte) bool {
	cells, rows := 0, 0
	for _, row := range rowsOf(lines) {
		n := countCells(row, separator)
		if rows == 0 {
			cells = n
		}
		if n != cells {
			return false
		}
		if rows++; rows == 3 {
			break
		}
	}
	return cells > 1 && (rows > 1 || !bytes.ContainsAny(lines[0], " .!?"))
}

// rowsOf joins the lines of each row whose cells contain line ends in quotes. It drops an
// incomplete last row.
func rowsOf(lines [][]byte) (rows [][]byte) {
	var row []byte
	for _, line := range lines {
		if row != nil {
			row = append(append(row, '\n'), line...)
		} else if len(bytes.TrimSpace(line)) > 0 {
			row = bytes.Clone(line)
		}
		if row != nil && bytes.Count(row, []byte{'"'})%2 == 0 {
			rows = append(rows, row)
			row = nil
		}
	}
	return rows
}

// countCells counts the cells of a row.
func countCells(row []byte, separator byte) int {
	cells, quoted := 1, false
	for _, c := range row {
		switch {
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			cells++
		}
	}
	return cells
}

// isColumn reports whether the lines are a table of one column: a name, and cells in quotes, such
// as records that were written into a table.
func isColumn(lines [][]byte) bool {
	if len(lines) < 2 || bytes.ContainsAny(lines[0], " \t\"':") {
		return false
	}
	cell := lines[1]
	return len(cell) > 1 && cell[0] == '"' && (cell[1] == '{' || cell[1] == '[' || cell[len(cell)-1] == '"')
}

// isYAML reports whether the lines are lower-case names with values, or a list.
func isYAML(lines [][]byte) bool {
	list, names := 0, 0
	for _, line := range lines[:min(len(lines), 8)] {
		line = bytes.TrimLeft(line, " ")
		if bytes.HasPrefix(line, []byte("- ")) {
			list++
			line = line[2:]
		}
		name, value, found := bytes.Cut(line, []byte{':'})
		if found && len(name) > 0 && 'a' <= name[0] && name[0] <= 'z' && !bytes.ContainsAny(name, " \t\",;") && (len(value) == 0 || value[0] == ' ') {
			names++
		}
	}
	return names > 1 || names == 1 && list > 0
}
