// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// TestOrphans are records whose job Vertex AI never named to us: their start was cut off.
func TestOrphans(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	made := w.newJob(central)
	seen := w.onVertex(t, made)
	for range 120 { // so that it is on the second page
		w.onVertex(t, w.newJob(central))
	}
	adopted, lost := w.record(t, made), w.record(t, w.newJob(central))
	known := w.begin(t, central)
	w.taken()

	w.tick(t)
	if calls := w.taken(); calls["ListTuningJobs"] != 0 || calls["Commit"] != 0 {
		t.Errorf("records of this moment are looked into: %v", calls)
	}

	w.inTenMinutes()
	w.tick(t)
	if calls := w.taken(); calls["ListTuningJobs"] != 2 || calls["Commit"] != 2 || calls["GetTuningJob"] != 0 {
		t.Errorf("calls: %v, want two pages and two writes", calls)
	}
	if got := w.read(t, adopted); got.Name != seen.Name || got.Number != tuning.LastSegment(seen.Name) || got.Finished {
		t.Errorf("the job that Vertex AI has: %+v", got.Job)
	}
	got := w.read(t, lost)
	if got.State != tuning.Failed || !got.Finished || got.Failure == nil || !strings.Contains(got.Failure.Message, "Nothing was billed") {
		t.Errorf("the job that Vertex AI has not: %+v", got.Job)
	}
	if got := w.read(t, known); got.Finished {
		t.Errorf("a job that was known all along: %+v", got.Job)
	}
}

// TestOrphanIsAgedFromItsRecord: the data of a large job take minutes to gather before it is recorded. A poller must
// not write it off while Vertex AI is being asked for it.
func TestOrphanIsAgedFromItsRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	job := w.newJob(central)
	job.CreatedAt = job.CreatedAt.Add(-20 * time.Minute)
	job.UpdatedAt = job.CreatedAt
	record := w.record(t, job)
	w.tick(t)
	if got := w.read(t, record); got.Finished {
		t.Errorf("a job recorded just now is written off: %+v", got.Failure)
	}
}

// TestOrphanIsKeptInDoubt: only a list that was read to its end tells that there is no such job.
func TestOrphanIsKeptInDoubt(t *testing.T) {
	t.Parallel()
	endless := func() (any, error) {
		page := &aiplatformpb.ListTuningJobsResponse{NextPageToken: "more"}
		for i := range 100 {
			page.TuningJobs = append(page.TuningJobs, &aiplatformpb.TuningJob{Name: fmt.Sprintf("projects/test/locations/us-central1/tuningJobs/%d", i)})
		}
		return page, nil
	}
	for name, answer := range map[string]func() (any, error){
		"list_without_end": endless,
		"list_refused":     func() (any, error) { return nil, status.Error(codes.PermissionDenied, "no") },
		"list_too_slow":    func() (any, error) { return nil, status.Error(codes.DeadlineExceeded, "slow") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, time.Hour)
			record := w.record(t, w.newJob(central))
			w.inTenMinutes()
			w.intercept(func(method string, _ any) (any, error) {
				if method == "ListTuningJobs" {
					return answer()
				}
				return nil, nil
			})
			err := w.Tick(t.Context())
			if refused := name != "list_without_end"; (err != nil) != refused {
				t.Errorf("Tick = %v", err)
			}
			if got := w.read(t, record); got.Finished {
				t.Errorf("a job that may be there is written off: %+v", got.Failure)
			}
			if n := w.taken()["ListTuningJobs"]; n > 50 {
				t.Errorf("%d pages were read", n)
			}
			w.intercept(nil)
			w.tick(t)
			if got := w.read(t, record); !got.Finished {
				t.Errorf("a job that is not there is waited for: %+v", got.Job)
			}
		})
	}
}

// TestOrphanNamedMeanwhile: its start ends well after all, between the look at the record and the write.
func TestOrphanNamedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, time.Hour)
	job := w.newJob(central)
	record := w.record(t, job)
	w.inTenMinutes()
	w.intercept(func(method string, _ any) (any, error) {
		if method != "ListTuningJobs" {
			return nil, nil
		}
		seen, err := w.vertex.Create(t.Context(), job)
		if err != nil {
			return nil, err
		}
		_, err = w.records.Apply(t.Context(), record, seen)
		return &aiplatformpb.ListTuningJobsResponse{}, errors.Join(err) // read before the job was there
	})
	w.tick(t)
	if got := w.read(t, record); got.Finished || got.Name == "" {
		t.Errorf("the start's write was undone: %+v", got.Job)
	}
}
