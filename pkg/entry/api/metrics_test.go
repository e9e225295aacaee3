// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/core/metrics"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

func TestJobMetrics(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	const content = `{"train_loss":[{"step":10,"value":2},{"step":20,"value":1}],"eval_loss":[{"step":10,"value":1.5},{"step":20,"value":1.75}]}`
	s.Upload(t, data, "metrics/x.json", content, nil)
	const memorized = "From step 10 to step 20 the evaluation loss rose."
	measured := func(uri, detail string) func(*tuning.Job) {
		return func(j *tuning.Job) {
			j.Metrics = &tuning.Metrics{URI: uri, Detail: detail}
			j.Checkpoints = []tuning.Checkpoint{{ID: "1", Epoch: 1, Step: 10, EvalLoss: new(1.5)}, {ID: "2", Epoch: 2, Step: 20, EvalLoss: new(1.75)}}
			if uri != "" {
				j.Metrics.Memorized = memorized
			}
		}
	}
	for name, tt := range map[string]struct {
		job    func(*tuning.Job)
		detail string
		points int
		best   string
	}{
		"measured":     {measured("gs://"+data+"/metrics/x.json", ""), "", 2, "1"},
		"deleted":      {measured("gs://"+data+"/metrics/gone.json", ""), "The object gs://" + data + "/metrics/gone.json, which had the metrics, was deleted.", 0, "1"},
		"without":      {measured("", "Vertex AI has no metrics of this job."), "Vertex AI has no metrics of this job.", 0, "1"},
		"not_read_yet": {func(j *tuning.Job) { j.Experiment = "x" }, "The metrics are read within a few minutes after the job's end.", 0, ""},
		"never_read":   {func(*tuning.Job) {}, "Vertex AI has no metrics of this job.", 0, ""},
		"not_ended": {func(j *tuning.Job) {
			j.Name, j.Number, j.Step, j.State, j.Finished = "", "", tuning.Waiting, tuning.Queued, false
		}, "Vertex AI shows the metrics after the job's end.", 0, ""},
		"failed": {func(j *tuning.Job) { measured("", "none")(j); j.State = tuning.Failed }, "none", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := s.ended(t, tt.job)
			var got struct {
				Name   string         `json:"job_name"`
				Series metrics.Curves `json:"series"`
				Best   struct {
					ID string `json:"checkpoint_id"`
				} `json:"best_checkpoint"`
				Warnings []string `json:"warnings"`
				Detail   string   `json:"detail"`
			}
			s.get(t, base+"/jobs/"+url.PathEscape(job)+"/metrics").decode(&got)
			if got.Name != job || got.Detail != tt.detail || len(got.Series.EvalLoss) != tt.points || got.Best.ID != tt.best {
				t.Errorf("got %+v", got)
			}
			if strings.Contains(strings.Join(got.Warnings, ""), memorized) != (name == "measured" || name == "deleted") {
				t.Errorf("warnings %q", got.Warnings)
			}
			var status struct {
				Best struct {
					ID string `json:"checkpoint_id"`
				} `json:"best_checkpoint"`
				Warnings []string `json:"warnings"`
			}
			s.get(t, base+"/job-status/"+url.PathEscape(job)).decode(&status)
			if status.Best.ID != tt.best || strings.Join(status.Warnings, "") != strings.Join(got.Warnings, "") {
				t.Errorf("the status has %+v", status)
			}
		})
	}
	s.get(t, base+"/jobs/vt-20261201-143022-k3x7qm2ab5/metrics").failed(http.StatusNotFound)
	s.get(t, base+"/jobs/a%20b/metrics").failed(http.StatusBadRequest)
}

// TestStart_without_validation_data: such a start has a warning, and others have not.
func TestStart_without_validation_data(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	var examples strings.Builder
	for i := range 40 {
		fmt.Fprintf(&examples, strings.Replace(cloudtest.Example, "Hello?", "Hello %d?", 1), i)
	}
	s.Upload(t, data, "x.jsonl", examples.String(), nil)
	for split, want := range map[string]bool{"0": true, "0.25": false} {
		var got struct {
			Warnings []string `json:"warnings"`
		}
		s.post(t, base+"/start", `{"training_data": "gs://`+data+`/x.jsonl", "dry_run": true, "validation_split": `+split+`}`).decode(&got)
		if strings.Contains(strings.Join(got.Warnings, " "), "no evaluation loss") != want {
			t.Errorf("validation_split %s: %q", split, got.Warnings)
		}
	}
}
