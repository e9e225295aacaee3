// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"github.com/google/go-cmp/cmp"
)

// TestStart_continues_a_model: the next job tunes the last version further, on the same base model,
// and creates the next version of the same model.
func TestStart_continues_a_model(t *testing.T) {
	t.Parallel()
	const key = "projects/acme/locations/us-central1/keyRings/r/cryptoKeys/k"
	s := talking(t, func(set *setup) {
		set.cloud.JobDuration, set.api.StatusMaxAge = 50*time.Millisecond, 0
	})
	document := s.Firestore.Collection("models").Doc("helper")
	if _, err := document.Set(t.Context(), map[string]any{"base_model": "gemini-1.5-flash-001", "display_name": "Helper"}); err != nil {
		t.Fatal(err)
	}
	first := s.finished(t, s.start(t, `{"session_id":"talk","model_id":"helper","kms_key_name":"`+key+`"}`).Job.Name)
	s.onlyCreate(t)
	// The model keeps its base model, even if the model's document changes later.
	if _, err := document.Update(t.Context(), []firestore.Update{{Path: "base_model", Value: "gemini-3.5-flash"}}); err != nil {
		t.Fatal(err)
	}
	byNumber := first.TunedModel
	model, version, _ := strings.Cut(byNumber, "@")
	_, place, _ := strings.Cut(model, "/locations/")
	byName := "projects/" + project + "/locations/" + place
	tests := []struct{ name, body, from, to string }{
		{"model_id", `{"session_id":"talk","model_id":"helper","continue_model":true}`, byNumber, model + "@2"},
		{"by_name", `{"session_id":"talk","pre_tuned_model":"` + byName + `"}`, byName, model + "@3"},
		{"a_version", `{"session_id":"talk","pre_tuned_model":"` + byNumber + `","model_id":"helper"}`, byNumber, model + "@4"},
	}
	if version != "1" {
		t.Fatalf("the first version is %s", byNumber)
	}
	for _, test := range tests {
		job := s.start(t, test.body)
		if job.Job.BaseModel != "gemini-1.5-flash-001" || job.Job.PreTunedModel != test.from || job.Job.DisplayName != "Helper" {
			t.Errorf("%s: got %+v", test.name, job.Job)
		}
		asked, _ := s.onlyCreate(t).Request["tuningJob"].(map[string]any)
		want := map[string]any{
			"preTunedModel": map[string]any{"tunedModelName": test.from}, "encryptionSpec": map[string]any{"kmsKeyName": key},
			"tunedModelDisplayName": "Helper",
		}
		got := map[string]any{}
		for _, name := range []string{"baseModel", "preTunedModel", "encryptionSpec", "tunedModelDisplayName"} {
			if asked[name] != nil {
				got[name] = asked[name]
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: Vertex AI was asked (-want +got):\n%s", test.name, diff)
		}
		if done := s.finished(t, job.Job.Name); done.TunedModel != test.to || done.PreTunedModel != test.from {
			t.Errorf("%s: %s came of %s, want %s", test.name, done.TunedModel, done.PreTunedModel, test.to)
		}
	}
	other := s.start(t, `{"session_id":"talk","pre_tuned_model":"`+byNumber+`","display_name":"Another"}`)
	if done := s.finished(t, other.Job.Name); done.DisplayName != "Another" || strings.HasPrefix(done.TunedModel, model+"@") {
		t.Errorf("under another name: %s, %s", done.DisplayName, done.TunedModel)
	}
}

// TestStart_continues_what_nobody_knows: a model without a record is tried, in its own location.
func TestStart_continues_what_nobody_knows(t *testing.T) {
	t.Parallel()
	s := talking(t, nil)
	const body = `{"session_id":"talk","pre_tuned_model":"projects/acme/locations/europe-west4/models/7@1","hyperparameters":{"epoch_count":1}}`
	plan := s.plan(t, body)
	want := []string{
		"The base model of projects/acme/locations/europe-west4/models/7@1 is not known, so only a part of this job can be checked.",
		"The model is not in the catalogue, so the cost is not known.",
	}
	if diff := cmp.Diff(want, plan.Warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	s.post(t, base+"/start", body).failed(http.StatusNotFound)
	if sent := s.onlyCreate(t); sent.Version != "v1" || sent.Request["parent"] != "projects/acme/locations/europe-west4" {
		t.Errorf("Vertex AI was asked for %v", sent)
	}
}

func TestStart_continues_refused(t *testing.T) {
	t.Parallel()
	s := talking(t, func(set *setup) {
		set.cloud.JobDuration, set.api.StatusMaxAge = 50*time.Millisecond, 0
	})
	if _, err := s.Firestore.Collection("models").Doc("open").Set(t.Context(), map[string]any{"base_model": "qwen/qwen3@qwen3-4b"}); err != nil {
		t.Fatal(err)
	}
	open := s.finished(t, s.start(t, `{"session_id":"talk","model_id":"open"}`).Job.Name)
	s.onlyCreate(t)
	tests := []struct{ name, body, want string }{
		{"no_version_yet", `{"session_id":"talk","model_id":"support","continue_model":true}`, "continue_model NO_TUNED_VERSION"},
		{"no_model", `{"session_id":"talk","continue_model":true}`, "continue_model NO_MODEL"},
		{"another_base_model", `{"session_id":"talk","model_id":"support","continue_model":true,"base_model":"x"}`, "base_model AMBIGUOUS_MODEL, continue_model NO_TUNED_VERSION"},
		{"base_and_tuned_model", `{"session_id":"talk","base_model":"x","pre_tuned_model":"` + open.TunedModel + `"}`, "pre_tuned_model AMBIGUOUS_MODEL"},
		{"open_model", `{"session_id":"talk","model_id":"open","continue_model":true,"force":true}`, "continue_model OPEN_MODEL"},
		{"open_model_by_name", `{"session_id":"talk","pre_tuned_model":"` + open.TunedModel + `"}`, "pre_tuned_model OPEN_MODEL"},
	}
	for _, test := range tests {
		f := s.post(t, base+"/start", test.body).failed(http.StatusBadRequest)
		if diff := cmp.Diff(test.want, strings.Join(f.places(), ", ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	if n := len(s.Run.Vertex.Jobs()); n != 1 {
		t.Errorf("%d jobs on Vertex AI, want the first alone", n)
	}
}
