// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Enqueue puts a start on record and leaves the rest of it to the poller's next tick, which prepares and prices it as
// it does with a start that died. So s.Vertex is not needed for it. Nobody waits for an answer: an order whose key was
// used is the start that it was used for, whatever the order says by now.
func (s *Starter) Enqueue(ctx context.Context, o Order) (tuning.Job, error) {
	key := o.key()
	if job, found, err := s.enqueued(ctx, key); found || err != nil {
		return job, err
	}
	job, err := s.vetted(ctx, o)
	if err == nil {
		err = s.checkQueue(ctx)
	}
	if err != nil {
		return tuning.Job{}, err
	}
	// Nobody is at work on it. It is confirmed at once, as the file's report names it.
	record, err := s.record(ctx, job.Recorded(time.Time{}).Answered(), o.Request, key)
	if errors.Is(err, store.ErrKeyUsed) {
		// Somebody else was a little faster with it.
		job, _, err = s.enqueued(ctx, key)
		return job, err
	}
	if err != nil {
		return tuning.Job{}, err
	}
	s.Log.InfoContext(ctx, "start enqueued", "job_id", record.ID, "caller", o.Caller)
	return record.Job, nil
}

// enqueued returns the job that the key was used for, if it was.
func (s *Starter) enqueued(ctx context.Context, key *store.Key) (tuning.Job, bool, error) {
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

// BaseModel returns the base model that a request would be tuned on, for its data to be held against what that takes.
func (s *Starter) BaseModel(ctx context.Context, r tuning.Request) (string, error) {
	job, _, err := s.plan(ctx, Order{Request: r}, fault.Faults{})
	return job.BaseModel, err
}
