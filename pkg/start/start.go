// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package start turns a request into a tuning job: it gathers the training data, writes them as a dataset
// of their own, records the job, and asks Vertex AI for it.
//
// The order is what makes a crash harmless. The dataset is an object that nothing else ever writes. The job
// is recorded, with its dataset, before Vertex AI is asked, and carries our ID as a label: a job whose answer
// was lost is found again by the poller and never asked for twice.
package start

import (
	"context"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Records is where messages, models and jobs are kept.
type Records interface {
	// Model returns a model's defaults; NotFound if there is no such document.
	Model(ctx context.Context, id string) (store.Model, error)
	// SessionIDs returns the IDs of a session's messages in their order; none for a session nobody knows.
	SessionIDs(ctx context.Context, session string) ([]string, error)
	// AllMessageIDs returns the IDs of all messages in their order.
	AllMessageIDs(ctx context.Context) ([]string, error)
	// MessagesByID yields the messages in the order of the IDs; what does not exist is marked Missing.
	MessagesByID(ctx context.Context, ids []string) iter.Seq2[store.Message, error]
	// CreateJob writes a new record.
	CreateJob(ctx context.Context, job tuning.Job) (store.Record, error)
	// UpdateJob writes next over r, or returns store.ErrChanged.
	UpdateJob(ctx context.Context, r store.Record, next tuning.Job) (store.Record, error)
}

// Objects is where datasets are kept.
type Objects interface {
	Attrs(ctx context.Context, bucket, name string) (object.Attrs, error)
	Read(ctx context.Context, bucket, name string, generation int64) (io.ReadCloser, error)
	// Write writes an object that must not be there yet.
	Write(ctx context.Context, spec object.Spec, fill func(io.Writer) error) (int64, error)
}

// Vertex creates tuning jobs. Create is called once a job: it cannot be repeated safely.
type Vertex interface {
	Create(ctx context.Context, job tuning.Job) (tuning.Observation, error)
}

// Starter starts jobs.
type Starter struct {
	Records   Records
	Objects   Objects
	Vertex    Vertex
	Bucket    string // of the datasets
	BaseModel string // where neither request nor model names one
	Location  string // region of the jobs
	Now       func() time.Time
	Log       *slog.Logger
}

// Result is a job that was started, and what its training data were made of.
type Result struct {
	Job   tuning.Job
	Pairs Pairs
}

// Start starts a job for the caller. If Vertex AI refuses the job, the record says so and so does the error.
func (s *Starter) Start(ctx context.Context, r tuning.Request, caller string) (Result, error) {
	if violations := r.Check(); len(violations) > 0 {
		return Result{}, fault.Invalid(violations...)
	}
	job, err := s.plan(ctx, r, caller)
	if err != nil {
		return Result{}, err
	}
	pairs, err := s.dataset(ctx, r, &job)
	if err != nil {
		return Result{}, err
	}
	// From here on the work is finished even if the client goes away: a job that runs must be on record.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	record, err := s.Records.CreateJob(ctx, job)
	if err != nil {
		return Result{}, err
	}
	job, err = s.submit(ctx, record)
	return Result{Job: job, Pairs: pairs}, err
}

// finishTimeout bounds the recording and submitting of a job.
const finishTimeout = 90 * time.Second

// plan decides what the job is to be: the request first, then the model it names, then our own defaults.
func (s *Starter) plan(ctx context.Context, r tuning.Request, caller string) (tuning.Job, error) {
	now := s.Now().UTC().Truncate(time.Microsecond)
	job := tuning.Job{
		ID: tuning.NewID(now), Location: s.Location, StartedBy: caller, ModelID: r.ModelID,
		DisplayName: tuning.DisplayName(now), BaseModel: r.BaseModel, Hyperparameters: r.Hyperparameters,
		State: tuning.Queued, CreatedAt: now, UpdatedAt: now,
	}
	if r.ModelID != "" {
		model, err := s.Records.Model(ctx, r.ModelID)
		if err != nil {
			return tuning.Job{}, err
		}
		if bad := model.Hyperparameters.Check("hyperparameters"); len(bad) > 0 {
			return tuning.Job{}, fault.New(fault.FailedPrecondition,
				"The document models/%s is not usable: %s %s", r.ModelID, bad[0].Field, bad[0].Description)
		}
		job.Hyperparameters = job.Hyperparameters.Over(model.Hyperparameters)
		if job.BaseModel == "" {
			job.BaseModel = model.BaseModel
		}
		if model.DisplayName != "" {
			job.DisplayName = model.DisplayName
		}
	}
	if job.BaseModel == "" {
		job.BaseModel = s.BaseModel
	}
	job.Warnings = job.Hyperparameters.Ignored(job.BaseModel)
	return job, nil
}

// submit asks Vertex AI for the job and writes its answer into the record.
func (s *Starter) submit(ctx context.Context, record store.Record) (tuning.Job, error) {
	seen, err := s.Vertex.Create(ctx, record.Job)
	if err != nil && ambiguous(err) {
		// The job may exist. The record stays as it is: the poller looks for the label and takes the job
		// over, or writes down that there is none.
		s.Log.ErrorContext(ctx, "create was not answered", "job_id", record.ID, "error", err)
		return record.Job, fault.Wrap(fault.KindOf(err), err,
			"Vertex AI did not answer whether it created the job. Do not start it again: it is recorded as %s, and the next look at Vertex AI decides what became of it.",
			record.ID)
	}
	if err != nil {
		refused := record.Abandon(tuning.Failure{Code: int32(gcp.Code(err)), Message: fault.Of(err).Message}, s.Now().UTC())
		if _, writeErr := s.Records.UpdateJob(ctx, record, refused); writeErr != nil {
			s.Log.ErrorContext(ctx, "refusal was not recorded", "job_id", record.ID, "error", writeErr)
		}
		return refused, err
	}
	accepted, _ := record.Observe(seen)
	if _, err := s.Records.UpdateJob(ctx, record, accepted); err != nil {
		// The job runs, so the caller is told of it; the poller finds it by its label and mends the record.
		s.Log.ErrorContext(ctx, "the job's name was not recorded", "job_id", record.ID, "job_name", seen.Name, "error", err)
	}
	s.Log.InfoContext(ctx, "job started", "job_id", record.ID, "job_name", seen.Name, "caller", record.StartedBy)
	return accepted, nil
}

// ambiguous reports whether a create that failed so may have taken effect all the same.
func ambiguous(err error) bool {
	switch gcp.Code(err) {
	case codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition, codes.PermissionDenied,
		codes.Unauthenticated, codes.ResourceExhausted, codes.Unimplemented, codes.OutOfRange, codes.AlreadyExists:
		return false
	default:
		return true
	}
}

// datasetName names the dataset of a job.
func datasetName(job tuning.Job) string { return fmt.Sprintf("datasets/%s.jsonl", job.ID) }
