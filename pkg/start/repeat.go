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

// key returns the order's idempotency key, or nil.
func (o Order) key() *store.Key {
	if o.Key == "" {
		return nil
	}
	return &store.Key{Caller: o.Caller, Key: o.Key, Request: o.Request.Hash()}
}

// known returns the job that the key was used for before, or nil. The same key for another request is an error.
func (s *Starter) known(ctx context.Context, key *store.Key) (*store.Record, error) {
	if key == nil {
		return nil, nil //nolint:nilnil // no key, no job
	}
	used, err := s.Records.Key(ctx, *key)
	if used == nil || err != nil {
		return nil, err
	}
	if used.Request != key.Request {
		e := fault.New(fault.AlreadyExists, "The Idempotency-Key was used for another request. Use a new key for a new start.")
		e.Violations = []fault.Violation{{
			Field: "Idempotency-Key", Reason: "KEY_USED_FOR_ANOTHER_REQUEST", Description: "The request of the first start with this key was another one.",
		}}
		return nil, e
	}
	record, err := s.Records.Job(ctx, used.JobID)
	if err != nil {
		return nil, err
	}
	return &record, nil
}

// look is how often a start that is still at work is looked at.
const look = 200 * time.Millisecond

// repeat answers a start as it was answered the first time. If that is still at work, it is waited for; if it has
// died, this one goes on with it.
func (s *Starter) repeat(ctx context.Context, r *store.Record, err error) (tuning.Job, error) {
	for {
		switch {
		case err != nil:
			return tuning.Job{}, err
		case r.FirstAnswer != nil:
			job := r.Job
			job.Name, job.State = r.FirstAnswer.Name, r.FirstAnswer.State
			return job, nil
		case r.State == tuning.Failed:
			return r.Job, r.Failure.Err()
		case r.Finished:
			return r.Job, nil
		case r.Step == tuning.Preparing && !r.Leased(s.Now()):
			*r, err = s.Resume(ctx, *r)
			continue
		}
		select {
		case <-ctx.Done():
			return tuning.Job{}, &fault.Error{
				Kind: fault.Unavailable, RetryAfter: s.Config.Lease, Err: ctx.Err(),
				Message: "The first start with this key is still at work. Ask again.",
			}
		case <-time.After(look):
		}
		*r, err = s.Records.Job(ctx, r.ID)
	}
}

// Resume goes on with a start that died before its dataset was written. What cannot heal becomes the record's
// failure; the error returned is one that can.
func (s *Starter) Resume(ctx context.Context, r store.Record) (store.Record, error) {
	next := r.Job
	next.LeaseUntil = s.Now().Add(s.Config.Lease)
	next.Attempts++
	r, err := s.Records.UpdateJob(ctx, r, next)
	if errors.Is(err, store.ErrChanged) {
		return s.Records.Job(ctx, next.ID) // somebody else goes on with it
	}
	if err != nil {
		return r, err
	}
	s.Log.InfoContext(ctx, "start resumed", "job_id", r.ID)
	request, err := s.request(ctx, r.Job)
	if err == nil {
		var from source
		if from, err = s.source(ctx, request); err == nil {
			r, err = s.goOn(ctx, r, request, from)
		}
	}
	if err == nil || r.Finished {
		return r, nil
	}
	return s.unprepared(ctx, r, err)
}
