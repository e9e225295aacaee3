// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"cmp"
	"slices"
)

// maxCalls bounds the time of comparing calls. Only the first calls of a longer list are compared.
const maxCalls = 128

// callNames returns the F1 of the names of the called functions, each as often as it is called. The
// order does not matter.
func callNames(right, answer []Call) float64 {
	right, answer = firstCalls(right), firstCalls(answer)
	left := map[string]int{}
	for _, call := range right {
		left[call.Name]++
	}
	common := 0
	for _, call := range answer {
		if left[call.Name] > 0 {
			left[call.Name]--
			common++
		}
	}
	return f1(float64(common), len(right), len(answer))
}

// pair is a right call and a call of the answer with the same name.
type pair struct {
	right, answer int
	score         float64
}

// callArguments returns the F1 of the calls, in which a pair of calls counts as much as their
// arguments agree (the F1 of their leaves). Calls of the same function are paired in the order of
// that score, the best pair first; of equal pairs, the one that is earlier in the right answer, and
// then in the answer. The order of parallel calls does not matter.
func callArguments(right, answer []Call) float64 {
	right, answer = firstCalls(right), firstCalls(answer)
	a, b := argumentsOf(right), argumentsOf(answer)
	var pairs []pair
	for i := range right {
		for j := range answer {
			if right[i].Name == answer[j].Name {
				pairs = append(pairs, pair{i, j, a[i].compareValues(b[j])})
			}
		}
	}
	slices.SortStableFunc(pairs, func(p, q pair) int { return cmp.Compare(q.score, p.score) })
	usedRight, usedAnswer := make([]bool, len(right)), make([]bool, len(answer))
	sum := 0.0
	for _, p := range pairs {
		if usedRight[p.right] || usedAnswer[p.answer] {
			continue
		}
		usedRight[p.right], usedAnswer[p.answer] = true, true
		sum += p.score
	}
	return f1(sum, len(right), len(answer))
}

// argumentsOf returns the shape of each call's arguments. Absent arguments are an empty object, and
// arguments that are not an object agree only with the same text.
func argumentsOf(calls []Call) []shape {
	shapes := make([]shape, len(calls))
	for i, call := range calls {
		if isNull(call.Args) {
			shapes[i] = newShape(map[string]any{})
		} else if object, ok := jsonObject(string(call.Args)); ok {
			shapes[i] = newShape(object)
		} else {
			shapes[i] = shape{leaves: map[path]string{{1}: string(call.Args)}}
		}
	}
	return shapes
}

func firstCalls(calls []Call) []Call { return calls[:min(len(calls), maxCalls)] }
