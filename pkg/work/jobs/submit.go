// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/core/usd"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// advance submits a job whose dataset is written if it is its turn, and else queues it.
func (s *Service) advance(ctx context.Context, r store.Record, data recordUpdate) (store.Record, error) {
	for {
		next, sent, err := s.admitInTurn(ctx, r, data(r.Job))
		switch {
		case errors.Is(err, store.ErrChanged):
			var still bool
			if r, still = s.reload(ctx, r); !still {
				return r, nil
			}
		case err != nil && !fault.IsTransient(err):
			return s.handlePrepareError(ctx, r, err)
		case sent:
			return s.submit(ctx, next)
		default:
			return s.wait(ctx, r, data, err)
		}
	}
}

// wait queues a job. It is called if there is no room for the job, or if cause prevents us from
// knowing.
func (s *Service) wait(ctx context.Context, r store.Record, data recordUpdate, cause error) (store.Record, error) {
	if cause != nil {
		s.Log.WarnContext(ctx, "the job was not submitted and waits", "job_id", r.ID, "error", cause)
	}
	waiting, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if !stillOwned(r, j) {
			return j, nil
		}
		return data(j).MarkQueued(s.whyItWaits(cause)), nil
	})
	if err != nil {
		return s.handlePrepareError(ctx, r, err)
	}
	return waiting, nil
}

// whyItWaits returns the sentence that says to the caller why the job is queued.
func (s *Service) whyItWaits(cause error) string {
	switch limit := s.Config.MaxConcurrentJobs; {
	case cause != nil:
		return fault.From(cause).Message
	case limit > 0:
		return fmt.Sprintf("The job waits in the queue: this service runs at most %d jobs on Vertex AI at a time (MAX_CONCURRENT_JOBS).", limit)
	default:
		return "The job waits in the queue: Vertex AI has no quota left for a job that is ahead of it."
	}
}

// admitInTurn records that the job is about to be submitted, if it is its turn and there is room
// for it.
func (s *Service) admitInTurn(ctx context.Context, r store.Record, ready tuning.Job) (store.Record, bool, error) {
	if turn, err := s.isNext(ctx, ready); !turn || err != nil {
		return r, false, err
	}
	return s.admit(ctx, r, ready)
}

// admit records that the job is about to be submitted, if there is room for it.
func (s *Service) admit(ctx context.Context, r store.Record, ready tuning.Job) (store.Record, bool, error) {
	next := ready.MarkSubmitting(s.leaseEnd(s.Config.CreateTimeout + s.createGrace()))
	if s.Config.Budget.Monthly > 0 {
		next.Reserved, next.Month = next.Cost, s.month()
	}
	admitted, ok, err := s.Records.Admit(ctx, r, next, store.Admission{
		MaxConcurrent: s.Config.MaxConcurrentJobs, MonthlyBudget: int64(s.Config.Budget.Monthly),
	})
	if over, isOver := errors.AsType[*store.BudgetError](err); isOver {
		return r, false, monthlyBudgetError(over, s.Config.Budget.Monthly)
	}
	return admitted, ok, err
}

// month returns the month whose budget pays a job that is submitted now.
func (s *Service) month() string { return s.Now().UTC().Format("2006-01") }

// monthlyBudgetError is the error for a job that exceeds what is left of the monthly budget.
func monthlyBudgetError(e *store.BudgetError, monthly usd.Amount) error {
	out := fault.Wrap(fault.FailedPrecondition, e,
		"The job may cost $%s, but the other jobs of %s may already cost $%s of the month's budget of $%s. Raise MONTHLY_BUDGET_USD, or wait for the next month.",
		usd.Group(usd.Amount(e.Wanted).String()), e.Month, usd.Group(usd.Amount(e.Reserved).String()), usd.Group(monthly.String()))
	out.Reason = "MONTHLY_BUDGET"
	out.Violations = []fault.Violation{{Field: "max_cost_usd", Reason: "MONTHLY_BUDGET", Description: out.Message}}
	return out
}

// createGrace is how long after the deadline of a create Vertex AI may still create the job.
func (s *Service) createGrace() time.Duration { return s.Config.CreateTimeout / 4 }

