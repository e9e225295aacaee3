// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package jobs turns a request into exactly one tuning job, or into a record of why there is none.
//
// Vertex AI's CreateTuningJob has no request ID: if it is called twice, it creates, and bills, two
// jobs. So a start is a state machine in Firestore (tuning.Step), and any process can repeat each
// of its steps. First, the request is recorded. Then the dataset is written as an object that
// nothing else ever writes. Then the record says that Vertex AI is about to be called, and until
// when the call may take effect. Then Vertex AI is called, for a job that carries our ID as a
// label. A process that finds a record with an expired lease resumes from the recorded step, and
// searches for the label before it creates the job again.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// Vertex is the part of Vertex AI that is called to start and cancel jobs. It is an interface so
// that the binary of function convert, which only records starts, does not link the Vertex AI
// client; scripts/test checks that.
type Vertex interface {
	// Create creates a job. It is not idempotent: do not retry it.
	Create(ctx context.Context, job tuning.Job) (tuning.Observation, error)
	// Find searches the first maxPages pages of a location's jobs for the job with this label. It
	// reports whether there is one.
	Find(ctx context.Context, location, label string, maxPages int) (tuning.Observation, bool, error)
	// Cancel requests the cancellation of a job. It is idempotent.
	Cancel(ctx context.Context, name string) error
	Get(ctx context.Context, name string) (tuning.Observation, error)
	// BaseModelName returns the name under which a location serves a base model, and CountTokens
	// the tokens of a training example for the model of such a name.
	BaseModelName(location, id string) string
	CountTokens(ctx context.Context, model string, example []byte) (int64, error)
	// Request returns the request that Create would send, as JSON.
	Request(job tuning.Job) (json.RawMessage, error)
}

// Config holds the settings of starting a job.
type Config struct {
	// DataBucket is the bucket to which datasets are written.
	DataBucket string `env:"DATA_BUCKET,required,notEmpty" form:"bucket"`
	// MaxConcurrentJobs limits the number of our jobs on Vertex AI at a time; 0 means no limit.
	MaxConcurrentJobs int64 `env:"MAX_CONCURRENT_JOBS" envDefault:"0" sign:"not_negative"`
	// MaxQueuedJobs limits the number of starts that wait; 0 means no limit. Starts that arrive at
	// the same moment can exceed it by a few.
	MaxQueuedJobs int64 `env:"MAX_QUEUED_JOBS" envDefault:"1000" sign:"not_negative"`
	// Lease is how long a start is protected from being resumed by another process. A running start
	// renews its lease; the start of a crashed process is resumed after the lease has expired.
	// The lease of an evaluation is three times as long; see package evaluations.
	Lease time.Duration `env:"START_LEASE" envDefault:"30s"`
	// CreateTimeout is how long Vertex AI may take to answer a create. A job that is not visible
	// after 1.25 times this timeout is treated as not created.
	CreateTimeout time.Duration `env:"CREATE_TIMEOUT" envDefault:"60s"`
	// BaseModel is tuned if neither the request nor its model names a base model.
	BaseModel string `env:"BASE_MODEL,required,notEmpty"`
	// CountTokens sends a sample of the training examples to Vertex AI, which counts their tokens,
	// so that the estimate is exact to a few percent.
	CountTokens bool `env:"COUNT_TOKENS" envDefault:"true"`
	// Buckets, Accounts and Keys are those that a start may name: in training_data, validation_data
	// and output_uri, in service_account, and in kms_key_name. If a list is empty, IAM alone
	// decides.
	Buckets  []string `env:"START_BUCKETS"`
	Accounts []string `env:"START_SERVICE_ACCOUNTS"`
	Keys     []string `env:"START_KMS_KEYS"`
	// Revision is the revision of the service. Cloud Run sets it. Source: Cloud Run's container
	// runtime contract.
	Revision string `env:"K_REVISION"`
	Budget   Budget
}

// minDuration is the minimum of a lease and of a create's timeout: anything shorter would expire
// before the write that sets it.
const minDuration = 100 * time.Millisecond

// Check reports durations that are too short or longer than limit, and faults of the budget. All
// work on a call ends after limit, which is the value of the setting name; 0 means no limit.
func (c Config) Check(name string, limit time.Duration) error {
	check := func(setting string, d time.Duration) error {
		switch {
		case d < minDuration:
			return fmt.Errorf("%s is %s, but must be at least %s", setting, d, minDuration)
		case limit > 0 && d > limit:
			return fmt.Errorf("%s is %s, but must be at most %s, %s: all work on a call ends after that time", setting, d, name, limit)
		}
		return nil
	}
	return errors.Join(check("START_LEASE", c.Lease), check("CREATE_TIMEOUT", c.CreateTimeout), c.Budget.Check())
}

// Service starts, resumes, submits and cancels jobs.
type Service struct {
	Config   Config
	Records  *store.Store
	Vertex   Vertex
	Training *trainset.Builder
	Project  string
	Location string // region of the jobs
	Now      func() time.Time
	Log      *slog.Logger
}

// StartRequest is a caller's request to start a job.
type StartRequest struct {
	tuning.Request
	Caller string
	// Key, if it is not empty, makes the start idempotent: another request of the same caller
	// with the same key is the same start.
	Key string
	// KeyLife is how long the key is valid from the first start with it. 0 means 30 days.
	KeyLife time.Duration
	// Faults are the faults that were found when the request was read.
	Faults fault.Faults
}

