// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/trainset"
)

// recordUpdate applies the fields that the training set has filled in to a job.
type recordUpdate func(tuning.Job) tuning.Job

// writeDataset writes the training set of a job, and checks it against the model's limits and the
// budget.
func (s *Service) writeDataset(ctx context.Context, job tuning.Job, r tuning.Request, from trainset.Source) (recordUpdate, error) {
	set, err := s.Training.Write(ctx, job, r, from)
	if err != nil {
		return nil, err //nolint:wrapcheck // the error says what was written or read
	}
	done, err := s.withEstimate(ctx, s.withFiles(job, r, set), r, set)
	if err != nil {
		return nil, err
	}
	return func(j tuning.Job) tuning.Job {
		j.TrainingData = s.trainingURI(j.ID)
		j.Pairs, j.Merged, j.LeftOut, j.Warnings = done.Pairs, done.Merged, done.LeftOut, done.Warnings
		j.Lineage, j.Spec, j.Estimate, j.Cost = done.Lineage, done.Spec, done.Estimate, done.Cost
		return j
	}, nil
}

// trainingURI returns the address of a job's training file, which may not exist yet.
func (s *Service) trainingURI(jobID string) string {
	return gcs.URI(s.Training.Bucket, trainset.FilesOf(jobID, 0).Training)
}

// withFiles returns the job with the fields that describe its files.
func (s *Service) withFiles(job tuning.Job, r tuning.Request, set trainset.Result) tuning.Job {
	bucket, names := s.Training.Bucket, trainset.FilesOf(job.ID, set.Attempt)
	job.Pairs, job.Merged, job.LeftOut = set.Pairs, set.Merged, set.LeftOut
	job.Warnings = append(slices.Clip(job.Warnings), set.Warnings...)
	var uris []string
	for _, s := range set.Sources {
		uris = append(uris, s.URI)
	}
	job.Lineage = tuning.Lineage{
		SourceURIs: uris,
		Sources:    set.Sources, Index: gcs.URI(bucket, names.Index), DatasetSHA256: set.SHA256, Converter: s.converter(), Options: set.Options,
		Request: r.Hash(), Validation: set.Validation.Examples,
	}
	if set.Validation.Examples > 0 {
		job.Spec.ValidationData = gcs.URI(bucket, names.Validation)
	}
	return job
}