// submit creates the job on Vertex AI and records the result. The record must already be at the
// step Submitting.
func (s *Service) submit(ctx context.Context, r store.Record) (store.Record, error) {
	call, cancel := context.WithDeadline(ctx, r.LeaseUntil.Add(-s.createGrace()))
	seen, err := s.Vertex.Create(call, r.Job)
	cancel()
	// The result is recorded even if ctx has expired.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	switch {
	case err == nil:
		return s.accept(ctx, r, seen), nil
	case gcperr.Code(err) == codes.ResourceExhausted:
		s.Log.InfoContext(ctx, "Vertex AI has no quota left and the job waits", "job_id", r.ID, "error", err)
		return s.recordOutcome(ctx, r, func(j tuning.Job) tuning.Job { return j.MarkQuotaExceeded(fault.From(err).Message, s.Now().UTC()) }), nil
	case ambiguous(err):
		return s.findCreated(ctx, r, err), nil
	}
	refused := s.recordOutcome(ctx, r, func(j tuning.Job) tuning.Job {
		return j.Refuse(FailureOf(err), s.leaseEnd(s.Config.Lease), s.Now().UTC())
	})
	if !endedWithoutJob(refused) {
		// The refusal was not recorded: the poller submits the job again, and may get another
		// answer.
		return refused, nil
	}
	s.discardFiles(ctx, refused)
	return refused, err
}

// recordOutcome records the result of the submission, unless another process has continued the job.
// If the write fails, the poller finds out the result after the lease has expired.
func (s *Service) recordOutcome(ctx context.Context, r store.Record, end func(tuning.Job) tuning.Job) store.Record {
	ended, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if j.Step != tuning.Submitting || j.Submissions != r.Submissions {
			return j, nil
		}
		return end(j), nil
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "the result of the submission was not recorded", "job_id", r.ID, "error", err)
		return r
	}
	return ended
}

// accept records the name that Vertex AI gave the job.
func (s *Service) accept(ctx context.Context, r store.Record, seen tuning.Observation) store.Record {
	s.Log.InfoContext(ctx, "the job was started", "job_id", r.ID, "job_name", seen.Name, "caller", r.StartedBy)
	accepted, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		next, _ := j.Observe(seen)
		return next, nil
	})
	if err != nil {
		// The caller does not get a name that is not recorded, because no call could find the job
		// by it. The poller finds the job by its label and repairs the record.
		s.Log.ErrorContext(ctx, "the job's name was not recorded", "job_id", r.ID, "job_name", seen.Name, "error", err)
		return r
	}
	if accepted.Number != tuning.LastSegment(seen.Name) {
		s.cancelDuplicate(ctx, accepted, seen)
	}
	return accepted
}

// cancelDuplicate cancels a job that appeared after its record had ended or had received another
// job. Cancelling early keeps its cost low.
func (s *Service) cancelDuplicate(ctx context.Context, r store.Record, seen tuning.Observation) {
	s.Log.ErrorContext(ctx, "a second job appeared late and is cancelled", "job_id", r.ID, "job_name", seen.Name, "kept", r.Name)
	if err := s.Vertex.Cancel(ctx, seen.Name); err != nil {
		s.Log.ErrorContext(ctx, "the second job was not cancelled", "job_id", r.ID, "job_name", seen.Name, "error", err)
	}
}

// maxFindPages is how many pages are searched for a job that was just created; the poller searches
// all pages.
const maxFindPages = 3

// findCreated handles a create without an answer. If the job is found, it is recorded as ours. If
// not, it may still appear: the record keeps its step until the lease expires.
func (s *Service) findCreated(ctx context.Context, r store.Record, cause error) store.Record {
	s.Log.WarnContext(ctx, "the create was not answered", "job_id", r.ID, "error", cause)
	seen, found, err := s.Vertex.Find(ctx, r.Location, r.ID, maxFindPages)
	if found {
		return s.accept(ctx, r, seen)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "the search for the job failed", "job_id", r.ID, "error", err)
	}
	detail := fmt.Sprintf("Vertex AI did not answer whether it created the job (%s). This service searches for the job, and creates it again if it does not exist.",
		fault.From(cause).Message)
	return s.recordOutcome(ctx, r, func(j tuning.Job) tuning.Job { return j.MarkDelayed(detail) })
}

// ambiguous reports whether a create that failed with err may have taken effect.
func ambiguous(err error) bool {
	switch gcperr.Code(err) {
	case codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition, codes.PermissionDenied,
		codes.Unauthenticated, codes.Unimplemented, codes.OutOfRange, codes.AlreadyExists:
		return false
	default:
		return true
	}
}
