// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"cmp"
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/fault"
)

// Step is how far a job has come on its way to Vertex AI. Callers see one state, QUEUED, for the first three.
//
//	Preparing ──▶ Waiting ──▶ Submitting ──▶ Accepted ──▶ Ended
//	    │            ▲  │        │  │                       ▲
//	    │            │  └────────┼──┼───────────────────────┤  cancelled
//	    │            └───────────┘  │                       │  no room on Vertex AI, or never sent
//	    ├───────────────────────────┼───────────────────────┘  failed, after it was confirmed
//	    └───────────────────────────┴─────▶ Refused ──▶ the record is deleted
//
// Each arrow is one conditional write of the record. A process that dies leaves the job at one of these steps,
// with a lease that runs out; then any other process may resume from there.
//
// A record is tentative at first: it exists so that a crash can be repaired, but there is no job yet. No list,
// lookup or metric includes it, and it has no events. It is confirmed, and gets the event created, when the
// service commits itself to the job: when its caller is answered that it is queued, when it waits for room, when
// a dropped file's report names it, or when Vertex AI has accepted it. A start that is refused while it is
// tentative is answered with an error and leaves nothing: its files and its record are deleted, and its
// Idempotency-Key, if it has one, keeps the error until the key expires. A job that was confirmed is never
// refused: what goes wrong then is recorded as its failure, and published.
type Step string

// The steps.
const (
	// Preparing: the request is recorded, the dataset is not written yet. Writing it can be repeated.
	Preparing Step = "PREPARING"
	// Waiting: the dataset is written; the job waits for room.
	Waiting Step = "WAITING"
	// Submitting: Vertex AI is being asked for the job, or was. While the lease lasts the request may be on its
	// way; afterwards a look for the job's label tells whether it arrived.
	Submitting Step = "SUBMITTING"
	// Accepted: Vertex AI has named the job.
	Accepted Step = "ACCEPTED"
	// Ended: nothing changes any more.
	Ended Step = "ENDED"
	// Refused: there will be no job. What the start has written is to be deleted, and then the record.
	Refused Step = "REFUSED"
)

// Leased reports whether somebody is at work on the job: nobody else may go on with it until the lease runs out.
func (j Job) Leased(now time.Time) bool { return now.Before(j.LeaseUntil) }

// Recorded returns the job as it is recorded first: tentative.
func (j Job) Recorded(leaseUntil time.Time) Job {
	j.State, j.Step, j.LeaseUntil = Queued, Preparing, leaseUntil
	j.Tentative, j.Watched = true, true
	return j
}

// confirm returns the job with its first event, if it was tentative.
func (j Job) confirm() Job {
	if !j.Tentative {
		return j
	}
	j.Tentative = false
	return j.tell(Event{Type: Created, Time: j.CreatedAt, To: Queued, Actor: j.StartedBy})
}

// Refuse returns a tentative job as refused: until the time given somebody may still be writing its files. A job
// that was confirmed fails instead.
func (j Job) Refuse(f Failure, until, now time.Time) Job {
	if !j.Tentative {
		return j.Fail(f, now)
	}
	j.Step, j.LeaseUntil, j.Failure, j.Detail, j.UpdatedAt = Refused, until, &f, "", now
	j.Reserved = 0 // Vertex AI never had it: it costs nothing
	j.Request = nil
	return j
}

// maxCrashes is how many attempts in a row at preparing a job may end without writing how they ended.
const maxCrashes = 5

// Abandoned reports whether the last attempt at preparing the job ended without writing how: its process was killed.
// An attempt that ends in any other way gives its lease up.
func (j Job) Abandoned() bool { return j.Step == Preparing && !j.LeaseUntil.IsZero() }

// Resumes returns the job as somebody takes it over to prepare it, under a lease. This is written before the work
// begins, so that an attempt which kills its process counts. A job that has been abandoned too often is refused
// instead, or fails if it was confirmed.
func (j Job) Resumes(leaseUntil, now time.Time) Job {
	if !j.Abandoned() {
		j.Crashes = 0
	} else if j.Crashes++; j.Crashes >= maxCrashes {
		return j.Refuse(FailureOf(errCrashes, 9), leaseUntil, now)
	}
	j.Attempts++
	j.LeaseUntil = leaseUntil
	return j
}

var errCrashes = &fault.Error{
	Kind: fault.FailedPrecondition, Reason: "PREPARATION_ABORTED",
	Message: "The training data could not be prepared: each of several attempts ended before its result was recorded, " +
		"as it does when there is not enough memory. Nothing was sent to Vertex AI. Start again with less data at a time.",
}

// WaitsInLine returns the job as it waits because so many jobs as may are on Vertex AI, or are ahead of it.
func (j Job) WaitsInLine(detail string) Job {
	j.Detail = detail
	return j.Waits()
}

// Waits returns the job as it waits for room, with its dataset written.
func (j Job) Waits() Job {
	j.Step, j.LeaseUntil = Waiting, time.Time{}
	j.Request, j.RequestData = nil, "" // it was needed to write the dataset
	j.answered()
	return j
}

// Submits returns the job as it is before Vertex AI is asked for it. The lease must outlast the request.
func (j Job) Submits(leaseUntil time.Time) Job {
	j.Step, j.LeaseUntil = Submitting, leaseUntil
	j.Request, j.RequestData = nil, ""
	j.Submissions++
	return j
}

// NoRoom returns the job after Vertex AI had no quota for it: it waits again, or is over if that was wished in
// the meantime. The detail says so to people.
func (j Job) NoRoom(detail string, now time.Time) Job {
	if j.CancelRequested != nil {
		return j.end(Cancelled, nil, now, j.CancelRequested.By)
	}
	j.Refusals++
	j.Detail = detail
	return j.Waits()
}

