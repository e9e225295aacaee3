// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Discard deletes the files of a refused start, and then its record. Call it only when no process
// can be writing them any more.
func (s *Service) Discard(ctx context.Context, r store.Record) error {
	if err := s.deleteFiles(ctx, r.Job); err != nil {
		return err
	}
	return s.Records.DeleteJob(ctx, r)
}

// discardFiles deletes the files of a refused start. If that fails, the poller deletes them with
// the record.
func (s *Service) discardFiles(ctx context.Context, r store.Record) {
	if r.Step != tuning.Refused {
		return
	}
	if err := s.deleteFiles(ctx, r.Job); err != nil {
		s.Log.WarnContext(ctx, "the files of a refused start were not deleted, the poller will delete them", "job_id", r.ID, "error", err)
	}
}

// deleteFiles deletes all objects that any attempt has written for a job, complete or not.
func (s *Service) deleteFiles(ctx context.Context, job tuning.Job) error {
	return errors.Join(s.deleteRequest(ctx, job), s.Training.Delete(ctx, job))
}

// deleteRequest deletes the request of a job, if it is kept outside of the record.
func (s *Service) deleteRequest(ctx context.Context, job tuning.Job) error {
	bucket, name, ok := tuning.ParseURI(job.RequestData)
	if !ok {
		return nil
	}
	attrs, err := s.Objects.Attrs(ctx, bucket, name)
	if err == nil {
		err = s.Objects.Delete(ctx, bucket, name, attrs.Generation)
	}
	if errors.Is(err, gcs.ErrNotFound) {
		return nil
	}
	return err
}
