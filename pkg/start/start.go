// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package start turns a request into exactly one tuning job, or into a record that says why there is none.
//
// Vertex AI's CreateTuningJob has no request id: asking twice makes, and bills, two jobs. So a start is a state
// machine in Firestore (tuning.Step), each step of which can be repeated by anybody: the request is recorded; the
// dataset is written as an object that nothing else ever writes; the record says that Vertex AI is about to be
// asked, and until when; Vertex AI is asked for a job that carries our ID as a label. Whoever finds a record whose
// lease has run out goes on from its step, and looks for the label before asking again.
package start

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/vertextune/vertextune/pkg/catalogue"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/trainset"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Vertex is what a start and its end ask of Vertex AI. It is an interface so that function convert, which only records
// starts, is not built from the client of Vertex AI; scripts/test checks that.
type Vertex interface {
	// Create makes a job. It cannot be repeated safely.
	Create(ctx context.Context, job tuning.Job) (tuning.Observation, error)
	// Find looks for a job by its label in the first pages of a location's jobs.
	Find(ctx context.Context, location, label string, maxPages int) (tuning.Observation, bool, error)
	// Cancel asks for a job's end. It can be repeated.
	Cancel(ctx context.Context, name string) error
	Get(ctx context.Context, name string) (tuning.Observation, error)
	// Request returns the request that Create would send, as JSON.
	Request(job tuning.Job) (json.RawMessage, error)
}

// Config is what starting needs to know beside the request.
type Config struct {
	// DataBucket is where datasets are written.
	DataBucket string `env:"DATA_BUCKET,required,notEmpty" form:"bucket"`
	// MaxConcurrentJobs is how many of our jobs are on Vertex AI at a time; 0 is as many as it takes.
	MaxConcurrentJobs int64 `env:"MAX_CONCURRENT_JOBS" envDefault:"0" sign:"not_negative"`
	// MaxQueuedJobs is how many starts may wait; 0 is no limit. Starts that come at the same moment can pass it
	// by a few.
	MaxQueuedJobs int64 `env:"MAX_QUEUED_JOBS" envDefault:"1000" sign:"not_negative"`
	// Lease is how long a start that has died is left alone. One that lives renews it.
	Lease time.Duration `env:"START_LEASE" envDefault:"30s"`
	// CreateTimeout is how long Vertex AI may take to answer a create. What has not shown a quarter longer after
	// that has not arrived.
	CreateTimeout time.Duration `env:"CREATE_TIMEOUT" envDefault:"60s"`
	// BaseModel is tuned where neither the request nor its model names one.
	BaseModel string `env:"BASE_MODEL"`
	// Buckets, Accounts and Keys are those that a start may name: in training_data, validation_data and output_uri, in
	// service_account, and in kms_key_name. Where a list is empty, IAM alone decides.
	Buckets  []string `env:"START_BUCKETS"`
	Accounts []string `env:"START_SERVICE_ACCOUNTS"`
	Keys     []string `env:"START_KMS_KEYS"`
	// Revision is that of the service, which Cloud Run sets. Source: Cloud Run's container runtime contract.
	Revision string `env:"K_REVISION"`
	Budget   Budget
}

// least is how long a lease and a create must last: what is shorter is over before Firestore has written that it began.
const least = 100 * time.Millisecond

// Check refuses times that cannot be kept. The work on a call ends after limit, which is the setting of that name; 0 is
// never.
func (c Config) Check(name string, limit time.Duration) error {
	check := func(setting string, d time.Duration) error {
		switch {
		case d < least:
			return fmt.Errorf("%s is %s, and must be %s at least", setting, d, least)
		case limit > 0 && d > limit:
			return fmt.Errorf("%s is %s, and can be no longer than %s, %s: all work on a call ends with that", setting, d, name, limit)
		}
		return nil
	}
	return errors.Join(check("START_LEASE", c.Lease), check("CREATE_TIMEOUT", c.CreateTimeout), c.Budget.Check())
}

// Starter starts jobs.
type Starter struct {
	Config   Config
	Records  *store.Store
	Objects  *object.Store
	Vertex   Vertex
	Training *trainset.Builder
	Facts    catalogue.Provider
	Project  string
	Location string // region of the jobs
	Now      func() time.Time
	Log      *slog.Logger
}

// Order is a start that a caller asks for.
type Order struct {
	tuning.Request
	Caller string
	// Key, if there is one, makes a repeated order of the same caller the same start.
	Key string
	// Faults are what was found in reading the request.
	Faults fault.Faults
}

