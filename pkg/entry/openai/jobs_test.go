// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	client "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/responses"
	"github.com/openai/openai-go/v3/shared"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// quick makes jobs that end soon, but still run when the next call cancels them, and lets each
// request read them from Vertex AI.
func quick(c *api.Config, clouds *cloud.Config) {
	clouds.JobDuration = 3 * time.Second
	c.StatusMaxAge = 0
}

// create starts a job on a file.
func (s *system) create(t *testing.T, params client.FineTuningJobNewParams, opts ...option.RequestOption) *client.FineTuningJob {
	t.Helper()
	if params.Model == "" {
		params.Model = baseModel
	}
	job, err := s.client.FineTuning.Jobs.New(t.Context(), params, opts...)
	check(t, err)
	return job
}

// A job goes from its creation to its tuned model, and has every field of the client's type.
func TestJobs_life(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	training, validation := s.send(t, "chat.jsonl", good(40)), s.send(t, "validation.jsonl", good(4))
	job := s.create(t, client.FineTuningJobNewParams{
		TrainingFile: training.ID, ValidationFile: client.String(validation.ID), Suffix: client.String("support"), Seed: client.Int(42),
		Metadata: shared.Metadata{"Team": "Big Words", "__x__": "", "max_cost_usd": "50"},
		Method: client.FineTuningJobNewParamsMethod{Type: "supervised", Supervised: client.SupervisedMethodParam{
			Hyperparameters: client.SupervisedHyperparameters{
				NEpochs:   client.SupervisedHyperparametersNEpochsUnion{OfInt: client.Int(3)},
				BatchSize: client.SupervisedHyperparametersBatchSizeUnion{OfAuto: "auto"},
			},
		}},
	})
	for name, field := range map[string]interface{ Valid() bool }{
		"id": job.JSON.ID, "created_at": job.JSON.CreatedAt, "hyperparameters": job.JSON.Hyperparameters, "model": job.JSON.Model,
		"organization_id": job.JSON.OrganizationID, "result_files": job.JSON.ResultFiles, "seed": job.JSON.Seed, "status": job.JSON.Status,
		"training_file": job.JSON.TrainingFile, "validation_file": job.JSON.ValidationFile, "metadata": job.JSON.Metadata, "method": job.JSON.Method,
	} {
		if !field.Valid() {
			t.Errorf("the job has no valid %s: %s", name, job.RawJSON())
		}
	}
	for _, name := range []string{"error", "fine_tuned_model", "finished_at", "trained_tokens", "estimated_finish", "integrations"} {
		if !strings.Contains(job.RawJSON(), `"`+name+`":null`) {
			t.Errorf("the job has no null as %s: %s", name, job.RawJSON())
		}
	}
	if job.Status != "queued" && job.Status != "running" || job.Hyperparameters.NEpochs.OfInt != 3 || job.Hyperparameters.BatchSize.OfAuto != "auto" ||
		job.Seed != 42 || job.Metadata["Team"] != "Big Words" || len(job.Metadata) != 3 || job.Model != baseModel {
		t.Errorf("created %s", job.RawJSON())
	}
	done := s.finish(t, job.ID)
	if done.Status != "succeeded" || done.TrainedTokens == 0 || done.FinishedAt < done.CreatedAt || done.TrainingFile != training.ID ||
		done.ValidationFile != validation.ID || !slices.Equal(done.ResultFiles, []string{training.ID + "-report", validation.ID + "-report"}) {
		t.Fatalf("ended as %s", done.RawJSON())
	}
	if s.allJobs(t)[0].DisplayName != "support" {
		t.Errorf("display name %q", s.allJobs(t)[0].DisplayName)
	}
	s.wantEvents(t, job.ID)
	s.wantCheckpoints(t, done)
	s.wantModels(t, done)
	next := s.create(t, client.FineTuningJobNewParams{Model: client.FineTuningJobNewParamsModel(done.FineTunedModel), TrainingFile: training.ID})
	if next.Model != baseModel || s.allJobs(t)[0].Spec.PreTunedModel == "" {
		t.Errorf("continued as %s", next.RawJSON())
	}
}

