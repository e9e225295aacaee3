// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/gcs"
)

// source returns the gs:// URI of the dataset with the examples, and the field of the request that
// errors are about.
func (s *Service) source(r evalrun.Request, job tuning.Job) (uri, field string, err error) {
	if r.Data == "" {
		if job.Spec.ValidationData == "" {
			return "", "", fault.Refuse(fault.FailedPrecondition, "evaluation_data", "NO_EVALUATION_DATA",
				"The job has no validation data to evaluate it with. Give evaluation_data, a JSONL file of examples that the job was not trained on.")
		}
		return job.Spec.ValidationData, "job_name", nil
	}
	bucket, _, _ := tuning.ParseURI(r.Data)
	if allowed := s.Config.Buckets; len(allowed) > 0 && bucket != s.Config.DataBucket && !slices.Contains(allowed, bucket) {
		return "", "", fault.Refuse(fault.InvalidArgument, "evaluation_data", "NOT_ALLOWED",
			"must be in a bucket that this service allows (START_BUCKETS): %s.", strings.Join(allowed, ", "))
	}
	return r.Data, "evaluation_data", nil
}

// selection reads a dataset and selects examples from it. It returns the generation that was read.
func (s *Service) selection(ctx context.Context, uri, field string, n int64) (found evaluation.Selection, generation int64, err error) {
	bucket, name, _ := tuning.ParseURI(uri)
	attrs, err := s.Objects.Attrs(ctx, bucket, name)
	if err == nil {
		var object io.ReadCloser
		if object, err = s.Objects.Read(ctx, bucket, name, attrs.Generation); err == nil {
			defer func() { _ = object.Close() }() // nothing is lost by a failing close after reading
			found, err = evaluation.Select(object, int(n))
		}
	}
	switch {
	case errors.Is(err, gcs.ErrNotFound):
		err = fault.Refuse(fault.NotFound, field, "UNKNOWN_OBJECT", "There is no object %s.", uri)
	case err == nil && len(found.Examples) == 0:
		err = fault.Refuse(fault.FailedPrecondition, field, "NO_EVALUATION_EXAMPLES",
			"None of the %d lines of the evaluation data can be asked.", found.Lines)
	}
	return found, attrs.Generation, err
}

// checkMetric refuses a metric that applies to no example.
func checkMetric(metric string, examples []evaluation.Example) error {
	if metric == "" {
		return nil
	}
	for _, e := range examples {
		if _, applies := evaluation.Score(e.Right, evaluation.Answer{})[evaluation.Metric(metric)]; applies {
			return nil
		}
	}
	return fault.Refuse(fault.FailedPrecondition, "metric", "METRIC_DOES_NOT_APPLY",
		"The metric %s applies to no right answer of the evaluation data. Leave metric out, and the service chooses one that does.", metric)
}

// texts returns the lengths of the examples as requests have them.
func texts(examples []evaluation.Example) ([]evalrun.Text, error) {
	all := make([]evalrun.Text, len(examples))
	for i, e := range examples {
		request, err := e.Question.Request(evaluation.RequestOptions{})
		if err != nil {
			return nil, err
		}
		all[i] = evalrun.Text{Question: len(request), Answer: len(e.Right.String())}
	}
	return all, nil
}

// writeQuestions writes the selected examples as rows without answers.
func (s *Service) writeQuestions(ctx context.Context, id, name string, examples []evaluation.Example) (string, error) {
	rows := make([]evaluation.Row, len(examples))
	for i, e := range examples {
		rows[i] = evaluation.NewRow(e)
	}
	return s.write(ctx, id, name, "application/jsonl", func(w io.Writer) error { return evaluation.WriteRows(w, rows) })
}
