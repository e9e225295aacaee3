// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package console

import (
	"net/http"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// answersSize is how many examples of an evaluation a page shows.
const answersSize = 10

// answersPage shows the answers of an evaluation side by side.
type answersPage struct {
	Job          tuning.Job
	Run          evalrun.Run
	Rows         []answerRow
	First, Total int // the number of the first row, from 1, and of all rows
	Last         int
	Newer, Older string
}

// answerRow is a question with the answers to it.
type answerRow struct {
	Number   int
	Line     int64
	Question []said
	Right    string
	Sides    []answerSide
}

// answerSide is the answer of one model.
type answerSide struct {
	Name, Text, Problem string
	Score               string // by the metric of the verdict
	Judged              string // what the judge says of it, if there is one
}

func (c *call) answers() error {
	record, err := c.find()
	if err != nil {
		return err
	}
	newest, ok, err := c.Access.Records.NewestEvaluation(c.ctx(), record.ID)
	if err != nil {
		return err
	}
	if !ok || newest.Result == nil {
		return fault.New(fault.NotFound, "There are no answers: no evaluation of this job has ended well.")
	}
	number, err := strconv.Atoi(c.r.URL.Query().Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	rows, err := c.Evaluations.Answers(c.ctx(), newest.Run)
	if err != nil {
		return err
	}
	first := min((number-1)*answersSize, len(rows))
	last := min(first+answersSize, len(rows))
	body := answersPage{Job: record.Job, Run: newest.Run, First: first + 1, Last: last, Total: len(rows)}
	for i, row := range rows[first:last] {
		body.Rows = append(body.Rows, rowOf(newest.Run, row, first+i+1))
	}
	here := Root + "/jobs/" + record.ID + "/evaluation?page="
	if number > 1 {
		body.Newer = here + strconv.Itoa(number-1)
	}
	if last < len(rows) {
		body.Older = here + strconv.Itoa(number+1)
	}
	return c.show(http.StatusOK, "answers", view{Title: "Answers, side by side", Active: Root, Body: body})
}

func rowOf(run evalrun.Run, row evaluation.Row, number int) answerRow {
	out := answerRow{Number: number, Line: row.Line, Question: questionOf(row.Question), Right: readable(row.Right.String())}
	for _, side := range run.Sides {
		s := answerSide{Name: side.Name}
		if a, answered := row.Answers[side.Name]; answered {
			s.Text, s.Problem = readable(a.String()), a.WrongReason()
			if score, scored := a.Scores[evaluation.Metric(run.Result.Metric)]; scored {
				s.Score = strconv.FormatFloat(score, 'f', 2, 64)
			}
		} else {
			s.Problem = "not answered"
		}
		if j, judged := row.Judgements[side.Name]; judged {
			s.Judged = judgements[j.Winner]
		}
		out.Sides = append(out.Sides, s)
	}
	return out
}

// judgements say what the judge prefers, of the answer of a tuned model.
var judgements = map[string]string{
	evaluation.WinnerTuned: "The judge prefers this answer.", evaluation.WinnerBase: "The judge prefers the other answer.",
	evaluation.WinnerTie: "The judge sees a tie.", evaluation.WinnerContradiction: "The judge contradicts itself in the other order.",
	evaluation.WinnerUnreadable: "What the judge said could not be read.",
}
