// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
)

// tally is what reading one dataset file adds up to. Dropped examples count only as such.
type tally struct {
	examples   int64 // all of them
	multimodal bool  // some hold images or other files
	used       int64
	characters int64
	tokens     int64
	dropped    int64
	indices    []int64 // of some dropped examples, from 1
	reasons    []string
	answers    answers
	lessons    lessons
}

// countUsed counts an example that is used. It compares the answer with known trigrams.
func (t *tally) countUsed(e *example, known *trigrams) {
	t.answers.add(e.answer, known)
	t.lessons.add(e.lesson)
	t.used++
	t.characters += e.characters
	t.multimodal = t.multimodal || e.files > 0
	t.tokens += e.input + e.output
}

func (t *tally) drop(n int64, reason string, samples int64) {
	t.dropped++
	if int64(len(t.indices)) < samples {
		t.indices = append(t.indices, n)
		t.reasons = append(t.reasons, reason)
	}
}

// stats describes the training set, without the distributions, which nothing reads. Token counts
// are of one pass over it: whether Vertex AI multiplies the billable count by the epochs is not
// documented.
func (t *tally) stats(steps int64) *pb.SupervisedTuningDataStats {
	return &pb.SupervisedTuningDataStats{
		TuningDatasetExampleCount:  t.examples,
		TotalTuningCharacterCount:  t.characters,
		TotalBillableTokenCount:    t.tokens,
		TuningStepCount:            steps,
		TotalTruncatedExampleCount: t.dropped,
		TruncatedExampleIndices:    t.indices,
		DroppedExampleReasons:      t.reasons,
	}
}
