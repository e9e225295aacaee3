// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluations

import (
	"context"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
)

// judgeSide is the name of the judge.
const judgeSide = "judge"

// judgeModel returns the judge of the catalogue, at the location of the sides, so that their data
// do not leave that location.
func (s *Service) judgeModel(known *catalogue.Catalogue, location string) (*evalrun.Side, error) {
	if known.Judge == nil {
		return nil, fault.Refuse(fault.FailedPrecondition, "judge", "NO_JUDGE", "The catalogue of base models names no judge.")
	}
	model := known.Lookup(known.Judge.Value)
	if served := model.ServingLocations; served == nil || !slices.Contains(served.Value, location) {
		return nil, fault.Refuse(fault.FailedPrecondition, "judge", "NO_JUDGE",
			"The judge %s is not served at %s, which is the location of the models to compare.", model.ID, location)
	}
	side := withFacts(model, evalrun.Side{Name: judgeSide, Model: s.Vertex.BaseModelName(location, model.ID), Location: location})
	return &side, nil
}

// judge asks the judge to compare, in each row, the answer of the first side with the answer of
// each other side, in both orders. Two equal answers are a tie, and the judge is not asked.
func (s *Service) judge(ctx context.Context, run evalrun.Run, rows []evaluation.Row) piece {
	base, others := run.Sides[0].Name, run.Sides[1:]
	questions := make([][]question, len(rows))
	for i, row := range rows {
		for _, side := range others {
			if a, b, differ := answers(row, base, side.Name); differ {
				questions[i] = append(questions[i],
					question{evaluation.JudgeQuestion(row.Example, a, b), *run.Judge, evalrun.JudgeTokens},
					question{evaluation.JudgeQuestion(row.Example, b, a), *run.Judge, evalrun.JudgeTokens})
			}
		}
	}
	outcomes, ended := s.askAll(ctx, questions)
	p := collect(run, outcomes, questions, ended)
	for i := range p.examples {
		rows[i].Judgements = judgements(rows[i], base, others, outcomes[i])
	}
	p.rows = rows[:p.examples]
	return p
}

// answers returns the answers of two sides, and whether both have answered and their answers
// differ.
func answers(row evaluation.Row, base, tuned string) (a, b evaluation.Answer, differ bool) {
	a, b = row.Answers[base], row.Answers[tuned]
	return a, b, row.HasAnswers(base, tuned) && !a.IsSame(b)
}

// judgements returns the judgements of a row. outcomes has two outcomes for each pair of answers
// that differ.
func judgements(row evaluation.Row, base string, others []evalrun.Side, outcomes []outcome) map[string]evaluation.Judgement {
	all := map[string]evaluation.Judgement{}
	for _, side := range others {
		_, _, differ := answers(row, base, side.Name)
		switch {
		case differ:
			j := evaluation.Judge(preference(outcomes[0]), preference(outcomes[1]))
			for _, o := range outcomes[:2] {
				j.PromptTokens += o.answer.PromptTokens
				j.OutputTokens += o.answer.OutputTokens
			}
			all[side.Name], outcomes = j, outcomes[2:]
		case row.HasAnswers(base, side.Name):
			all[side.Name] = evaluation.Judge(evaluation.PreferTie, evaluation.PreferTie)
		}
	}
	return all
}

// preference returns the preference of the judge, or "" if it gave none.
func preference(o outcome) evaluation.Preference {
	p, ok := evaluation.ParsePreference(o.answer.Text)
	if !o.answered || !ok {
		return ""
	}
	return p
}
