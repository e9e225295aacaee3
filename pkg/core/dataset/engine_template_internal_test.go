// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"fmt"
	"hash/maphash"
	"strings"
	"testing"
)

// read returns a worker that has read a file of lines, and the block with the results.
func read(text string) (*worker, *block) {
	w := &worker{info: &fileInfo{
		container: ContainerLines, newline: '\n', format: unknownFormat, maxRecord: 1 << 20, maxFaults: 1, pairer: NewPairer(), seed: maphash.MakeSeed(),
	}}
	b := blockOf(text, true)
	w.run(b)
	return w, b
}

// blockOf returns a block with memory behind the text, as the engine makes them.
func blockOf(text string, final bool) *block {
	b := &block{}
	b.reset(append(make([]byte, 0, len(text)+slackBytes), text...), 0, final, betweenValues)
	return b
}

const (
	plainUser  = `{"role":"user","parts":[{"text":"q"}]}`
	plainModel = `{"role":"model","parts":[{"text":"a"}]}`
	plainTurns = `"contents":[` + plainUser + `,` + plainModel + `]`
	plainLine  = `{` + plainTurns + "}\n"
	systemOne  = `"systemInstruction":{"parts":[{"text":"s"}]}`
	callLine   = `{"contents":[` + plainUser + `,{"role":"model","parts":[{"functionCall":{"name":"f"}}]}]}` + "\n"
)

// TestTemplates checks which files have templates. In a file without templates, every record is
// parsed.
func TestTemplates(t *testing.T) {
	t.Parallel()
	labels := func(n int) string {
		return `{"labels":{"a":"` + strings.Repeat("x", n-len(`{"labels":{"a":""},"contents":[{"role":"user","parts":[{"text":"`)) + `"},` + plainTurns + "}\n"
	}
	for name, tc := range map[string]struct {
		in    string
		count int
		exact bool
	}{
		"one_shape":         {plainLine + plainLine, 1, true},
		"spaces":            {strings.ReplaceAll(plainLine, ":", ": ") + plainLine, 2, false},
		"other_names":       {strings.ReplaceAll(plainLine, `"model"`, `"assistant"`), 1, false},
		"more_turns":        {plainLine + `{"contents":[` + plainUser + `,` + plainModel + `,` + plainUser + `,` + plainModel + "]}\n", 1, true},
		"more_turns_spaced": {plainLine + `{"contents":[` + plainUser + `,` + plainModel + `, ` + plainUser + `,` + plainModel + "]}\n", 1, false},
		"more_parts":        {plainLine + strings.ReplaceAll(plainLine, `"}]`, `"},{"text":"b"}]`), 1, true},
		"parts_apart":       {strings.Replace(plainLine, `"q"}`, `"q"},{"text":"b"}, {"text":"c"}`, 1), 0, false},
		"system":            {`{` + systemOne + `,` + plainTurns + "}\n" + plainLine, 2, true},
		"system_behind":     {`{` + plainTurns + `,` + systemOne + "}\n" + plainLine, 2, true},
		"system_of_two":     {`{"systemInstruction":{"parts":[{"text":"s"},{"text":"t"}]},` + plainTurns + "}\n", 0, false},
		"system_null":       {`{"systemInstruction":null,` + plainTurns + "}\n", 0, false},
		"call":              {callLine, 0, false},
		"thought":           {strings.Replace(plainLine, `{"text":"a"}`, `{"text":"a","thought":false}`, 1), 0, false},
		"role_behind":       {strings.Replace(plainLine, `{"role":"user","parts":[{"text":"q"}]}`, `{"parts":[{"text":"q"}],"role":"user"}`, 1), 1, true},
		"warning":           {`{"contents":[` + plainModel + `,` + plainUser + `,` + plainModel + "]}\n", 0, false},
		"near_empty":        {strings.Replace(plainLine, `"a"`, `"!"`, 1), 0, false},
		"other_format":      {`{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}` + "\n", 0, false},
		"four_at_most":      {labels(100) + labels(101) + labels(102) + labels(103) + labels(104), 4, true},
		"piece_that_fits":   {labels(64 << 10), 1, true},
		"piece_of_too_much": {labels(64<<10 + 1), 0, false},
	} {
		w, b := read(tc.in)
		if b.log.errors > 0 {
			t.Errorf("%s: %+v", name, b.log.rows)
		}
		got := w.templates.all
		if len(got) != tc.count || len(got) > 0 && got[0].exact != tc.exact {
			t.Errorf("%s: %d templates, want %d; exact should be %t", name, len(got), tc.count, tc.exact)
		}
	}
}

