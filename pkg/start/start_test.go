// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/start"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// line is one training example.
func line(user, model string) string {
	return fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":%q}]},{"role":"model","parts":[{"text":%q}]}]}`+"\n", user, model)
}

func TestStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	epochs, batch := int64(2), int64(4)
	asked := tuning.Hyperparameters{EpochCount: &epochs, BatchSize: &batch}
	begun := time.Now().UTC().Truncate(time.Microsecond)
	got, err := w.Start(t.Context(), tuning.Request{SessionID: "s", Hyperparameters: asked}, "ci")
	if err != nil {
		t.Fatal(err)
	}
	job := got.Job
	if !tuning.IsID(job.ID) || job.CreatedAt.Before(begun) {
		t.Errorf("job %q of %v", job.ID, job.CreatedAt)
	}
	want := tuning.Job{
		ID: job.ID, Name: job.Name, Number: tuning.LastSegment(job.Name), Location: location,
		DisplayName: tuning.DisplayName(job.CreatedAt), BaseModel: baseModel, Hyperparameters: asked, Pairs: 3, StartedBy: "ci",
		TrainingData: "gs://test-data/datasets/" + job.ID + ".jsonl", Warnings: asked.Ignored(baseModel),
		State: tuning.Pending, VertexState: "JOB_STATE_PENDING", CreatedAt: job.CreatedAt, UpdatedAt: job.UpdatedAt,
	}
	if diff := cmp.Diff(want, job, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(start.Pairs{Count: 3}, got.Pairs); diff != "" {
		t.Errorf("pairs (-want +got):\n%s", diff)
	}
	examples := line("question 1", "answer 1") + line("question 2", "answer 2") + line("question 3", "answer 3")
	if diff := cmp.Diff(examples, w.dataset(t, job)); diff != "" {
		t.Errorf("dataset (-want +got):\n%s", diff)
	}
	record, err := w.records.FindJob(t.Context(), job.Name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, record.Job, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	seen := w.onVertex(t)
	if len(seen) != 1 || seen[0].Name != job.Name || seen[0].Label != job.ID {
		t.Errorf("on Vertex AI: %+v", seen)
	}
}

func TestStartSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	// Two records of one pair, and one of each thing that cannot be trained on.
	w.message(t, "m1", "mixed", "user", "hi", "assistant", "hello")
	w.message(t, "m2", "mixed", "assistant", "hello", "user", "hi")
	w.message(t, "m3", "mixed", "user", "alone", "", "")
	w.message(t, "m4", "mixed", "user", "a", "user", "b")
	w.message(t, "m5", "mixed", "user", " ", "assistant", "b")
	w.message(t, "m6", "mixed", "system", "a", "assistant", "b")
	w.put(t, "messages/m7", fields{"session_id": "mixed", "content": 7, "role": "user"})
	w.upload(t, "mine.jsonl", line("from", "a file"))
	w.upload(t, "messages.jsonl", `{"content":"q","role":"user","related_message":{"content":"a","role":"assistant"}}
{"content":"alone","role":"user"}`)
	mixed := start.Pairs{
		Count: 1, Merged: 1,
		LeftOut: &start.LeftOut{
			Count: 5,
			Reasons: map[string]int64{
				"NO_RELATED_MESSAGE": 1, "SAME_ROLE": 1, "EMPTY_TEXT": 1, "INVALID_ROLE": 1, "MALFORMED_MESSAGE": 1,
			},
			Messages: []start.LeftOutMessage{
				{ID: "m3", Reason: "NO_RELATED_MESSAGE"}, {ID: "m4", Reason: "SAME_ROLE"}, {ID: "m5", Reason: "EMPTY_TEXT"},
				{ID: "m6", Reason: "INVALID_ROLE"}, {ID: "m7", Reason: "MALFORMED_MESSAGE"},
			},
		},
	}
	all := mixed
	all.Count = 4
	tests := []struct {
		name  string
		r     tuning.Request
		pairs start.Pairs
		lines []string
	}{
		{
			"messages_in_the_order_asked_for", tuning.Request{MessageIDs: []string{"s3", "m1", "s1"}}, start.Pairs{Count: 3},
			[]string{line("question 3", "answer 3"), line("hi", "hello"), line("question 1", "answer 1")},
		},
		{
			"messages_of_their_session", tuning.Request{MessageIDs: []string{"s2"}, SessionID: "s"}, start.Pairs{Count: 1},
			[]string{line("question 2", "answer 2")},
		},
		{"answer_as_the_record", tuning.Request{MessageIDs: []string{"m2"}}, start.Pairs{Count: 1}, []string{line("hi", "hello")}},
		{"session_with_all_kinds", tuning.Request{SessionID: "mixed"}, mixed, []string{line("hi", "hello")}},
		{
			"all_messages", tuning.Request{AllMessages: true}, all,
			[]string{line("question 1", "answer 1"), line("question 2", "answer 2"), line("question 3", "answer 3"), line("hi", "hello")},
		},
		{"file", tuning.Request{TrainingData: "gs://test-data/mine.jsonl"}, start.Pairs{Count: 1}, []string{line("from", "a file")}},
		{
			"file_of_messages", tuning.Request{TrainingData: "gs://test-data/messages.jsonl"},
			start.Pairs{Count: 1, LeftOut: &start.LeftOut{Count: 1, Reasons: map[string]int64{"NO_RELATED_MESSAGE": 1}, Messages: []start.LeftOutMessage{}}},
			[]string{line("q", "a")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := w.Start(t.Context(), tt.r, "ci")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.pairs, got.Pairs); diff != "" {
				t.Errorf("pairs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(strings.Join(tt.lines, ""), w.dataset(t, got.Job)); diff != "" {
				t.Errorf("dataset (-want +got):\n%s", diff)
			}
			if !strings.HasSuffix(got.Job.TrainingData, got.Job.ID+".jsonl") {
				t.Errorf("training data %q are not the job's own", got.Job.TrainingData)
			}
		})
	}
}

