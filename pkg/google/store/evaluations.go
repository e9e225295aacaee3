// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
)

// Evaluation is a version of an evaluation that was read: a write through it succeeds only if the
// document has not changed since.
type Evaluation struct {
	evalrun.Run
	version time.Time
}

// Evaluation returns the evaluation of this ID, or a NotFound error.
func (s *Store) Evaluation(ctx context.Context, id string) (Evaluation, error) {
	if !evalrun.IsID(id) {
		return Evaluation{}, unknownEvaluation(id)
	}
	doc, err := s.client.Collection(evaluations).Doc(id).Get(ctx)
	if doc != nil && !doc.Exists() { // without a document, NotFound is about the database
		return Evaluation{}, unknownEvaluation(id)
	}
	if err != nil {
		return Evaluation{}, wrap(err, "read the record of evaluation", id)
	}
	return evaluation(doc)
}

func unknownEvaluation(id string) error {
	return fault.New(fault.NotFound, "There is no evaluation %q.", id)
}

func evaluation(doc *firestore.DocumentSnapshot) (Evaluation, error) {
	e := Evaluation{version: doc.UpdateTime}
	if err := doc.DataTo(&e.Run); err != nil {
		return Evaluation{}, fmt.Errorf("decode the record of evaluation %s: %w", doc.Ref.ID, err)
	}
	e.ID = doc.Ref.ID
	return e, nil
}

// CreateEvaluation writes a new evaluation, and reserves its run.Reserved in the budget of
// run.Month in the same transaction. budget is the limit of the month in millionths of a US dollar,
// and 0 is no limit. If the ID exists, the result is the existing record, and isNew is false. The
// error is a BudgetError if the month does not have the amount.
func (s *Store) CreateEvaluation(ctx context.Context, run evalrun.Run, budget int64) (e Evaluation, isNew bool, err error) {
	doing := "create the record of evaluation " + run.ID
	for {
		var month *firestore.DocumentSnapshot
		if run.Reserved > 0 {
			docs, err := s.client.GetAll(ctx, []*firestore.DocumentRef{s.month(run.Month)})
			if err != nil {
				return Evaluation{}, false, wrap(err, "read the budget of "+run.Month)
			}
			month = docs[0]
			if err := checkBudget(month, run.Month, run.Reserved, budget); err != nil {
				// Another process may have created this evaluation: then the budget has its amount.
				known, readErr := s.Evaluation(ctx, run.ID)
				if fault.KindOf(readErr) == fault.NotFound {
					return Evaluation{}, false, err
				}
				return known, false, readErr
			}
		}
		created, err := s.commitEvaluation(ctx, month, run)
		if err == nil {
			return created, true, nil
		}
		// The client retries a Commit whose answer was lost, so the record may exist nevertheless.
		known, readErr := s.Evaluation(ctx, run.ID)
		if readErr == nil {
			return known, false, nil
		}
		switch status.Code(err) {
		case codes.FailedPrecondition, codes.AlreadyExists, codes.NotFound, codes.Aborted:
			if month != nil && fault.KindOf(readErr) == fault.NotFound && ctx.Err() == nil {
				continue // the budget has changed
			}
		}
		return Evaluation{}, false, wrap(err, doing)
	}
}

// commitEvaluation writes the record and its reservation. Like commitAdmission, it reads nothing
// inside the transaction.
func (s *Store) commitEvaluation(ctx context.Context, month *firestore.DocumentSnapshot, run evalrun.Run) (Evaluation, error) {
	var answer firestore.CommitResponse
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		err := tx.Create(s.client.Collection(evaluations).Doc(run.ID), run)
		if month != nil {
			err = errors.Join(err, reserve(tx, month, run.Reserved))
		}
		return err
	}, firestore.WithCommitResponseTo(&answer))
	if err != nil {
		return Evaluation{}, err
	}
	return evaluationFromCommit(run, &answer)
}

func evaluationFromCommit(run evalrun.Run, answer *firestore.CommitResponse) (Evaluation, error) {
	results, err := answer.WriteResults()
	if err != nil {
		return Evaluation{}, fmt.Errorf("write the record of evaluation %s: %w", run.ID, err)
	}
	return Evaluation{Run: run, version: results[0].UpdateTime}, nil
}

