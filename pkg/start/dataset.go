// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/split"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// files are the objects that are made for a job. Nothing is written twice: the dataset has one name, so that there is
// one dataset, and each attempt at it has its own names for what goes with it. The dataset is written last and says
// which attempt it is of: if it is there, all are.
type files struct{ dataset, validation, index string }

func filesOf(job string, attempt int64) files {
	name := "datasets/" + job
	dataset := name + ".jsonl"
	if attempt > 0 {
		name += "." + strconv.FormatInt(attempt, 10)
	}
	return files{dataset: dataset, validation: name + ".validation.jsonl", index: name + ".sources.jsonl"}
}

// attemptKey is the metadata of a dataset that holds the attempt it is of.
const attemptKey = "attempt"

// facts puts what is known of a job's dataset into its record.
type facts func(tuning.Job) tuning.Job

// dataset writes the training data as the job's own objects.
func (s *Starter) dataset(ctx context.Context, job tuning.Job, r tuning.Request, from source) (facts, error) {
	m, err := s.writeFiles(ctx, job, r, from)
	if err != nil {
		// A start that died here may have written its files before, from messages that have changed since.
		if m, err = s.adopt(ctx, job, m, err); err != nil {
			return nil, err
		}
	}
	done, err := s.weighed(ctx, s.described(job, r, m), r, m)
	if err != nil {
		return nil, err
	}
	return func(j tuning.Job) tuning.Job {
		j.TrainingData = object.URI(s.Config.DataBucket, filesOf(j.ID, 0).dataset)
		j.Pairs, j.Merged, j.LeftOut, j.Warnings = done.Pairs, done.Merged, done.LeftOut, done.Warnings
		j.Lineage, j.Spec, j.Estimate, j.Cost = done.Lineage, done.Spec, done.Estimate, done.Cost
		return j
	}, nil
}

// described returns the job with what its record says of its files.
func (s *Starter) described(job tuning.Job, r tuning.Request, m made) tuning.Job {
	bucket, names := s.Config.DataBucket, filesOf(job.ID, m.attempt)
	job.Pairs, job.Merged, job.LeftOut = m.Pairs, m.Merged, m.LeftOut
	job.Warnings = append(slices.Clip(job.Warnings), m.Warnings...)
	var uris []string
	for _, s := range m.sources {
		uris = append(uris, s.URI)
	}
	job.Lineage = tuning.Lineage{
		SourceURIs: uris,
		Sources:    m.sources, Index: object.URI(bucket, names.index), DatasetSHA256: m.sum, Converter: s.converter(), Options: m.options,
		Request: r.Hash(), Validation: m.validation.Examples,
	}
	if m.validation.Examples > 0 {
		job.Spec.ValidationData = object.URI(bucket, names.validation)
	}
	return job
}

// writeFiles writes the dataset, and while it is open the index beside it and the validation file.
func (s *Starter) writeFiles(ctx context.Context, job tuning.Job, r tuning.Request, from source) (m made, err error) {
	names := filesOf(job.ID, job.Attempts)
	err = s.write(ctx, job, names.dataset, func(lines io.Writer) error {
		sum := sha256.New()
		err := s.write(ctx, job, names.index, func(index io.Writer) error {
			m = made{attempt: job.Attempts}
			out := &examples{
				lines: io.MultiWriter(lines, sum), index: index,
				validation: func(fill func(io.Writer) error) error { return s.write(ctx, job, names.validation, fill) },
			}
			return s.make(ctx, job.BaseModel, r, from, &m, out)
		})
		if err == nil {
			m.sum = hex.EncodeToString(sum.Sum(nil))
		}
		return err
	})
	return m, err
}

// write writes one of the job's objects.
func (s *Starter) write(ctx context.Context, job tuning.Job, name string, fill func(io.Writer) error) error {
	_, err := s.Objects.Write(ctx, object.Spec{
		Bucket: s.Config.DataBucket, Name: name, ContentType: "application/jsonl",
		Metadata: map[string]string{tuning.LabelKey: job.ID, attemptKey: strconv.FormatInt(job.Attempts, 10)},
	}, fill)
	return err
}

// adopt takes a dataset that is there already, whole and with what goes with it, in the place of one that could not be
// written, or returns the cause. If it is not what was to be written, its examples are counted anew.
func (s *Starter) adopt(ctx context.Context, job tuning.Job, m made, cause error) (made, error) {
	if job.Attempts == 0 || fault.Passes(cause) {
		return m, cause
	}
	there, attempt, err := s.count(ctx, filesOf(job.ID, 0).dataset)
	switch {
	case err != nil && fault.Passes(err):
		return m, err
	case err != nil:
		return m, cause
	}
	validation, _, err := s.count(ctx, filesOf(job.ID, attempt).validation)
	switch {
	case err == nil:
		there.validation = split.Side{Examples: validation.report.Examples, Bytes: validation.report.OutputBytes}
	case !errors.Is(err, object.ErrNotFound):
		return m, err
	}
	if there.sum == m.sum && there.validation == m.validation {
		m.attempt = attempt
		return m, nil
	}
	there.attempt, there.Pairs = attempt, there.report.Examples
	there.Warnings = []string{"The data were changed while the start was made up for after a crash; the dataset is of the data as they were first."}
	return there, nil
}

// count reads one of the job's objects and says what is in it, and of which attempt it is.
func (s *Starter) count(ctx context.Context, name string) (m made, attempt int64, err error) {
	attrs, err := s.Objects.Attrs(ctx, s.Config.DataBucket, name)
	if err != nil {
		return m, 0, err
	}
	in, err := s.Objects.Read(ctx, s.Config.DataBucket, name, attrs.Generation)
	if err != nil {
		return m, 0, err
	}
	defer func() { _ = in.Close() }() // nothing is lost by a failing close after reading
	sum := sha256.New()
	if m.report, err = dataset.Check(ctx, io.TeeReader(in, sum), dataset.Options{MaxFaults: 1}); err != nil {
		return m, 0, fmt.Errorf("count the examples of %s: %w", name, err)
	}
	m.sum = hex.EncodeToString(sum.Sum(nil))
	attempt, err = strconv.ParseInt(attrs.Metadata[attemptKey], 10, 64)
	if err != nil {
		return m, 0, fmt.Errorf("read of which attempt %s is: %w", name, err)
	}
	return m, attempt, nil
}
