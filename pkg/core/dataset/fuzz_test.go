// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// FuzzConvert passes any bytes to Convert. Its output must be valid for another strict reader, and
// a second conversion must not change it.
func FuzzConvert(f *testing.F) {
	inputs, err := filepath.Glob(filepath.Join(goldenDir, "*", "*.in.*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, input := range inputs {
		data, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		if first, _, ok := bytes.Cut(data, []byte("\n")); ok {
			f.Add(first)
		}
	}
	for _, seed := range []string{"{} ]", "[}", "[{},,{}]", `{"data":[}`, `"`, "{\"contents\":[}\n{", "\xef\xbb\xbf", "\x1f\x8b", `{"a":[1,2],"b":}`, `{"":[[],],"":}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out, report := convert(t, bytes.NewReader(data), dataset.Options{})
		_, inPieces := convert(t, bytes.NewReader(data), dataset.InBlocksOf(61, dataset.Options{}))
		if (report.Errors == 0) != (inPieces.Errors == 0) || report.Errors == 0 && report.Records != inPieces.Records {
			t.Fatalf("%q: %d errors of %d records, in blocks %d of %d", data, report.Errors, report.Records, inPieces.Errors, inPieces.Records)
		}
		if report.Errors > 0 {
			return
		}
		if report.Compression == "" && !judged(data) {
			t.Errorf("%q was let through, but is not strict JSON", data)
		}
		if !judged([]byte(out)) || int64(strings.Count(out, "\n")) != report.Examples {
			t.Errorf("%q makes %d examples, but the output is %q", data, report.Examples, out)
		}
		if report.Examples == 0 {
			return
		}
		again, report := convert(t, strings.NewReader(out), dataset.Options{})
		if diff := cmp.Diff(out, again); diff != "" {
			t.Errorf("converted again (-want +got):\n%s\n%+v", diff, report.Faults)
		}
	})
}

// FuzzTemplates compares the result with templates to the result of the parser for the same file.
func FuzzTemplates(f *testing.F) {
	for _, record := range []string{
		good,
		`{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[` + turn1 + `,` + turn2 + `,` + turn1 + `,` + turn2 + `]}`,
		`{"contents":[` + turn1 + `,` + turn2 + `],"system_instruction":{"role":"system","parts":[{"text":"s"}]}}`,
		`{ "contents" : [ {"parts":[{"text":"a"},{"text":"b"}],"role":"user"}, {"parts":[{"text":"c"},{"text":"d"}],"role":"assistant"} ], "labels":{"a":"b"} }`,
		`{"contents":[` + turn1 + `,{"role":"model","parts":[{"text":"?"}]}]}`,
		`{"contents":[` + turn1 + `,{"role":"model","parts":[{"text":" \n"}]}]}`,
		`{"contents":[` + turn1 + `,` + turn2 + `],"tools":[],"contents":[]}`,
	} {
		for _, other := range []string{good, strings.ToUpper(good), good + " ", good + ",", "", `{"contents":[` + turn1 + `,` + turn2 + `,` + turn2 + `]}`, `{"tools":[],"contents":[` + turn1 + `,` + turn2 + `]}`} {
			f.Add([]byte(record), []byte(other))
		}
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var file []byte
		for range 3 {
			file = slices.Concat(file, a, []byte("\n"), b, []byte("\n"))
		}
		file = append(file, a...)
		wantOut, want := convert(t, bytes.NewReader(file), dataset.Parsed(dataset.Options{}))
		out, report := convert(t, bytes.NewReader(file), dataset.Options{})
		if diff := cmp.Diff(wantOut, out); diff != "" {
			t.Errorf("%q: output mismatch (-parsed +templates):\n%s", file, diff)
		}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Errorf("%q: report mismatch (-parsed +templates):\n%s", file, diff)
		}
	})
}

// judged reports whether data are a sequence of strict JSON values.
func judged(data []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	for {
		if _, err := d.ReadValue(); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
