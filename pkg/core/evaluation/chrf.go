// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import "strings"

const (
	maxOrder      = 6       // the longest n-grams of chrF
	maxCharacters = 1 << 16 // only the first characters of longer texts are compared
	betaSquared   = 2 * 2   // recall weighs twice as much as precision
)

// gram is an n-gram: a character has 21 bits, so six of them fit.
type gram struct{ high, low uint64 }

// next returns the n-gram after g, with one more character at its end.
func (g gram) next(r rune, order int) gram {
	const bits, half = 21, maxOrder / 2
	g.high, g.low = g.high<<bits|g.low>>(bits*(half-1)), g.low<<bits|uint64(r)
	mask := func(n int) uint64 { return 1<<(bits*min(max(n, 0), half)) - 1 }
	return gram{g.high & mask(order-half), g.low & mask(order)}
}

// chrF returns chrF2 as sacreBLEU computes it for one sentence with its default settings: white
// space is removed; precision and recall of the n-grams of 1 to 6 characters are averaged over the
// orders that occur in both texts, without smoothing; the result is their F-score with beta 2. It
// does not apply (ok is false) if the right answer has no characters.
func chrF(right, answer string) (score float64, ok bool) {
	a, b := characters(right), characters(answer)
	if len(a) == 0 {
		return score, false
	}
	precision, recall := 0.0, 0.0
	orders := min(maxOrder, len(a), len(b))
	for order := 1; order <= orders; order++ {
		common := float64(commonGrams(a, b, order))
		precision += common / float64(len(b)-order+1)
		recall += common / float64(len(a)-order+1)
	}
	if precision+recall == 0 {
		return 0, true
	}
	precision /= float64(orders)
	recall /= float64(orders)
	return (1 + betaSquared) * precision * recall / (betaSquared*precision + recall), true
}

// characters returns the first characters of the text that are not white space.
func characters(text string) []rune {
	result := make([]rune, 0, min(len(text), maxCharacters))
	for _, r := range text {
		if len(result) == maxCharacters {
			break
		}
		if !isSpace(r) {
			result = append(result, r)
		}
	}
	return result
}

// commonGrams returns how many n-grams of this order a and b have in common, each as often as it
// occurs in both.
func commonGrams(a, b []rune, order int) (common int) {
	left := make(map[gram]int, len(a))
	eachGram(a, order, func(g gram) { left[g]++ })
	eachGram(b, order, func(g gram) {
		if left[g] > 0 {
			left[g]--
			common++
		}
	})
	return common
}

func eachGram(text []rune, order int, yield func(gram)) {
	var g gram
	for i, r := range text {
		if g = g.next(r, order); i >= order-1 {
			yield(g)
		}
	}
}

// validUTF8 replaces bytes that are not UTF-8, so that all metrics see the same text.
func validUTF8(text string) string { return strings.ToValidUTF8(text, "\ufffd") }
