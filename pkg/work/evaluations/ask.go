// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations

import (
	"context"
	"sync"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

// parallel is how many questions are asked at the same time. Tuned models share the quota of their
// base, which other applications need too. Source: the documentation of supervised tuning.
const parallel = 4

// outcome is the outcome of one question to one side.
type outcome struct {
	answer   evaluation.Answer
	answered bool
	err      error // nil for a question that was not asked
}

// ask asks all sides some questions, a few at a time. After the first error that a later call may
// not have, it asks no more. A question that a model refuses has no answer, and does not count.
func (s *Service) ask(ctx context.Context, run evalrun.Run, rows []evaluation.Row) piece {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	outcomes := make([][]outcome, len(rows))
	var mu sync.Mutex
	var stopped bool
	var group sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for i, row := range rows {
		outcomes[i] = make([]outcome, len(run.Sides))
		for k, side := range run.Sides {
			slots <- struct{}{}
			mu.Lock()
			done := stopped || ctx.Err() != nil
			mu.Unlock()
			if done {
				<-slots
				continue
			}
			group.Go(func() {
				defer func() { <-slots }()
				o := s.one(ctx, run, side, row.Question)
				mu.Lock()
				defer mu.Unlock()
				outcomes[i][k] = o
				stopped = stopped || o.err != nil && !isRefusal(o.err)
			})
		}
	}
	group.Wait()
	return collect(run, rows, outcomes, ctx.Err())
}

// one asks one side one question.
func (s *Service) one(ctx context.Context, run evalrun.Run, side evalrun.Side, q evaluation.Question) (o outcome) {
	request, err := q.Request(evaluation.RequestOptions{ThinkingLevel: run.ThinkingLevel, MaxOutputTokens: run.MaxOutputTokens})
	if err != nil {
		return outcome{err: err}
	}
	response, err := s.Vertex.Generate(ctx, side.Model, request)
	if err != nil {
		return outcome{err: err}
	}
	o.answer, o.err = evaluation.ReadAnswer(response)
	o.answered = o.err == nil
	return o
}

// isRefusal reports whether the error is about the question alone.
func isRefusal(err error) bool { return fault.KindOf(err) == fault.InvalidArgument }

// collect returns the rows of the examples, from the first one on, that all sides were asked. If
// the first one could not be asked for several attempts, it is given up.
func collect(run evalrun.Run, rows []evaluation.Row, outcomes [][]outcome, ended error) (p piece) {
	isPrefix := true
	for i, row := range rows {
		isAsked, failed := true, error(nil)
		for k, side := range run.Sides {
			o := outcomes[i][k]
			switch {
			case o.answered:
				row.Answered(side.Name, o.answer)
				p.usage = add(p.usage, usage(side, o.answer))
			case o.err == nil:
				isAsked = false
			case !isRefusal(o.err):
				isAsked, failed = false, o.err
			}
		}
		if i == 0 && failed != nil && run.Tries >= maxTries && mayGiveUp(failed) {
			isAsked, failed = true, nil
		}
		isPrefix = isPrefix && isAsked
		if isPrefix {
			p.rows = append(p.rows, row)
		}
		if p.err == nil {
			p.err = failed
		}
	}
	if p.err == nil && len(p.rows) < len(rows) && ended != nil {
		p.err = notAsked(ended)
	}
	return p
}

// mayGiveUp reports whether the error may be about this question alone: a model that takes too long
// for it, or breaks.
func mayGiveUp(err error) bool {
	switch gcperr.Code(err) {
	case codes.PermissionDenied, codes.Unauthenticated, codes.NotFound, codes.ResourceExhausted:
		return false
	default:
		return true
	}
}

// notAsked is the error of questions for which there was no time.
func notAsked(ended error) error {
	return fault.Wrap(fault.DeadlineExceeded, ended, "There was no time to ask more questions.")
}
