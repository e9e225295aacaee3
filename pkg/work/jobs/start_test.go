// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// line is one training example.
func line(user, model string) string {
	return fmt.Sprintf(`{"contents":[{"role":"user","parts":[{"text":%q}]},{"role":"model","parts":[{"text":%q}]}]}`+"\n", user, model)
}

func TestStart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	examples := line("question 1", "answer 1") + line("question 2", "answer 2") + line("question 3", "answer 3")
	epochs, batch := int64(2), int64(4)
	asked := tuning.Hyperparameters{EpochCount: &epochs, BatchSize: &batch}
	begun := time.Now().UTC().Truncate(time.Microsecond)
	request := tuning.Request{SessionID: "s", Hyperparameters: asked, Priority: 7, Timeout: time.Hour, CancelWhenStalled: true}
	job := w.start(t, order(request))
	if !tuning.IsID(job.ID) || job.CreatedAt.Before(begun) {
		t.Errorf("job %q of %v", job.ID, job.CreatedAt)
	}
	want := tuning.Job{
		ID: job.ID, Name: job.Name, Number: tuning.LastSegment(job.Name), Location: location,
		DisplayName: tuning.DisplayName(job.CreatedAt), BaseModel: baseModel, Hyperparameters: asked, Pairs: 3, StartedBy: "ci",
		Priority: 7, Timeout: time.Hour, CancelWhenStalled: true,
		TrainingData: "gs://test-data/datasets/" + job.ID + ".jsonl", Warnings: job.Warnings, Estimate: job.Estimate,
		Spec: tuning.Spec{APIVersion: "v1", NotSent: []string{"batch_size"}},
		Lineage: tuning.Lineage{
			Index: "gs://test-data/datasets/" + job.ID + ".sources.jsonl", DatasetSHA256: fmt.Sprintf("%x", sha256.Sum256([]byte(examples))),
			Converter: job.Lineage.Converter, Request: request.Hash(),
		},
		Step: tuning.Accepted, Submissions: 1, FirstAnswer: &tuning.Answer{Name: job.Name, State: tuning.Pending}, Watched: true,
		State: tuning.Pending, VertexState: "JOB_STATE_PENDING", CreatedAt: job.CreatedAt, UpdatedAt: job.UpdatedAt,
		Events: []tuning.Event{
			{Seq: 1, Type: tuning.Created, Time: job.CreatedAt, To: tuning.Queued, Actor: "ci"},
			{
				Seq: 2, Type: tuning.StateChanged, Time: job.UpdatedAt, From: tuning.Queued, To: tuning.Pending,
				Name: job.Name, VertexState: "JOB_STATE_PENDING",
			},
		},
	}
	if diff := cmp.Diff(want, job, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(examples, w.dataset(t, job)); diff != "" {
		t.Errorf("dataset (-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(job.Lineage.Converter, "vertextune ") || !strings.Contains(string(job.Estimate), `"examples":3`) {
		t.Errorf("converter %q, estimate %s", job.Lineage.Converter, job.Estimate)
	}
	record, err := w.Service.Records.FindJob(t.Context(), job.Name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, record.Job, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	seen := w.OnVertex(t)
	if len(seen) != 1 || seen[0].Name != job.Name || seen[0].Label != job.ID {
		t.Errorf("on Vertex AI: %+v", seen)
	}
}

// pairs are the counts of the messages in a job's record.
type pairs struct {
	Count, Merged int64
	LeftOut       *tuning.LeftOut
}

func TestStartSources(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	// Two records of one pair, and one message for each reason to leave it out.
	w.message(t, "m1", "mixed", "user", "hi", "assistant", "hello")
	w.message(t, "m2", "mixed", "assistant", "hello", "user", "hi")
	w.message(t, "m3", "mixed", "user", "alone", "", "")
	w.message(t, "m4", "mixed", "user", "a", "user", "b")
	w.message(t, "m5", "mixed", "user", " ", "assistant", "b")
	w.message(t, "m6", "mixed", "system", "a", "assistant", "b")
	w.Put(t, "messages/m7", fields{"session_id": "mixed", "content": 7, "role": "user"})
	w.Upload(t, bucket, "mine.jsonl", line("from", "a file"), nil)
	w.Upload(t, bucket, "messages.jsonl", `{"content":"q","role":"user","related_message":{"content":"a","role":"assistant"}}
{"content":"alone","role":"user"}`, nil)
	mixed := pairs{
		Count: 1, Merged: 1,
		LeftOut: &tuning.LeftOut{
			Count: 5,
			Reasons: map[string]int64{
				"NO_RELATED_MESSAGE": 1, "SAME_ROLE": 1, "EMPTY_TEXT": 1, "INVALID_ROLE": 1, "MALFORMED_MESSAGE": 1,
			},
			Messages: []tuning.LeftOutMessage{
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
		pairs pairs
		lines []string
	}{
		{
			"messages_in_the_order_asked_for", tuning.Request{MessageIDs: []string{"s3", "m1", "s1"}}, pairs{Count: 3},
			[]string{line("question 3", "answer 3"), line("hi", "hello"), line("question 1", "answer 1")},
		},
		{
			"messages_of_their_session", tuning.Request{MessageIDs: []string{"s2"}, SessionID: "s"}, pairs{Count: 1},
			[]string{line("question 2", "answer 2")},
		},
		{"answer_as_the_record", tuning.Request{MessageIDs: []string{"m2"}}, pairs{Count: 1}, []string{line("hi", "hello")}},
		{"session_with_all_kinds", tuning.Request{SessionID: "mixed"}, mixed, []string{line("hi", "hello")}},
		{
			"all_messages", tuning.Request{AllMessages: true}, all,
			[]string{line("question 1", "answer 1"), line("question 2", "answer 2"), line("question 3", "answer 3"), line("hi", "hello")},
		},
		{"file", tuning.Request{TrainingData: "gs://test-data/mine.jsonl"}, pairs{Count: 1}, []string{line("from", "a file")}},
		{
			"file_of_messages", tuning.Request{TrainingData: "gs://test-data/messages.jsonl"},
			pairs{Count: 1, LeftOut: &tuning.LeftOut{Count: 1, Reasons: map[string]int64{"NO_RELATED_MESSAGE": 1}, Messages: []tuning.LeftOutMessage{}}},
			[]string{line("q", "a")},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := w.start(t, order(tt.r))
			if diff := cmp.Diff(tt.pairs, pairs{got.Pairs, got.Merged, got.LeftOut}); diff != "" {
				t.Errorf("pairs (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(strings.Join(tt.lines, ""), w.dataset(t, got)); diff != "" {
				t.Errorf("dataset (-want +got):\n%s", diff)
			}
			if !strings.HasSuffix(got.TrainingData, got.ID+".jsonl") {
				t.Errorf("training data %q are not the job's own", got.TrainingData)
			}
		})
	}
}

func TestStart_from_a_model(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	three, five, eight := int64(3), int64(5), int64(8)
	w.Put(t, "models/m", fields{
		"base_model": "gemini-3.1-flash-lite", "display_name": "Helper", "hyperparameters": fields{"epoch_count": 5, "batch_size": 8},
	})
	w.Put(t, "models/bare", fields{})
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
			got := w.start(t, order(tt.r))
			job := tuning.Job{BaseModel: got.BaseModel, DisplayName: got.DisplayName, Hyperparameters: got.Hyperparameters}
			if tt.want.DisplayName == "" {
				tt.want.DisplayName = tuning.DisplayName(got.CreatedAt)
			}
			if diff := cmp.Diff(tt.want, job); diff != "" {
				t.Errorf("job (-want +got):\n%s", diff)
			}
			if got.ModelID != tt.r.ModelID {
				t.Errorf("model = %q, want %q", got.ModelID, tt.r.ModelID)
			}
			doc, err := w.Firestore.Doc("models/" + tt.r.ModelID).Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if last, ok := doc.Data()["last_job"].(fields); !ok || last["job_name"] == "" {
				t.Errorf("the job is not written back: %v", doc.Data())
			}
		})
	}
}
