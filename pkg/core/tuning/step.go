// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package tuning

import (
	"cmp"
	"slices"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Step is a job's progress towards Vertex AI. Callers see one state, QUEUED, for the first three.
//
//	Preparing ──▶ Waiting ──▶ Submitting ──▶ Accepted ──▶ Ended
//	    │            ▲  │        │  │                       ▲
//	    │            │  └────────┼──┼───────────────────────┤  cancelled
//	    │            └───────────┘  │                       │  no quota on Vertex AI, or never created
//	    ├───────────────────────────┼───────────────────────┘  failed, after it was confirmed
//	    └───────────────────────────┴─────▶ Refused ──▶ the record is deleted
//
// Each arrow is one conditional write of the record. A process that crashes leaves the job at one
// of these steps, with a lease that expires; then any other process may resume from there.
//
// A record is tentative at first: it exists so that a crash can be repaired, but there is no job
// yet. No list, lookup or metric includes it, and it has no events. The service confirms the
// record, and adds the event "created", when it commits itself to the job: when the caller gets the
// answer that the job is queued, when the job waits for room, when the report on a dropped file
// names the job, or when Vertex AI has accepted it. A start that is refused while it is tentative
// is answered with an error and leaves nothing: its files and its record are deleted, and its
// Idempotency-Key, if it has one, keeps the error until the key expires. A job that was confirmed
// is never refused: an error after that is recorded as its failure, and published.
type Step string

// The steps.
const (
	// Preparing: the request is recorded, but the dataset is not written yet. Writing it is
	// idempotent.
	Preparing Step = "PREPARING"
	// Waiting: the dataset is written; the job waits for room.
	Waiting Step = "WAITING"
	// Submitting: a process calls Vertex AI for the job, or has called it. While the lease lasts
	// the call may still take effect; afterwards a search for the job's label shows whether it did.
	Submitting Step = "SUBMITTING"
	// Accepted: Vertex AI has named the job.
	Accepted Step = "ACCEPTED"
	// Ended: nothing changes any more.
	Ended Step = "ENDED"
	// Refused: there will be no job. The start's files must be deleted, and then the record.
	Refused Step = "REFUSED"
)

// Leased reports whether a process holds the lease of the job: no other process may continue the
// job until the lease expires.
func (j Job) Leased(now time.Time) bool { return now.Before(j.LeaseUntil) }

// MarkRecorded returns the job in the form of its first record, which is tentative.
func (j Job) MarkRecorded(leaseUntil time.Time) Job {
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
	return j.addEvent(Event{Type: Created, Time: j.CreatedAt, To: Queued, Actor: j.StartedBy})
}

// Refuse returns a tentative job as refused. Until the given time another process may still be
// writing its files. A job that was confirmed fails instead.
func (j Job) Refuse(f Failure, until, now time.Time) Job {
	if !j.Tentative {
		return j.Fail(f, now)
	}
	j.Step, j.LeaseUntil, j.Failure, j.Detail, j.UpdatedAt = Refused, until, &f, "", now
	j.Reserved = 0 // a job that Vertex AI never had costs nothing
	j.Request = nil
	return j
}

// maxCrashes is how many attempts in a row at preparing a job may end without recording a result.
const maxCrashes = 5

// Abandoned reports whether the last attempt at preparing the job ended without recording a result
// because its process was killed. An attempt that ends in any other way releases its lease.
func (j Job) Abandoned() bool { return j.Step == Preparing && !j.LeaseUntil.IsZero() }

// MarkResumed returns the job as taken over by a process that prepares it under a lease. The caller
// writes this before the work begins, so that an attempt that kills its process counts. A job that
// was abandoned too often is refused instead, or fails if it was confirmed.
func (j Job) MarkResumed(leaseUntil, now time.Time) Job {
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
	Message: "The training data could not be prepared: each of several attempts ended before its result was recorded. " +
		"This happens when there is not enough memory. Nothing was sent to Vertex AI. Start again with less data at a time.",
}

// MarkQueued returns the job as queued because the limit of concurrent jobs is reached, or because
// other jobs are ahead of it. detail says so to the caller.
func (j Job) MarkQueued(detail string) Job {
	j.Detail = detail
	return j.MarkWaiting()
}

// MarkWaiting returns the job as queued, with its dataset written.
func (j Job) MarkWaiting() Job {
	j.Step, j.LeaseUntil = Waiting, time.Time{}
	j.Request, j.RequestData = nil, "" // only writing the dataset needed it
	j.keepAnswer()
	return j
}

// MarkSubmitting returns the job as it is recorded before Vertex AI is called. The lease must
// outlast the call.
func (j Job) MarkSubmitting(leaseUntil time.Time) Job {
	j.Step, j.LeaseUntil = Submitting, leaseUntil
	j.Request, j.RequestData = nil, ""
	j.Submissions++
	return j
}

// MarkQuotaExceeded returns the job after Vertex AI had no quota for it: it is queued again, or
// ends as cancelled if that was requested meanwhile. detail says so to the caller.
func (j Job) MarkQuotaExceeded(detail string, now time.Time) Job {
	if j.CancelRequested != nil {
		return j.end(Cancelled, nil, now, j.CancelRequested.By)
	}
	j.Refusals++
	j.Detail = detail
	return j.MarkWaiting()
}

// MarkDelayed returns the job with the reason why progress stopped. Any process may resume the job
// once the lease expires.
func (j Job) MarkDelayed(detail string) Job {
	j.Detail = detail
	j.keepAnswer()
	return j
}

// maxSubmissions is how often a job may be submitted to Vertex AI without being created there.
const maxSubmissions = 5

// MarkNotCreated returns the job after its lease has expired and Vertex AI turned out not to have
// it: it is queued again, or ends if its cancellation was requested meanwhile or if it was
// submitted too often.
func (j Job) MarkNotCreated(now time.Time) Job {
	switch {
	case j.CancelRequested != nil:
		return j.end(Cancelled, nil, now, j.CancelRequested.By)
	case j.Submissions-j.Refusals >= maxSubmissions:
		return j.Fail(Failure{Code: 14, Message: "The job was submitted to Vertex AI several times, but was never created. Nothing was billed. Start the job again."}, now)
	default:
		return j.MarkWaiting()
	}
}

// Fail returns the job as failed without having been accepted by Vertex AI.
func (j Job) Fail(f Failure, now time.Time) Job { return j.end(Failed, &f, now, "") }

func (j Job) end(state State, f *Failure, now time.Time, actor string) Job {
	from := j.State
	j.State, j.Step, j.Finished, j.Failure = state, Ended, true, f
	if j.Name == "" {
		j.Reserved = 0 // a job that Vertex AI never had costs nothing
	}
	j.LeaseUntil, j.Detail, j.Request, j.RequestData = time.Time{}, "", nil, ""
	j.UpdatedAt, j.EndedAt = now, now
	return j.addEvent(Event{Type: StateChanged, Time: now, From: from, To: state, Actor: actor, Failure: f})
}

// Cancel returns the job after a caller requested its cancellation: the job ends if Vertex AI
// cannot have it yet, and otherwise the request is recorded, to be forwarded to Vertex AI. The
// error is a Conflict if the job has already ended in another way.
func (j Job) Cancel(by string, now time.Time) (Job, error) {
	switch {
	case j.State == Cancelled || j.State == Cancelling || j.CancelRequested != nil:
		return j, nil
	case j.Finished:
		return j, fault.New(fault.Conflict, "The job has already ended as %s: there is nothing to cancel.", j.State)
	case j.Step == Preparing || j.Step == Waiting:
		return j.end(Cancelled, nil, now, by), nil
	default:
		j.CancelRequested = &CancelRequest{By: by, At: now}
		return j.addEvent(Event{Type: CancelRequested, Time: now, From: j.State, To: j.State, Actor: by}), nil
	}
}

// CancelRequest records who requested a cancellation, and when. It has a reason if the rule for
// stalled jobs made the request, and not a caller.
type CancelRequest struct {
	By     string    `firestore:"by"`
	At     time.Time `firestore:"at"`
	Reason string    `firestore:"reason,omitempty"`
}

// StalledRule is the name under which the service cancels stalled jobs.
const StalledRule = "vertextune:stalled"

// CancelDue reports whether the cancellation must still be forwarded to Vertex AI.
func (j Job) CancelDue() bool {
	return j.Step == Accepted && j.CancelRequested != nil && j.State != Cancelling
}

// Reasons for which a job counts as stalled.
const (
	NoChange = "NO_CHANGE" // the job is running, and has not changed for a long time
	TimedOut = "TIMED_OUT" // the job has exceeded the timeout that its caller set
)

// StalledNow returns why the job counts as stalled, or "". limit is how long a running job may stay
// unchanged; 0 means no limit. A stall is reported once, and again only after further progress.
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

// Stall returns the job as stalled for the reason. If the start asked to cancel a stalled job, the
// cancellation is requested.
func (j Job) Stall(reason string, now time.Time) Job {
	j.StalledAt = now
	j = j.addEvent(Event{Type: Stalled, Time: now, From: j.State, To: j.State, Reason: reason})
	if j.CancelWhenStalled && j.CancelRequested == nil {
		j.CancelRequested = &CancelRequest{By: StalledRule, At: now, Reason: reason}
		j = j.addEvent(Event{Type: CancelRequested, Time: now, From: j.State, To: j.State, Actor: StalledRule, Reason: reason})
	}
	return j
}

// Answer is the answer that the caller of start got; a repeated start gets the same one.
type Answer struct {
	Name  string `firestore:"name"`
	State State  `firestore:"state"`
}

// KeepAnswer returns the job with the answer that its caller gets now, unless it has one already.
// The answer of a refused start is its failure.
func (j Job) KeepAnswer() Job {
	if j.Step != Refused {
		j.keepAnswer()
	}
	return j
}

// keepAnswer confirms the job and, if it has no answer yet, stores its present name and state as
// the answer.
func (j *Job) keepAnswer() {
	*j = j.confirm()
	if j.FirstAnswer == nil {
		j.FirstAnswer = &Answer{Name: j.Name, State: j.State}
	}
}

// CompareQueue compares two queued jobs: the higher priority comes first, then the older job.
func CompareQueue(a, b Job) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

// addEvent adds an event to the job, and confirms the job before any event but the first: a
// tentative job has no events.
func (j Job) addEvent(e Event) Job {
	if e.Type != Created {
		j = j.confirm()
	}
	e.Seq = int64(len(j.Events)) + 1
	// Firestore's precision: an event that is published before it is read back has the same time.
	e.Time = e.Time.Truncate(time.Microsecond)
	e.Name, e.VertexState = j.Name, j.VertexState
	j.Events = append(slices.Clip(j.Events), e) // the record from which the job was read keeps its own slice
	j.Watched = true
	return j
}
