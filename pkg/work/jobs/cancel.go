// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Cancel cancels a job. A job that is not on Vertex AI ends immediately. For any other job Vertex
// AI tries to cancel it, but the job may still succeed. The error is a Conflict if the job has
// ended in another way. Cancelling again changes nothing.
func (s *Service) Cancel(ctx context.Context, r store.Record, caller string) (store.Record, error) {
	r, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) { return j.Cancel(caller, s.Now().UTC()) })
	if err != nil {
		return r, err
	}
	return s.ForwardCancel(ctx, r), nil
}

// ForwardCancel forwards a recorded request for cancellation to Vertex AI, if Vertex AI may not
// have it yet, and returns the updated record. If that fails, the next tick retries it, because the
// request is recorded.
func (s *Service) ForwardCancel(ctx context.Context, r store.Record) store.Record {
	if !r.CancelDue() {
		return r
	}
	if err := s.Vertex.Cancel(ctx, r.Name); err != nil {
		s.Log.WarnContext(ctx, "the cancel request to Vertex AI failed and will be retried", "job_id", r.ID, "job_name", r.Name, "error", err)
		return r
	}
	seen, err := s.Vertex.Get(ctx, r.Name)
	if err != nil {
		s.Log.WarnContext(ctx, "the cancelled job was not read", "job_id", r.ID, "job_name", r.Name, "error", err)
		return r
	}
	fresh, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		next, _ := j.Observe(seen)
		return next, nil
	})
	if err != nil {
		s.Log.WarnContext(ctx, "the cancelled job was not recorded", "job_id", r.ID, "job_name", r.Name, "error", err)
		return r
	}
	return fresh
}

// Position returns the job's position in the queue, counted from 1, or 0 if the job is not waiting.
func (s *Service) Position(ctx context.Context, job tuning.Job) (int, error) {
	if job.Step != tuning.Waiting {
		return 0, nil
	}
	ahead, err := s.Records.CountAhead(ctx, job)
	if err != nil {
		return 0, err
	}
	return int(ahead) + 1, nil
}
