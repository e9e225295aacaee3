// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/google/store"
)

func TestJobs_by_what_they_made(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const at = "projects/1122/locations/us-central1/"
		for n, made := range []struct {
			model, endpoint, validation string
			files                       []string
		}{
			3: {model: at + "models/7@1", endpoint: at + "endpoints/5"},
			1: {model: at + "models/7@2", endpoint: at + "endpoints/5", validation: "gs://b/v1.jsonl", files: []string{"gs://in/a.jsonl", "gs://in/b.jsonl"}},
			2: {model: at + "models/70@1", endpoint: at + "endpoints/50"},
			0: {files: []string{"gs://in/a.jsonl"}}, // it has no model yet
			4: {model: at + "models/8"},
			5: {model: "projects/acme/locations/us-central1/models/9@1"},
		} {
			job := newJob(n)
			job.CreatedAt = noon.Add(-time.Duration(n) * time.Second)
			job.TrainingData = "gs://b/" + job.ID + ".jsonl"
			job.TunedModel, job.TunedEndpoint, job.Spec.ValidationData = made.model, made.endpoint, made.validation
			job.Lineage.SourceURIs = made.files
			w.create(t, job)
		}
		model := func(name string) ([]store.Record, error) { return w.JobsOfModel(t.Context(), name, "acme") }
		endpoint := func(name string) ([]store.Record, error) { return w.JobsOfEndpoint(t.Context(), name, "acme") }
		dataset := func(name string) ([]store.Record, error) { return w.JobsOnDataset(t.Context(), name) }
		tests := []struct {
			find func(string) ([]store.Record, error)
			name string
			want []int
		}{
			{model, at + "models/7", []int{3, 1}},
			{model, at + "models/7@2", []int{1}},
			{model, at + "models/7@3", nil},
			{model, at + "models/70", []int{2}},
			{model, at + "models/8", []int{4}},
			{model, at + "models/8@1", nil},
			// The project is given by its ID.
			{model, "projects/acme/locations/us-central1/models/7", []int{3, 1}},
			{model, "projects/acme/locations/us-central1/models/7@1", []int{3}},
			{model, at + "models/9", []int{5}}, // the project by its number
			{model, "projects/other/locations/us-central1/models/7", nil},
			{model, "projects/3344/locations/us-central1/models/9", nil},
			{model, "projects/1122/locations/europe-west4/models/7", nil},
			{endpoint, at + "endpoints/5", []int{3, 1}},
			{endpoint, "projects/acme/locations/us-central1/endpoints/50", []int{2}},
			{endpoint, at + "endpoints/6", nil},
			{dataset, "gs://b/" + jobID(0) + ".jsonl", []int{0}},
			{dataset, "gs://b/v1.jsonl", []int{1}},
			{dataset, "gs://in/a.jsonl", []int{1, 0}},
			{dataset, "gs://in/b.jsonl", []int{1}},
			{dataset, "gs://b/none.jsonl", nil},
		}
		for _, tt := range tests {
			records, err := tt.find(tt.name)
			if err != nil {
				t.Errorf("%s: %v", tt.name, err)
			}
			var got, want []string
			for _, r := range records {
				got = append(got, r.ID)
			}
			for _, n := range tt.want {
				want = append(want, jobID(n))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
		}
	})
}
