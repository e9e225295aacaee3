// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package jobaccess finds jobs by the names that callers use, and describes them as they are now.
// The HTTP endpoints and the console share it, so that both say the same about a job.
package jobaccess

import (
	"context"
	"log/slog"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// Config holds the settings of the access to jobs. New sets the first two.
type Config struct {
	Project, DataBucket string
	InboxBucket         string
	// StatusMaxAge is how old a record may be before the job is read from Vertex AI.
	StatusMaxAge time.Duration
	// CancelOwnOnly allows callers to cancel only the jobs that they have started.
	CancelOwnOnly bool
}

// Service finds and describes jobs.
type Service struct {
	Config    Config
	Records   *store.Store
	Objects   *gcs.Store
	Vertex    *vertex.Client
	Jobs      *jobs.Service
	Presenter *jobview.Presenter
	Now       func() time.Time
	Log       *slog.Logger

	refreshed refreshTimes
}

// New returns a service that works with what a function has opened.
func New(config Config, b *backend.Backend, client *vertex.Client) *Service {
	config.Project, config.DataBucket = b.Config.Project, b.Config.Jobs.DataBucket
	return &Service{
		Config: config, Records: b.Records, Objects: b.Objects, Vertex: client, Jobs: b.Jobs, Presenter: b.Presenter(), Now: time.Now, Log: b.Log,
	}
}

// jobName matches a resource name, or its last segment alone.
var jobName = lazyregexp.New(`^(projects/[a-z0-9.:-]+/locations/[a-z0-9-]+/(tuningJobs|trainingPipelines)/)?[A-Za-z0-9_-]{1,128}$`)

// IsName reports whether a text has the form of a job's name, or of its last segment.
func IsName(name string) bool { return jobName.MatchString(name) }

// Find returns the record of the job of this name.
func (s *Service) Find(ctx context.Context, name string) (store.Record, error) {
	if !IsName(name) {
		return store.Record{}, fault.Invalid(fault.Violation{
			Field: "job_name", Reason: "INVALID_JOB_NAME",
			Description: "must be projects/P/locations/L/tuningJobs/N, raw or percent-encoded, or N alone.",
		})
	}
	record, err := s.Records.FindJob(ctx, name)
	if err == nil && !s.isOurs(name, record) {
		return store.Record{}, fault.New(fault.NotFound, "There is no job %s.", name)
	}
	return record, err
}

// project matches the project in a resource name.
var project = lazyregexp.New(`^projects/([^/]+)/`)

// isOurs reports whether a name has the job's location and one of its projects: this service's
// project, or the project in the recorded name, which Vertex AI may write as a number.
func (s *Service) isOurs(name string, r store.Record) bool {
	if location, full := tuning.Location(name); full && r.Location != "" && location != r.Location {
		return false
	}
	asked := project.FindStringSubmatch(name)
	if asked == nil || asked[1] == s.Config.Project {
		return true
	}
	recorded := project.FindStringSubmatch(r.Name)
	return recorded != nil && recorded[1] == asked[1]
}

// Status describes a job, with its queue position if it is queued, and its newest evaluation.
func (s *Service) Status(ctx context.Context, job tuning.Job) jobview.Status {
	status := s.Presenter.Status(ctx, job)
	status.QueuePosition, status.Evaluation = s.Position(ctx, job), s.evaluated(ctx, job)
	return status
}

// Position returns the position of a queued job in the queue. If it cannot be read, Position logs a
// warning, because the description is useful without it.
func (s *Service) Position(ctx context.Context, job tuning.Job) int {
	if job.Step != tuning.Waiting {
		return 0
	}
	place, err := s.Jobs.Position(ctx, job)
	if err != nil {
		s.Log.WarnContext(ctx, "the position in the queue is unknown", "job_id", job.ID, "error", err)
	}
	return place
}

// evaluated returns the newest evaluation of a job, or nil. If it cannot be read, the status is
// useful without it.
func (s *Service) evaluated(ctx context.Context, job tuning.Job) *jobview.Evaluation {
	if job.State != tuning.Succeeded {
		return nil
	}
	newest, ok, err := s.Records.NewestEvaluation(ctx, job.ID)
	if err != nil {
		s.Log.WarnContext(ctx, "the evaluations of the job were not read", "job_id", job.ID, "error", err)
	}
	if !ok {
		return nil
	}
	return &jobview.Evaluation{ID: newest.ID, State: newest.State, Result: newest.Result}
}

// MayCancel returns an error if the caller may not cancel the job, although the role allows it.
func (s *Service) MayCancel(job tuning.Job, caller string) error {
	if s.Config.CancelOwnOnly && job.StartedBy != caller {
		return fault.New(fault.PermissionDenied, "Only the caller that started a job may cancel it here (CANCEL_OWN_JOBS_ONLY). This job was started by %s.", job.StartedBy)
	}
	return nil
}

// Cancel cancels a job if the caller may do so. A queued job is never submitted. If Vertex AI
// already has the job, the job is cancelled there, and it may still succeed.
func (s *Service) Cancel(ctx context.Context, r store.Record, caller string) (store.Record, error) {
	if err := s.MayCancel(r.Job, caller); err != nil {
		return r, err
	}
	return s.Jobs.Cancel(ctx, r, caller)
}
