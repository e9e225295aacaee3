// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// finish compares all answers, writes the report, and returns the evaluation with its result. It is
// idempotent: the same answers give the same report, and the first objects are never replaced.
func (s *Service) finish(ctx context.Context, run evalrun.Run) (evalrun.Run, bool, error) {
	// The rows of the judge have the answers too.
	rows, err := s.pieces(ctx, run, func(cursor int64) bool { return run.Judge == nil || cursor >= run.Examples })
	if err != nil {
		return s.delayed(ctx, run, err)
	}
	report, err := evaluation.Compare(rows, run.Names(), evaluation.Options{
		Primary: evaluation.Metric(run.Metric), Costs: s.costs(ctx, run),
	})
	if err != nil {
		return s.fail(run, fault.Wrap(fault.Internal, err, "The answers could not be compared.")), false, nil
	}
	result := best(report)
	if result.Examples == 0 {
		return s.fail(run, fault.New(fault.FailedPrecondition, "No question was answered by both models, so there is nothing to compare.")), false, nil
	}
	for _, object := range []struct {
		uri               *string
		name, contentType string
		fill              func(io.Writer) error
	}{
		{&result.Answers, "answers.jsonl", "application/jsonl", func(w io.Writer) error { return evaluation.WriteRows(w, rows) }},
		{&result.Markdown, "report.md", "text/markdown; charset=utf-8", func(w io.Writer) error {
			_, err := w.Write(report.Markdown())
			return err //nolint:wrapcheck // Write wraps it
		}},
		{&result.Report, "report.json", "application/json", func(w io.Writer) error { return encode(w, report) }},
	} {
		*object.uri, err = s.write(ctx, run.ID, object.name, object.contentType, object.fill)
		if err != nil && !errors.Is(err, gcs.ErrConflict) {
			return s.delayed(ctx, run, err)
		}
	}
	return run.Succeed(result, s.now()), false, nil
}

func encode(w io.Writer, report *evaluation.Report) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	return nil
}

// best returns the result of the side that gains most by the primary metric.
func best(report *evaluation.Report) (result evalrun.Result) {
	for i, c := range report.Comparisons {
		var m evaluation.Measured
		for _, measured := range c.Metrics {
			if measured.Metric == report.Primary {
				m = measured
			}
		}
		if gain := 100 * m.Difference; i == 0 || gain > result.Gain {
			result = evalrun.Result{
				Side: c.Tuned, Verdict: string(c.Verdict), Sentence: c.Sentence, Metric: string(report.Primary),
				Gain: gain, Low: 100 * m.Low, High: 100 * m.High, Examples: int64(c.Examples), Judge: c.Judge,
				TuningEstimate: report.Sides[i+1].Estimate, TuningBill: report.Sides[i+1].Bill, CostPerPoint: c.CostPerPoint,
			}
		}
	}
	return result
}

// costs returns what tuning has cost, by the names of the sides.
func (s *Service) costs(ctx context.Context, run evalrun.Run) map[string]evaluation.TuningCost {
	all := map[string]evaluation.TuningCost{}
	for _, side := range run.Sides {
		if side.JobID == "" {
			continue
		}
		record, err := s.Records.Job(ctx, side.JobID)
		if err != nil {
			s.Log.WarnContext(ctx, "the cost of a job was not read", "evaluation", run.ID, "job_id", side.JobID, "error", err)
			continue
		}
		all[side.Name] = jobview.TuningCost(record.Job)
	}
	return all
}
