// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

// Many warnings must not hide an error, and many errors of one kind must not hide those of another
// kind.
func TestNo_kind_hides_another(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&file, `{"prompt":"q%d","completion":"a%d","topic":%d}`+"\n", i, i, i)
	}
	for range 3000 {
		file.WriteString(`{"prompt":"q"}` + "\n")
	}
	file.WriteString(`{"prompt":"q","completion":7}` + "\n" + `{"prompt":"\ud800","completion":"a","other":1}` + "\n")
	for workers := 1; workers <= 3; workers++ {
		_, report := convert(t, strings.NewReader(file.String()), dataset.InBlocksOf(4000, dataset.Options{Workers: workers}))
		codes, rows := []string(nil), map[string]int{}
		for _, f := range report.Faults {
			if rows[f.Code+f.Pointer]++; rows[f.Code+f.Pointer] == 1 {
				codes = append(codes, fmt.Sprintf("%s %s %s, line %d", f.Severity, f.Code, f.Pointer, f.Line))
			}
		}
		want := []string{
			"error MISSING_FIELD , line 3001", "error WRONG_TYPE /completion, line 6001", "error LONE_SURROGATE /prompt, line 6002",
			"warning UNKNOWN_FIELD /topic, line 1", "warning UNKNOWN_FIELD /other, line 6002",
		}
		if diff := cmp.Diff(want, codes); diff != "" {
			t.Errorf("%d workers: first rows of each kind (-want +got):\n%s", workers, diff)
		}
		if rows["MISSING_FIELD"] != 200 || !report.Truncated || report.Errors != 3002 || report.Counts[dataset.CodeMissingField] != 3000 {
			t.Errorf("%d workers: %d rows, %d errors, %v", workers, rows["MISSING_FIELD"], report.Errors, report.Counts)
		}
	}
}

// The same warning in many records makes one row with its count and its first places.
func TestSame_warning_is_one_row(t *testing.T) {
	t.Parallel()
	record := `{"messages":[{"role":"user","content":"q","x":1},{"role":"assistant","content":"%d"}],"y":1}` + "\n"
	var file strings.Builder
	for i := range 500 {
		fmt.Fprintf(&file, record, i)
	}
	_, report := convert(t, strings.NewReader(file.String()), dataset.InBlocksOf(1000, dataset.Options{Workers: 3}))
	if len(report.Faults) != 2 || report.Truncated || report.Errors != 0 {
		t.Fatalf("%d rows, truncated %t: %+v; want one each for x and y", len(report.Faults), report.Truncated, report.Counts)
	}
	for _, f := range report.Faults {
		if f.Count != 500 || len(f.Places) != 10 || f.Places[9].Record != 9 || f.Places[9].Line != 10 || f.Places[9].Pointer != f.Pointer {
			t.Errorf("%s at %s: %d times at %v; want 500 times, and the first ten records", f.Code, f.Pointer, f.Count, f.Places)
		}
	}
	if text := string(report.Markdown()); !strings.Contains(text, "500 times, in the lines 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …") {
		t.Errorf("the report for people does not say how often, and where first:\n%s", text)
	}
}

// If each record has a new kind of warning, the rows are limited, but not the counts. The report
// does not depend on the number of workers.
func TestMany_kinds_of_warnings(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	n := 6000
	if testing.Short() {
		n = 600
	}
	for i := range n {
		fmt.Fprintf(&file, `{"prompt":"q%d","completion":"a","n%c%c%c":1,"late":2}`+"\n", i, 'a'+i%26, 'a'+i/26%26, 'a'+i/676)
	}
	_, want := convert(t, strings.NewReader(file.String()), dataset.InBlocksOf(1<<20, dataset.Options{Workers: 1}))
	if len(want.Faults) != 200 || want.Warnings != int64(2*n) || !want.Truncated {
		t.Fatalf("%d rows, %d warnings, truncated %t", len(want.Faults), want.Warnings, want.Truncated)
	}
	for _, size := range []int{1000, 5000, 50_000} {
		for workers := 1; workers <= 3; workers++ {
			_, report := convert(t, strings.NewReader(file.String()), dataset.InBlocksOf(size, dataset.Options{Workers: workers}))
			if diff := cmp.Diff(want, report); diff != "" {
				t.Errorf("%d workers in blocks of %d: report mismatch (-want +got):\n%s", workers, size, diff)
			}
		}
	}
}

// repeated reads a text n times.
type repeated struct {
	text string
	at   int
	n    int64
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) && r.n > 0 {
		m := copy(p[n:], r.text[r.at:])
		n += m
		if r.at += m; r.at == len(r.text) {
			r.at = 0
			r.n--
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// peak returns the peak memory use while f runs.
func peak(f func()) uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	before, highest, done := stats.HeapInuse, uint64(0), make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-done:
			tick.Stop()
			return highest - min(before, highest)
		case <-tick.C:
			runtime.ReadMemStats(&stats)
			highest = max(highest, stats.HeapInuse)
		}
	}
}

// Memory must grow neither with the faults of a file nor with the decompressed size of a small
// file. The test measures the whole process, so no other test may run.
func TestMemory_is_bounded(t *testing.T) { //nolint:paralleltest // see above
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	const limit = 200 << 20
	bomb := func(start, text string) io.Reader {
		reader, writer := io.Pipe()
		go func() {
			z, _ := gzip.NewWriterLevel(writer, gzip.BestSpeed) // the level is a valid one
			_, err := io.Copy(z, io.MultiReader(strings.NewReader(start), &repeated{text: strings.Repeat(text, 4096), n: 1 << 29 / int64(4096*len(text))}))
			_ = writer.CloseWithError(errors.Join(err, z.Close()))
		}()
		return reader
	}
	const records = 300_000
	for _, tc := range []struct {
		name string
		in   io.Reader
		code string
	}{
		{"bad_records", &repeated{text: "{}\n", n: records}, dataset.CodeUnknownFormat},
		{"bad_elements", io.MultiReader(strings.NewReader("["), &repeated{text: `{"a":1},`, n: records}), dataset.CodeUnknownFormat},
		{"warnings", &repeated{text: `{"prompt":"q","completion":"a","x":1,"y":2}` + "\n", n: records}, ""},
		{"one_record_of_faults", io.MultiReader(strings.NewReader(`[{"contents":[{"role":"user","parts":[`), &repeated{text: `{},`, n: records}), "UNEXPECTED_END"},
		{"brackets", bomb("", "["), "TOO_DEEP"},
		{"brackets_in_lines", bomb(`{"a":`, "["), dataset.CodeRecordTooLarge},
		{"objects", bomb("[", `{"a":`), "TOO_DEEP"},
		{"one_string", bomb(`["`, "a"), dataset.CodeRecordTooLarge},
	} {
		var report *dataset.Report
		start := time.Now()
		used := peak(func() {
			var err error
			if report, err = dataset.Check(t.Context(), tc.in, dataset.Options{Workers: 2}); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
		})
		if report == nil {
			continue
		}
		t.Logf("%s: %d MB, %v, %v", tc.name, used>>20, time.Since(start).Round(time.Millisecond), report.Counts)
		if used > limit || tc.code != "" && report.Counts[tc.code] == 0 || tc.code == "" && report.Errors > 0 {
			t.Errorf("%s: %d MB, want at most %d; faults %v, want %q", tc.name, used>>20, limit>>20, report.Counts, tc.code)
		}
	}
}
