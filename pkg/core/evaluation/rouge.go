// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

// maxTokens bounds the time of ROUGE-L, which grows with the product of both lengths. Only the
// first tokens of longer texts are compared.
const maxTokens = 4096

// rougeL returns the F1 of the longest common subsequence of the tokens of both texts. It does not
// apply (ok is false) if the right answer has no tokens.
func rougeL(right, answer string) (score float64, ok bool) {
	a, b := tokens(right, maxTokens), tokens(answer, maxTokens)
	if len(a) == 0 {
		return score, false
	}
	return f1(float64(commonSubsequence(number(a, b))), len(a), len(b)), true
}

// number replaces equal tokens by equal numbers, which are faster to compare.
func number(a, b []string) (x, y []int) {
	numbers := map[string]int{}
	numbered := func(tokens []string) []int {
		result := make([]int, len(tokens))
		for i, token := range tokens {
			n, ok := numbers[token]
			if !ok {
				n = len(numbers)
				numbers[token] = n
			}
			result[i] = n
		}
		return result
	}
	return numbered(a), numbered(b)
}

// commonSubsequence returns the length of the longest common subsequence.
func commonSubsequence(a, b []int) int {
	row := make([]int, len(b)+1) // row[j] is the result for the tokens of a so far and b[:j]
	for _, x := range a {
		diagonal := 0
		for j, y := range b {
			above := row[j+1]
			if x == y {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(row)-1]
}
