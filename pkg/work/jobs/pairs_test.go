// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"testing"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// TestNothing_to_learn: the message about data without an example fits the kind and the number of
// its records.
func TestNothing_to_learn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.message(t, "a", "one", "user", "a", "", "")
	w.message(t, "b", "two", "user", "a", "", "")
	w.message(t, "c", "two", "user", "b", "user", "c")
	const openAI = `{"messages":[{"role":"user","content":"a"}]}` + "\n"
	w.Upload(t, bucket, "one.jsonl", `{"content":"alone","role":"user"}`, nil)
	w.Upload(t, bucket, "two.jsonl", openAI+openAI, nil)
	for name, tt := range map[string]struct {
		r    tuning.Request
		want string
	}{
		"a_message": {
			tuning.Request{SessionID: "one"},
			"The only message is in no pair of a user's and an assistant's message: NO_RELATED_MESSAGE (1).",
		},
		"messages": {
			tuning.Request{SessionID: "two"},
			"None of the 2 messages is in a pair of a user's and an assistant's message: NO_RELATED_MESSAGE (1), SAME_ROLE (1).",
		},
		"a_record": {
			tuning.Request{TrainingData: "gs://test-data/one.jsonl"},
			"The only record of the file makes no training example: NO_RELATED_MESSAGE (1).",
		},
		"records": {
			tuning.Request{TrainingData: "gs://test-data/two.jsonl"},
			"None of the 2 records of the file makes a training example: LAST_TURN_NOT_MODEL (2).",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := w.Start(t.Context(), order(tt.r))
			if got := fault.From(err); got.Kind != fault.FailedPrecondition || got.Message != tt.want {
				t.Errorf("Start = %v %q, want %q", got.Kind, got.Message, tt.want)
			}
		})
	}
}
