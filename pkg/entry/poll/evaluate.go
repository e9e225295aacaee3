// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

const (
	// A tick begins new pieces of evaluations for evaluateWindow, and cuts off the last pieces
	// after evaluateLimit. Both are less than the minute between two ticks, so that evaluations do
	// not delay jobs. The deadline of a single question is shorter than evaluateLimit.
	evaluateWindow = 30 * time.Second
	evaluateLimit  = 50 * time.Second
	// maxEvaluations is how many evaluations a tick works on.
	maxEvaluations = 20
)

// notStarted begins the warning of a job whose evaluation could not be started.
const notStarted = "The evaluation was not started. "

// startEvaluation starts the evaluation of a job that has succeeded, if its start asked for one,
// and returns the job's record. If the evaluation cannot be started, the job has a warning, until a
// repeated tick starts the evaluation. If startEvaluation returns an error, a later tick must
// retry.
func (p *Poller) startEvaluation(ctx context.Context, t *tick, r store.Record) (store.Record, error) {
	if !r.Evaluate || r.State != tuning.Succeeded {
		return r, nil
	}
	startErr := p.Evaluations.StartOf(ctx, r.Job)
	if fault.IsTransient(startErr) && p.Now().Sub(r.UpdatedAt) < metricsRetryWindow {
		return r, startErr
	}
	if startErr != nil {
		p.Log.WarnContext(ctx, "the evaluation of a job was not started", "job_id", r.ID, "error", startErr)
	}
	written, err := p.Records.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		j.Warnings = slices.DeleteFunc(slices.Clone(j.Warnings), func(w string) bool { return strings.HasPrefix(w, notStarted) })
		if startErr != nil {
			j.Warnings = append(j.Warnings, notStarted+fault.From(startErr).Message)
		}
		return j, nil
	})
	if err != nil {
		return r, err
	}
	t.put(written)
	return written, nil
}

// evaluate does pieces of the unfinished evaluations, one piece of each in turn. It returns no
// error, because with an error the tick would be delivered again and repeat the work on jobs too. A
// failure is logged, and a later tick retries.
func (p *Poller) evaluate(ctx context.Context) {
	ctx, cancel := withTimeShare(ctx, 3./4)
	defer cancel()
	ctx, cancelAll := context.WithTimeout(ctx, evaluateLimit)
	defer cancelAll()
	unfinished, err := p.Records.UnfinishedEvaluations(ctx, maxEvaluations)
	if err != nil {
		p.Log.ErrorContext(ctx, "the unfinished evaluations were not read", "error", err)
		return
	}
	for began := time.Now(); len(unfinished) > 0; {
		rest := unfinished[:0]
		for _, e := range unfinished {
			if time.Since(began) > evaluateWindow || ctx.Err() != nil {
				return
			}
			next, more, err := p.Evaluations.Step(ctx, e)
			if err != nil {
				p.Log.WarnContext(ctx, "the evaluation was delayed", "evaluation", e.ID, "job_id", e.JobID, "error", err)
			}
			if more {
				rest = append(rest, next)
			}
		}
		unfinished = rest
	}
}