func TestStartFromAModel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	three, five, eight := int64(3), int64(5), int64(8)
	w.put(t, "models/m", fields{
		"base_model": "gemini-3.1-flash-lite", "display_name": "Helper", "hyperparameters": fields{"epoch_count": 5, "batch_size": 8},
	})
	w.put(t, "models/bare", fields{})
	tests := []struct {
		name string
		r    tuning.Request
		want tuning.Job
	}{
		{
			"the_model_s_own", tuning.Request{SessionID: "s", ModelID: "m"},
			tuning.Job{BaseModel: "gemini-3.1-flash-lite", DisplayName: "Helper", Hyperparameters: tuning.Hyperparameters{EpochCount: &five, BatchSize: &eight}},
		},
		{
			"the_request_wins",
			tuning.Request{SessionID: "s", ModelID: "m", BaseModel: baseModel, Hyperparameters: tuning.Hyperparameters{EpochCount: &three}},
			tuning.Job{BaseModel: baseModel, DisplayName: "Helper", Hyperparameters: tuning.Hyperparameters{EpochCount: &three, BatchSize: &eight}},
		},
		{"the_default_is_last", tuning.Request{SessionID: "s", ModelID: "bare"}, tuning.Job{BaseModel: baseModel}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := w.Start(t.Context(), tt.r, "ci")
			if err != nil {
				t.Fatal(err)
			}
			job := tuning.Job{BaseModel: got.Job.BaseModel, DisplayName: got.Job.DisplayName, Hyperparameters: got.Job.Hyperparameters}
			if tt.want.DisplayName == "" {
				tt.want.DisplayName = tuning.DisplayName(got.Job.CreatedAt)
			}
			if diff := cmp.Diff(tt.want, job); diff != "" {
				t.Errorf("job (-want +got):\n%s", diff)
			}
			if got.Job.ModelID != tt.r.ModelID {
				t.Errorf("model = %q, want %q", got.Job.ModelID, tt.r.ModelID)
			}
			doc, err := w.docs.Doc("models/" + tt.r.ModelID).Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if last, ok := doc.Data()["last_job"].(fields); !ok || last["job_name"] == "" {
				t.Errorf("the job is not written back: %v", doc.Data())
			}
		})
	}
}

// TestStartRefused: whatever is wrong is found before anything is recorded or asked of Vertex AI, and leaves no dataset.
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
		{"unknown_file", tuning.Request{TrainingData: "gs://test-data/none.jsonl"}, fault.NotFound, []string{"training_data UNKNOWN_OBJECT"}},
		{"unknown_bucket", tuning.Request{TrainingData: "gs://no-such-bucket/x.jsonl"}, fault.NotFound, []string{"training_data UNKNOWN_OBJECT"}},
		{
			"bad_file", tuning.Request{TrainingData: "gs://test-data/bad.jsonl"}, fault.InvalidArgument,
			[]string{"training_data[1].contents[0].role"},
		},
		{"file_without_pairs", tuning.Request{TrainingData: "gs://test-data/lonely.jsonl"}, fault.FailedPrecondition, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := w.Start(t.Context(), tt.r, "ci")
			got := fault.Of(err)
			if got.Kind != tt.kind {
				t.Errorf("Start = %v (kind %d), want kind %d", err, got.Kind, tt.kind)
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
		})
	}
	if n := w.datasets(t); n != 0 {
		t.Errorf("%d datasets were left", n)
	}
	if got := w.jobs(t); len(got) != 0 {
		t.Errorf("%d jobs were recorded", len(got))
	}
	if n := w.creates.Load(); n != 0 {
		t.Errorf("Vertex AI was asked %d times", n)
	}
}

// TestStartOfNoMessages: all messages of an empty database.
func TestStartOfNoMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.Start(t.Context(), tuning.Request{AllMessages: true}, "ci"); fault.KindOf(err) != fault.FailedPrecondition {
		t.Errorf("Start = %v, want FailedPrecondition", err)
	}
}

// TestStartGivenUp: a caller that goes away while the data are gathered starts nothing.
func TestStartGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Start(ctx, tuning.Request{SessionID: "s"}, "ci"); fault.Of(err).Kind != fault.Canceled {
		t.Errorf("Start = %v, want Canceled", err)
	}
	if len(w.jobs(t)) != 0 || w.creates.Load() != 0 {
		t.Error("a job was started for nobody")
	}
}
