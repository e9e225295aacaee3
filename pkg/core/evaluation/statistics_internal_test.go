// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"math"
	"testing"
)

// TestSplitMix has the published numbers of the generator for this seed.
func TestSplitMix(t *testing.T) {
	t.Parallel()
	random, indexes := splitMix(1234567), splitMix(1234567)
	for _, number := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		want := int(float64(number) / math.Ldexp(1, 64) * 1000)
		if got, index := random.next(), indexes.index(1000); got != number || index != want {
			t.Errorf("the number is %d and the index %d, want %d and %d", got, index, number, want)
		}
	}
}

// TestBootstrap has intervals that testdata/reference.py has computed.
func TestBootstrap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                      string
		seed                      uint64
		differences               []float64
		low, high, wantDetectable float64
	}{
		{"none", 1, nil, 0, 0, 1},
		{"one", 1, []float64{0.5}, 0.5, 0.5, 1},
		{"two_alike", 1, []float64{0, 0}, 0, 0, 1},
		{"all_alike", 1, make([]float64, 60), 0, 0, 0.05},
		{"shares", 1, []float64{0, 1, 1, 0, -1, 1, 0, 1, 0, 0, 1, 0.5}, 0, 0.7083333333333334, 0.5205620505615526},
		{"steps", math.MaxUint64, []float64{-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6}, -0.03, 0.33, 0.3},
		{"far_apart", 1, []float64{-1, 1}, -1, 1, 1},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			low, high := bootstrap(tc.differences, tc.seed)
			if math.Abs(low-tc.low) > 1e-12 || math.Abs(high-tc.high) > 1e-12 {
				t.Errorf("the interval is %v to %v, want %v to %v", low, high, tc.low, tc.high)
			}
			if got := detectable(tc.differences); math.Abs(got-tc.wantDetectable) > 1e-12 {
				t.Errorf("%v can be detected, want %v", got, tc.wantDetectable)
			}
		})
	}
}

// TestBootstrap_normal compares the interval with that of the normal distribution, which is close
// for many differences.
func TestBootstrap_normal(t *testing.T) {
	t.Parallel()
	differences := make([]float64, 200)
	for i := range differences {
		differences[i] = float64(i%3) / 2
	}
	low, high := bootstrap(differences, 42)
	width := 1.96 * detectable(differences) / 2.8
	if center := mean(differences); math.Abs(low-center+width) > 0.003 || math.Abs(high-center-width) > 0.003 {
		t.Errorf("the interval is %v to %v, want about %v around %v", low, high, width, center)
	}
}

func TestSeedOf(t *testing.T) {
	t.Parallel()
	a, b := NewRow(Example{Key: "a"}), NewRow(Example{Key: "b"})
	// printf 'a\nb\n' | sha256sum
	if got := seedOf([]Row{b, a}); got != 0x911169ddaaf146af {
		t.Errorf("the seed is %x", got)
	}
	if seedOf([]Row{a}) == seedOf([]Row{b}) {
		t.Error("other examples have the same seed")
	}
}

func TestWilson(t *testing.T) {
	t.Parallel()
	tests := []struct {
		k, n             int
		share, low, high float64
	}{
		{7, 10, 0.7, 0.3967781474611453, 0.892208732593699},
		{0, 5, 0, 0, 0.43448246478317465},
		{5, 5, 1, 0.5655175352168252, 1},
	}
	for _, tc := range tests {
		got := wilson(tc.k, tc.n)
		if got.Share != tc.share || math.Abs(got.Low-tc.low) > 1e-9 || math.Abs(got.High-tc.high) > 1e-9 || got.Low < 0 || got.High > 1 {
			t.Errorf("%d of %d: %+v, want %v to %v", tc.k, tc.n, got, tc.low, tc.high)
		}
	}
}

// TestMeasure checks when a verdict is given. Every difference in a case is one of two numbers.
func TestMeasure(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		examples int
		wins     int
		by       float64
		want     Verdict
	}{
		{"all_win", 20, 20, 0.5, VerdictBetter},
		{"all_lose", 20, 20, -0.5, VerdictWorse},
		{"too_few", 19, 19, 0.5, VerdictNone},
		{"six_differ", 20, 6, 0.5, VerdictBetter},
		{"six_differ_down", 20, 6, -0.5, VerdictWorse},
		{"five_differ", 20, 5, 0.5, VerdictNone},
		{"none_differ", 100, 0, 0.5, VerdictNone},
		{"rounding_errors", 100, 100, 1e-12, VerdictNone},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			base, tuned := make([]float64, tc.examples), make([]float64, tc.examples)
			for i := range base {
				base[i], tuned[i] = 0.5, 0.5
				if i < tc.wins {
					tuned[i] += tc.by
				}
			}
			m := measure(MetricChrF, base, tuned, 1)
			if m.Verdict != tc.want {
				t.Errorf("the verdict is %s, want %s: %+v", m.Verdict, tc.want, m)
			}
			if m := measure(MetricLengthRatio, base, tuned, 1); m.Verdict != "" {
				t.Errorf("the length ratio has the verdict %s", m.Verdict)
			}
		})
	}
}

func TestMeasure_bothWays(t *testing.T) {
	t.Parallel()
	base, tuned := make([]float64, 20), make([]float64, 20)
	for i := range base {
		base[i], tuned[i] = float64(i%2), float64(1-i%2)
	}
	m := measure(MetricExactMatch, base, tuned, 1)
	if m.Verdict != VerdictNone || m.Differ != 20 || m.Difference != 0 || m.Low >= 0 || m.High <= 0 {
		t.Errorf("as many wins as losses: %+v", m)
	}
}

