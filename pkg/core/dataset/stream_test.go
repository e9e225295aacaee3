// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

const (
	turn1 = `{"role":"user","parts":[{"text":"Question é"}]}`
	turn2 = `{"role":"model","parts":[{"text":"Answer \u00e9"}]}`
	good  = `{"contents":[` + turn1 + `,` + turn2 + `]}`
)

// convert runs Convert, which must not fail.
func convert(t *testing.T, r io.Reader, opt dataset.Options) (string, *dataset.Report) {
	t.Helper()
	var out bytes.Buffer
	report, err := dataset.Convert(t.Context(), &out, r, opt)
	if err != nil {
		t.Fatalf("Convert: %v", err)
	}
	if report.Errors > 0 {
		return "", report
	}
	return out.String(), report
}

func TestBlocks_do_not_show(t *testing.T) {
	t.Parallel()
	inputs, err := filepath.Glob(filepath.Join(goldenDir, "*", "*.in.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, input := range inputs {
		t.Run(filepath.Base(filepath.Dir(input))+"/"+filepath.Base(input), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			wantOut, want := convert(t, bytes.NewReader(data), dataset.Options{})
			for _, size := range []int{64, 100, 333, 1000} {
				for workers := 1; workers <= 3; workers++ {
					opt := dataset.InBlocksOf(size, dataset.Options{Workers: workers})
					out, report := convert(t, iotest.HalfReader(bytes.NewReader(data)), opt)
					if diff := cmp.Diff(wantOut, out); diff != "" {
						t.Errorf("%d workers in blocks of %d: output mismatch (-want +got):\n%s", workers, size, diff)
					}
					if diff := cmp.Diff(want, report); diff != "" {
						t.Errorf("%d workers in blocks of %d: report mismatch (-want +got):\n%s", workers, size, diff)
					}
				}
			}
		})
	}
}

func TestContainers(t *testing.T) {
	t.Parallel()
	pretty := strings.NewReplacer(`,`, ",\n  ", `[`, "[\n").Replace(good)
	tests := []struct {
		name, in, container string
		records             int64
		codes               []string
	}{
		{name: "array", in: "[" + good + "," + good + "]", container: dataset.ContainerArray, records: 2},
		{name: "array_with_mark", in: "\xef\xbb\xbf [" + good + "\r\n]\r\n", container: dataset.ContainerArray, records: 1},
		{name: "data_object", in: `{"data":[` + good + "]}", container: dataset.ContainerDataObject, records: 1},
		{name: "lines", in: good + "\n" + good + "\n", container: dataset.ContainerLines, records: 2},
		{name: "lines_without_last_end", in: good + "\n\n" + good, container: dataset.ContainerLines, records: 2},
		{name: "lines_crlf", in: good + "\r\n" + good + "\r\n", container: dataset.ContainerLines, records: 2},
		{name: "lines_cr", in: good + "\r" + good + "\r", container: dataset.ContainerLines, records: 2},
		{name: "concatenated", in: good + good, container: dataset.ContainerConcatenated, records: 2},
		{name: "concatenated_spaced", in: good + " " + good + " \n", container: dataset.ContainerConcatenated, records: 2},
		{name: "concatenated_pretty", in: pretty + "\n" + pretty + "\n", container: dataset.ContainerConcatenated, records: 2},
		{name: "empty", codes: []string{dataset.CodeNoRecords}},
		{name: "white_space", in: " \r\n\t", codes: []string{dataset.CodeNoRecords}},
		{name: "empty_array", in: "[ ]", container: dataset.ContainerArray, codes: []string{dataset.CodeNoRecords}},
		{name: "open_array", in: "[" + good, container: dataset.ContainerArray, records: 1, codes: []string{"UNEXPECTED_END"}},
		{name: "array_trailing_comma", in: "[" + good + ",]", container: dataset.ContainerArray, records: 1, codes: []string{"TRAILING_COMMA"}},
		{name: "array_missing_comma", in: "[" + good + good + "]", container: dataset.ContainerArray, records: 2, codes: []string{"SYNTAX"}},
		{name: "text_after_array", in: "[" + good + "] x", container: dataset.ContainerArray, records: 1, codes: []string{"TRAILING_DATA"}},
		{name: "data_object_with_more", in: `{"a":{"data":[1]},"data":[` + good + `],"b":1}`, container: dataset.ContainerDataObject, records: 1, codes: []string{"UNKNOWN_FIELD", "UNKNOWN_FIELD"}},
		{name: "data_twice", in: `{"data":[` + good + `],"data":[]}`, container: dataset.ContainerDataObject, records: 1, codes: []string{"DUPLICATE_NAME"}},
		{name: "open_data_object", in: `{"data":[` + good + `]`, container: dataset.ContainerDataObject, records: 1, codes: []string{"UNEXPECTED_END"}},
		{name: "text", in: "hello\n" + good + "\n", container: dataset.ContainerLines, records: 2, codes: []string{"SYNTAX"}},
		{name: "unknown", in: `{"a":1}`, container: dataset.ContainerLines, records: 1, codes: []string{dataset.CodeUnknownFormat}},
		{name: "broken_in_compact_array", in: "[" + good + `,{"contents":tru},` + good + "]", container: dataset.ContainerArray, records: 3, codes: []string{"SYNTAX"}},
		{name: "broken_in_array_of_lines", in: "[\n" + good + ",\n" + `{"contents":["` + ",\n" + good + "\n]", container: dataset.ContainerArray, records: 3, codes: []string{"UNEXPECTED_END"}},
		{name: "cut_record_of_array", in: "[" + good + "," + good[:30], container: dataset.ContainerArray, records: 2, codes: []string{"UNEXPECTED_END"}},
		{name: "cut_record_of_array_of_lines", in: "[" + good + ",\n" + good[:30] + "\n\n", container: dataset.ContainerArray, records: 2, codes: []string{"UNEXPECTED_END"}},
		{name: "cut_line", in: good[:30] + "\n" + good + "\n" + good + "\n", container: dataset.ContainerLines, records: 3, codes: []string{"UNEXPECTED_END"}},
	}
	for _, tc := range tests {
		for _, pack := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/gzip_%t", tc.name, pack), func(t *testing.T) {
				t.Parallel()
				in := tc.in
				if pack {
					in = packed(t, in)
				}
				_, report := convert(t, strings.NewReader(in), dataset.Options{})
				var codes []string
				for _, f := range report.Faults {
					if f.Severity == dataset.SeverityError {
						codes = append(codes, f.Code)
					}
				}
				if diff := cmp.Diff(tc.codes, codes); diff != "" {
					t.Errorf("faults mismatch (-want +got):\n%s\n%+v", diff, report.Faults)
				}
				if report.Container != tc.container || report.Records != tc.records {
					t.Errorf("found %d records in %q, want %d in %q", report.Records, report.Container, tc.records, tc.container)
				}
				if (report.Compression == dataset.CompressionGzip) != pack {
					t.Errorf("compression is %q", report.Compression)
				}
				if report.InputBytes != int64(len(tc.in)) {
					t.Errorf("input has %d bytes, want %d", report.InputBytes, len(tc.in))
				}
			})
		}
	}
}