// TestTemplates_pause checks that records are soon no longer compared with templates if they match
// none.
func TestTemplates_pause(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ before, calls, plain, mismatches, pause int }{
		{1, 0, 0, 0, 0}, {1, 1, 0, 8, 0}, {1, 1, 3, 5, 0}, {1, 1, 20, 0, 0}, {1, 4, 0, 32, 0}, {1, 5, 0, 0, 256}, {1, 6, 0, 0, 255},
		{1, 260, 0, 0, 1}, {1, 261, 0, 0, 0}, {1, 262, 0, 8, 0}, {0, 5, 0, 0, 0},
	} {
		w, b := read(strings.Repeat(plainLine, tc.before) + strings.Repeat(callLine, tc.calls) + strings.Repeat(plainLine, tc.plain))
		if w.templates.mismatches != tc.mismatches || w.templates.pause != tc.pause || len(b.examples) != tc.before+tc.calls+tc.plain {
			t.Errorf("%+v: doubt %d, pause %d, %d examples", tc, w.templates.mismatches, w.templates.pause, len(b.examples))
		}
	}
}

// TestPlain checks which lines a template reads, and where the line ends.
func TestPlain(t *testing.T) {
	t.Parallel()
	w, _ := read(plainLine + `{` + systemOne + `,` + plainTurns + "}\n" + `{` + plainTurns + `,` + systemOne + "}\n")
	long := strings.Replace(plainLine, `"q"`, `"`+strings.Repeat("q", 1<<20)+`"`, 1)
	for in, want := range map[string]bool{
		plainLine: true, strings.TrimSuffix(plainLine, "\n"): true, strings.Replace(plainLine, "\n", " \t\r\n", 1): true,
		strings.Replace(plainLine, "\n", " ,\n", 1): false, strings.Replace(plainLine, "\n", "x", 1): false,
		strings.Replace(plainLine, `"q"`, `"\u00e9"`, 1): true, strings.Replace(plainLine, `"q"`, `""`, 1): false, strings.Replace(plainLine, `"q"`, `" \n"`, 1): false,
		strings.Replace(plainLine, `"q"`, `"!"`, 1): true, strings.Replace(plainLine, `"a"`, `"!"`, 1): false, strings.Replace(plainLine, `"a"`, `"<think>"`, 1): false,
		strings.Replace(plainLine, `"q"`, `"<think>"`, 1): true, strings.Replace(plainLine, `"q"`, `"\x"`, 1): false, strings.Replace(plainLine, `"q"`, `"q`, 1): false,
		`{"systemInstruction":{"parts":[{"text":"!"}]},` + plainTurns + "}\n": true,
		`{` + systemOne + `,` + plainTurns + "}\n":                            true, `{` + plainTurns + `,` + systemOne + "}\n": true,
		`{"systemInstruction":{"parts":[{"text":""}]},` + plainTurns + "}\n": false, `{` + systemOne + `, ` + plainTurns + "}\n": false,
		`{` + plainTurns + `,"systemInstruction":{"parts":[{"text":""}]}` + "}\n": false, `{` + plainTurns + `,` + systemOne + "} }\n": false,
		`{"contents":[` + plainUser + "]}\n": false, callLine: false, long: false,
	} {
		b := blockOf(in, true)
		w.block = b
		w.templates.mismatches, w.templates.pause = 0, 0
		end, ok := w.tryTemplates(0, true)
		whole := strings.TrimRight(in, " \t\r\n")
		if ok != want || ok && (end != len(whole) || string(b.out) != whole+"\n" || len(b.examples) != 1) {
			t.Errorf("%.80q: read to %d, %t, %q; want %t", in, end, ok, b.out, want)
		}
	}
	w.block = blockOf(strings.TrimSuffix(plainLine, "\n"), false)
	if _, ok := w.tryTemplates(0, true); ok {
		t.Error("a template matches a line that may continue in the next block")
	}
	if _, ok := w.tryTemplates(0, false); !ok {
		t.Error("a template does not match a value that more text may follow")
	}
}

// TestPlain_order checks that a template moves forward in the list when it matches.
func TestPlain_order(t *testing.T) {
	t.Parallel()
	shape := func(n int) string { return fmt.Sprintf(`{"labels":{"n":"%d"},%s}`+"\n", n, plainTurns) }
	w, _ := read(shape(1) + shape(2) + shape(3) + shape(3))
	for i, n := range []string{"1", "3", "2"} {
		if in := string(w.templates.all[i].pieces[startToUser].in); !strings.Contains(in, `"n":"`+n+`"`) {
			t.Errorf("template %d starts with %s, want label %s", i, in, n)
		}
	}
}
