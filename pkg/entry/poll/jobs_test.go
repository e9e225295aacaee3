// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// newJob returns a job whose start was confirmed and whose first event was published, with an
// expired lease and without a dataset.
func (w *world) newJob(location string) tuning.Job {
	now := time.Now().UTC().Truncate(time.Microsecond)
	job := tuning.Job{
		ID: tuning.NewID(now), Location: location, DisplayName: fmt.Sprintf("job %d", w.begun.Add(1)), BaseModel: "gemini-1.5-flash-001",
		StartedBy: "ci", Request: tuning.Request{TrainingData: "gs://test-data/x.jsonl"}.Encode(), CreatedAt: now, UpdatedAt: now,
	}.MarkRecorded(now.Add(-time.Second)).KeepAnswer()
	job.Published = 1
	return job
}

// waiting returns a queued job, whose dataset is written.
func (w *world) waiting(location string) tuning.Job {
	job := w.newJob(location)
	job.TrainingData, job.Pairs = "gs://test-data/x.jsonl", 20
	return job.MarkWaiting()
}

// submitting returns a job whose submitter has crashed.
func (w *world) submitting(location string) tuning.Job {
	return w.waiting(location).MarkSubmitting(time.Now().Add(-time.Second))
}

// begin creates a job on Vertex AI with an up-to-date record whose events are published.
func (w *world) begin(t testing.TB, location string) store.Record {
	t.Helper()
	job := w.submitting(location)
	job, _ = job.Observe(w.onVertex(t, job))
	job.Published = int64(len(job.Events))
	return w.Record(t, job)
}

func (w *world) onVertex(t testing.TB, job tuning.Job) tuning.Observation {
	t.Helper()
	seen, err := w.Cloud.Vertex.Create(t.Context(), job)
	if err != nil {
		t.Fatalf("create a job on Vertex AI: %v", err)
	}
	return seen
}

// cancel cancels jobs on Vertex AI without our records. The state changes immediately.
func (w *world) cancel(t testing.TB, records ...store.Record) {
	t.Helper()
	for _, r := range records {
		if err := w.Cloud.Vertex.Cancel(t.Context(), r.Name); err != nil {
			t.Fatalf("cancel %s: %v", r.Name, err)
		}
	}
}

// labelled returns the jobs on Vertex AI with a start's label, newest first.
func (w *world) labelled(id string) (jobs []*aiplatformpb.TuningJob) {
	for _, job := range w.Run.Vertex.Jobs() {
		if job.GetLabels()[tuning.LabelKey] == id {
			jobs = append(jobs, job)
		}
	}
	return jobs
}
