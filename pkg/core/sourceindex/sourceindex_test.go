// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package sourceindex_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/sourceindex"
)

func index(t testing.TB, sources ...sourceindex.Source) string {
	t.Helper()
	var b bytes.Buffer
	w := sourceindex.NewWriter(&b)
	for _, s := range sources {
		if err := w.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func message(id string) sourceindex.Source { return sourceindex.Source{Message: id} }

func line(object string, generation, n int64) sourceindex.Source {
	return sourceindex.Source{Object: object, Generation: generation, Line: n}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	got := index(t,
		message("a"), message(`b"\`+"\n"), message(""),
		line("gs://b/x", 7, 1), line("gs://b/x", 7, 2), line("gs://b/x", 7, 3), line("gs://b/x", 7, 5),
		line("gs://b/x", 8, 6), message("c"), line("gs://b/x", 8, 7), line("gs://b/y", 8, 8),
	)
	want := `{"version":1}
"a"
"b\"\\\n"
""
{"object":"gs://b/x","generation":"7"}
[1,3]
[5,1]
{"object":"gs://b/x","generation":"8"}
[6,1]
"c"
[7,1]
{"object":"gs://b/y","generation":"8"}
[8,1]
{"lines":11}
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, want := index(t), "{\"version\":1}\n{\"lines\":0}\n"; got != want {
		t.Errorf("the index of an empty dataset is %q, want %q", got, want)
	}
}

// Find returns the right source of any line, for any sequence of sources.
func TestFind_random(t *testing.T) {
	t.Parallel()
	for range 100 {
		var sources []sourceindex.Source
		for range rand.IntN(200) {
			switch last := len(sources) - 1; {
			case rand.IntN(3) == 0:
				sources = append(sources, message(fmt.Sprint("id-", rand.Int())))
			case last >= 0 && sources[last].Object != "" && rand.IntN(4) > 0:
				next := sources[last]
				next.Line++
				sources = append(sources, next)
			default:
				sources = append(sources, line(fmt.Sprint("gs://b/", rand.IntN(3)), rand.Int64N(3)+1, rand.Int64N(50)+1))
			}
		}
		want, wanted := map[int64]sourceindex.Source{}, []int64{}
		for range min(len(sources), rand.IntN(20)) {
			n := rand.IntN(len(sources))
			want[int64(n)+1] = sources[n]
			wanted = append(wanted, int64(n)+1)
		}
		got, err := sourceindex.Find(iotest.OneByteReader(strings.NewReader(index(t, sources...))), wanted)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("sources of %v (-want +got):\n%s", wanted, diff)
		}
	}
}

func TestFind_refuses(t *testing.T) {
	t.Parallel()
	good := index(t, message("a"), line("gs://b/x", 1, 1), message("b"))
	tests := map[string]struct{ index, message string }{
		"nothing":               {"", "does not reach"},
		"cut_off":               {good[:strings.LastIndex(good, `"b"`)], "does not reach"},
		"cut_in_a_line":         {good[:strings.LastIndex(good, `"b"`)+2], "does not reach"},
		"too_short":             {index(t, message("a")), "does not reach that far, but to 1"},
		"another_version":       {strings.Replace(good, "1", "2", 1), "version 2"},
		"no_index":              {`{"contents":[]}` + "\n", "version 0"},
		"empty_line":            {strings.Replace(good, `"a"`, "", 1), "its line 2: it is empty"},
		"word":                  {strings.Replace(good, `"a"`, "a", 1), "is not an entry of the index"},
		"half_a_run":            {strings.Replace(good, "[1,1]", "[1", 1), "is not an entry of the index"},
		"run_without_its_end":   {strings.Replace(good, "[1,1]", "[1,1", 1), "is not an entry of the index"},
		"run_without_its_begin": {strings.Replace(good, "[1,1]", "(1,1]", 1), "is not an entry of the index"},
		"run_of_none":           {strings.Replace(good, "[1,1]", "[1,0]", 1), "is not an entry of the index"},
		"bad_object":            {strings.Replace(good, `{"object"`, `{"object`, 1), "its line 3"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := sourceindex.Find(strings.NewReader(tt.index), []int64{3}); err == nil || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("Find = %v, want an error with %q", err, tt.message)
			}
		})
	}
	if _, err := sourceindex.Find(iotest.ErrReader(io.ErrClosedPipe), []int64{1}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Find = %v, want the reader's error", err)
	}
}

func TestName(t *testing.T) {
	t.Parallel()
	text := index(t, message("a"), line("gs://b/x", 1_700_000_000_000_007, 40), message("c"))
	got, err := sourceindex.Name(strings.NewReader(text), []int64{3, 2, 3, 0}, []string{"too long", "bad image"})
	if err != nil {
		t.Fatal(err)
	}
	want := []sourceindex.Dropped{
		{Index: 3, Reason: "too long", Source: &sourceindex.Source{Message: "c"}},
		{Index: 2, Reason: "bad image", Source: &sourceindex.Source{Object: "gs://b/x", Generation: 1_700_000_000_000_007, Line: 40}},
		{Index: 3, Source: &sourceindex.Source{Message: "c"}},
		{Index: 0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if s := want[1].Source.String() + "; " + want[0].Source.String(); s != "line 40 of gs://b/x, generation 1700000000000007; message c" {
		t.Errorf("names: %s", s)
	}

	// Without an index the sources are missing, but not the reasons.
	got, err = sourceindex.Name(strings.NewReader(""), []int64{2}, []string{"bad image"})
	if diff := cmp.Diff([]sourceindex.Dropped{{Index: 2, Reason: "bad image"}}, got); diff != "" || err == nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	if got, err := sourceindex.Name(strings.NewReader(""), nil, nil); err != nil || len(got) != 0 {
		t.Errorf("nothing dropped: %v, %v", got, err)
	}
}

// failing accepts a number of bytes and then fails.
type failing struct{ room int }

func (f *failing) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

func TestWriter_tells_of_errors(t *testing.T) {
	t.Parallel()
	for room, early := range map[int]bool{0: true, 100_000: false} {
		w := sourceindex.NewWriter(&failing{room})
		var err error
		for range 10_000 { // 130,000 bytes: two buffers; the second one is written by Close
			err = errors.Join(err, w.Add(message("0123456789")))
		}
		if errors.Is(err, io.ErrShortWrite) != early {
			t.Errorf("with room for %d bytes Add returned %.100v", room, err)
		}
		if err := w.Close(); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("with room for %d bytes Close returned %v", room, err)
		}
	}
}

// uuids returns the index of n messages.
func uuids(n int) []byte {
	var b bytes.Buffer
	w := sourceindex.NewWriter(&b)
	for i := range n {
		_ = w.Add(message(fmt.Sprintf("%08x-0000-4000-8000-%012x", i, i))) // cannot fail: the writer is a buffer
	}
	_ = w.Close()
	return b.Bytes()
}

// The memory for writing and reading does not grow with the dataset. The test is not parallel,
// because it measures the whole process.
func TestMemory_is_flat(t *testing.T) {
	const lines = 200_000
	measure := func(do func()) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		do()
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	id := message("0b8d2f4e-0000-4000-8000-000000000000")
	if got := measure(func() {
		w := sourceindex.NewWriter(io.Discard)
		for range lines {
			_ = w.Add(id)
		}
		_ = w.Close()
	}); got > 256<<10 {
		t.Errorf("writing %d lines allocates %d bytes", lines, got)
	}
	text := uuids(lines)
	if got := measure(func() {
		if _, err := sourceindex.Find(bytes.NewReader(text), []int64{5, lines}); err != nil {
			t.Error(err)
		}
	}); got > 256<<10 {
		t.Errorf("reading %d lines allocates %d bytes", lines, got)
	}
}

const million = 1_000_000

func BenchmarkWrite(b *testing.B) {
	id := message("0b8d2f4e-0000-4000-8000-000000000000")
	b.ReportAllocs()
	for b.Loop() {
		w := sourceindex.NewWriter(io.Discard)
		for range million {
			_ = w.Add(id)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	text := uuids(million)
	wanted := []int64{million}
	for range 20 {
		wanted = append(wanted, rand.Int64N(million)+1)
	}
	slices.Sort(wanted)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sourceindex.Find(bytes.NewReader(text), wanted); err != nil {
			b.Fatal(err)
		}
	}
}
