// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/dataset"
)

// FuzzConvert feeds Convert anything. What it lets through must be right in the
// eyes of another strict reader, and stay the same when it is converted again.
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
	for _, seed := range []string{"{} ]", "[}", "[{},,{}]", `{"data":[}`, `"`, "{\"contents\":[}\n{", "\xef\xbb\xbf", "\x1f\x8b"} {
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

// judged reports whether data is a sequence of values in strict JSON.
func judged(data []byte) bool {
	d := jsontext.NewDecoder(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	for {
		if _, err := d.ReadValue(); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
