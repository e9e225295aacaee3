// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	rpc "google.golang.org/genproto/googleapis/rpc/code"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// errLeaseLost stops the work on a job whose lease another process holds.
var errLeaseLost = errors.New("another process has taken over the job")

// leaseEnd returns the end of a lease of this length that begins now, in Firestore's precision.
func (s *Service) leaseEnd(lease time.Duration) time.Time {
	return s.Now().UTC().Add(lease).Truncate(time.Microsecond)
}

// stillOwned reports whether now, a later version of the record r, has r's step and lease.
// Publishing events and answering the caller change neither; taking over or ending the job changes
// the lease.
func stillOwned(r store.Record, now tuning.Job) bool {
	return now.Step == r.Step && now.LeaseUntil.Equal(r.LeaseUntil)
}

// prepareAndSubmit writes the training set of a job whose lease we hold, and then submits or queues
// the job. The error says why there will be no job; the record has it too. It releases the memory
// when the training set is written.
func (s *Service) prepareAndSubmit(ctx context.Context, r store.Record, request tuning.Request, from trainset.Source, memory *trainset.Reservation) (store.Record, error) {
	if r.Step != tuning.Preparing {
		return r, nil // another process resumed or ended the job before our own write was confirmed
	}
	work, letGo := s.keepLease(ctx, r)
	data, err := s.writeDataset(work, r.Job, request, from)
	memory.Release()
	r, held := letGo()
	switch {
	case !held:
		r, _ = s.reload(ctx, r)
		return r, nil
	case err != nil:
		return s.handlePrepareError(ctx, r, err)
	}
	return s.advance(ctx, r, data)
}

// keepLease renews the lease on a record in the background until release is called. release returns
// the latest version of the record, and whether we still hold the lease. The context is for the
// work under the lease; it is cancelled when the lease is lost.
func (s *Service) keepLease(ctx context.Context, r store.Record) (work context.Context, release func() (store.Record, bool)) {
	work, cancel := context.WithCancel(ctx)
	stillHeld, done := true, make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(max(s.Config.Lease/3, time.Millisecond)) // a ticker panics at 0
		defer tick.Stop()
		for stillHeld {
			select {
			case <-work.Done():
				return
			case <-tick.C:
			}
			renewed, err := s.renew(ctx, r)
			switch {
			case err == nil:
				r = renewed
			case errors.Is(err, errLeaseLost), fault.KindOf(err) == fault.NotFound:
				stillHeld = false
				cancel()
			default:
				s.Log.WarnContext(ctx, "the lease was not renewed", "job_id", r.ID, "error", err)
			}
		}
	}()
	return work, func() (store.Record, bool) {
		cancel()
		<-done
		return r, stillHeld
	}
}

// renew extends the lease. It is not cancelled when the work ends, because the caller needs the
// version of the record that it writes.
func (s *Service) renew(ctx context.Context, r store.Record) (store.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Config.Lease)
	defer cancel()
	renewed := r
	renewed.LeaseUntil = s.leaseEnd(s.Config.Lease)
	return s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		// If the answer to this write was lost, the client sends the write again: then the record
		// has the renewed lease.
		if !stillOwned(r, j) && !stillOwned(renewed, j) {
			return j, errLeaseLost
		}
		j.LeaseUntil = renewed.LeaseUntil
		return j, nil
	})
}

// reload reads a record that another process has written, and reports whether it is still ours. If
// the read fails, it returns the record as we know it: a failed read is no reason to answer that
// there will be no job. If the job was refused, it deletes the files, because the process that
// refused the job may not have seen the files that were written here.
func (s *Service) reload(ctx context.Context, r store.Record) (store.Record, bool) {
	now, err := s.Records.Job(ctx, r.ID)
	if fault.KindOf(err) == fault.NotFound || now.Step == tuning.Refused {
		gone := r
		gone.Step = tuning.Refused
		s.discardFiles(ctx, gone)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "the job was not read", "job_id", r.ID, "error", err)
		return r, false
	}
	return now, stillOwned(r, now.Job)
}

// prepareRetryWindow is how long a start is retried whose dataset cannot be written.
const prepareRetryWindow = time.Hour

// handlePrepareError handles a job whose dataset could not be written. A transient error is left to
// the poller's next tick and is not returned. Any other error refuses the job, or fails it if its
// start was confirmed.
func (s *Service) handlePrepareError(ctx context.Context, r store.Record, cause error) (store.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	retryable := fault.IsTransient(cause) && s.Now().Sub(r.CreatedAt) < prepareRetryWindow
	s.Log.Log(ctx, fault.LogLevel(cause), "the dataset was not written", "job_id", r.ID, "will_retry", retryable, "error", cause)
	released, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		switch {
		case !stillOwned(r, j):
			return j, nil
		case retryable:
			j.LeaseUntil = time.Time{}
			return j.MarkDelayed(fault.From(cause).Message), nil
		default:
			return j.Refuse(FailureOf(cause), s.leaseEnd(s.Config.Lease), s.Now().UTC()), nil
		}
	})
	if err != nil {
		// The record is unchanged, and the poller resumes the start from its step.
		s.Log.ErrorContext(ctx, "the job's record was not written", "job_id", r.ID, "error", err)
		return r, nil
	}
	if retryable || !endedWithoutJob(released) {
		return released, nil
	}
	s.discardFiles(ctx, released)
	return released, cause
}

// endedWithoutJob reports whether there will be no job because it was refused or has failed.
func endedWithoutJob(r store.Record) bool {
	return r.Step == tuning.Refused || r.State == tuning.Failed
}

// FailureOf returns the form of an error that a record keeps, with Google's status code, or with
// the corresponding code for an error of our own.
func FailureOf(err error) tuning.Failure {
	code := int32(gcperr.Code(err))
	if code == int32(rpc.Code_UNKNOWN) {
		code = rpc.Code_value[fault.KindOf(err).HTTP().Status]
	}
	return tuning.FailureOf(err, code)
}

// writeTimeout limits how long recording the result of a step may take.
const writeTimeout = 30 * time.Second

// request returns the request of a recorded job.
func (s *Service) request(ctx context.Context, job tuning.Job) (tuning.Request, error) {
	if job.RequestData == "" {
		return tuning.DecodeRequest(job.Request)
	}
	bucket, name, _ := tuning.ParseURI(job.RequestData)
	attrs, err := s.Training.Objects.Attrs(ctx, bucket, name)
	if err != nil {
		return tuning.Request{}, fmt.Errorf("read the request %s: %w", job.RequestData, err)
	}
	in, err := s.Training.Objects.Read(ctx, bucket, name, attrs.Generation)
	if err != nil {
		return tuning.Request{}, fmt.Errorf("read the request %s: %w", job.RequestData, err)
	}
	defer func() { _ = in.Close() }() // nothing is lost by a failing close after reading
	text, err := io.ReadAll(in)
	if err != nil {
		return tuning.Request{}, gcperr.Fault(err, "Cloud Storage", "read", job.RequestData)
	}
	return tuning.DecodeRequest(text)
}
