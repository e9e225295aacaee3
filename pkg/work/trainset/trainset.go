// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package trainset builds the training set of a tuning job: it reads messages from Firestore or a
// file from Cloud Storage, splits off examples for validation, and writes the training file, the
// validation file and the index of sources. It does not depend on the life cycle of a job.
package trainset

import (
	"context"
	"errors"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Builder builds training sets. All training sets that one process builds at the same time share
// the Builder's memory.
type Builder struct {
	Messages  *store.Store
	Objects   *gcs.Store
	Catalogue catalogue.Provider
	Bucket    string // the bucket to which training sets are written
	// SampleTokens chooses examples whose tokens the caller can count, if the base model is served
	// somewhere.
	SampleTokens bool

	memory memory
}

// Files are the names of the objects of a job's training set. No object is written twice: the
// training file has one name, so that there is only one, and each attempt has its own names for
// the validation file and the index. The training file is written last, and its metadata name the
// attempt: if it exists, the others exist too.
type Files struct{ Training, Validation, Index string }

// FilesOf returns the names that an attempt uses.
func FilesOf(jobID string, attempt int64) Files {
	name := "datasets/" + jobID
	training := name + ".jsonl"
	if attempt > 0 {
		name += "." + strconv.FormatInt(attempt, 10)
	}
	return Files{Training: training, Validation: name + ".validation.jsonl", Index: name + ".sources.jsonl"}
}

// Delete deletes all objects that any attempt has written for a job.
func (b *Builder) Delete(ctx context.Context, job tuning.Job) error {
	var names []string
	for attempt := range job.Attempts + 1 {
		files := FilesOf(job.ID, attempt)
		names = append(names, files.Validation, files.Index)
	}
	var all []error
	for _, name := range append(names, FilesOf(job.ID, 0).Training) {
		all = append(all, b.Objects.DeleteLive(ctx, b.Bucket, name))
	}
	return errors.Join(all...)
}
