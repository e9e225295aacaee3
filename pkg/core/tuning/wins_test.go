// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// TestRequest_wins: every hyperparameter of the request takes precedence over that of the model's
// document, which fills in the rest.
func TestRequest_wins(t *testing.T) {
	t.Parallel()
	ours := tuning.Hyperparameters{
		EpochCount: new(int64(1)), LearningRateMultiplier: new(1.5), AdapterSize: new(int64(2)), BatchSize: new(int64(3)), LearningRate: new(0.1),
	}
	base := tuning.Hyperparameters{
		EpochCount: new(int64(9)), LearningRateMultiplier: new(9.5), AdapterSize: new(int64(8)), BatchSize: new(int64(9)), LearningRate: new(0.9),
	}
	if diff := cmp.Diff(ours, ours.WithDefaults(base)); diff != "" {
		t.Errorf("both (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(base, tuning.Hyperparameters{}.WithDefaults(base)); diff != "" {
		t.Errorf("the document's alone (-want +got):\n%s", diff)
	}
}

// TestNewestEndpoint: a model and an endpoint in an observation replace the recorded ones; their
// absence does not.
func TestNewestEndpoint(t *testing.T) {
	t.Parallel()
	job := running()
	for n, seen := range []struct{ model, endpoint, wantModel, wantEndpoint string }{
		{"models/1", "endpoints/1", "models/1", "endpoints/1"},
		{"models/2", "endpoints/2", "models/2", "endpoints/2"},
		{"", "", "models/2", "endpoints/2"},
	} {
		job, _ = job.Observe(tuning.Observation{
			Name: jobName, VertexState: "JOB_STATE_RUNNING", UpdatedAt: at(10 + n), StartedAt: at(n),
			TunedModel: seen.model, TunedEndpoint: seen.endpoint,
		})
		if job.TunedModel != seen.wantModel || job.TunedEndpoint != seen.wantEndpoint {
			t.Errorf("after %+v the job has %s and %s", seen, job.TunedModel, job.TunedEndpoint)
		}
	}
}

func TestModelLocation(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"projects/p/locations/europe-west4/models/1":   "europe-west4",
		"projects/p/locations/europe-west4/models/1@2": "europe-west4",
		"projects/p/locations/europe-west4/tuningJobs": "",
		"models/1": "",
		"":         "",
	} {
		if got, ok := tuning.ModelLocation(name); got != want || ok != (want != "") {
			t.Errorf("ModelLocation(%q) = %q, %v, want %q", name, got, ok, want)
		}
	}
}

// TestStalled_is_cancelled: a job that the rule for stalled jobs cancels has the rule as the actor,
// with the reason, and keeps the time of the stall.
func TestStalled_is_cancelled(t *testing.T) {
	t.Parallel()
	job := running()
	job.CancelWhenStalled = true
	job = job.Stall(tuning.NoChange, at(20))
	if diff := cmp.Diff(&tuning.CancelRequest{By: tuning.StalledRule, At: at(20), Reason: tuning.NoChange}, job.CancelRequested); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if e := job.Events[len(job.Events)-1]; e.Type != tuning.CancelRequested || e.Actor != tuning.StalledRule || e.Reason != tuning.NoChange {
		t.Errorf("event %+v", e)
	}
	for n, state := range []string{"JOB_STATE_CANCELLING", "JOB_STATE_CANCELLED"} {
		job, _ = job.Observe(tuning.Observation{Name: jobName, VertexState: state, UpdatedAt: at(30 + n)})
		if !job.StalledAt.Equal(at(20)) {
			t.Errorf("in %s it is stalled since %v", state, job.StalledAt)
		}
	}
}
