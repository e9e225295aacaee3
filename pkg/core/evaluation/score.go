// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

// Scores are the metrics of one answer. A metric that does not apply to the example is absent.
// Which metrics apply depends on the right answer alone, so all answers to a question have the same
// ones.
type Scores map[Metric]float64

// Score compares an answer with the right answer, which must not be empty.
//
// If the right answer has calls, only the metrics of calls apply, and its text does not count.
// Otherwise the metrics of text apply, and those of JSON too if the text is a JSON object. An
// answer with a WrongReason, or one that calls a function where a text is right, scores 0 in
// everything but the length ratio.
func Score(right Content, answer Answer) Scores {
	isWrong := answer.WrongReason() != ""
	if len(right.Calls) > 0 {
		calls := answer.Calls
		if isWrong {
			calls = nil
		}
		return Scores{MetricCallNames: callNames(right.Calls, calls), MetricCallArguments: callArguments(right.Calls, calls)}
	}
	want, got := validUTF8(right.Text), validUTF8(answer.Text)
	scores := Scores{MetricLengthRatio: lengthRatio(want, got)}
	if isWrong || len(answer.Calls) > 0 {
		got = ""
	}
	scores[MetricExactMatch] = exactMatch(want, got)
	scores[MetricNormalizedMatch] = normalizedMatch(want, got)
	if score, ok := rougeL(want, got); ok {
		scores[MetricRougeL] = score
	}
	if score, ok := chrF(want, got); ok {
		scores[MetricChrF] = score
	}
	if object, ok := readStructured(want); ok {
		scores[MetricJSONValid], scores[MetricJSONKeys], scores[MetricJSONValues] = object.score(got)
	}
	return scores
}
