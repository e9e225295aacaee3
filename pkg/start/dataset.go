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

	"github.com/vertextune/vertextune/pkg/dataset"
	"github.com/vertextune/vertextune/pkg/object"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// files are the objects that are made for a job. The dataset is written last of them: if it is there, all are.
type files struct{ dataset, validation, index string }

func filesOf(job tuning.Job) files {
	name := "datasets/" + job.ID
	return files{dataset: name + ".jsonl", validation: name + ".validation.jsonl", index: name + ".sources.jsonl"}
}

// facts puts what is known of a job's dataset into its record.
type facts func(tuning.Job) tuning.Job

// dataset writes the training data as the job's own objects.
func (s *Starter) dataset(ctx context.Context, job tuning.Job, r tuning.Request, from source) (facts, error) {
	m, err := s.writeFiles(ctx, job, r, from)
	if err != nil {
		// A start that died here may have written its files before, from messages that have changed since.
		if m, err = s.adopt(ctx, job, err); err != nil {
			return nil, err
		}
	}
	done, err := s.priced(ctx, described(s.Config.DataBucket, job, r, m), r, m)
	if err != nil {
		return nil, err
	}
	return func(j tuning.Job) tuning.Job {
		j.TrainingData = object.URI(s.Config.DataBucket, filesOf(j).dataset)
		j.Pairs, j.Merged, j.LeftOut, j.Warnings = done.Pairs, done.Merged, done.LeftOut, done.Warnings
		j.Lineage, j.Spec, j.Estimate, j.Cost = done.Lineage, done.Spec, done.Estimate, done.Cost
		return j
	}, nil
}

// described returns the job with what its record says of its files.
func described(bucket string, job tuning.Job, r tuning.Request, m made) tuning.Job {
	names := filesOf(job)
	job.Pairs, job.Merged, job.LeftOut = m.Pairs, m.Merged, m.LeftOut
	job.Warnings = append(slices.Clip(job.Warnings), m.Warnings...)
	job.Lineage = tuning.Lineage{
		Sources: m.sources, Index: object.URI(bucket, names.index), DatasetSHA256: m.sum, Converter: converter(),
		Request: r.Hash(), Validation: m.validation,
	}
	if m.validation > 0 {
		job.Spec.ValidationData = object.URI(bucket, names.validation)
	}
	return job
}

// writeFiles writes the dataset, and while it is open the index beside it and the validation file.
func (s *Starter) writeFiles(ctx context.Context, job tuning.Job, r tuning.Request, from source) (m made, err error) {
	names := filesOf(job)
	err = s.write(ctx, job, names.dataset, func(lines io.Writer) error {
		sum := sha256.New()
		err := s.write(ctx, job, names.index, func(index io.Writer) error {
			m = made{}
			out := &examples{
				lines: io.MultiWriter(lines, sum), index: index,
				validation: func(fill func(io.Writer) error) error { return s.write(ctx, job, names.validation, fill) },
			}
			return s.make(ctx, job.BaseModel, r, from, &m, out)
		})
		m.sum = hex.EncodeToString(sum.Sum(nil))
		return err
	})
	return m, err
}

// write writes one of the job's objects. One that was left by a start that died before its dataset was written may
// be of messages that have changed since: it is replaced.
func (s *Starter) write(ctx context.Context, job tuning.Job, name string, fill func(io.Writer) error) error {
	spec := object.Spec{
		Bucket: s.Config.DataBucket, Name: name, ContentType: "application/jsonl", Metadata: map[string]string{tuning.LabelKey: job.ID},
	}
	if name != filesOf(job).dataset && job.Attempts > 0 {
		attrs, err := s.Objects.Attrs(ctx, spec.Bucket, spec.Name)
		if err != nil && !errors.Is(err, object.ErrNotFound) {
			return err
		}
		spec.Replaces = attrs.Generation
	}
	_, err := s.Objects.Write(ctx, spec, fill)
	return err
}

// adopt takes a dataset that is there already, whole, in the place of one that could not be written, or returns
// the cause. Its examples are counted anew.
func (s *Starter) adopt(ctx context.Context, job tuning.Job, cause error) (m made, err error) {
	if job.Attempts == 0 || passing(cause) {
		return m, cause
	}
	names := filesOf(job)
	if m.report, m.sum, err = s.count(ctx, names.dataset); err != nil {
		if passing(err) {
			return m, err
		}
		return m, cause
	}
	m.Pairs = m.report.Examples
	validation, _, err := s.count(ctx, names.validation)
	switch {
	case err == nil:
		m.validation = validation.Examples
	case !errors.Is(err, object.ErrNotFound):
		return m, err
	}
	m.Warnings = []string{"The data were changed while the start was made up for after a crash; the dataset is of the data as they were first."}
	return m, nil
}

// count reads one of the job's objects and says what is in it.
func (s *Starter) count(ctx context.Context, name string) (*dataset.Report, string, error) {
	attrs, err := s.Objects.Attrs(ctx, s.Config.DataBucket, name)
	if err != nil {
		return nil, "", err
	}
	in, err := s.Objects.Read(ctx, s.Config.DataBucket, name, attrs.Generation)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = in.Close() }() // nothing is lost by a failing close after reading
	sum := sha256.New()
	report, err := dataset.Check(ctx, io.TeeReader(in, sum), dataset.Options{MaxFaults: 1})
	if err != nil {
		return nil, "", fmt.Errorf("count the examples of %s: %w", name, err)
	}
	return report, hex.EncodeToString(sum.Sum(nil)), nil
}
