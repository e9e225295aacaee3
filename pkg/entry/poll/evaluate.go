// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll

import (
	"context"
	"time"
)

const (
	// evaluateWindow is how long a tick begins new pieces of evaluations, and evaluateLimit is when
	// they are cut. Both are less than the minute between two ticks, so that evaluations do not delay
	// jobs. A question that fails by its own deadline needs less than evaluateLimit.
	evaluateWindow = 30 * time.Second
	evaluateLimit  = 50 * time.Second
	// maxEvaluations is how many evaluations a tick works on.
	maxEvaluations = 20
)

// evaluate does pieces of the unfinished evaluations, one of each in turn. It returns no error,
// because a delivery that is repeated for it would repeat the work on jobs too. What fails is
// logged, and retried by later ticks.
func (p *Poller) evaluate(ctx context.Context) {
	ctx, cancel := within(ctx, 3./4)
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
