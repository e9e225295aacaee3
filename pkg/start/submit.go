// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
	"github.com/vertextune/vertextune/pkg/usd"
)

// advance sends a job whose dataset is written to Vertex AI if it is its turn, and else lets it wait in line.
func (s *Starter) advance(ctx context.Context, r store.Record, data recordUpdate) (store.Record, error) {
	for {
		next, sent, err := s.admitInTurn(ctx, r, data(r.Job))
		switch {
		case errors.Is(err, store.ErrChanged):
			var still bool
			if r, still = s.changed(ctx, r); !still {
				return r, nil
			}
		case err != nil && !fault.Passes(err):
			return s.unprepared(ctx, r, err)
		case sent:
			return s.submit(ctx, next)
		default:
			return s.wait(ctx, r, data, err)
		}
	}
}

// wait lets a job stand in line: there is no room for it, or the cause keeps us from knowing.
func (s *Starter) wait(ctx context.Context, r store.Record, data recordUpdate, cause error) (store.Record, error) {
	if cause != nil {
		s.Log.WarnContext(ctx, "job not sent, it waits", "job_id", r.ID, "error", cause)
	}
	waiting, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if !ours(r, j) {
			return j, nil
		}
		return data(j).WaitsInLine(s.whyItWaits(cause)), nil
	})
	if err != nil {
		return s.unprepared(ctx, r, err)
	}
	return waiting, nil
}

// whyItWaits says it to people.
func (s *Starter) whyItWaits(cause error) string {
	switch limit := s.Config.MaxConcurrentJobs; {
	case cause != nil:
		return fault.Of(cause).Message
	case limit > 0:
		return fmt.Sprintf("The job waits in the queue: this service has at most %d jobs on Vertex AI at a time (MAX_CONCURRENT_JOBS).", limit)
	default:
		return "The job waits in the queue: Vertex AI has no room for a job that is ahead of it."
	}
}

// admitInTurn writes that the job is about to be sent, if it is its turn and there is room for it.
func (s *Starter) admitInTurn(ctx context.Context, r store.Record, ready tuning.Job) (store.Record, bool, error) {
	if turn, err := s.turn(ctx, ready); !turn || err != nil {
		return r, false, err
	}
	return s.admit(ctx, r, ready)
}

// admit writes that the job is about to be sent, if there is room for it.
func (s *Starter) admit(ctx context.Context, r store.Record, ready tuning.Job) (store.Record, bool, error) {
	next := ready.Submits(s.until(s.Config.CreateTimeout + s.settle()))
	if s.Config.Budget.Monthly > 0 {
		next.Reserved, next.Month = next.Cost, s.month()
	}
	admitted, ok, err := s.Records.Admit(ctx, r, next, store.Admission{
		MaxConcurrent: s.Config.MaxConcurrentJobs, MonthlyBudget: int64(s.Config.Budget.Monthly),
	})
	if over, isOver := errors.AsType[*store.BudgetError](err); isOver {
		return r, false, overMonth(over, s.Config.Budget.Monthly)
	}
	return admitted, ok, err
}

// month is the one that a job is paid in which is sent now.
func (s *Starter) month() string { return s.Now().UTC().Format("2006-01") }

// overMonth refuses a job for which the month has no money left.
func overMonth(e *store.BudgetError, monthly usd.Amount) error {
	out := fault.Wrap(fault.FailedPrecondition, e,
		"The job may cost $%s, and the jobs of %s may cost $%s of the month's $%s already. Raise MONTHLY_BUDGET_USD, or wait for the next month.",
		usd.Group(usd.Amount(e.Wanted).String()), e.Month, usd.Group(usd.Amount(e.Reserved).String()), usd.Group(monthly.String()))
	out.Reason = "MONTHLY_BUDGET"
	out.Violations = []fault.Violation{{Field: "max_cost_usd", Reason: "MONTHLY_BUDGET", Description: out.Message}}
	return out
}

// settle is how long after its deadline a create may still take effect.
func (s *Starter) settle() time.Duration { return s.Config.CreateTimeout / 4 }

