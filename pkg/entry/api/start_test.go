// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// started is the response of POST /start.
type started struct {
	Message string `json:"message"`
	Job     struct {
		ID              string         `json:"job_id"`
		Name            string         `json:"job_name"`
		DisplayName     string         `json:"display_name"`
		BaseModel       string         `json:"base_model"`
		Status          string         `json:"status"`
		CreatedAt       string         `json:"created_at"`
		TrainingData    string         `json:"training_data_path"`
		Hyperparameters map[string]any `json:"hyperparameters"`
		PreTunedModel   string         `json:"pre_tuned_model"`
		OutputURI       string         `json:"output_uri"`
	} `json:"job_info"`
	Pairs      int            `json:"training_pairs_count"`
	Validation int            `json:"validation_examples_count"`
	Merged     int            `json:"merged_pairs_count"`
	LeftOut    *leftOut       `json:"left_out"`
	Estimate   map[string]any `json:"estimate"`
	Warnings   []string       `json:"warnings"`
	Position   int            `json:"queue_position"`
	Detail     string         `json:"status_detail"`
}

type leftOut struct {
	Count    int               `json:"count"`
	Reasons  map[string]int    `json:"reasons"`
	Messages []leftOutMessages `json:"messages"`
}

type leftOutMessages struct {
	ID     string `json:"message_id"`
	Reason string `json:"reason"`
}

// start starts a job, which must be accepted.
func (s *system) start(t *testing.T, body string) (job started) {
	t.Helper()
	s.post(t, base+"/start", body).into(&job)
	job.Warnings = withoutAdvice(job.Warnings)
	return job
}

// conversation starts a system with a session whose order differs from that of the message IDs, and
// with unusual messages.
func conversation(t *testing.T) *system {
	t.Helper()
	s := newSystem(t, nil)
	at := func(fields map[string]any, created any) map[string]any {
		fields["created_at"] = created
		return fields
	}
	day := time.Date(2024, 12, 1, 9, 0, 0, 0, time.UTC)
	s.message("d", at(turn("talk", "user", "first"), day))
	s.message("c", at(turn("talk", "assistant", "second"), day.Add(time.Hour).Format(time.RFC3339)))
	s.message("b", at(turn("talk", "user", "fourth"), day.Add(2*time.Hour)))
	s.message("a", at(turn("talk", "user", "third"), day.Add(2*time.Hour)))
	s.message("a0", at(turn("talk", "user", "also third"), day.Add(90*time.Minute)))
	s.message("latest", turn("talk", "user", "last")) // it has no time, so the time of its creation counts

	s.message("pair-u", turn("mutual", "user", "mutual"))
	s.message("pair-a", turn("mutual", "assistant", "mutual"))
	s.message("pair-v", turn("mutual", "user", "mutual")) // a repeated message is a separate pair

	s.message("ok", turn("odd", "user", "ok"))
	s.message("alone", map[string]any{"session_id": "odd", "role": "user", "content": "hello"})
	s.message("blank", turn("odd", "user", "x"))
	s.message("blank", map[string]any{"session_id": "odd", "role": "user", "content": " ", "related_message": map[string]any{"role": "assistant", "content": "x"}})
	s.message("number", map[string]any{"session_id": "odd", "role": "user", "content": 7})
	s.message("robot", map[string]any{"session_id": "odd", "role": "robot", "content": "beep", "related_message": map[string]any{"role": "user", "content": "x"}})
	s.message("same", map[string]any{"session_id": "odd", "role": "user", "content": "x", "related_message": map[string]any{"role": "user", "content": "y"}})
	return s
}

