// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// errTaken ends work on a job that somebody else has changed.
var errTaken = errors.New("somebody else has changed the job")

// goOn writes the dataset of a job that is ours to prepare, and sends the job on its way. The error says why there
// will be no job; it is in the record too.
func (s *Starter) goOn(ctx context.Context, r store.Record, request tuning.Request, from source) (store.Record, error) {
	work, release := s.hold(ctx, r)
	ready, err := s.dataset(work, r.Job, request, from)
	taken := errors.Is(context.Cause(work), errTaken)
	r = release()
	switch {
	case taken:
		return s.Records.Job(ctx, r.ID)
	case err != nil:
		return s.unprepared(ctx, r, err)
	}
	ready.LeaseUntil = r.LeaseUntil
	return s.advance(ctx, r, ready)
}

// hold renews the lease on a record until release is called, which returns the record as it is then. The context
// is for the work that goes on meanwhile: it ends with the cause errTaken if somebody else writes the record.
func (s *Starter) hold(ctx context.Context, r store.Record) (work context.Context, release func() store.Record) {
	work, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(s.Config.Lease / 3)
		defer tick.Stop()
		for {
			select {
			case <-work.Done():
				return
			case <-tick.C:
			}
			renewed, err := s.renew(ctx, r)
			switch {
			case err == nil:
				r = renewed
			case errors.Is(err, store.ErrChanged):
				cancel(errTaken)
				return
			default:
				s.Log.WarnContext(ctx, "lease not renewed", "job_id", r.ID, "error", err)
			}
		}
	}()
	return work, func() store.Record {
		cancel(nil)
		<-done
		return r
	}
}

// renew is not cut short when the work ends: the version of the record that it writes is needed.
func (s *Starter) renew(ctx context.Context, r store.Record) (store.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Config.Lease)
	defer cancel()
	next := r.Job
	next.LeaseUntil = s.Now().Add(s.Config.Lease)
	return s.Records.UpdateJob(ctx, r, next)
}

// patience is how long a start is tried again whose dataset cannot be written.
const patience = time.Hour

// unprepared decides what becomes of a job whose dataset could not be written. What may pass is left to the next
// tick of the poller, and is no error; all else is the job's failure.
func (s *Starter) unprepared(ctx context.Context, r store.Record, cause error) (store.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	passes := passing(cause) && s.Now().Sub(r.CreatedAt) < patience
	s.Log.WarnContext(ctx, "dataset not written", "job_id", r.ID, "goes_on", passes, "error", cause)
	r, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		switch {
		case j.Step != tuning.Preparing:
			return j, nil
		case passes:
			j.LeaseUntil = time.Time{}
			return j.Delayed(fault.Of(cause).Message), nil
		default:
			return j.Fail(tuning.FailureOf(cause, int32(gcp.Code(cause))), s.Now().UTC()), nil
		}
	})
	if err != nil {
		// The record stays as it is, and the poller goes on from there.
		s.Log.ErrorContext(ctx, "the job's record was not written", "job_id", r.ID, "error", err)
		return r, nil
	}
	if passes || r.State != tuning.Failed {
		return r, nil
	}
	return r, cause
}

// writeTimeout bounds the writing of how a step ended.
const writeTimeout = 30 * time.Second

// passing reports whether the same step may succeed a little later, with nothing mended.
func passing(err error) bool {
	switch fault.Of(err).Kind {
	case fault.Unavailable, fault.DeadlineExceeded, fault.ResourceExhausted, fault.Canceled:
		return true
	default:
		return false
	}
}

// request returns what a recorded job is to be made of.
func (s *Starter) request(ctx context.Context, job tuning.Job) (tuning.Request, error) {
	if job.RequestData == "" {
		return tuning.DecodeRequest(job.Request)
	}
	bucket, name, _ := tuning.ParseURI(job.RequestData)
	attrs, err := s.Objects.Attrs(ctx, bucket, name)
	if err != nil {
		return tuning.Request{}, fmt.Errorf("read the request %s: %w", job.RequestData, err)
	}
	in, err := s.Objects.Read(ctx, bucket, name, attrs.Generation)
	if err != nil {
		return tuning.Request{}, fmt.Errorf("read the request %s: %w", job.RequestData, err)
	}
	defer func() { _ = in.Close() }() // nothing is lost by a failing close after reading
	text, err := io.ReadAll(in)
	if err != nil {
		return tuning.Request{}, gcp.Fault(err, "Cloud Storage", "read "+job.RequestData)
	}
	return tuning.DecodeRequest(text)
}
