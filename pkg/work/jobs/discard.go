// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"

	"github.com/vertextune/vertextune/pkg/core/tuning"
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

// deleteFiles deletes all objects that were written for a job: by any attempt, complete or not, and
// its request, if that is kept outside of the record.
func (s *Service) deleteFiles(ctx context.Context, job tuning.Job) error {
	var err error
	if bucket, name, ok := tuning.ParseURI(job.RequestData); ok {
		err = s.Training.Objects.DeleteLive(ctx, bucket, name)
	}
	return errors.Join(err, s.Training.Delete(ctx, job))
}