// wantEvents requires sentences for all events of a job, over several pages, and the same IDs each
// time.
func (s *system) wantEvents(t *testing.T, id string) {
	t.Helper()
	var walks [2]map[string]string
	var messages []string
	for i := range walks {
		walks[i], messages = map[string]string{}, nil
		pages := s.client.FineTuning.Jobs.ListEventsAutoPaging(t.Context(), id, client.FineTuningJobListEventsParams{Limit: client.Int(2)})
		for pages.Next() {
			e := pages.Current()
			walks[i][e.ID] = e.Message
			messages = append(messages, string(e.Level)+" "+e.Message)
		}
		check(t, pages.Err())
	}
	if !maps.Equal(walks[0], walks[1]) || len(walks[0]) != len(messages) {
		t.Errorf("the events differ: %v, %v", walks[0], walks[1])
	}
	if last := len(messages) - 1; last < 3 || !strings.HasPrefix(messages[0], "info The job has succeeded. The tuned model is served by projects/") ||
		!slices.Contains(messages, "info The job was created.") || messages[last] != "warn seed has no effect: Vertex AI takes none." {
		t.Errorf("the events are %q", messages)
	}
	_, err := s.client.FineTuning.Jobs.ListEvents(t.Context(), id, client.FineTuningJobListEventsParams{After: client.String("x")})
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "unknown_id", "after")
}

// wantCheckpoints requires the checkpoints of a job, with the metrics that the poller records after
// its end.
func (s *system) wantCheckpoints(t *testing.T, job *client.FineTuningJob) {
	t.Helper()
	record, err := s.records.Job(t.Context(), strings.TrimPrefix(job.ID, "ftjob-"))
	check(t, err)
	_, err = s.records.Change(t.Context(), record, func(j tuning.Job) (tuning.Job, error) {
		j.Checkpoints = slices.Clone(j.Checkpoints)
		for i := range j.Checkpoints {
			c := &j.Checkpoints[i]
			c.TrainLoss, c.EvalLoss, c.TrainAccuracy, c.EvalAccuracy = new(1.5), new(1.75), new(0.5), new(0.25)
		}
		return j, nil
	})
	check(t, err)
	pages := s.client.FineTuning.Jobs.Checkpoints.ListAutoPaging(t.Context(), job.ID, client.FineTuningJobCheckpointListParams{Limit: client.Int(1)})
	var steps []int64
	for pages.Next() {
		c := pages.Current()
		steps = append(steps, c.StepNumber)
		if c.ID == "" || c.FineTuningJobID != job.ID || c.FineTunedModelCheckpoint == "" || c.CreatedAt == 0 || int64(c.Metrics.Step) != c.StepNumber ||
			c.Metrics.TrainLoss != 1.5 || c.Metrics.FullValidLoss != 1.75 || c.Metrics.TrainMeanTokenAccuracy != 0.5 || c.Metrics.FullValidMeanTokenAccuracy != 0.25 {
			t.Errorf("checkpoint %s", c.RawJSON())
		}
	}
	check(t, pages.Err())
	if len(steps) < 2 || !slices.IsSortedFunc(steps, func(a, b int64) int { return int(b - a) }) {
		t.Errorf("checkpoints at the steps %v, want the newest first", steps)
	}
}

// wantModels requires base models and the tuned model in the list, and each of them by its name.
func (s *system) wantModels(t *testing.T, job *client.FineTuningJob) {
	t.Helper()
	list, err := s.client.Models.List(t.Context())
	check(t, err)
	var ids []string
	for _, m := range list.Data {
		ids = append(ids, m.ID)
		one, err := s.client.Models.Get(t.Context(), m.ID)
		check(t, err)
		if one.RawJSON() != m.RawJSON() || m.Created == 0 || m.OwnedBy == "" {
			t.Errorf("listed %s, got %s", m.RawJSON(), one.RawJSON())
		}
	}
	if !slices.Contains(ids, baseModel) || !slices.Contains(ids, job.FineTunedModel) {
		t.Errorf("the models are %v", ids)
	}
	_, err = s.client.Models.Get(t.Context(), "projects/acme/locations/us/endpoints/1")
	wantError(t, err, http.StatusNotFound, "invalid_request_error", "not_found", "")
	_, err = s.client.Models.Delete(t.Context(), job.FineTunedModel)
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "unsupported", "")
	_, err = s.client.Chat.Completions.New(t.Context(), client.ChatCompletionNewParams{
		Model: job.FineTunedModel, Messages: []client.ChatCompletionMessageParamUnion{client.UserMessage("Hello")},
	})
	e := wantError(t, err, http.StatusBadRequest, "invalid_request_error", "call_vertex_ai", "")
	number := tuning.LastSegment(job.FineTunedModel)
	for _, part := range []string{"https://aiplatform.us.rep.googleapis.com/v1beta1/" + job.FineTunedModel, `model="` + number + `"`, "gcloud auth print-access-token"} {
		if !strings.Contains(e.Message, part) {
			t.Errorf("the message lacks %q: %s", part, e.Message)
		}
	}
	_, err = s.client.Responses.New(t.Context(), responses.ResponseNewParams{Model: job.FineTunedModel})
	if again := wantError(t, err, http.StatusBadRequest, "invalid_request_error", "call_vertex_ai", ""); again.Message != e.Message {
		t.Errorf("the other message is %s", again.Message)
	}
}

