// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// FuzzScanText compares the two implementations for the inside of strings. The parser must also
// find each string valid.
func FuzzScanText(f *testing.F) {
	for _, seed := range []string{
		"plain", "é日😀", `a\n\t\\`, `\u00e9\ud83d\ude00`, `\ud83d`, `\udc00`, `\x`, "a\x01", "\xff", "\xed\xa0\x80", "\xe6\x97",
	} {
		for _, pad := range []int{0, 1, 25, 29, 30, 31, 32, 33, 61} {
			f.Add([]byte(strings.Repeat("x", pad)+seed+strings.Repeat("y", pad)), []byte("tail"))
			f.Add([]byte(strings.Repeat(`\"é`, pad)+seed), []byte("日本"))
		}
	}
	f.Fuzz(func(t *testing.T, text, tail []byte) {
		doc := append(append([]byte{'"'}, text...), '"')
		buf := append(append(slices.Clone(doc), tail...), make([]byte, 64)...)
		got, ok := ScanText(buf, 1)
		want, wantOK := scanTextPortable(buf, 1)
		valid := utf8.Valid(buf) // invalid text after the string may make ok false
		if ok && !wantOK || valid && ok != wantOK || ok && got != want {
			t.Fatalf("%q: %+v, %t; portable %+v, %t", buf, got, ok, want, wantOK)
		}
		if !ok {
			return
		}
		var p Parser
		p.Reset(buf)
		if end, err := p.Parse(0, len(buf)); err != nil || len(p.Violations) > 0 || end != got.End+1 {
			t.Fatalf("%q: ends at %d; the parser says %d, %v, %v", buf, got.End, end, err, p.Violations)
		}
		decoded, err := Unquote(buf[:got.End+1])
		if err != nil {
			t.Fatalf("%q: %v", buf, err)
		}
		if chars := utf8.RuneCountInString(decoded); chars != got.Chars {
			t.Errorf("%q: %d characters, want %d", decoded, got.Chars, chars)
		}
	})
}

// FuzzScan checks that both implementations of the index give the same result.
func FuzzScan(f *testing.F) {
	if !hasVectors {
		f.Skip("skipped: assembly: this processor has the portable way only")
	}
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,true,"x\u00e9\n"],"b":{}}`, `[1,]`, "\"\xff\"", `[NaN]`, `\"`, `{"a":"\`, "\"a\x01\"", `"\\\\\\\""`,
		"\"é日😀\"", "\"\xed\xa0\x80\"", "\"\xc0\x80\"", "\"\xf4\x90\x80\x80\"", "{\x0c}", "[1\x1a2]", "\"\\\x01\"", `[1"a"2]`, "\"😀\x80\"", "\"é\x80\x80\"", "\u00a0[]",
	} {
		for _, pad := range []int{0, 25, 57, 60, 61, 62, 63, 8150} {
			f.Add([]byte(strings.Repeat("x", pad) + seed))
			f.Add([]byte(`["` + strings.Repeat("x", pad) + `",` + seed + "]"))
			f.Add([]byte(`["` + strings.Repeat(`\\`, pad) + `",` + seed + "]"))
		}
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var vector, portable Parser
		vector.Reset(doc)
		portable.index.portable = true
		portable.Reset(doc)
		wantEnd, wantErr := portable.Parse(0, len(doc))
		end, err := vector.Parse(0, len(doc))
		if end != wantEnd {
			t.Errorf("ends at %d, portable at %d", end, wantEnd)
		}
		if diff := cmp.Diff(wantErr, err); diff != "" {
			t.Errorf("error mismatch (-portable +vectors):\n%s", diff)
		}
		if !slices.Equal(portable.Nodes, vector.Nodes) {
			t.Errorf("nodes are %v, portable %v", vector.Nodes, portable.Nodes)
		}
		if diff := cmp.Diff(portable.Violations, vector.Violations); diff != "" {
			t.Errorf("violations mismatch (-portable +vectors):\n%s", diff)
		}
	})
}
