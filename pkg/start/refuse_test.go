// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	rpc "google.golang.org/genproto/googleapis/rpc/code"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// TestStartRefused: what is wrong with a start is found before Vertex AI is asked and leaves no dataset. What is found
// before the start is recorded leaves nothing, the rest a record that says the same.
func TestStartRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.message(t, "alone1", "lonely", "user", "a", "", "")
	w.message(t, "alone2", "lonely", "user", "b", "user", "c")
	w.put(t, "models/bad", fields{"hyperparameters": fields{"epoch_count": -1}})
	w.upload(t, "bad.jsonl", line("fine", "fine")+`{"contents":[{"role":"nobody","parts":[{"text":"x"}]}]}`)
	w.upload(t, "lonely.jsonl", `{"content":"alone","role":"user"}`)
	tests := []struct {
		name       string
		r          tuning.Request
		kind       fault.Kind
		violations []string // fields and reasons
		recorded   bool
	}{
		{"nothing_asked_for", tuning.Request{}, fault.InvalidArgument, []string{"message_ids NO_TRAINING_DATA"}, false},
		{
			"unknown_messages_are_all_named", tuning.Request{MessageIDs: []string{"x", "s1", "y"}}, fault.NotFound,
			[]string{"message_ids[0] UNKNOWN_MESSAGE", "message_ids[2] UNKNOWN_MESSAGE"}, true,
		},
		{
			"messages_of_another_session", tuning.Request{MessageIDs: []string{"s1", "alone1"}, SessionID: "s"}, fault.InvalidArgument,
			[]string{"message_ids[1] WRONG_SESSION"}, true,
		},
		{"unknown_session", tuning.Request{SessionID: "none"}, fault.NotFound, []string{"session_id UNKNOWN_SESSION"}, false},
		{
			"no_pairs", tuning.Request{SessionID: "lonely"}, fault.FailedPrecondition,
			[]string{"messages/alone1 NO_RELATED_MESSAGE", "messages/alone2 SAME_ROLE"}, true,
		},
		{"unknown_model", tuning.Request{SessionID: "s", ModelID: "none"}, fault.NotFound, []string{"model_id UNKNOWN_MODEL"}, false},
		{"unusable_model", tuning.Request{SessionID: "s", ModelID: "bad"}, fault.FailedPrecondition, nil, false},
		{
			"unknown_file", tuning.Request{TrainingData: "gs://test-data/none.jsonl"}, fault.NotFound,
			[]string{"training_data UNKNOWN_OBJECT"}, true,
		},
		{
			"unknown_bucket", tuning.Request{TrainingData: "gs://no-such-bucket/x.jsonl"}, fault.NotFound,
			[]string{"training_data UNKNOWN_OBJECT"}, true,
		},
		{
			"bad_file", tuning.Request{TrainingData: "gs://test-data/bad.jsonl"}, fault.InvalidArgument,
			[]string{"training_data[1].contents[0].role"}, true,
		},
		{"file_without_pairs", tuning.Request{TrainingData: "gs://test-data/lonely.jsonl"}, fault.FailedPrecondition, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(w.jobs(t))
			_, err := w.Start(t.Context(), order(tt.r))
			got := fault.Of(err)
			if got.Kind != tt.kind {
				t.Errorf("Start = %v (kind %v), want kind %v", err, got.Kind, tt.kind)
			}
			var named strings.Builder
			for _, v := range got.Violations {
				fmt.Fprintln(&named, v.Field, v.Reason)
			}
			for _, want := range tt.violations {
				if !strings.Contains(named.String(), want) {
					t.Errorf("violations do not name %q:\n%s", want, &named)
				}
			}
			if len(got.Violations) < len(tt.violations) {
				t.Errorf("%d violations, want %d", len(got.Violations), len(tt.violations))
			}
			records := w.jobs(t)
			if recorded := len(records) > before; recorded != tt.recorded {
				t.Fatalf("recorded: %v, want %v", recorded, tt.recorded)
			}
			if tt.recorded {
				w.wantFailed(t, records[0].Job, got)
				if code, want := records[0].Failure.Code, rpc.Code_value[tt.kind.HTTP().Status]; code != want {
					t.Errorf("the record's code is %d, want %d", code, want)
				}
			}
		})
	}
	if n := w.named(t, "datasets/"); n != 0 {
		t.Errorf("%d datasets were left", n)
	}
	if n := w.count("CreateTuningJob"); n != 0 {
		t.Errorf("Vertex AI was asked %d times", n)
	}
}

// wantFailed fails the test unless the record says that the job failed, in the words of the error.
func (w *world) wantFailed(t *testing.T, job tuning.Job, why *fault.Error) {
	t.Helper()
	if job.State != tuning.Failed || job.Step != tuning.Ended || !job.Finished || job.Failure == nil || len(job.Request) > 0 {
		t.Fatalf("the record is at %s in %s, want one that failed", job.Step, job.State)
	}
	if diff := cmp.Diff(why, job.Failure.Err(), cmpopts.IgnoreFields(fault.Error{}, "Err")); diff != "" {
		t.Errorf("the failure on record (-answered +recorded):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"created PIPELINE_STATE_QUEUED", "stateChanged PIPELINE_STATE_FAILED"}, events(job)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if last := job.Events[len(job.Events)-1]; last.Failure == nil || last.Failure.Message != job.Failure.Message {
		t.Errorf("the event says %+v, the record %+v", last.Failure, job.Failure)
	}
}

// TestStartOfNoMessages: all messages of an empty database.
func TestStartOfNoMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Start(t.Context(), order(tuning.Request{AllMessages: true})); fault.KindOf(err) != fault.FailedPrecondition {
		t.Errorf("Start = %v, want FailedPrecondition", err)
	}
}

// TestStartGivenUp: a caller that goes away before the start is recorded starts nothing.
func TestStartGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Start(ctx, order(tuning.Request{SessionID: "s"})); fault.Of(err).Kind != fault.Canceled {
		t.Errorf("Start = %v, want Canceled", err)
	}
	if len(w.jobs(t)) != 0 || w.count("CreateTuningJob") != 0 {
		t.Error("a job was started for nobody")
	}
}
