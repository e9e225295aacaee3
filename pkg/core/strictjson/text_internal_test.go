// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// pieces are characters in the forms that a string can contain, with their decoded text and their
// counts.
var pieces = []struct {
	raw, text string
	count     Text
}{
	{"a", "a", Text{Chars: 1, Words: 1}}, {"z", "z", Text{Chars: 1, Words: 1}}, {"A", "A", Text{Chars: 1, Words: 1}},
	{"Z", "Z", Text{Chars: 1, Words: 1}}, {" ", " ", Text{Chars: 1, Words: 1}}, {"@", "@", Text{Chars: 1}},
	{"[", "[", Text{Chars: 1}}, {"`", "`", Text{Chars: 1}}, {"{", "{", Text{Chars: 1}}, {"7", "7", Text{Chars: 1}},
	{"é", "é", Text{Chars: 1, Two: 1}}, {"अ", "अ", Text{Chars: 1, Low: 1}}, {"日", "日", Text{Chars: 1, Three: 1}},
	{"😀", "😀", Text{Chars: 1, Four: 1}}, {`\n`, "\n", Text{Chars: 1}}, {`\"`, `"`, Text{Chars: 1}}, {`\\`, `\`, Text{Chars: 1}},
	{`\u0041`, "A", Text{Chars: 1}}, {`\u007f`, "\x7f", Text{Chars: 1}}, {`\u0080`, "\u0080", Text{Chars: 1, Two: 1}},
	{`\u00FF`, "\u00ff", Text{Chars: 1, Two: 1}}, {`\u0100`, "\u0100", Text{Chars: 1, Two: 1}}, {`\u07ff`, "\u07ff", Text{Chars: 1, Two: 1}},
	{`\u0800`, "\u0800", Text{Chars: 1, Low: 1}}, {`\u0fff`, "\u0fff", Text{Chars: 1, Low: 1}},
	{`\u1000`, "\u1000", Text{Chars: 1, Three: 1}}, {`\ud7ff`, "\ud7ff", Text{Chars: 1, Three: 1}},
	{`\ue000`, "\ue000", Text{Chars: 1, Three: 1}}, {`\uffff`, "\uffff", Text{Chars: 1, Three: 1}},
	{`\ud800\udc00`, "\U00010000", Text{Chars: 1, Four: 1}}, {`\uDBFF\uDFFF`, "\U0010ffff", Text{Chars: 1, Four: 1}},
}

// The vector code and the portable code must count the characters of a string equally. The decoded
// text must not depend on how the characters are written or on the text after the string.
func TestTextOfAString(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 4))
	for round := range 4000 {
		from, n := 0, random.IntN(90)
		if round%2 == 0 { // adjacent escapes, some with spaces between them
			from, n = 14, random.IntN(20)
		}
		var raw, text strings.Builder
		var want Text
		for range n {
			p := pieces[from+random.IntN(len(pieces)-from)]
			if from > 0 && random.IntN(4) == 0 {
				p = pieces[4] // a space
			}
			raw.WriteString(p.raw)
			text.WriteString(p.text)
			want.Chars += p.count.Chars
			want.Words += p.count.Words
			want.Two += p.count.Two
			want.Low += p.count.Low
			want.Three += p.count.Three
			want.Four += p.count.Four
		}
		want.End = 1 + raw.Len()
		quoted := `"` + raw.String() + `"`
		buf := append(slices.Grow([]byte(quoted), 64+random.IntN(3)), []byte(`,"x":1`)[:random.IntN(7)]...)
		if got, ok := scanTextPortable(buf, 1); !ok || got != want {
			t.Fatalf("%q without vectors: %+v, %v; want %+v", buf, got, ok, want)
		}
		if got, ok := ScanText(buf, 1); ok && got != want || !ok && len(buf) > len(quoted) {
			t.Fatalf("%q: %+v, %v; want %+v", buf, got, ok, want)
		}
		if got := MeasureText(buf, 1); got != want {
			t.Fatalf("%q is measured as %+v, want %+v", buf, got, want)
		}
		if got, err := Unquote([]byte(quoted)); err != nil || got != text.String() {
			t.Fatalf("Unquote(%q) = %q, %v; want %q", quoted, got, err, text.String())
		}
		if got := AppendText([]byte("x"), []byte(quoted)); string(got) != "x"+text.String() {
			t.Fatalf("AppendText of %q = %q, want %q after x", quoted, got, text.String())
		}
		again := AppendQuote(nil, text.String())
		if got, err := Unquote(again); err != nil || got != text.String() {
			t.Fatalf("%q is quoted as %q, which decodes to %q, %v", text.String(), again, got, err)
		}
	}
	for _, p := range pieces {
		if got := CountText([]byte(p.text)); got.Chars != 1 || got.Two != p.count.Two || got.Low != p.count.Low ||
			got.Three != p.count.Three || got.Four != p.count.Four {
			t.Errorf("%q is counted as %+v", p.text, got)
		}
	}
}

// An invalid string must not be measured, wherever its fault is.
func TestScanText_of_broken_strings(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		`\x`, `\u12`, `\u12g4`, `\ud800`, `\ud800x`, `\ud800\u0041`, `\udc00`, `\udfff`, "\x01", "\x1f", "\xff", "\xc0\x80", "\xed\xa0\x80",
	} {
		for _, before := range []string{"", "x", `\u00e9`, strings.Repeat("x", 40)} {
			buf := slices.Grow([]byte(`"`+before+fault+`y", "more"`), 64)
			if got, ok := scanTextPortable(buf, 1); ok {
				t.Errorf("%q without vectors: %+v", buf, got)
			}
			if got, ok := ScanText(buf, 1); ok {
				t.Errorf("%q: %+v", buf, got)
			}
		}
	}
	if got, ok := scanTextPortable([]byte("\"\x80\""), 1); ok {
		t.Errorf("a continuation byte alone: %+v", got)
	}
	for _, open := range []string{`"abc`, `"abc\`, `"`, `"\u00e9`, `"\u00`} {
		if got, ok := ScanText(slices.Grow([]byte(open), 64), 1); ok {
			t.Errorf("%q has no end: %+v", open, got)
		}
		if got, ok := scanTextPortable([]byte(open), 1); ok {
			t.Errorf("%q has no end, without vectors: %+v", open, got)
		}
	}
}
