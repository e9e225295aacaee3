// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package trainset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/split"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// attemptKey is the metadata key of a training file that holds the number of its attempt.
const attemptKey = "attempt"

// Preview reads, splits and counts the data of a request, and writes nothing. release releases the
// memory of the result.
func (b *Builder) Preview(ctx context.Context, baseModel string, r tuning.Request) (m Result, release func(), err error) {
	held, err := b.Reserve(ctx, r)
	if err != nil {
		return m, func() {}, err
	}
	from, err := b.Source(ctx, r, held)
	if err == nil {
		err = b.build(ctx, baseModel, r, from, &m, discard())
	}
	return m, held.Release, err
}

// Write writes the training set of a job as separate objects. If an earlier attempt has written
// the training set and crashed afterwards, Write uses that one.
func (b *Builder) Write(ctx context.Context, job tuning.Job, r tuning.Request, from Source) (Result, error) {
	m, err := b.writeFiles(ctx, job, r, from)
	if err != nil {
		return b.adopt(ctx, job, m, err)
	}
	return m, nil
}

// writeFiles writes the training file and, while that file is open, the index and the validation
// file.
func (b *Builder) writeFiles(ctx context.Context, job tuning.Job, r tuning.Request, from Source) (m Result, err error) {
	names := FilesOf(job.ID, job.Attempts)
	err = b.write(ctx, job, names.Training, func(lines io.Writer) error {
		sum := sha256.New()
		err := b.write(ctx, job, names.Index, func(index io.Writer) error {
			m = Result{Attempt: job.Attempts}
			out := &output{
				lines: io.MultiWriter(lines, sum), index: index,
				validation: func(fill func(io.Writer) error) error { return b.write(ctx, job, names.Validation, fill) },
			}
			return b.build(ctx, job.BaseModel, r, from, &m, out)
		})
		if err == nil {
			m.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
		return err
	})
	return m, err
}

// write writes one object of the job.
func (b *Builder) write(ctx context.Context, job tuning.Job, name string, fill func(io.Writer) error) error {
	_, err := b.Objects.Write(ctx, gcs.Spec{
		Bucket: b.Bucket, Name: name, ContentType: "application/jsonl",
		Metadata: map[string]string{tuning.LabelKey: job.ID, attemptKey: strconv.FormatInt(job.Attempts, 10)},
	}, fill)
	return err
}

// adopt uses the training set that an earlier attempt has written, if this attempt failed
// permanently. Otherwise it returns the cause. If that training set has other content, its examples
// are counted again.
func (b *Builder) adopt(ctx context.Context, job tuning.Job, m Result, cause error) (Result, error) {
	if job.Attempts == 0 || fault.IsTransient(cause) {
		return m, cause
	}
	model := b.Catalogue.Current(ctx).Lookup(job.BaseModel)
	existing, attempt, err := b.count(ctx, model, FilesOf(job.ID, 0).Training)
	switch {
	case err != nil && fault.IsTransient(err):
		return m, err
	case err != nil:
		return m, cause
	}
	validation, _, err := b.count(ctx, nil, FilesOf(job.ID, attempt).Validation)
	switch {
	case err == nil:
		existing.Validation = split.Side{Examples: validation.Report.Examples, Bytes: validation.Report.OutputBytes}
	case !errors.Is(err, gcs.ErrNotFound):
		return m, err
	}
	if existing.SHA256 == m.SHA256 && existing.Validation == m.Validation {
		m.Attempt = attempt
		return m, nil
	}
	existing.Attempt, existing.Pairs = attempt, existing.Report.Examples
	existing.Warnings = []string{"The data changed while the start was resumed after a crash. The dataset has the data from before the crash."}
	return existing, nil
}

// count reads one object of the job, and returns a description of its content and the number of the
// attempt that has written it. It chooses examples for the model, if it is not nil.
func (b *Builder) count(ctx context.Context, model *catalogue.Model, name string) (m Result, attempt int64, err error) {
	attrs, err := b.Objects.Attrs(ctx, b.Bucket, name)
	if err != nil {
		return m, 0, err
	}
	in, err := b.Objects.Read(ctx, b.Bucket, name, attrs.Generation)
	if err != nil {
		return m, 0, err
	}
	defer func() { _ = in.Close() }() // nothing is lost by a failing close after reading
	sum := sha256.New()
	if m.Report, m.Sample, err = b.check(ctx, model, io.TeeReader(in, sum), dataset.Options{MaxFaults: 1}); err != nil {
		return m, 0, fmt.Errorf("count the examples of %s: %w", name, err)
	}
	m.SHA256 = hex.EncodeToString(sum.Sum(nil))
	attempt, err = strconv.ParseInt(attrs.Metadata[attemptKey], 10, 64)
	if err != nil {
		return m, 0, fmt.Errorf("read the attempt of %s: %w", name, err)
	}
	return m, attempt, nil
}