func packed(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, s); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestEnvelope_may_be_ignored(t *testing.T) {
	t.Parallel()
	out, report := convert(t, strings.NewReader(`{"filename":"x","data":[`+good+`]}`), dataset.Options{IgnoreEnvelope: true})
	if report.Errors != 0 || out != good+"\n" {
		t.Errorf("got %q and %+v, want the example without faults", out, report.Faults)
	}
}

func TestFiles_cut_anywhere(t *testing.T) {
	t.Parallel()
	for _, whole := range []string{
		"[" + good + ",\n" + good + "]", `{"data":[` + good + `]}`, "[\n  " + strings.ReplaceAll(good, ",", ",\n    ") + "\n]",
	} {
		for n := range len(whole) {
			for _, size := range []int{50, 4096} {
				_, report := convert(t, strings.NewReader(whole[:n]), dataset.InBlocksOf(size, dataset.Options{}))
				if report.Errors == 0 {
					t.Fatalf("%q cut at %d has no errors", whole, n)
				}
			}
		}
		pressed := packed(t, whole)
		for n := range len(pressed) {
			_, report := convert(t, strings.NewReader(pressed[:n]), dataset.Options{})
			if report.Errors == 0 {
				t.Fatalf("packed %q cut at %d has no errors", whole, n)
			}
			if n > 2 && report.Counts[dataset.CodeCorruptGzip] != 1 {
				t.Fatalf("packed %q cut at %d has the faults %v", whole, n, report.Counts)
			}
		}
	}
}

func TestLongRecords(t *testing.T) {
	t.Parallel()
	long := strings.Replace(good, "Question", strings.Repeat(`q\"{`, 5000), 1)
	for name, in := range map[string]string{
		"lines":        good + "\n" + long + "\n" + good + "\n",
		"array":        "[" + good + "," + long + "," + good + "]",
		"concatenated": good + long + good,
	} {
		for _, size := range []int{100, 1 << 20} {
			t.Run(fmt.Sprintf("%s_in_blocks_of_%d", name, size), func(t *testing.T) {
				t.Parallel()
				_, report := convert(t, strings.NewReader(in), dataset.InBlocksOf(size, dataset.Options{MaxRecordBytes: 1000}))
				if report.Records != 3 || report.Examples != 2 || report.Errors != 1 || report.Counts[dataset.CodeRecordTooLarge] != 1 {
					t.Errorf("got %d records, %d examples, faults %v; want 3, 2, one %s", report.Records, report.Examples, report.Counts, dataset.CodeRecordTooLarge)
				}
				if report.InputBytes != int64(len(in)) || report.Faults[0].Record != 1 {
					t.Errorf("got %d bytes and the fault %+v, want %d bytes and a fault of record 1", report.InputBytes, report.Faults[0], len(in))
				}
				if out, report := convert(t, strings.NewReader(in), dataset.InBlocksOf(size, dataset.Options{})); report.Errors != 0 || len(out) < len(long) {
					t.Errorf("without the limit: %v", report.Faults)
				}
			})
		}
	}
}