// UpdateEvaluation replaces e by next and returns the new record, or ErrChanged. What next reserves
// less than e is returned to its month in the same transaction.
func (s *Store) UpdateEvaluation(ctx context.Context, e Evaluation, next evalrun.Run) (Evaluation, error) {
	ref := s.client.Collection(evaluations).Doc(e.ID)
	var answer firestore.CommitResponse
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		docs, err := tx.GetAll([]*firestore.DocumentRef{ref})
		if err != nil {
			return err
		}
		if !docs[0].UpdateTime.Equal(e.version) {
			return ErrChanged
		}
		if err := tx.Set(ref, next); err != nil {
			return err
		}
		if freed := e.Reserved - next.Reserved; freed > 0 {
			return tx.Set(s.month(e.Month), map[string]any{"reserved_micro_usd": firestore.Increment(-freed)}, firestore.MergeAll)
		}
		return nil
	}, firestore.WithCommitResponseTo(&answer))
	if errors.Is(err, ErrChanged) {
		return Evaluation{}, ErrChanged
	}
	if err != nil {
		// An earlier attempt whose answer was lost may have succeeded.
		if now, readErr := s.Evaluation(ctx, e.ID); readErr == nil && !now.version.Equal(e.version) {
			return Evaluation{}, ErrChanged
		}
		return Evaluation{}, wrap(err, "write the record of evaluation "+e.ID)
	}
	return evaluationFromCommit(next, &answer)
}

// UnfinishedEvaluations returns up to limit evaluations for which the poller has work to do. Those
// that changed least recently come first, so that each gets its turn. A record that cannot be
// decoded is skipped and logged.
func (s *Store) UnfinishedEvaluations(ctx context.Context, limit int) ([]Evaluation, error) {
	docs, err := s.client.Collection(evaluations).Where("finished", "==", false).OrderBy("updated_at", firestore.Asc).Limit(limit).Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the unfinished evaluations")
	}
	return s.evaluations(ctx, docs), nil
}

// EvaluationsBetween returns up to limit evaluations that were created at or after from, and before
// to, oldest first.
func (s *Store) EvaluationsBetween(ctx context.Context, from, to time.Time, limit int) ([]Evaluation, error) {
	docs, err := s.client.Collection(evaluations).Where("created_at", ">=", from).Where("created_at", "<", to).
		OrderBy("created_at", firestore.Asc).Limit(limit).Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the evaluations of a month")
	}
	return s.evaluations(ctx, docs), nil
}

// maxPerJob limits the evaluations of a job that are read.
const maxPerJob = 100

// EvaluationsOf returns the evaluations of a job, the newest one first.
func (s *Store) EvaluationsOf(ctx context.Context, jobID string) ([]Evaluation, error) {
	docs, err := s.client.Collection(evaluations).Where("job_id", "==", jobID).Limit(maxPerJob).Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list the evaluations of job "+jobID)
	}
	all := s.evaluations(ctx, docs)
	slices.SortStableFunc(all, func(a, b Evaluation) int { return b.CreatedAt.Compare(a.CreatedAt) })
	return all, nil
}

// NewestEvaluation returns the evaluation of the job that was created last, and whether there is
// one.
func (s *Store) NewestEvaluation(ctx context.Context, jobID string) (newest Evaluation, ok bool, err error) {
	all, err := s.EvaluationsOf(ctx, jobID)
	if err != nil || len(all) == 0 {
		return Evaluation{}, false, err
	}
	return all[0], true, nil
}

func (s *Store) evaluations(ctx context.Context, docs []*firestore.DocumentSnapshot) (all []Evaluation) {
	for _, doc := range docs {
		e, err := evaluation(doc)
		if err != nil {
			s.Log.ErrorContext(ctx, "the evaluation's record was skipped because it cannot be decoded", "evaluation", doc.Ref.ID, "error", err)
			continue
		}
		all = append(all, e)
	}
	return all
}
