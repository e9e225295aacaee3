// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"
	rpc "google.golang.org/genproto/googleapis/rpc/code"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/endpoint"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tokensample"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

const (
	// countTimeout limits how long counting may delay a start. Within a call that must end soon, it
	// may take a part of the time that is left.
	countTimeout = 5 * time.Second
	countPart    = 4
	// countParallel is how many examples are counted at a time.
	countParallel = 25
	// countRetry is the pause before the only retry of an example.
	countRetry = 200 * time.Millisecond
)

// countTokens has Vertex AI count the tokens of a sample. If the count fails, the job continues
// with the estimate, and failed is the status code. Without a model that can count, both results
// are empty.
func (s *Service) countTokens(ctx context.Context, job tuning.Job, base *catalogue.Model, sample tokensample.Sample) (counted *tokensample.Result, failed string) {
	location := endpoint.BaseLocation(base, job.Location)
	if location == "" || len(sample.Examples) == 0 {
		return nil, ""
	}
	ctx, cancel := context.WithTimeout(ctx, countLimit(ctx))
	defer cancel()
	model := s.Vertex.BaseModelName(location, base.ID)
	counts := make([]int64, len(sample.Examples))
	group, work := errgroup.WithContext(ctx)
	group.SetLimit(countParallel)
	for i, e := range sample.Examples {
		group.Go(func() (err error) {
			counts[i], err = s.countExample(work, model, e.Text)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		// The log and the answer have no more of the error, because the service may quote the
		// example.
		code := rpc.Code(FailureOf(err).Code).String()
		s.Log.WarnContext(ctx, "the tokens were not counted, and their estimate is less exact", "job_id", job.ID, "model", model, "code", code)
		return nil, code
	}
	result := sample.Scale(counts)
	return &result, ""
}

// countLimit returns how long counting may take.
func countLimit(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return min(countTimeout, time.Until(end)/countPart)
	}
	return countTimeout
}

// errNoTokens is a count that cannot be right.
var errNoTokens = errors.New("the example has no tokens")

// countExample counts the tokens of one example. A failure that may pass is retried once.
func (s *Service) countExample(ctx context.Context, model string, example []byte) (int64, error) {
	n, err := s.Vertex.CountTokens(ctx, model, example)
	if err != nil && fault.IsTransient(err) {
		select {
		case <-ctx.Done():
			return 0, err
		case <-time.After(countRetry):
		}
		n, err = s.Vertex.CountTokens(ctx, model, example)
	}
	if err == nil && n <= 0 {
		err = errNoTokens
	}
	return n, err //nolint:wrapcheck // the error says what was counted
}
