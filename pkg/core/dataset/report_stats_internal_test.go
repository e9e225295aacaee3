// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"math/rand/v2"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

func TestTally_is_close_to_the_truth(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	var all []int64
	var count tally
	for range 10_000 {
		v := random.Int64N(1 << random.Int64N(40))
		all = append(all, v)
		count.add(v)
	}
	slices.Sort(all)
	d := count.distribution()
	if d.Min != all[0] || d.Max != all[len(all)-1] {
		t.Errorf("min and max are %d and %d, want %d and %d", d.Min, d.Max, all[0], all[len(all)-1])
	}
	for got, want := range map[int64]int64{d.Median: all[4999], d.P95: all[9499]} {
		if got < want || float64(got) > float64(want)*(1+1.0/32)+1 {
			t.Errorf("quantile is %d, want %d or at most 1/32 more", got, want)
		}
	}
	var sum int64
	for _, b := range d.Histogram {
		sum += b.Count
	}
	if sum != 10_000 {
		t.Errorf("the histogram holds %d numbers, want 10000", sum)
	}
}

func TestTallySteps(t *testing.T) {
	t.Parallel()
	for _, v := range []int64{0, 1, 31, 32, 33, 63, 64, 65, 127, 128, 1000, 1 << 20, 1<<40 + 12345, 1<<62 + 1} {
		step := stepOf(v)
		if topOf(step) < v || step > 0 && topOf(step-1) >= v {
			t.Errorf("%d is in step %d, from %d to %d", v, step, topOf(step-1)+1, topOf(step))
		}
	}
}

func TestSizeOfText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`""`, `"plain"`, `"é"`, `"日本語テキスト、とても長い"`, `"mixed é 日 😀 and more ascii text behind"`, `"a\n\t\"\\b"`, `"\u00e9\ud83d\ude00\u65e5x"`, `"\uD83D\uDE00"`,
	} {
		var r record
		if err := r.parse([]byte(text)); err != nil {
			t.Fatalf("parse %s: %v", text, err)
		}
		r.addText(root)
		decoded, err := strictjson.Unquote([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if want := int64(utf8.RuneCountInString(decoded)); r.example.chars != want {
			t.Errorf("%s has %d characters, want %d", text, r.example.chars, want)
		}
		if len(decoded) > 0 && r.example.tokens <= 0 {
			t.Errorf("%s has no tokens", text)
		}
	}
}
