// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strings"
)

// mutant is one change to one file: text replaces source[from:to].
type mutant struct {
	file     string
	source   []byte
	from, to int
	text     string
	number   int    // from 1, in the order in which the package's mutants are found
	edits    []edit // the switched form, if there is one
}

// mutated returns the whole file with the change.
func (m mutant) mutated() []byte {
	return bytes.Join([][]byte{m.source[:m.from], []byte(m.text), m.source[m.to:]}, nil)
}

// lines returns the first line that changes, before and after the change.
func (m mutant) lines() (before, after string) {
	start := bytes.LastIndexByte(m.source[:m.from], '\n') + 1
	line := func(text []byte) string {
		first, _, _ := bytes.Cut(text[start:], []byte("\n"))
		return strings.TrimSpace(string(first))
	}
	return line(m.source), line(m.mutated())
}

// key names the mutant in equivalent.txt. It has no line number, so that it stays valid when other
// lines change.
func (m mutant) key() string {
	before, after := m.lines()
	return m.file + ": " + before + " => " + after
}

func (m mutant) String() string {
	before, after := m.lines()
	line := 1 + bytes.Count(m.source[:m.from], []byte("\n"))
	return fmt.Sprintf("%s:%d: %s => %s", m.file, line, before, after)
}