func TestFaults_are_bounded(t *testing.T) {
	t.Parallel()
	_, report := convert(t, strings.NewReader(strings.Repeat("{}\n", 5000)), dataset.InBlocksOf(512, dataset.Options{MaxFaults: 7}))
	if len(report.Faults) != 7 || !report.Truncated || report.Errors != 5000 || report.Counts[dataset.CodeUnknownFormat] != 5000 {
		t.Errorf("kept %d faults, truncated %t, %d errors, %v", len(report.Faults), report.Truncated, report.Errors, report.Counts)
	}
	if _, report := convert(t, strings.NewReader(good), dataset.Options{MaxRecordBytes: 1}); report.Counts[dataset.CodeRecordTooLarge] != 1 {
		t.Errorf("a record is longer than one byte, but has the faults %v", report.Counts)
	}
	if last := report.Faults[6]; last.Record != 6 || last.Line != 7 || last.Offset != 18 {
		t.Errorf("last fault is %+v, want record 6, line 7, offset 18", last)
	}
}

// A report is truncated only if a fault is not listed.
func TestTruncated(t *testing.T) {
	t.Parallel()
	const warned = `{"prompt":"q","completion":"a","x":1}` + "\n"
	missing := strings.Repeat(`{"prompt":"q"}`+"\n", 5)
	for _, tc := range []struct {
		in        string
		maxFaults int
		truncated bool
	}{{missing, 5, false}, {missing, 4, true}, {missing, 1, true}, {warned + warned, 1, false}, {warned + missing, 5, false}, {warned + missing, 4, true}} {
		_, report := convert(t, strings.NewReader(tc.in), dataset.Options{MaxFaults: tc.maxFaults})
		if report.Truncated != tc.truncated {
			t.Errorf("%d rows for %d faults, truncated %t, want %t", len(report.Faults), report.Errors+report.Warnings, report.Truncated, tc.truncated)
		}
		if text := string(report.Markdown()); strings.Contains(text, fmt.Sprintf("Only the first of each kind are listed: %d of %d.", tc.maxFaults, report.Errors)) != tc.truncated {
			t.Errorf("truncated %t, but the report for people is:\n%s", tc.truncated, text)
		}
	}
}

func TestReaders_and_writers_that_fail(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	broken := io.MultiReader(strings.NewReader(good), iotest.ErrReader(boom))
	if _, err := dataset.Check(t.Context(), broken, dataset.Options{}); !errors.Is(err, boom) {
		t.Errorf("Check of a failing reader = %v, want %v", err, boom)
	}
	broken = io.MultiReader(strings.NewReader(packed(t, good)[:20]), iotest.ErrReader(boom))
	if _, err := dataset.Check(t.Context(), broken, dataset.Options{}); !errors.Is(err, boom) {
		t.Errorf("Check of a failing packed reader = %v, want %v", err, boom)
	}
	if _, err := dataset.Convert(t.Context(), failingWriter{boom}, strings.NewReader(good), dataset.Options{}); !errors.Is(err, boom) {
		t.Errorf("Convert to a failing writer = %v, want %v", err, boom)
	}
	for _, in := range []string{`{"contents":7}` + "\n" + good, `{"messages":[{"role":"user","content":"q"}]}`} {
		if _, err := dataset.Convert(t.Context(), failingWriter{boom}, strings.NewReader(in), dataset.Options{}); err != nil {
			t.Errorf("Convert of %s wrote something: %v", in, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := dataset.Check(ctx, strings.NewReader(good), dataset.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Check with a context that is done = %v, want %v", err, context.Canceled)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestProgress(t *testing.T) {
	t.Parallel()
	var last dataset.Progress
	calls := 0
	in := strings.Repeat(good+"\n", 100)
	opt := dataset.Options{Progress: func(p dataset.Progress) {
		if p.Bytes < last.Bytes || p.Records < last.Records {
			t.Errorf("progress went from %+v to %+v", last, p)
		}
		last = p
		calls++
	}}
	convert(t, strings.NewReader(in), dataset.InBlocksOf(512, opt))
	if want := (dataset.Progress{Bytes: int64(len(in)), Records: 100}); last != want || calls < 20 {
		t.Errorf("progress ended with %+v after %d calls, want %+v", last, calls, want)
	}
	last = dataset.Progress{}
	convert(t, strings.NewReader("PAR1"), opt)
	if want := (dataset.Progress{Bytes: 4}); last != want {
		t.Errorf("progress of a file that is not JSON ended with %+v, want %+v", last, want)
	}
}

// TestConvert_record_inside_a_broken_record: reading continues at the next record that follows a
// comma, and not at the object inside the broken one.
func TestConvert_record_inside_a_broken_record(t *testing.T) {
	t.Parallel()
	const text = `[{"prompt":"a","completion":"b" {"prompt":"c","completion":"d"},{"prompt":"e","completion":"f"}]`
	report, err := dataset.Check(t.Context(), strings.NewReader(text), dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if report.Records != 2 || report.Examples != 1 || report.Errors != 1 {
		t.Errorf("%d records, %d examples, %d errors; want 2, 1 and 1", report.Records, report.Examples, report.Errors)
	}
}