// Start starts a job. A refused start leaves nothing but its error, which is kept with its key. A
// delay is no error: the job is queued, with a detail that says why.
func (s *Service) Start(ctx context.Context, o StartRequest) (tuning.Job, error) {
	key := o.key(s.Now())
	if faults := o.Check(o.Faults); faults.Count > 0 {
		key = nil // an invalid request cannot have used the key
	}
	if known, err := s.usedKey(ctx, key); known != nil || err != nil {
		return s.replay(ctx, key, known, err)
	}
	job, err := s.checkedJob(ctx, o)
	if err != nil {
		return tuning.Job{}, err
	}
	memory, err := s.Training.Reserve(ctx, o.Request)
	if err != nil {
		return tuning.Job{}, err
	}
	defer memory.Release()
	from, err := s.Training.Source(ctx, o.Request, memory)
	if err != nil {
		return tuning.Job{}, err
	}
	if err := s.checkQueue(ctx); err != nil {
		return tuning.Job{}, err
	}
	record, err := s.record(ctx, job.MarkRecorded(s.leaseEnd(s.Config.Lease)), o.Request, key)
	if errors.Is(err, store.ErrKeyUsed) {
		memory.Release()
		return s.Start(ctx, o) // another call has just used the key
	}
	if err != nil {
		return tuning.Job{}, err
	}
	// From here on the start continues even if its caller disconnects.
	ctx, cancel := detached(ctx)
	defer cancel()
	record, err = s.prepareAndSubmit(ctx, record, o.Request, from, memory)
	if err != nil {
		// The caller gets the recorded failure, because a repeated start gets the same one.
		failed := fault.From(record.Failure.Err())
		failed.Err = err
		return record.Job, failed
	}
	return s.answer(ctx, record, key)
}

// detached returns a context with the deadline of ctx, which is not cancelled when ctx is.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	if end, ok := ctx.Deadline(); ok {
		return context.WithDeadline(context.WithoutCancel(ctx), end)
	}
	return context.WithCancel(context.WithoutCancel(ctx))
}

// checkQueue refuses a start if the queue is full.
func (s *Service) checkQueue(ctx context.Context) error {
	if s.Config.MaxQueuedJobs <= 0 {
		return nil
	}
	waiting, err := s.Records.CountAtStep(ctx, tuning.Preparing, tuning.Waiting)
	if err != nil || waiting < s.Config.MaxQueuedJobs {
		return err
	}
	return &fault.Error{
		Kind: fault.ResourceExhausted, RetryAfter: queueRetry, Reason: "QUEUE_FULL",
		Message: fmt.Sprintf("The queue is full: %d jobs are waiting, and no more may wait. Try again when some have been started, or cancel some.", waiting),
	}
}

// queueRetry is the delay after which a caller should retry if the queue is full: a tuning job
// takes a large part of an hour.
const queueRetry = 5 * time.Minute

// requestInline is the maximum size, in bytes, of a request that is kept in the record. A Firestore
// document holds at most 1 MiB.
const requestInline = 256 << 10

// record creates the record of a new job. From here on another process resumes the start if this
// one crashes, but not before the lease expires.
func (s *Service) record(ctx context.Context, job tuning.Job, r tuning.Request, key *store.Key) (store.Record, error) {
	job.Request = r.Encode()
	if len(job.Request) > requestInline {
		name := "requests/" + job.ID + ".json"
		_, err := s.Training.Objects.Write(ctx, gcs.Spec{
			Bucket: s.Config.DataBucket, Name: name, ContentType: "application/json",
		}, func(w io.Writer) error {
			_, err := w.Write(job.Request)
			return err
		})
		if err != nil {
			return store.Record{}, fmt.Errorf("write the request: %w", err)
		}
		job.Request, job.RequestData = nil, gcs.URI(s.Config.DataBucket, name)
	}
	record, err := s.Records.CreateJob(ctx, job, key)
	if errors.Is(err, store.ErrKeyUsed) {
		err = errors.Join(err, s.deleteFiles(ctx, job)) // no record names these files
	}
	return record, err
}

// answer stores the response to a start before it returns it, so that a repeated start gets the
// same one. If the response cannot be stored, and the start has a key or may still be refused, the
// result is an error instead.
func (s *Service) answer(ctx context.Context, r store.Record, key *store.Key) (tuning.Job, error) {
	kept, err := s.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		if j.State == tuning.Failed {
			return j, nil // another process continued the start; its failure is the answer
		}
		return j.KeepAnswer(), nil
	})
	switch {
	case err == nil:
		return firstAnswer(kept.Job)
	case fault.KindOf(err) == fault.NotFound: // another process has refused it
		if _, err := s.usedKey(ctx, key); err != nil {
			return r.Job, err
		}
		return r.Job, fault.New(fault.Unavailable, "The start took too long and was abandoned. Nothing was started. Start again.")
	case key == nil && r.Tentative:
		return r.Job, &fault.Error{
			Kind: fault.Unavailable, RetryAfter: s.Config.Lease, Err: err,
			Message: "The start could not be confirmed. It may continue as job " + r.ID + ": check GET /jobs for it before you start again. " +
				"With the header Idempotency-Key you can repeat a start safely.",
		}
	case key == nil:
		s.Log.WarnContext(ctx, "the answer to a start was not stored", "job_id", r.ID, "error", err)
		return r.Job, nil
	default:
		return r.Job, &fault.Error{
			Kind: fault.Unavailable, RetryAfter: s.Config.Lease, Err: err,
			Message: "The start is recorded as job " + r.ID + " and continues, but its answer could not be stored. Repeat the call with the same key.",
		}
	}
}

// firstAnswer returns the job with the name and the state of the first answer, or the failure that
// was the first answer.
func firstAnswer(job tuning.Job) (tuning.Job, error) {
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