// Delayed returns the job as somebody leaves it who could not go on with it: the next one may, once the lease has
// run out.
func (j Job) Delayed(detail string) Job {
	j.Detail = detail
	j.answered()
	return j
}

// maxSubmissions is how often a job is sent to Vertex AI without arriving there.
const maxSubmissions = 5

// NeverArrived returns the job after its lease ran out and Vertex AI turned out not to have it: it waits to be
// sent again, or is over, if that was wished in the meantime or was tried often enough.
func (j Job) NeverArrived(now time.Time) Job {
	switch {
	case j.CancelRequested != nil:
		return j.end(Cancelled, nil, now, j.CancelRequested.By)
	case j.Submissions-j.Refusals >= maxSubmissions:
		return j.Fail(Failure{Code: 14, Message: "Vertex AI was asked for the job several times and has none of it. Nothing was billed. Start it again."}, now)
	default:
		return j.Waits()
	}
}

// Fail returns the job as failed without ever having been accepted by Vertex AI.
func (j Job) Fail(f Failure, now time.Time) Job { return j.end(Failed, &f, now, "") }

func (j Job) end(state State, f *Failure, now time.Time, actor string) Job {
	from := j.State
	j.State, j.Step, j.Finished, j.Failure = state, Ended, true, f
	if j.Name == "" {
		j.Reserved = 0 // Vertex AI never had it: it costs nothing
	}
	j.LeaseUntil, j.Detail, j.Request, j.RequestData = time.Time{}, "", nil, ""
	j.UpdatedAt, j.EndedAt = now, now
	return j.tell(Event{Type: StateChanged, Time: now, From: from, To: state, Actor: actor, Failure: f})
}

// Cancel returns the job as its caller's wish to end it leaves it: over, if Vertex AI cannot have it yet, else
// marked, for Vertex AI to be told. It is a Conflict if the job is over already in another way.
func (j Job) Cancel(by string, now time.Time) (Job, error) {
	switch {
	case j.State == Cancelled || j.State == Cancelling || j.CancelRequested != nil:
		return j, nil
	case j.Finished:
		return j, fault.New(fault.Conflict, "The job is over, it ended as %s: there is nothing to cancel.", j.State)
	case j.Step == Preparing || j.Step == Waiting:
		return j.end(Cancelled, nil, now, by), nil
	default:
		j.CancelRequested = &Wish{By: by, At: now}
		return j.tell(Event{Type: CancelRequested, Time: now, From: j.State, To: j.State, Actor: by}), nil
	}
}

// Wish is who asked for something, and when. A reason is there where nobody did, but the rule for stalled jobs.
type Wish struct {
	By     string    `firestore:"by"`
	At     time.Time `firestore:"at"`
	Reason string    `firestore:"reason,omitempty"`
}

// StalledRule is who cancels a job that has stalled.
const StalledRule = "vertextune:stalled"

// CancelDue reports whether Vertex AI is still to be told that the job is not wanted any more.
func (j Job) CancelDue() bool {
	return j.Step == Accepted && j.CancelRequested != nil && j.State != Cancelling
}

// Reasons for which a job counts as stalled.
const (
	NoChange = "NO_CHANGE" // running for long and nothing has changed
	TimedOut = "TIMED_OUT" // past the time that its caller set
)

// StalledNow returns why the job counts as stalled, or "". A job is told of once; once it moves again it can
// stall again.
func (j Job) StalledNow(now time.Time, limit time.Duration) string {
	switch {
	case j.Step != Accepted || !j.StalledAt.IsZero():
		return ""
	case j.Timeout > 0 && !j.StartedAt.IsZero() && now.Sub(j.StartedAt) > j.Timeout:
		return TimedOut
	case j.State == Running && limit > 0 && now.Sub(j.UpdatedAt) > limit:
		return NoChange
	default:
		return ""
	}
}

// Stall returns the job as stalled for the reason. If its caller asked for that, it is to be cancelled.
func (j Job) Stall(reason string, now time.Time) Job {
	j.StalledAt = now
	j = j.tell(Event{Type: Stalled, Time: now, From: j.State, To: j.State, Reason: reason})
	if j.CancelWhenStalled && j.CancelRequested == nil {
		j.CancelRequested = &Wish{By: StalledRule, At: now, Reason: reason}
		j = j.tell(Event{Type: CancelRequested, Time: now, From: j.State, To: j.State, Actor: StalledRule, Reason: reason})
	}
	return j
}

// Answer is what the caller of start was told of a job; a repeated start is told the same.
type Answer struct {
	Name  string `firestore:"name"`
	State State  `firestore:"state"`
}

// Answered returns the job with the answer that its caller gets now, if there was none before. A start that was
// refused has its failure for an answer.
func (j Job) Answered() Job {
	if j.Step != Refused {
		j.answered()
	}
	return j
}

// answered confirms the job and keeps the first state in which the work on a start was done.
func (j *Job) answered() {
	*j = j.confirm()
	if j.FirstAnswer == nil {
		j.FirstAnswer = &Answer{Name: j.Name, State: j.State}
	}
}

// InLine orders waiting jobs: the higher priority first, then the older.
func InLine(a, b Job) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

// tell adds an event to what happened to the job. No job is tentative that has any.
func (j Job) tell(e Event) Job {
	if e.Type != Created {
		j = j.confirm()
	}
	e.Seq = int64(len(j.Events)) + 1
	e.Time = e.Time.Truncate(time.Microsecond) // as Firestore keeps it: told before it is read back, it is the same
	e.Name, e.VertexState = j.Name, j.VertexState
	j.Events = append(slices.Clip(j.Events), e) // the record it was read from keeps its own
	j.Watched = true
	return j
}