// submit asks Vertex AI for a job whose record says so, and writes what came of it.
func (s *Starter) submit(ctx context.Context, r store.Record) (store.Record, error) {
	call, cancel := context.WithDeadline(ctx, r.LeaseUntil.Add(-s.settle()))
	seen, err := s.Vertex.Create(call, r.Job)
	cancel()
	// How it ended is written even if the time for all of it is over.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	switch {
	case err == nil:
		return s.accept(ctx, r, seen), nil
	case gcp.Code(err) == codes.ResourceExhausted:
		s.Log.InfoContext(ctx, "no room on Vertex AI, the job waits", "job_id", r.ID, "error", err)
		return s.conclude(ctx, r, func(j tuning.Job) tuning.Job { return j.NoRoom(fault.Of(err).Message, s.Now().UTC()) }), nil
	case ambiguous(err):
		return s.lookFor(ctx, r, err), nil
	}
	refused := s.conclude(ctx, r, func(j tuning.Job) tuning.Job {
		return j.Refuse(failureOf(err), s.until(s.Config.Lease), s.Now().UTC())
	})
	if !ended(refused) {
		return refused, nil // not recorded: the job is asked for again, and may be refused or not
	}
	s.discardFiles(ctx, refused)
	return refused, err
}

// conclude writes how the submission ended, unless somebody else has gone on with the job. If it cannot be written,
// the poller finds out how it ended, when the lease is over.
func (s *Starter) conclude(ctx context.Context, r store.Record, end func(tuning.Job) tuning.Job) store.Record {
	ended, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if j.Step != tuning.Submitting || j.Submissions != r.Submissions {
			return j, nil
		}
		return end(j), nil
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "how the submission ended was not recorded", "job_id", r.ID, "error", err)
		return r
	}
	return ended
}

// accept writes the name that Vertex AI gave the job.
func (s *Starter) accept(ctx context.Context, r store.Record, seen tuning.Observation) store.Record {
	s.Log.InfoContext(ctx, "job started", "job_id", r.ID, "job_name", seen.Name, "caller", r.StartedBy)
	accepted, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		next, _ := j.Observe(seen)
		return next, nil
	})
	if err != nil {
		// Nobody is told what is not on record, by whose name nobody could ask for the job: the poller finds it by its
		// label, and mends the record.
		s.Log.ErrorContext(ctx, "the job's name was not recorded", "job_id", r.ID, "job_name", seen.Name, "error", err)
		return r
	}
	if accepted.Number != tuning.LastSegment(seen.Name) {
		s.stray(ctx, accepted, seen)
	}
	return accepted
}

// stray ends a job that came so late that it was given up for lost: its record has ended, or has another one by now.
// It is to cost as little as can be.
func (s *Starter) stray(ctx context.Context, r store.Record, seen tuning.Observation) {
	s.Log.ErrorContext(ctx, "a job came after it was given up, cancelled", "job_id", r.ID, "job_name", seen.Name, "kept", r.Name)
	if err := s.Vertex.Cancel(ctx, seen.Name); err != nil {
		s.Log.ErrorContext(ctx, "the second job was not cancelled", "job_id", r.ID, "job_name", seen.Name, "error", err)
	}
}

// lookPages is how many pages are looked through for a job that was just created; the poller looks through all.
const lookPages = 3

// lookFor decides what became of a create that was not answered. If the job shows, it is ours. If not, it may
// still come: the record stays as it is until its lease is over.
func (s *Starter) lookFor(ctx context.Context, r store.Record, cause error) store.Record {
	s.Log.WarnContext(ctx, "create was not answered", "job_id", r.ID, "error", cause)
	seen, found, err := s.Vertex.Find(ctx, r.Location, r.ID, lookPages)
	if found {
		return s.accept(ctx, r, seen)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "could not look for the job", "job_id", r.ID, "error", err)
	}
	detail := fmt.Sprintf("Vertex AI did not answer whether it created the job (%s). It is looked for, and asked again if it is not there.",
		fault.Of(cause).Message)
	return s.conclude(ctx, r, func(j tuning.Job) tuning.Job { return j.Delayed(detail) })
}

// ambiguous reports whether a create that failed so may have taken effect all the same.
func ambiguous(err error) bool {
	switch gcp.Code(err) {
	case codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition, codes.PermissionDenied,
		codes.Unauthenticated, codes.Unimplemented, codes.OutOfRange, codes.AlreadyExists:
		return false
	default:
		return true
	}
}
