// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestStart_validation_split: every example is in one of the two files, no conversation is in both,
// and the same data are always divided in the same way.
func TestStart_validation_split(t *testing.T) {
	t.Parallel()
	const sessions, each = 40, 3
	s := newSystem(t, nil)
	var all []string
	for n := range sessions {
		for i := range each {
			text := fmt.Sprintf("session %d turn %d", n, i)
			s.message(text, turn(fmt.Sprint("s", n), "user", text))
			all = append(all, line(text))
		}
	}
	slices.Sort(all)
	const body = `{"all_messages":true,"validation_split":0.3,"hyperparameters":{"epoch_count":1}}`
	plan := s.plan(t, body)
	var before []string
	for range 2 {
		job := s.start(t, body)
		status := s.status(t, job.Job.Name)
		training, validation := linesOf(s.object(t, job.Job.TrainingData)), linesOf(s.object(t, status.ValidationData))
		if diff := cmp.Diff(all, slices.Sorted(slices.Values(append(slices.Clip(training), validation...)))); diff != "" {
			t.Errorf("in both files (-want +got):\n%s", diff)
		}
		conversation := func(line string) string { return line[strings.Index(line, "session"):strings.Index(line, " turn")] }
		for _, line := range validation {
			if slices.ContainsFunc(training, func(other string) bool { return conversation(other) == conversation(line) }) {
				t.Errorf("%s is in both files", conversation(line))
			}
		}
		if n := len(validation); n < sessions*each/10 || n > sessions*each/2 {
			t.Errorf("%d of %d examples are for validation, asked for was a share of 0.3", n, len(all))
		}
		counts := []int{len(training), len(validation)}
		for what, got := range map[string][]int{
			"start": {job.Pairs, job.Validation}, "status": {status.Pairs, status.Validation}, "dry_run": {plan.Pairs, plan.Validation},
		} {
			if diff := cmp.Diff(counts, got); diff != "" {
				t.Errorf("counts of %s (-files +said):\n%s", what, diff)
			}
		}
		asked := s.Run.Vertex.Jobs()[0].GetSupervisedTuningSpec()
		if asked.GetTrainingDatasetUri() != job.Job.TrainingData || asked.GetValidationDatasetUri() != status.ValidationData {
			t.Errorf("Vertex AI was asked for %v", asked)
		}
		if diff := cmp.Diff(before, validation); diff != "" && before != nil {
			t.Errorf("the second time (-first +second):\n%s", diff)
		}
		before = validation
	}
}

func linesOf(text string) []string { return slices.Collect(strings.Lines(text)) }

// TestStart_validation_data: a validation file is checked and copied like a training file. Its
// examples get the system instruction too, if they have none.
func TestStart_validation_data(t *testing.T) {
	t.Parallel()
	s := talking(t, nil)
	const instructed = `{"systemInstruction":{"parts":[{"text":"Be \"brief\"."}]},`
	own := `{"systemInstruction":{"parts":[{"text":"Sing."}]},` + line("five")[1:]
	s.Upload(t, inbox, "own.jsonl", line("four")+own, nil)
	job := s.start(t, `{"training_data":"gs://acme-inbox/train.jsonl","validation_data":"gs://acme-inbox/own.jsonl","system_instruction":"Be \"brief\"."}`)
	status := s.status(t, job.Job.Name)
	want := map[string]string{
		"training":   instructed + line("one")[1:] + instructed + line("two")[1:] + instructed + line("three")[1:],
		"validation": instructed + line("four")[1:] + own,
	}
	got := map[string]string{"training": s.object(t, job.Job.TrainingData), "validation": s.object(t, status.ValidationData)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the files (-want +got):\n%s", diff)
	}
	if job.Pairs != 3 || job.Validation != 2 {
		t.Errorf("%d examples, %d for validation", job.Pairs, job.Validation)
	}
	s.Upload(t, inbox, "bad.jsonl", line("good")+`{"contents":[]}`+"\n", nil)
	f := s.post(t, base+"/start", `{"session_id":"talk","validation_data":"gs://acme-inbox/bad.jsonl"}`).failed(http.StatusBadRequest)
	if diff := cmp.Diff([]string{"validation_data[1].contents EMPTY_LIST"}, f.places()); diff != "" {
		t.Errorf("a bad file (-want +got):\n%s", diff)
	}
}

// TestStart_open_model: the job succeeds with the roles that an open model needs, and the response
// contains the output folder.
func TestStart_open_model(t *testing.T) {
	t.Parallel()
	s := talking(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 50*time.Millisecond, 0 })
	job := s.start(t, `{"session_id":"talk","base_model":"qwen/qwen3@qwen3-32b","output_uri":"gs://acme-data/tuned","system_instruction":"Be brief.","validation_split":0.5}`)
	folder := ourID.FindString(job.Job.TrainingData)
	if job.Job.OutputURI != "gs://acme-data/tuned/"+folder {
		t.Errorf("the folder is %q", job.Job.OutputURI)
	}
	if text := s.object(t, job.Job.TrainingData); strings.Contains(text, `"role":"model"`) || strings.Count(text, `"role":"assistant"`) != job.Pairs {
		t.Errorf("trained on %s", text)
	}
	done := s.finished(t, job.Job.Name)
	if done.Status != "PIPELINE_STATE_SUCCEEDED" || done.OutputURI != job.Job.OutputURI || done.TuningMode != "PEFT_ADAPTER" || done.EndpointCall != nil {
		t.Errorf("got %+v", done)
	}
	if got := s.lineage(t, job.Job.Name).Jobs[0]; got["output_uri"] != job.Job.OutputURI || got["tuning_mode"] != "PEFT_ADAPTER" {
		t.Errorf("lineage: %v", got)
	}
}
