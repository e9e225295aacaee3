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

// question is one question to one model.
type question struct {
	evaluation.Question
	model  evalrun.Side
	tokens int64 // the limit of the answer
}

// outcome is the outcome of one question.
type outcome struct {
	answer   evaluation.Answer
	answered bool
	usage    evalrun.Usage
	err      error // nil for a question that was not asked
}

// ask asks all sides the questions of some rows.
func (s *Service) ask(ctx context.Context, run evalrun.Run, rows []evaluation.Row) piece {
	questions := make([][]question, len(rows))
	for i, row := range rows {
		for _, side := range run.Sides {
			questions[i] = append(questions[i], question{row.Question, side, run.MaxOutputTokens})
		}
	}
	outcomes, ended := s.askAll(ctx, questions)
	p := collect(run, outcomes, questions, ended)
	for i := range p.examples {
		for k, side := range run.Sides {
			if o := outcomes[i][k]; o.answered {
				rows[i].Answered(side.Name, o.answer)
			}
		}
	}
	p.rows = rows[:p.examples]
	return p
}

// askAll asks the questions about several examples, a few at a time. After the first error that a
// later call may not have, it asks no more. ended is not nil if there was no time for the rest.
func (s *Service) askAll(ctx context.Context, questions [][]question) (outcomes [][]outcome, ended error) {
	outcomes = make([][]outcome, len(questions))
	var mu sync.Mutex
	var stopped bool
	var group sync.WaitGroup
	slots := make(chan struct{}, parallel)
	for i, all := range questions {
		outcomes[i] = make([]outcome, len(all))
		for k, q := range all {
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
				o := s.askOne(ctx, q)
				mu.Lock()
				defer mu.Unlock()
				outcomes[i][k] = o
				stopped = stopped || o.err != nil && !isRefusal(o.err)
			})
		}
	}
	group.Wait()
	return outcomes, ctx.Err()
}

// askOne asks one question.
func (s *Service) askOne(ctx context.Context, q question) (o outcome) {
	request, err := q.Request(evaluation.RequestOptions{
		ThinkingLevel: q.model.ThinkingLevel, ThinkingBudget: q.model.ThinkingBudget, MaxOutputTokens: q.tokens,
	})
	if err != nil {
		return outcome{err: err}
	}
	response, err := s.Vertex.Generate(ctx, q.model.Model, request)
	if err != nil {
		return outcome{err: err}
	}
	if o.answer, o.err = evaluation.ReadAnswer(response); o.err == nil {
		o.answered, o.usage = true, usage(q.model, o.answer.PromptTokens, o.answer.OutputTokens)
	}
	return o
}

// isRefusal reports whether the error is about the question alone.
func isRefusal(err error) bool { return fault.KindOf(err) == fault.InvalidArgument }

// collect counts the examples, from the first one on, whose questions were all asked. A question
// that a model refuses has no answer, and counts as asked. If the first example could not be asked
// in several attempts, it is given up.
func collect(run evalrun.Run, outcomes [][]outcome, questions [][]question, ended error) (p piece) {
	isPrefix := true
	for i, all := range outcomes {
		isAsked, failed := true, error(nil)
		for _, o := range all {
			p.usage = add(p.usage, o.usage)
			switch {
			case o.answered:
			case o.err == nil:
				isAsked = false
			case !isRefusal(o.err):
				isAsked, failed = false, o.err
			}
		}
		if i == 0 && failed != nil && run.Tries >= maxTries && mayGiveUp(failed) {
			isAsked, failed = true, nil
		}
		if isPrefix = isPrefix && isAsked; isPrefix {
			p.examples++
		}
		if p.err == nil {
			p.err = failed
		}
	}
	if p.err == nil && p.examples < len(questions) && ended != nil {
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
