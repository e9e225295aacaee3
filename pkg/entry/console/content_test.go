// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console_test

import (
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// many writes the records of n jobs that have ended.
func (s *system) many(t testing.TB, n int) {
	t.Helper()
	writer := s.Firestore.BulkWriter(t.Context())
	var waiting []*firestore.BulkWriterJob
	began := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		at := began.Add(time.Duration(i) * time.Minute)
		job, err := writer.Create(s.Firestore.Collection("tuning_jobs").Doc(jobID(i)), tuning.Job{
			Name: fmt.Sprintf("projects/1/locations/us-central1/tuningJobs/%d", i), Number: fmt.Sprint(i), Location: "us-central1",
			DisplayName: fmt.Sprintf("job %d", i), BaseModel: baseModel, StartedBy: "ann", State: tuning.Succeeded, Step: tuning.Ended, Finished: true,
			Pairs: 100, CreatedAt: at, UpdatedAt: at, StartedAt: at, EndedAt: at.Add(20 * time.Minute),
			Estimate: []byte(estimated), Cost: 2_500_000, Stats: &tuning.Stats{Examples: 100, BillableTokens: 150_000},
			Hyperparameters: tuning.Hyperparameters{EpochCount: new(int64(3))},
		})
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, job)
	}
	writer.End()
	for _, job := range waiting {
		if _, err := job.Results(); err != nil {
			t.Fatal(err)
		}
	}
}

// jobID returns the ID of a job that many has written.
func jobID(i int) string {
	letters := []byte("aaaaaaaaaa")
	for at := len(letters) - 1; i > 0; at, i = at-1, i/26 {
		letters[at] = byte('a' + i%26)
	}
	return "vt-20261101-000000-" + string(letters)
}

const estimated = `{"examples": 100, "tokens": {"low": 100000, "expected": 150000, "high": 210000},
	"epochs": {"low": 3, "expected": 3, "high": 3}, "training_tokens": {"low": 300000, "expected": 450000, "high": 630000},
	"price_usd_per_million_tokens": 3, "cost_usd": {"low": 0.9, "expected": 1.35, "high": 1.89}, "arithmetic": "150,000 tokens × 3 epochs"}`
