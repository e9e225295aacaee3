// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"

	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Discard deletes what a refused start has written, and then its record, when nobody can be writing any more.
func (s *Starter) Discard(ctx context.Context, r store.Record) error {
	if err := s.deleteFiles(ctx, r.Job); err != nil {
		return err
	}
	return s.Records.DeleteJob(ctx, r)
}

// discardFiles deletes the files of a start that was refused. What it cannot delete, the poller deletes with the
// record.
func (s *Starter) discardFiles(ctx context.Context, r store.Record) {
	if r.Step != tuning.Refused {
		return
	}
	if err := s.deleteFiles(ctx, r.Job); err != nil {
		s.Log.WarnContext(ctx, "the files of a refused start were not deleted, the poller will delete them", "job_id", r.ID, "error", err)
	}
}

// deleteFiles deletes all objects that were written for a job, by any attempt, complete or not.
func (s *Starter) deleteFiles(ctx context.Context, job tuning.Job) error {
	return errors.Join(s.deleteRequest(ctx, job), s.Training.Delete(ctx, job))
}

// deleteRequest deletes the request of a job, if it is kept outside of the record.
func (s *Starter) deleteRequest(ctx context.Context, job tuning.Job) error {
	bucket, name, ok := tuning.ParseURI(job.RequestData)
	if !ok {
		return nil
	}
	attrs, err := s.Objects.Attrs(ctx, bucket, name)
	if err == nil {
		err = s.Objects.Delete(ctx, bucket, name, attrs.Generation)
	}
	if errors.Is(err, object.ErrNotFound) {
		return nil
	}
	return err
}