func TestDecimal(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{0: "0.0", -0.04: "0.0", 0.06: "+0.1", -0.06: "-0.1", 100: "+100.0", -10: "-10.0"} {
		if got := decimal("%+.1f", value); got != want {
			t.Errorf("%v is written as %s, want %s", value, got, want)
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	m := Measured{Metric: MetricRougeL, Examples: 20, Differ: 15, Base: 0.4, Tuned: 0.5501, Difference: 0.1501, Low: 0.0999, High: 0.2, Detectable: 0.08}
	with := func(change func(m *Measured)) Measured {
		changed := m
		change(&changed)
		return changed
	}
	tests := []struct {
		name, want string
		m          Measured
	}{
		{
			"better", "new is better than old: ROUGE-L is 40.0 points for old and 55.0 for new, a gain of 15.0 (95 % interval +10.0 to +20.0, 20 examples).",
			with(func(m *Measured) { m.Verdict = VerdictBetter }),
		},
		{
			"worse", "new is worse than old: ROUGE-L is 60.0 points for old and 55.0 for new, a loss of 5.0 (95 % interval -9.0 to -1.0, 20 examples).",
			with(func(m *Measured) {
				m.Verdict, m.Base, m.Difference, m.Low, m.High = VerdictWorse, 0.6, -0.05, -0.09, -0.01
			}),
		},
		{
			"none", "20 examples show no difference between new and old: ROUGE-L is 40.0 points for old and 40.0 for new (95 % interval 0.0 to +5.0). " +
				"A difference of about 8.0 points or more would probably show.",
			with(func(m *Measured) { m.Verdict, m.Tuned, m.Low, m.High = VerdictNone, 0.4, -0.0001, 0.05 }),
		},
		{
			"few_differ", "20 examples show no difference between new and old: ROUGE-L is 40.0 points for old and 55.0 for new, and the scores differ in only 5. " +
				"A difference of about 8.0 points or more would probably show.",
			with(func(m *Measured) { m.Verdict, m.Differ = VerdictNone, 5 }),
		},
		{
			"few", "Only 1 example can be compared, which is too few for a verdict: at least 20 are needed. ROUGE-L is 40.0 points for old and 55.0 for new.",
			with(func(m *Measured) { m.Verdict, m.Examples = VerdictNone, 1 }),
		},
		{
			"too_few", "Only 19 examples can be compared, which is too few for a verdict: at least 20 are needed. Exact match is 40.0 points for old and 55.0 for new.",
			with(func(m *Measured) { m.Verdict, m.Examples, m.Metric = VerdictNone, 19, MetricExactMatch }),
		},
		{"nothing", "No example can be compared, so nothing is known about new.", with(func(m *Measured) { m.Examples = 0 })},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := tc.m.sentence("old", "new"); got != tc.want {
				t.Errorf("the sentence is\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

// TestLimits checks the constants that README.md names.
func TestLimits(t *testing.T) {
	t.Parallel()
	if s := NewSelector(0); s.maxBytes != 64<<20 || s.n != 200 {
		t.Errorf("the selector holds %d examples and %d bytes", s.n, s.maxBytes)
	}
}

// TestIsSpaceless checks the first and the last character of each range, and their neighbours.
func TestIsSpaceless(t *testing.T) {
	t.Parallel()
	inside := map[rune]bool{}
	for _, r := range "\u0e00\u0eff\u1000\u109f\u1780\u17ff\u3005\u3007\u3040\u30ff\u31f0\u31ff\u3400\u4dbf\u4e00\u9fff\uf900\ufaff\U00020000\U0003ffff" {
		inside[r] = true
	}
	for _, r := range "a\u0dff\u0f00\u0fff\u10a0\u177f\u1800\u3004\u3008\u303f\u3100\u31ef\u3200\u33ff\u4dc0\u4dff\ua000\uf8ff\ufb00\U0001ffff\U00040000" {
		inside[r] = false
	}
	for r, want := range inside {
		if got := isSpaceless(r); got != want {
			t.Errorf("%U: %t, want %t", r, got, want)
		}
	}
	for r, want := range map[rune]bool{0x1b: false, 0x1c: true, 0x1f: true, ' ': true, '!': false, 0x3000: true} {
		if got := isSpace(r); got != want {
			t.Errorf("%U is white space: %t, want %t", r, got, want)
		}
	}
}

// TestGram checks that the n-grams of one order differ if their characters do.
func TestGram(t *testing.T) {
	t.Parallel()
	const last = 0x10ffff
	for order := 1; order <= maxOrder; order++ {
		seen := map[gram]int{}
		for changed := range order + 1 { // the last one has no change
			text := make([]rune, order)
			for i := range text {
				text[i] = last
			}
			if changed < order {
				text[changed]--
			}
			before := append([]rune{1, last, 3, 4, 5, 6, 7}, text...) // what is before does not count
			n := 0
			eachGram(before, order, func(g gram) {
				if n++; n == len(before)-order+1 {
					seen[g]++
				}
			})
			eachGram(text, order, func(g gram) { seen[g]++ })
			if n != len(before)-order+1 {
				t.Errorf("%d n-grams of order %d, want %d", n, order, len(before)-order+1)
			}
		}
		if len(seen) != order+1 {
			t.Errorf("%d different n-grams of order %d, want %d", len(seen), order, order+1)
		}
		for g, times := range seen {
			if times != 2 {
				t.Errorf("%x of order %d is found %d times", g, order, times)
			}
		}
	}
}