func TestStart_chooses_its_data(t *testing.T) {
	t.Parallel()
	s := conversation(t)
	s.Upload(t, inbox, "ready.jsonl", lines("one", "two"), nil)
	s.Upload(t, inbox, "messages.jsonl",
		`{"role":"user","content":"one?","related_message":{"role":"assistant","content":"one."}}`+"\n"+
			`{"role":"assistant","content":"one.","related_message":{"role":"user","content":"one?"}}`+"\n"+
			`{"role":"user","content":"alone"}`+"\n", nil)
	tests := []struct {
		name, body, want string
		pairs, merged    int
		left             *leftOut
	}{
		{
			name: "session_by_time_then_id", body: `{"session_id":"talk"}`, pairs: 6,
			want: lines("first", "second", "also third", "third", "fourth", "last"),
		},
		{name: "messages_in_the_order_given", body: `{"message_ids":["latest","c","d"]}`, pairs: 3, want: lines("last", "second", "first")},
		{name: "messages_of_a_session", body: `{"message_ids":["d"],"session_id":"talk"}`, pairs: 1, want: line("first")},
		{name: "nulls_count_as_left_out", body: `{"message_ids":["d"],"session_id":null,"all_messages":false,"hyperparameters":null}`, pairs: 1, want: line("first")},
		{name: "mutual_pair_once", body: `{"message_ids":["pair-u","pair-a"]}`, pairs: 1, merged: 1, want: line("mutual")},
		{name: "mutual_pair_other_way_round", body: `{"message_ids":["pair-a","pair-u"]}`, pairs: 1, merged: 1, want: line("mutual")},
		{name: "said_twice_trained_twice", body: `{"message_ids":["pair-u","pair-a","pair-v"]}`, pairs: 2, merged: 1, want: lines("mutual", "mutual")},
		{
			name: "left_out_and_why", body: `{"message_ids":["alone","blank","number","ok","robot","same"]}`, pairs: 1, want: line("ok"),
			left: &leftOut{
				Count:   5,
				Reasons: map[string]int{"NO_RELATED_MESSAGE": 1, "EMPTY_TEXT": 1, "MALFORMED_MESSAGE": 1, "INVALID_ROLE": 1, "SAME_ROLE": 1},
				Messages: []leftOutMessages{
					{"alone", "NO_RELATED_MESSAGE"}, {"blank", "EMPTY_TEXT"}, {"number", "MALFORMED_MESSAGE"}, {"robot", "INVALID_ROLE"}, {"same", "SAME_ROLE"},
				},
			},
		},
		{name: "file", body: `{"training_data":"gs://` + inbox + `/ready.jsonl"}`, pairs: 2, want: lines("one", "two")},
		{
			name: "file_of_messages", body: `{"training_data":"gs://` + inbox + `/messages.jsonl"}`, pairs: 1, merged: 1, want: line("one"),
			left: &leftOut{Count: 1, Reasons: map[string]int{"NO_RELATED_MESSAGE": 1}, Messages: []leftOutMessages{}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			job := s.start(t, test.body)
			if diff := cmp.Diff(test.want, s.object(t, job.Job.TrainingData)); diff != "" {
				t.Errorf("training data (-want +got):\n%s", diff)
			}
			if job.Pairs != test.pairs || job.Merged != test.merged {
				t.Errorf("got %d pairs and %d merged, want %d and %d", job.Pairs, job.Merged, test.pairs, test.merged)
			}
			if diff := cmp.Diff(test.left, job.LeftOut); diff != "" {
				t.Errorf("left out (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStart_all_messages_must_be_said(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	s.message("2", turn("b", "user", "two"))
	for _, body := range []string{`{}`, `{"all_messages":false}`, `{"all_messages":null}`, `{"message_ids":[]}`} {
		if f := s.post(t, base+"/start", body).failed(http.StatusBadRequest); !strings.Contains(f.Message, "message_ids") {
			t.Errorf("%s: %s", body, f.Message)
		}
	}
	if n := len(s.Run.Vertex.Jobs()); n != 0 {
		t.Fatalf("%d jobs were started", n)
	}
	job := s.start(t, `{"all_messages":true}`)
	if diff := cmp.Diff(lines("one", "two"), s.object(t, job.Job.TrainingData)); diff != "" {
		t.Errorf("training data (-want +got):\n%s", diff)
	}
}

func TestStart_answers_what_was_made(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	before := time.Now().UTC().Truncate(time.Microsecond)
	job := s.start(t, `{"session_id":"a","base_model":"gemini-1.5-flash-001","hyperparameters":{"epoch_count":3,"batch_size":4,"learning_rate":0.0001}}`)

	made := s.Run.Vertex.Jobs()[0]
	if job.Job.Name != made.GetName() || job.Message != "Fine-tuning job started successfully" || job.Job.Status != "PIPELINE_STATE_PENDING" {
		t.Errorf("got %+v, Vertex AI has %s", job, made.GetName())
	}
	if got := made.GetSupervisedTuningSpec().GetTrainingDatasetUri(); got != job.Job.TrainingData {
		t.Errorf("Vertex AI trains on %s, the answer says %s", got, job.Job.TrainingData)
	}
	if made.GetBaseModel() != "gemini-1.5-flash-001" || made.GetSupervisedTuningSpec().GetHyperParameters().GetEpochCount() != 3 ||
		made.GetTunedModelDisplayName() != job.Job.DisplayName {
		t.Errorf("Vertex AI was asked for %v", made)
	}
	if !tuning.IsID(made.GetLabels()[tuning.LabelKey]) {
		t.Errorf("labels are %v", made.GetLabels())
	}
	want := map[string]any{"epoch_count": 3.0, "batch_size": 4.0, "learning_rate": 0.0001}
	if diff := cmp.Diff(want, job.Job.Hyperparameters); diff != "" {
		t.Errorf("hyperparameters (-want +got):\n%s", diff)
	}
	notSent := []string{
		"hyperparameters.learning_rate is not sent to Vertex AI: gemini-1.5-flash-001 does not take it, and the service chooses its own.",
		"hyperparameters.batch_size is not sent to Vertex AI: gemini-1.5-flash-001 does not take it, and the service chooses its own.",
		"The price of training gemini-1.5-flash-001 is not known.",
	}
	if diff := cmp.Diff(notSent, job.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if at, err := time.Parse(time.RFC3339Nano, job.Job.CreatedAt); err != nil || at.Before(before) {
		t.Errorf("created at %s, not after %s (%v)", job.Job.CreatedAt, before, err)
	}
	if !strings.HasPrefix(job.Job.DisplayName, "fine_tuned_model_20") {
		t.Errorf("display name is %s", job.Job.DisplayName)
	}
}

// An oddity in a file causes one warning, although its examples are checked again while the dataset
// is written.
func TestStart_warns_of_its_data_once(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	odd := strings.Replace(line("odd"), `{"role":"model"`, `{"role":"user","parts":[{"text":"And?"}]},{"role":"model"`, 1)
	s.Upload(t, inbox, "odd.jsonl", line("one")+odd+odd, nil)
	s.Upload(t, inbox, "validate.jsonl", odd, nil)
	job := s.start(t, `{"training_data":"gs://acme-inbox/odd.jsonl","validation_data":"gs://acme-inbox/validate.jsonl","hyperparameters":{"epoch_count":1}}`)
	want := []string{
		`training_data[1].contents[1]: two turns of the role "user" follow each other (ROLES_NOT_ALTERNATING, 2 times in the file).`,
		"training_data[2]: the same example occurs earlier in the file (DUPLICATE_EXAMPLE, 1 times in the file).",
		`validation_data[0].contents[1]: two turns of the role "user" follow each other (ROLES_NOT_ALTERNATING, 1 times in the file).`,
	}
	if diff := cmp.Diff(want, job.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestStart_model_gives_defaults_and_is_written_back(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = time.Nanosecond, 0 })
	s.message("1", turn("a", "user", "one"))
	model := s.Firestore.Collection("models").Doc("support")
	if _, err := model.Set(t.Context(), map[string]any{
		"base_model": "gemini-1.5-flash-001", "display_name": "Support", "owner": "ann",
		"hyperparameters": map[string]any{"epoch_count": 5, "batch_size": 8},
	}); err != nil {
		t.Fatal(err)
	}
	first := s.start(t, `{"session_id":"a","model_id":"support"}`)
	if first.Job.BaseModel != "gemini-1.5-flash-001" || first.Job.DisplayName != "Support" {
		t.Errorf("the model's defaults were not taken: %+v", first.Job)
	}
	if diff := cmp.Diff(map[string]any{"epoch_count": 5.0, "batch_size": 8.0}, first.Job.Hyperparameters); diff != "" {
		t.Errorf("hyperparameters (-want +got):\n%s", diff)
	}
	second := s.start(t, `{"session_id":"a","model_id":"support","base_model":"`+baseModel+`","hyperparameters":{"epoch_count":1}}`)
	if second.Job.BaseModel != baseModel {
		t.Errorf("the request did not win: %+v", second.Job)
	}
	if diff := cmp.Diff(map[string]any{"epoch_count": 1.0, "batch_size": 8.0}, second.Job.Hyperparameters); diff != "" {
		t.Errorf("hyperparameters (-want +got):\n%s", diff)
	}

	done := s.finished(t, second.Job.Name)
	doc, err := model.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	created, err := time.Parse(time.RFC3339Nano, second.Job.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"base_model": "gemini-1.5-flash-001", "display_name": "Support", "owner": "ann",
		"hyperparameters": map[string]any{"epoch_count": int64(5), "batch_size": int64(8)},
		"tuned_model":     done.TunedModel, "tuned_model_job_created_at": created,
		"last_job": map[string]any{"job_name": second.Job.Name, "status": "PIPELINE_STATE_SUCCEEDED", "tuned_model": done.TunedModel},
	}
	ours := cmpopts.IgnoreMapEntries(func(key string, _ any) bool { return key == "id" || key == "created_at" || key == "updated_at" })
	if diff := cmp.Diff(want, doc.Data(), ours); diff != "" {
		t.Errorf("the model's document (-want +got):\n%s", diff)
	}
}
