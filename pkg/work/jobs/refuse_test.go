// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// TestStart_refused: an error in a start is found before Vertex AI is called, and leaves nothing,
// whether it is found before the start is recorded or after.
func TestStart_refused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.message(t, "alone1", "lonely", "user", "a", "", "")
	w.message(t, "alone2", "lonely", "user", "b", "user", "c")
	w.Put(t, "models/bad", fields{"hyperparameters": fields{"epoch_count": -1}})
	w.Upload(t, bucket, "bad.jsonl", line("fine", "fine")+`{"contents":[{"role":"nobody","parts":[{"text":"x"}]}]}`, nil)
	w.Upload(t, bucket, "lonely.jsonl", `{"content":"alone","role":"user"}`, nil)
	tests := []struct {
		name       string
		r          tuning.Request
		kind       fault.Kind
		violations []string // each as field and reason
	}{
		{"nothing_asked_for", tuning.Request{}, fault.InvalidArgument, []string{"message_ids NO_TRAINING_DATA"}},
		{
			"unknown_messages_are_all_named", tuning.Request{MessageIDs: []string{"x", "s1", "y"}}, fault.NotFound,
			[]string{"message_ids[0] UNKNOWN_MESSAGE", "message_ids[2] UNKNOWN_MESSAGE"},
		},
		{
			"messages_of_another_session", tuning.Request{MessageIDs: []string{"s1", "alone1"}, SessionID: "s"}, fault.InvalidArgument,
			[]string{"message_ids[1] WRONG_SESSION"},
		},
		{"unknown_session", tuning.Request{SessionID: "none"}, fault.NotFound, []string{"session_id UNKNOWN_SESSION"}},
		{
			"no_pairs", tuning.Request{SessionID: "lonely"}, fault.FailedPrecondition,
			[]string{"messages/alone1 NO_RELATED_MESSAGE", "messages/alone2 SAME_ROLE"},
		},
		{"unknown_model", tuning.Request{SessionID: "s", ModelID: "none"}, fault.NotFound, []string{"model_id UNKNOWN_MODEL"}},
		{"unusable_model", tuning.Request{SessionID: "s", ModelID: "bad"}, fault.FailedPrecondition, nil},
		{
			"unknown_file", tuning.Request{TrainingData: "gs://test-data/none.jsonl"}, fault.NotFound,
			[]string{"training_data UNKNOWN_OBJECT"},
		},
		{
			"unknown_bucket", tuning.Request{TrainingData: "gs://no-such-bucket/x.jsonl"}, fault.NotFound,
			[]string{"training_data UNKNOWN_OBJECT"},
		},
		{
			"bad_file", tuning.Request{TrainingData: "gs://test-data/bad.jsonl"}, fault.InvalidArgument,
			[]string{"training_data[1].contents[0].role"},
		},
		{"file_without_pairs", tuning.Request{TrainingData: "gs://test-data/lonely.jsonl"}, fault.FailedPrecondition, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Start(t.Context(), order(tt.r))
			got := fault.From(err)
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
			w.wantRefused(t, got, 0)
		})
	}
	if n := w.named(t, "datasets/"); n != 0 {
		t.Errorf("%d datasets were left", n)
	}
	if n := w.Count("CreateTuningJob"); n != 0 {
		t.Errorf("Vertex AI was asked %d times", n)
	}
}

// wantRefused fails the test unless the refused starts have left nothing that callers can see, and
// their records, which no caller sees, have the reason. After a tick there must be exactly the
// given number of records.
func (w *world) wantRefused(t *testing.T, why *fault.Error, jobs int) {
	t.Helper()
	listed, _, err := w.Service.Records.ListJobs(t.Context(), store.Page{Order: store.NewestFirst, Size: 100, Scan: 100})
	if err != nil || len(listed) != jobs {
		t.Errorf("%d jobs are listed, %v, want %d", len(listed), err, jobs)
	}
	for _, r := range w.Recorded(t) {
		if slices.ContainsFunc(listed, func(l store.Record) bool { return l.ID == r.ID }) {
			continue
		}
		if r.Step != tuning.Refused || !r.Tentative || len(r.Events) != 0 || len(r.Request) > 0 || r.Failure == nil {
			t.Fatalf("a record is at %s, tentative: %v, with %d events, want one that was refused", r.Step, r.Tentative, len(r.Events))
		}
		if diff := cmp.Diff(why, r.Failure.Err(), cmpopts.IgnoreFields(fault.Error{}, "Err")); diff != "" {
			t.Errorf("the failure (-answered +recorded):\n%s", diff)
		}
		if n := w.named(t, "datasets/"+r.ID) + w.named(t, "requests/"+r.ID); n != 0 {
			t.Errorf("%d objects were left", n)
		}
	}
	w.tickLater(t)
	if n := len(w.Recorded(t)); n != jobs {
		t.Errorf("%d records after a tick, want %d", n, jobs)
	}
}

// TestStart_of_no_messages: a start on all messages of an empty database is refused.
func TestStart_of_no_messages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Start(t.Context(), order(tuning.Request{AllMessages: true})); fault.KindOf(err) != fault.FailedPrecondition {
		t.Errorf("Start = %v, want FailedPrecondition", err)
	}
}

// TestStart_given_up: if the caller disconnects before the start is recorded, nothing is started.
func TestStart_given_up(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Start(ctx, order(tuning.Request{SessionID: "s"})); fault.From(err).Kind != fault.Canceled {
		t.Errorf("Start = %v, want Canceled", err)
	}
	if len(w.Recorded(t)) != 0 || w.Count("CreateTuningJob") != 0 {
		t.Error("a job was started without a caller")
	}
}