// Start starts a job. A start that is refused leaves nothing but the error, which its key keeps. What only takes
// longer is no error: the job is queued, with a detail that says why.
func (s *Starter) Start(ctx context.Context, o Order) (tuning.Job, error) {
	key := o.key()
	if faults := o.Check(o.Faults); faults.Count > 0 {
		key = nil // it was never used for this
	}
	if known, err := s.known(ctx, key); known != nil || err != nil {
		return s.repeat(ctx, key, known, err)
	}
	job, err := s.vetted(ctx, o)
	if err != nil {
		return tuning.Job{}, err
	}
	release, err := s.Training.Reserve(ctx, o.Request)
	if err != nil {
		return tuning.Job{}, err
	}
	defer release()
	from, err := s.Training.Source(ctx, o.Request)
	if err != nil {
		return tuning.Job{}, err
	}
	if err := s.checkQueue(ctx); err != nil {
		return tuning.Job{}, err
	}
	record, err := s.record(ctx, job.Recorded(s.until(s.Config.Lease)), o.Request, key)
	if errors.Is(err, store.ErrKeyUsed) {
		release()
		return s.Start(ctx, o) // somebody else was a little faster with it
	}
	if err != nil {
		return tuning.Job{}, err
	}
	// From here on the start goes on even if its caller goes away.
	ctx, cancel := detached(ctx)
	defer cancel()
	record, err = s.prepareAndSubmit(ctx, record, o.Request, from, release)
	if err != nil {
		// In the words that are kept: a repeated start is answered with them.
		failed := fault.Of(record.Failure.Err())
		failed.Err = err
		return record.Job, failed
	}
	return s.answer(ctx, record, key)
}

// detached returns a context that ends when ctx was to end, and not before.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), end)
	}
	return context.WithCancel(context.WithoutCancel(ctx))
}

// checkQueue refuses a start when too many wait already.
func (s *Starter) checkQueue(ctx context.Context) error {
	if s.Config.MaxQueuedJobs <= 0 {
		return nil
	}
	waiting, err := s.Records.CountAtStep(ctx, tuning.Preparing, tuning.Waiting)
	if err != nil || waiting < s.Config.MaxQueuedJobs {
		return err
	}
	return &fault.Error{
		Kind: fault.ResourceExhausted, RetryAfter: queueRetry, Reason: "QUEUE_FULL",
		Message: fmt.Sprintf("%d jobs wait already, as many as may. Try again when some have been started, or cancel some.", waiting),
	}
}

// queueRetry is when a full queue may be tried again: a tuning job takes a good part of an hour.
const queueRetry = 5 * time.Minute

// requestInline is how large a request may be to be kept in the record. A document holds at most 1 MiB.
const requestInline = 256 << 10

// record writes the new job down, so that whatever happens from here on, somebody resumes it: nobody else before
// the end of the lease.
func (s *Starter) record(ctx context.Context, job tuning.Job, r tuning.Request, key *store.Key) (store.Record, error) {
	job.Request = r.Encode()
	if len(job.Request) > requestInline {
		name := "requests/" + job.ID + ".json"
		_, err := s.Objects.Write(ctx, object.Spec{
			Bucket: s.Config.DataBucket, Name: name, ContentType: "application/json",
		}, func(w io.Writer) error {
			_, err := w.Write(job.Request)
			return err
		})
		if err != nil {
			return store.Record{}, fmt.Errorf("keep the request: %w", err)
		}
		job.Request, job.RequestData = nil, object.URI(s.Config.DataBucket, name)
	}
	record, err := s.Records.CreateJob(ctx, job, key)
	if errors.Is(err, store.ErrKeyUsed) {
		err = errors.Join(err, s.deleteFiles(ctx, job)) // nothing else names them
	}
	return record, err
}

// answer returns the job as its caller is told of it. That is kept first, for a repeated start to get the same
// answer: with a key, or where the start may still be refused, an answer that could not be kept is none.
func (s *Starter) answer(ctx context.Context, r store.Record, key *store.Key) (tuning.Job, error) {
	kept, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if j.State == tuning.Failed {
			return j, nil // somebody else went on with it; its failure is the answer
		}
		return j.Answered(), nil
	})
	switch {
	case err == nil:
		return told(kept.Job)
	case fault.KindOf(err) == fault.NotFound: // somebody else has taken it over and refused it
		if _, err := s.known(ctx, key); err != nil {
			return r.Job, err
		}
		return r.Job, fault.New(fault.Unavailable, "The start took too long and was given up. Nothing was started. Start again.")
	case key == nil && r.Tentative:
		return r.Job, &fault.Error{
			Kind: fault.Unavailable, RetryAfter: s.Config.Lease, Err: err,
			Message: "The start could not be confirmed. It may continue as job " + r.ID + ": look for that in GET /jobs before you start again. " +
				"With the header Idempotency-Key a start can be repeated safely.",
		}
	case key == nil:
		s.Log.WarnContext(ctx, "the answer to a start was not kept", "job_id", r.ID, "error", err)
		return r.Job, nil
	default:
		return r.Job, &fault.Error{
			Kind: fault.Unavailable, RetryAfter: s.Config.Lease, Err: err,
			Message: "The start is recorded as job " + r.ID + " and continues, but its answer could not be kept. Repeat it with the same key.",
		}
	}
}

// told returns the job as its caller was told of it first, or the failure that was.
func told(job tuning.Job) (tuning.Job, error) {
	switch {
	case job.Step == tuning.Refused:
		return job, job.Failure.Err()
	case job.FirstAnswer != nil:
		job.Name, job.State = job.FirstAnswer.Name, job.FirstAnswer.State
	case job.State == tuning.Failed:
		return job, job.Failure.Err()
	}
	return job, nil
}
