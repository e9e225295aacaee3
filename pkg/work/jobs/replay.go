// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/split"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// key returns the idempotency key of the start, or nil.
func (o StartRequest) key(now time.Time) *store.Key {
	if o.Key == "" {
		return nil
	}
	return &store.Key{Caller: o.Caller, Key: o.Key, Request: o.Request.Hash(), Life: o.KeyLife, At: now.UTC()}
}

// usedKey returns the job for which the key was used before, or nil. It is an error if the same key
// was used for another request.
func (s *Service) usedKey(ctx context.Context, key *store.Key) (*store.Record, error) {
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
			Field: "Idempotency-Key", Reason: "KEY_USED_FOR_ANOTHER_REQUEST", Description: "The first start with this key had another request.",
		}}
		return nil, e
	}
	if used.Failure != nil {
		return nil, used.Failure.Err()
	}
	record, err := s.Records.Job(ctx, used.JobID)
	if fault.KindOf(err) == fault.NotFound {
		// The job was refused and deleted after the key was read.
		if used, _ := s.Records.Key(ctx, *key); used != nil && used.Failure != nil {
			return nil, used.Failure.Err()
		}
	}
	if err != nil {
		return nil, err
	}
	return &record, nil
}

// replayPollInterval is the interval at which a repeated start polls a start that is still in
// progress.
const replayPollInterval = 200 * time.Millisecond

// replay answers a start with the first answer. It waits if the first start is still in progress,
// and resumes it if its lease has expired.
func (s *Service) replay(ctx context.Context, key *store.Key, r *store.Record, err error) (tuning.Job, error) {
	for {
		switch {
		case err != nil:
			return tuning.Job{}, err
		case r.FirstAnswer != nil || r.Finished || r.Step == tuning.Refused:
			return firstAnswer(r.Job)
		case r.Step == tuning.Preparing && !r.Leased(s.Now()):
			*r, err = s.Resume(ctx, *r)
			continue
		}
		select {
		case <-ctx.Done():
			return tuning.Job{}, &fault.Error{
				Kind: fault.Unavailable, Busy: true, RetryAfter: s.Config.Lease, Err: ctx.Err(),
				Message: "The first start with this key is still in progress. Repeat the call.",
			}
		case <-time.After(replayPollInterval):
		}
		if *r, err = s.Records.Job(ctx, r.ID); fault.KindOf(err) == fault.NotFound {
			// The job was refused and deleted meanwhile: the key has the answer, unless it has expired.
			if r, err = s.usedKey(ctx, key); r == nil && err == nil {
				err = fault.New(fault.Unavailable, "The first start with this key was refused, and its key has expired. Repeat the call.")
			}
		}
	}
}

// Resume resumes a start that was interrupted before its dataset was written. After a permanent
// error the job is refused, or is recorded as failed if its start was confirmed. Resume returns an
// error only if it could not take over the record.
func (s *Service) Resume(ctx context.Context, r store.Record) (store.Record, error) {
	memory, err := s.Training.ReserveRecorded(ctx, r.Job)
	if err != nil {
		return r, err
	}
	defer memory.Release()
	resumed, err := s.Records.UpdateJob(ctx, r, r.MarkResumed(s.leaseEnd(s.Config.Lease), s.Now().UTC()))
	for errors.Is(err, store.ErrChanged) {
		var stillOurs bool
		if r, stillOurs = s.reload(ctx, r); !stillOurs {
			return r, nil // another process has resumed the start
		}
		resumed, err = s.Records.UpdateJob(ctx, r, r.MarkResumed(s.leaseEnd(s.Config.Lease), s.Now().UTC()))
	}
	if err != nil {
		return r, err
	}
	if resumed.Step != tuning.Preparing {
		s.Log.ErrorContext(ctx, "the start was refused because its attempts were killed", "job_id", r.ID, "attempts", r.Attempts)
		s.discardFiles(ctx, resumed)
		return resumed, nil
	}
	s.Log.InfoContext(ctx, "the start was resumed", "job_id", r.ID)
	request, from, err := s.loadRequest(ctx, resumed.Job, memory)
	if err != nil {
		// The training data cannot be read any more, but an earlier attempt may have written the
		// dataset.
		from = func(context.Context, *trainset.Result, func(split.Example) error) error { return err }
	}
	ended, _ := s.prepareAndSubmit(ctx, resumed, request, from, memory) // the record has the error
	return ended, nil
}

// loadRequest loads the request of a recorded job, and the source of its training data.
func (s *Service) loadRequest(ctx context.Context, job tuning.Job, memory *trainset.Reservation) (tuning.Request, trainset.Source, error) {
	request, err := s.request(ctx, job)
	if err != nil {
		return request, nil, err
	}
	from, err := s.Training.Source(ctx, request, memory)
	return request, from, err
}
