// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// lineage is the response of GET /lineage.
type lineage struct {
	Jobs  []map[string]any `json:"jobs"`
	Count int              `json:"count"`
}

func (s *system) lineage(t *testing.T, name string) (l lineage) {
	t.Helper()
	s.get(t, base+"/lineage/"+url.PathEscape(name)).into(&l)
	if l.Count != len(l.Jobs) {
		t.Errorf("count is %d for %d jobs", l.Count, len(l.Jobs))
	}
	return l
}

func TestLineage_whole(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	hash := func(digit string) string { return strings.Repeat(digit, 64) }
	const at = "projects/1122/locations/us-central1/"
	const dataset, validation = "gs://acme-data/datasets/x.jsonl", "gs://acme-data/datasets/x.validation.jsonl"
	created := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	name := s.ended(t, func(j *tuning.Job) {
		j.DisplayName, j.StartedBy, j.TrainingData, j.Pairs = "nightly", "ann", dataset, 150
		j.CreatedAt, j.StartedAt, j.EndedAt = created, created.Add(time.Minute), created.Add(time.Hour)
		j.Hyperparameters.EpochCount = new(int64(3))
		j.Spec = tuning.Spec{
			APIVersion: "v1", ValidationData: validation, PreTunedModel: at + "models/6@1", NotSent: []string{"batch_size"},
			TuningMode: "PEFT_ADAPTER", Labels: map[string]string{"team": "a"},
		}
		j.Lineage = tuning.Lineage{
			Sources: []tuning.SourceObject{{URI: "gs://acme-inbox/a.jsonl", Generation: 1 << 60, SHA256: hash("a")}},
			Index:   "gs://acme-data/datasets/x.sources.jsonl", DatasetSHA256: hash("b"), Converter: "v7", Request: hash("c"), Validation: 16,
		}
		j.TunedModel, j.TunedEndpoint = at+"models/7@1", "projects/1122/locations/us/endpoints/5"
		j.Checkpoints = []tuning.Checkpoint{{ID: "1", Epoch: 3, Step: 57, Endpoint: "projects/1122/locations/us/endpoints/5"}}
	})
	id := s.list(t, "").Jobs[0].ID
	var want map[string]any
	if err := json.Unmarshal([]byte(`{
		"job_id": "`+id+`", "job_name": "`+name+`", "display_name": "nightly", "status": "PIPELINE_STATE_SUCCEEDED", "started_by": "ann", "labels": {"team": "a"},
		"created_at": "2026-12-01T12:00:00.000000Z", "started_at": "2026-12-01T12:01:00.000000Z", "ended_at": "2026-12-01T13:00:00.000000Z",
		"dataset": {
			"uri": "`+dataset+`", "sha256": "`+hash("b")+`", "examples": 150, "validation_uri": "`+validation+`", "validation_examples": 16,
			"sources": [{"uri": "gs://acme-inbox/a.jsonl", "generation": "1152921504606846976", "sha256": "`+hash("a")+`"}],
			"sources_index": "gs://acme-data/datasets/x.sources.jsonl", "converter": "v7", "request_sha256": "`+hash("c")+`"
		},
		"base_model": "`+baseModel+`", "pre_tuned_model": "projects/1122/locations/us-central1/models/6@1", "tuning_mode": "PEFT_ADAPTER",
		"hyperparameters": {"epoch_count": 3}, "hyperparameters_not_sent": ["batch_size"],
		"tuned_model": "projects/1122/locations/us-central1/models/7@1", "tuned_endpoint": "projects/1122/locations/us/endpoints/5",
		"checkpoints": [{"checkpoint_id": "1", "epoch": 3, "step": 57, "endpoint": "projects/1122/locations/us/endpoints/5"}]
	}`), &want); err != nil {
		t.Fatal(err)
	}
	for _, written := range []string{
		name, name[strings.LastIndexByte(name, '/')+1:], strings.Replace(name, "tuningJobs", "trainingPipelines", 1), dataset, validation,
		"gs:/acme-data/datasets/x.jsonl", // the framework's redirect produces this form
		at + "models/7", at + "models/7@1", "projects/acme/locations/us-central1/models/7@1", "projects/acme/locations/us/endpoints/5",
	} {
		if diff := cmp.Diff([]map[string]any{want}, s.lineage(t, written).Jobs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", written, diff)
		}
	}
}

func TestLineage_versions_of_a_model(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	const model = "projects/1122/locations/us-central1/models/7"
	var want []any
	for n, version := range []string{"@1", "@2", "@10"} {
		want = append(want, s.ended(t, func(j *tuning.Job) {
			j.TunedModel, j.CreatedAt = model+version, j.CreatedAt.Add(time.Duration(n)*time.Minute)
		}))
	}
	var got []any
	for _, job := range s.lineage(t, model).Jobs {
		got = append(got, job["job_name"])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if one := s.lineage(t, model+"@2").Jobs; len(one) != 1 || one[0]["job_name"] != want[1] {
		t.Errorf("the second version: %v", one)
	}
}

// A started job is found by every name that the start and Vertex AI return.
func TestLineage_of_what_was_started(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 50*time.Millisecond, 0 })
	s.message("1", turn("a", "user", "one"))
	job := s.finished(t, s.start(t, `{"session_id":"a"}`).Job.Name)
	model, _, _ := strings.Cut(job.TunedModel, "@")
	number, _, _ := strings.Cut(strings.TrimPrefix(model, "projects/"), "/")
	for _, name := range []string{
		job.Name, job.TrainingData, job.TunedModel, model, strings.Replace(model, number, project, 1), job.TunedEndpoint,
	} {
		if jobs := s.lineage(t, name).Jobs; len(jobs) != 1 || jobs[0]["job_name"] != job.Name || jobs[0]["started_by"] != caller {
			t.Errorf("%s: got %v", name, jobs)
		}
	}
}

