// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import "fmt"

// maxShort is how many tokens a short answer has at most.
const maxShort = 5

// kind is a kind of right answer, with the metric that suits it best.
type kind struct {
	metric Metric
	text   string
}

// kinds is in the order of precedence.
var kinds = []kind{
	{MetricCallArguments, "calls of functions"},
	{MetricJSONValues, "JSON objects"},
	{MetricNormalizedMatch, fmt.Sprintf("texts of at most %d words", maxShort)},
	{MetricChrF, "longer texts"},
}

// kindOf returns the index of the kind of the right answer.
func kindOf(right Content) int {
	if len(right.Calls) > 0 {
		return 0
	}
	text := validUTF8(right.Text)
	if _, ok := readStructured(text); ok {
		return 1
	}
	if len(tokens(text, maxTokens)) <= maxShort {
		return 2
	}
	return 3
}

// primaryOf chooses the metric that suits the most frequent kind of right answers. If several kinds
// are equally frequent, the first one decides. It also returns the reason.
func primaryOf(rows []Row) (m Metric, reason string) {
	counts := make([]int, len(kinds))
	for _, row := range rows {
		counts[kindOf(row.Right)]++
	}
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	return kinds[best].metric, fmt.Sprintf("%d of %d right answers are %s", counts[best], len(rows), kinds[best].text)
}
