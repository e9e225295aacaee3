// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"fmt"
	"math"
	"strings"
)

// Verdict says whether a tuned model is better than its base.
type Verdict string

// The verdicts.
const (
	VerdictBetter Verdict = "better"
	VerdictWorse  Verdict = "worse"
	// VerdictNone means that the examples show no difference. More examples might show one.
	VerdictNone Verdict = "no_difference_shown"
)

// A verdict of better or worse needs minExamples examples, because the intervals of the bootstrap
// are too narrow for few: without a difference, 10 examples show one in up to 11 % of all cases, 20
// in 9 %, and 50 in 5 %. And minDiffer examples must differ: with five, even all in the same
// direction, chance is not excluded at the level of 5 % (sign test, two-sided: 2/2^5 = 6 %).
const (
	minExamples = 20
	minDiffer   = 6
)

// rounding is larger than the rounding errors of a sum of scores.
const rounding = 1e-9

// Measured compares two sides by one metric, over the examples that both have answered and to which
// the metric applies.
type Measured struct {
	Metric     Metric  `json:"metric"`
	Examples   int     `json:"examples"`
	Differ     int     `json:"differ"` // examples with different scores
	Base       float64 `json:"base"`   // mean
	Tuned      float64 `json:"tuned"`  // mean
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"` // of the 95 % interval of the difference
	High       float64 `json:"high"`
	// Detectable is about the smallest difference that this number of examples would show.
	Detectable float64 `json:"detectable"`
	Verdict    Verdict `json:"verdict,omitempty"` // absent for the length ratio
}

// measure compares the scores of two sides; base[i] and tuned[i] belong to the same example.
func measure(metric Metric, base, tuned []float64, seed uint64) Measured {
	m := Measured{Metric: metric, Examples: len(base), Base: mean(base), Tuned: mean(tuned)}
	differences := make([]float64, len(base))
	for i := range base {
		differences[i] = tuned[i] - base[i]
		if math.Abs(differences[i]) > rounding {
			m.Differ++
		}
	}
	m.Difference = mean(differences)
	m.Low, m.High = bootstrap(differences, seed)
	m.Detectable = detectable(differences)
	if metric.isQuality() {
		m.Verdict = m.verdict()
	}
	return m
}

func (m Measured) verdict() Verdict {
	switch {
	case m.Examples < minExamples || m.Differ < minDiffer:
		return VerdictNone
	case m.Low > rounding:
		return VerdictBetter
	case m.High < -rounding:
		return VerdictWorse
	default:
		return VerdictNone
	}
}

// sentence says the verdict to people. The names of the sides are used unchanged.
func (m Measured) sentence(base, tuned string) string {
	numbers := fmt.Sprintf("%s is %s points for %s and %s for %s", m.Metric.label(), points(m.Base), base, points(m.Tuned), tuned)
	interval := fmt.Sprintf("95 %% interval %s to %s", signed(m.Low), signed(m.High))
	switch {
	case m.Examples == 0:
		return fmt.Sprintf("No example can be compared, so nothing is known about %s.", tuned)
	case m.Examples < minExamples:
		return fmt.Sprintf("Only %s can be compared, which is too few for a verdict: at least %d are needed. %s.",
			examples(m.Examples), minExamples, capitalized(numbers))
	case m.Verdict == VerdictBetter:
		return fmt.Sprintf("%s is better than %s: %s, a gain of %s (%s, %s).",
			tuned, base, numbers, points(m.Difference), interval, examples(m.Examples))
	case m.Verdict == VerdictWorse:
		return fmt.Sprintf("%s is worse than %s: %s, a loss of %s (%s, %s).",
			tuned, base, numbers, points(-m.Difference), interval, examples(m.Examples))
	case m.Differ < minDiffer:
		return fmt.Sprintf("%s show no difference between %s and %s: %s, and the scores differ in only %d. "+
			"A difference of about %s points or more would probably show.",
			examples(m.Examples), tuned, base, numbers, m.Differ, points(m.Detectable))
	default:
		return fmt.Sprintf("%s show no difference between %s and %s: %s (%s). "+
			"A difference of about %s points or more would probably show.",
			examples(m.Examples), tuned, base, numbers, interval, points(m.Detectable))
	}
}

func examples(n int) string {
	if n == 1 {
		return "1 example"
	}
	return fmt.Sprintf("%d examples", n)
}

// points returns a score as a number of percentage points.
func points(score float64) string { return decimal("%.1f", score*100) }

// signed returns a difference of scores in percentage points with its sign.
func signed(difference float64) string { return decimal("%+.1f", difference*100) }

// decimal writes a number, without a sign if it is shown as zero.
func decimal(format string, value float64) string {
	text := fmt.Sprintf(format, value)
	if unsigned := strings.TrimLeft(text, "+-"); strings.Trim(unsigned, "0.") == "" {
		return unsigned
	}
	return text
}