// A dataset that was made from a file is shown with the file's generation and hash. An example that
// Vertex AI drops is shown with its line in the file.
func TestLineage_of_a_file(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 50*time.Millisecond, 0 })
	const long = 60_000 // characters: more than an open model accepts per example
	content := "\n" + lines("one", "two") + line(strings.Repeat("so long ", long/8))
	attrs := s.Upload(t, inbox, "x.jsonl", content, nil)
	job := s.start(t, `{"training_data":"gs://acme-inbox/x.jsonl","base_model":"qwen/qwen3@qwen3-4b","system_instruction":"Be brief."}`)
	generation := strconv.FormatInt(attrs.Generation, 10)
	made, _ := s.lineage(t, job.Job.Name).Jobs[0]["dataset"].(map[string]any)
	for _, name := range []string{"sources_index", "converter", "request_sha256"} {
		if text, _ := made[name].(string); text == "" {
			t.Errorf("there is no %s", name)
		}
		delete(made, name)
	}
	want := map[string]any{
		"uri": job.Job.TrainingData, "sha256": sumOf(s.object(t, job.Job.TrainingData)), "examples": 3.0,
		"sources": []any{map[string]any{"uri": "gs://acme-inbox/x.jsonl", "generation": generation, "sha256": sumOf(content)}},
		"options": map[string]any{"model_role": "assistant", "system_instruction": "Be brief."},
	}
	if diff := cmp.Diff(want, made); diff != "" {
		t.Errorf("lineage (-want +got):\n%s", diff)
	}
	if jobs := s.lineage(t, "gs://acme-inbox/x.jsonl").Jobs; len(jobs) != 1 || jobs[0]["job_name"] != job.Job.Name {
		t.Errorf("of the file came %v", jobs)
	}
	dropped := s.finished(t, job.Job.Name).Dropped
	source := map[string]any{"object": "gs://acme-inbox/x.jsonl", "generation": generation, "line": 4.0}
	if len(dropped) != 1 || dropped[0]["index"] != 3.0 || dropped[0]["reason"] == "" || cmp.Diff(any(source), dropped[0]["source"]) != "" {
		t.Errorf("dropped were %v", dropped)
	}
}

func sumOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

func TestLineage_refuses(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	tests := []struct {
		name, path string
		code       int
	}{
		{"unknown_job", "12345", http.StatusNotFound},
		{"unknown_dataset", "gs://acme-data/none.jsonl", http.StatusNotFound},
		{"unknown_model", "projects/acme/locations/us-central1/models/1@1", http.StatusNotFound},
		{"unknown_endpoint", "projects/acme/locations/us/endpoints/1", http.StatusNotFound},
		{"bucket_alone", "gs://acme-data", http.StatusBadRequest},
		{"other_scheme", "https://storage.googleapis.com/acme-data/x.jsonl", http.StatusBadRequest},
		{"other_resource", "projects/acme/locations/us-central1/datasets/1", http.StatusBadRequest},
		{"two_versions", "projects/acme/locations/us-central1/models/1@1@2", http.StatusBadRequest},
		{"half_a_name", "models/1", http.StatusBadRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := s.get(t, base+"/lineage/"+url.PathEscape(test.path)).failed(test.code)
			if test.code == http.StatusNotFound && !strings.Contains(f.Message, test.path) {
				t.Errorf("it is not named: %s", f.Message)
			}
			if diff := cmp.Diff([]string{"name INVALID_NAME"}, f.places()); test.code == http.StatusBadRequest && diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Reports name a dropped file with its generation, and the dataset that was made from it. Both
// names lead to the jobs.
func TestLineage_names_of_reports(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	file := "gs://" + inbox + "/a/support.jsonl"
	name := s.ended(t, func(j *tuning.Job) {
		j.Lineage.Sources = []tuning.SourceObject{{URI: file, Generation: 1764599421000123, SHA256: strings.Repeat("a", 64)}}
		j.Lineage.SourceURIs = []string{file}
	})
	for _, written := range []string{file, file + "#1764599421000123", "gs://" + data + "/drops/a/support.jsonl/dataset.jsonl"} {
		if l := s.lineage(t, written); l.Count != 1 || l.Jobs[0]["job_name"] != name {
			t.Errorf("%s: %v", written, l.Jobs)
		}
	}
	for _, other := range []string{
		file + "#1764599421000124", file + "#", file + "#1764599421000123#1", "gs://" + data + "/drops/support.jsonl/dataset.jsonl",
		"gs://" + inbox + "/drops/a/support.jsonl/dataset.jsonl",
	} {
		s.get(t, base+"/lineage/"+url.PathEscape(other)).failed(http.StatusNotFound)
	}
}
