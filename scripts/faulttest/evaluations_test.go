// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/evaluation"
)

// notStarted begins the warning of a job whose evaluation could not be started.
const notStarted = "The evaluation was not started."

// outcomeOfGate is what a job's record says about its promotion.
type outcomeOfGate struct {
	State   string `firestore:"state"`
	Version int64  `firestore:"version"`
	Detail  string `firestore:"detail"`
	Gain    *struct {
		Evaluation string  `firestore:"evaluation"`
		Points     float64 `firestore:"gain_points"`
		MinGain    float64 `firestore:"min_gain"`
	} `firestore:"gain"`
}

// evaluations returns all evaluations.
func (w *world) evaluations(ctx context.Context) (all []evalrun.Run, err error) {
	docs, err := w.docs.Collection("evaluations").Documents(ctx).GetAll()
	if err != nil {
		return nil, fmt.Errorf("read the evaluations: %w", err)
	}
	for _, doc := range docs {
		run := evalrun.Run{}
		if err := doc.DataTo(&run); err != nil {
			return nil, fmt.Errorf("decode %s: %w", doc.Ref.Path, err)
		}
		run.ID = doc.Ref.ID
		all = append(all, run)
	}
	return all, nil
}

// rows reads an object with the rows of an evaluation.
func (w *world) rows(ctx context.Context, uri string) ([]evaluation.Row, error) {
	in, err := w.objects.Bucket(data).Object(strings.TrimPrefix(uri, "gs://"+data+"/")).NewReader(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", uri, err)
	}
	defer in.Close()
	rows, err := evaluation.ReadRows(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", uri, err)
	}
	return rows, nil
}

func pieceURI(run evalrun.Run, cursor int64) string {
	return fmt.Sprintf("gs://%s/evaluations/%s/rows-%04d.jsonl", data, run.ID, cursor)
}

func (r *run) allEvaluations() []evalrun.Run {
	runs, err := r.evaluations(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return runs
}

// checkEvaluations checks that each job that has succeeded has one evaluation, which has succeeded,
// or a warning that says why it has none. No other evaluations exist.
func (r *run) checkEvaluations(records map[string]record) {
	r.asking.check(r)
	byJob := map[string]evalrun.Run{}
	for _, run := range r.allEvaluations() {
		if known, ok := byJob[run.JobID]; ok || records[run.JobID].State != succeeded || !r.scenario.evaluates {
			r.t.Errorf("the job %+v has the evaluations %+v and %+v", records[run.JobID], known, run)
		}
		byJob[run.JobID] = run
		r.checkEvaluation(run)
	}
	if !r.scenario.evaluates {
		return
	}
	for _, rec := range records {
		run, ok := byJob[rec.ID]
		isWarned := slices.ContainsFunc(rec.Warnings, func(w string) bool { return strings.HasPrefix(w, notStarted) })
		if isWarned == ok && rec.State == succeeded {
			r.t.Errorf("a warning says that there is no evaluation: %t; there is one: %t: %+v", isWarned, ok, rec)
		}
		r.checkGate(rec, run)
	}
}

// checkEvaluation checks the result of an evaluation against its objects: the pieces have the
// answers to all questions in order, and the bill has all of these answers.
func (r *run) checkEvaluation(run evalrun.Run) {
	if run.State != evalrun.Succeeded || run.Cursor != run.Examples || run.Examples <= pieceExamples {
		r.t.Errorf("the evaluation did not succeed with more than one piece: %+v", run)
		return
	}
	var keys, want []string
	var onRecord int64
	for i, cursor := range run.Pieces {
		end := append(slices.Clone(run.Pieces), run.Cursor)[i+1]
		rows := r.rowsOf(pieceURI(run, cursor))
		if int64(len(rows)) != end-cursor {
			r.t.Errorf("the piece at %d has %d answers: %+v", cursor, len(rows), run)
		}
		for _, row := range rows {
			keys = append(keys, row.Key)
			for _, a := range row.Answers {
				onRecord += a.PromptTokens + a.OutputTokens
			}
		}
	}
	for _, row := range r.rowsOf(run.Questions) {
		want = append(want, row.Key)
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		r.t.Errorf("the answers of the pieces (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(r.piecesOf(run), r.rowsOf(run.Result.Answers)); diff != "" {
		r.t.Errorf("the file with all answers (-pieces +file):\n%s", diff)
	}
	if onRecord == 0 || run.PromptTokens+run.OutputTokens < onRecord {
		r.t.Errorf("%d tokens of answers are recorded, and %d are billed", onRecord, run.PromptTokens+run.OutputTokens)
	}
	prefix := fmt.Sprintf("%s/evaluations/%s/rows-", data, run.ID)
	if n := len(slices.DeleteFunc(r.names(r.t, data), func(name string) bool { return !strings.HasPrefix(name, prefix) })); n != len(run.Pieces) {
		r.t.Errorf("%d pieces exist, and the record has %v", n, run.Pieces)
	}
}

func (r *run) piecesOf(run evalrun.Run) (all []evaluation.Row) {
	for _, cursor := range run.Pieces {
		all = append(all, r.rowsOf(pieceURI(run, cursor))...)
	}
	return all
}

func (r *run) rowsOf(uri string) []evaluation.Row {
	rows, err := r.world.rows(r.t.Context(), uri)
	if err != nil {
		r.t.Error(err)
	}
	return rows
}

// checkGate checks what came of the promotion that the start of a job asked for: the job was
// promoted once, by the gain of its evaluation, or its record says why it was not.
func (r *run) checkGate(rec record, run evalrun.Run) {
	p, err := r.pointer(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	var moves []int64
	for _, m := range p.History {
		if m.Version.JobID == rec.ID {
			moves = append(moves, m.Number)
		}
	}
	got, isMet := rec.Promotion, run.Result != nil && run.Result.Gain >= minGain
	switch {
	case rec.State != succeeded:
		if got != nil || len(moves) > 0 {
			r.t.Errorf("a job that has not succeeded was promoted as %v: %+v", moves, rec)
		}
	case got == nil:
		r.t.Errorf("it is not decided whether the job is promoted: %+v", rec)
	case got.State == "PROMOTED":
		if !isMet || !slices.Equal(moves, []int64{got.Version}) || got.Gain == nil || got.Gain.Evaluation != run.ID || got.Gain.Points < minGain {
			r.t.Errorf("the promotion is %+v, the moves of the model are %v, and the evaluation is %+v", got, moves, run)
		}
	case len(moves) > 0 || got.Detail == "" || isMet && !strings.Contains(got.Detail, "of the newer job"):
		r.t.Errorf("the job was not promoted: %+v; the moves of the model are %v, and the evaluation is %+v", got, moves, run)
	}
	r.checkActive(p)
}
