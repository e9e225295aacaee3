// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Enqueue records a start and leaves the rest of it to the poller's next tick, which prepares and
// prices the job like an interrupted start. So it does not need s.Vertex. There is no caller that
// waits for an answer: an order whose key was used before returns the start of that key, even if
// the order has changed.
func (s *Service) Enqueue(ctx context.Context, o StartRequest) (tuning.Job, error) {
	key := o.key(s.Now())
	if job, found, err := s.enqueued(ctx, key); found || err != nil {
		return job, err
	}
	job, err := s.checkedJob(ctx, o)
	if err == nil {
		err = s.checkQueue(ctx)
	}
	if err != nil {
		return tuning.Job{}, err
	}
	// No process holds its lease. The start is confirmed immediately, because the file's report
	// names the job.
	record, err := s.record(ctx, job.MarkRecorded(time.Time{}).KeepAnswer(), o.Request, key)
	if errors.Is(err, store.ErrKeyUsed) {
		// Another call has just used the key.
		job, _, err = s.enqueued(ctx, key)
		return job, err
	}
	if err != nil {
		return tuning.Job{}, err
	}
	s.Log.InfoContext(ctx, "the start was enqueued", "job_id", record.ID, "caller", o.Caller)
	return record.Job, nil
}

// enqueued returns the job for which the key was used, and whether there is one.
func (s *Service) enqueued(ctx context.Context, key *store.Key) (tuning.Job, bool, error) {
	if key == nil {
		return tuning.Job{}, false, nil
	}
	used, err := s.Records.Key(ctx, *key)
	if used == nil || err != nil {
		return tuning.Job{}, false, err
	}
	record, err := s.Records.Job(ctx, used.JobID)
	return record.Job, err == nil, err
}

// BaseModel returns the base model on which a request would be tuned. Its data are checked against
// the limits of that model.
func (s *Service) BaseModel(ctx context.Context, r tuning.Request) (string, error) {
	job, _, err := s.plan(ctx, StartRequest{Request: r}, fault.Faults{})
	return job.BaseModel, err
}
