// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import "unicode/utf8"

// scoreOf is 1 for true and 0 for false.
func scoreOf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// exactMatch is 1 if the texts are the same, byte for byte.
func exactMatch(right, answer string) float64 { return scoreOf(right == answer) }

// normalizedMatch is 1 if the texts are the same after normalize.
func normalizedMatch(right, answer string) float64 {
	return scoreOf(normalize(right) == normalize(answer))
}

// lengthRatio returns the characters of the answer divided by those of the right answer, which is
// not empty. A byte that is not UTF-8 counts as one character.
func lengthRatio(right, answer string) float64 {
	return float64(utf8.RuneCountInString(answer)) / float64(utf8.RuneCountInString(right))
}

// f1 returns 2·common/(a+b), which is the F1 of precision common/b and recall common/a. Two empty
// sets are the same.
func f1(common float64, a, b int) float64 {
	if a+b == 0 {
		return 1
	}
	return 2 * common / float64(a+b)
}
