// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// asking observes the evaluations and the questions that they ask.
type asking struct {
	mu     sync.Mutex
	runs   map[string]*observed
	calls  map[string]int64 // questions, by model
	tokens int64            // of all answers that models gave
	broken []string         // violations that were seen
}

// observed is an evaluation as an observer saw it last.
type observed struct {
	evalrun.Run
	numbers map[string]int64 // of the examples, by their text
	// finalExamples is how many examples must not be asked any more: the record counts them, or an
	// object had their answers when the present lease began.
	finalExamples int64
	leases        int64
	// whole is how many leases have ended with all answers recorded.
	whole          int64
	askedQuestions map[string]bool // by model and question, in the present lease
}

// note reads all evaluations after a write, before the writer knows of its success.
func (a *asking) note(ctx context.Context, w *world) error {
	runs, err := w.evaluations(ctx)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, now := range runs {
		o := a.runs[now.ID]
		if o == nil {
			rows, err := w.rows(ctx, now.Questions)
			if err != nil {
				return err
			}
			if a.runs == nil {
				a.runs = map[string]*observed{}
			}
			o = &observed{Run: now, numbers: map[string]int64{}}
			o.LeaseUntil = o.EndedAt // no lease
			for i, row := range rows {
				o.numbers[questionOf(row)] = int64(i)
			}
			a.runs[now.ID] = o
		}
		if fault := evaluationStep(o.Run, now); fault != "" {
			a.broken = append(a.broken, fmt.Sprintf("%s: %+v, and then %+v", fault, o.Run, now))
		}
		if err := o.see(ctx, w, now); err != nil {
			return err
		}
	}
	return nil
}

// see takes note of a change of the record.
func (o *observed) see(ctx context.Context, w *world, now evalrun.Run) error {
	if now.Cursor > o.Cursor && now.Detail == "" {
		o.whole++
	}
	isLeased := !now.LeaseUntil.IsZero() && !now.LeaseUntil.Equal(o.LeaseUntil)
	o.Run, o.finalExamples = now, max(o.finalExamples, now.Cursor)
	if !isLeased {
		return nil
	}
	o.leases++
	o.askedQuestions = map[string]bool{}
	rows, err := w.rows(ctx, pieceURI(now, now.Cursor))
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil
	}
	o.finalExamples = now.Cursor + int64(len(rows))
	return err
}

// evaluationStep describes what is wrong with an evaluation's change from was to now, or returns
// "".
func evaluationStep(was, now evalrun.Run) string {
	high := int64(0)
	if now.Estimate.Cost != nil {
		high = int64(now.Estimate.Cost.High)
	}
	switch {
	case was.Finished && (!now.Finished || now.State != was.State || !now.UpdatedAt.Equal(was.UpdatedAt)):
		return "an evaluation that had ended has changed"
	case now.Cursor < was.Cursor || now.Billed < was.Billed || len(now.Pieces) < len(was.Pieces):
		return "the progress of an evaluation is lost"
	case !now.Finished && (high == 0 || now.Reserved != high):
		return fmt.Sprintf("an evaluation that may cost %d does not reserve that", high)
	case now.Finished && now.Reserved != min(high, now.Billed):
		return "an evaluation that has ended does not reserve its bill"
	default:
		return ""
	}
}

// watched takes note of a question before anything happens to it, and of the answer of the model.
func (a *asking) watched(c faults.Call, do effect) effect {
	request, ok := c.Request.(*aiplatformpb.GenerateContentRequest)
	if !ok {
		return do
	}
	a.question(request)
	return func(ctx context.Context) error {
		err := do(ctx)
		if reply, ok := (*c.Reply).(*aiplatformpb.GenerateContentResponse); err == nil && ok {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.tokens += int64(reply.GetUsageMetadata().GetTotalTokenCount())
		}
		return err
	}
}

// question checks that an evaluation may ask a question: the answer is not recorded, and it was
// not asked under the same lease.
func (a *asking) question(request *aiplatformpb.GenerateContentRequest) {
	a.mu.Lock()
	defer a.mu.Unlock()
	model, text := request.GetModel(), request.GetContents()[0].GetParts()[0].GetText()
	if a.calls == nil {
		a.calls = map[string]int64{}
	}
	a.calls[model]++
	var why []string
	for id, o := range a.runs {
		n, ok := o.numbers[text]
		switch {
		case !ok || o.LeaseUntil.IsZero() || !o.asksModel(model):
		case n < o.finalExamples:
			why = append(why, fmt.Sprintf("%s has the answers to %d examples", id, o.finalExamples))
		case o.askedQuestions[model+text]:
			why = append(why, id+" has asked it under this lease")
		default:
			o.askedQuestions[model+text] = true
			return
		}
	}
	a.broken = append(a.broken, fmt.Sprintf("%s was asked %q: %s", model, text, strings.Join(why, ", ")))
}

func (o *observed) asksModel(model string) bool {
	return slices.ContainsFunc(o.Sides, func(s evalrun.Side) bool { return s.Model == model })
}

// pieceExamples is how many examples a piece has.
const pieceExamples = 10

// check checks how often each model was asked: once for each example, and again for at most one
// piece after each lease that did not end with all of its answers recorded.
func (a *asking) check(r *run) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, fault := range a.broken {
		r.t.Error(fault)
	}
	for model, n := range a.calls {
		limit := int64(0)
		for _, o := range a.runs {
			if o.asksModel(model) {
				limit += o.Examples + pieceExamples*(o.leases-o.whole-1) // the last lease was for the report
			}
		}
		if n > limit {
			r.t.Errorf("%s was asked %d questions, want at most %d", model, n, limit)
		}
	}
	billed := int64(0)
	for _, o := range a.runs {
		billed += o.PromptTokens + o.OutputTokens
	}
	if billed > a.tokens {
		r.t.Errorf("%d tokens are billed, and the models have used %d", billed, a.tokens)
	}
}

func questionOf(row evaluation.Row) string {
	if found := exampleText.FindStringSubmatch(string(row.Question.Contents[0])); found != nil {
		return found[0]
	}
	return ""
}