// Jobs are listed by pages and by metadata, also those that were not started by OpenAI's clients.
func TestJobs_list(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	f := s.send(t, "chat.jsonl", good(20))
	var want []string
	for i := range 5 {
		params := client.FineTuningJobNewParams{TrainingFile: f.ID, Suffix: client.String(fmt.Sprint(i))}
		if i%2 == 0 {
			params.Metadata = shared.Metadata{"team": "a b", "n": fmt.Sprint(i), "empty": ""}
		}
		want = append(want, s.create(t, params).ID)
	}
	slices.Reverse(want)
	walk := func(params client.FineTuningJobListParams, opts ...option.RequestOption) (got []string) {
		pages := s.client.FineTuning.Jobs.ListAutoPaging(t.Context(), params, opts...)
		for pages.Next() {
			got = append(got, pages.Current().ID)
		}
		check(t, pages.Err())
		return got
	}
	s.sentRequests()
	if got := walk(client.FineTuningJobListParams{Limit: client.Int(2)}); !slices.Equal(got, want) || len(s.sentRequests()) != 3 {
		t.Errorf("got %v, want %v", got, want)
	}
	of := func(pairs map[string]string) client.FineTuningJobListParams {
		return client.FineTuningJobListParams{Metadata: pairs, Limit: client.Int(1)}
	}
	for name, c := range map[string]struct{ got, want []string }{
		"one pair":  {walk(of(map[string]string{"team": "a b"})), []string{want[0], want[2], want[4]}},
		"two pairs": {walk(of(map[string]string{"team": "a b", "n": "2"})), []string{want[2]}},
		"empty":     {walk(of(map[string]string{"empty": ""})), []string{want[0], want[2], want[4]}},
		"no pair":   {walk(client.FineTuningJobListParams{}, option.WithQuery("metadata", "null")), []string{want[1], want[3]}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", name, c.got, c.want)
		}
	}
	for _, after := range []string{"ftjob-unknown", "ftjob-vt-20260101-000000-aaaaaaaaaa"} {
		_, err := s.client.FineTuning.Jobs.List(t.Context(), client.FineTuningJobListParams{After: client.String(after)})
		wantError(t, err, http.StatusBadRequest, "invalid_request_error", "unknown_id", "after")
	}
}

// A running job is cancelled. To cancel it again changes nothing, and to cancel a job that has
// succeeded is an error that the client does not repeat.
func TestJobs_cancel(t *testing.T) {
	t.Parallel()
	s := newSystem(t, quick)
	f := s.send(t, "chat.jsonl", good(20))
	job := s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID})
	_, err := s.client.FineTuning.Jobs.Cancel(t.Context(), job.ID)
	check(t, err)
	if got := s.finish(t, job.ID); got.Status != "cancelled" {
		t.Errorf("ended as %s", got.RawJSON())
	}
	job = s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID, Suffix: client.String("b")})
	s.finish(t, job.ID)
	s.sentRequests()
	_, err = s.client.FineTuning.Jobs.Cancel(t.Context(), job.ID)
	wantError(t, err, http.StatusConflict, "invalid_request_error", "conflict", "")
	if n := len(s.sentRequests()); n != 1 {
		t.Errorf("the client has sent %d requests, want 1", n)
	}
	_, err = s.client.FineTuning.Jobs.Pause(t.Context(), job.ID)
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "unsupported", "")
	_, err = s.client.FineTuning.Jobs.Resume(t.Context(), job.ID)
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "unsupported", "")
	_, err = s.client.FineTuning.Jobs.Get(t.Context(), "ftjob-unknown")
	wantError(t, err, http.StatusNotFound, "invalid_request_error", "not_found", "")
}
