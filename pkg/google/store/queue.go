// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// admission is the document that every admission of a job to Vertex AI writes if the number of jobs
// is limited. If two admissions happen at the same time, the write of one fails, and it counts
// again.
const admission = control + "/admission"

// CountAtStep returns how many jobs are at one of the steps. A record that cannot be decoded
// counts, because Vertex AI may have its job.
func (s *Store) CountAtStep(ctx context.Context, steps ...tuning.Step) (int64, error) {
	return count(ctx, s.client.Collection(jobs).Where("step", "in", steps))
}

// MaxNames is how many values one query can look for
// (https://firebase.google.com/docs/firestore/query-data/queries#limits_on_or_queries).
const MaxNames = 30

// CountSucceeded returns how many jobs on base models with one of these names have succeeded.
// There may be MaxNames of them.
func (s *Store) CountSucceeded(ctx context.Context, names []string) (int64, error) {
	return count(ctx, s.client.Collection(jobs).Where("base_model", "in", names).Where("state", "==", tuning.Succeeded))
}

func count(ctx context.Context, query firestore.Query) (int64, error) {
	const name = "n"
	result, err := query.NewAggregationQuery().WithCount(name).Get(ctx)
	if err != nil {
		return 0, wrap(err, "count jobs")
	}
	n, ok := result[name].(*firestorepb.Value)
	if !ok {
		return 0, fmt.Errorf("count jobs: Firestore answered %T", result[name])
	}
	return n.GetIntegerValue(), nil
}

// Queue returns up to limit jobs from the front of the queue. It decodes them: a record that cannot
// be decoded is submitted by no process, and has no place in the queue.
func (s *Store) Queue(ctx context.Context, limit int) ([]Record, error) {
	line, err := s.firstDecodable(ctx, s.line(), limit)
	return line, wrap(err, "list the queued jobs")
}

// line is the query of the queued jobs, in the order of tuning.CompareQueue.
func (s *Store) line() firestore.Query {
	return s.client.Collection(jobs).Where("step", "==", tuning.Waiting).
		OrderBy("priority", firestore.Desc).OrderBy("created_at", firestore.Asc).OrderBy(firestore.DocumentID, firestore.Asc)
}

// CountAhead returns how many queued jobs are ahead of this one. It decodes none of them, so a
// record that cannot be decoded counts.
func (s *Store) CountAhead(ctx context.Context, job tuning.Job) (int64, error) {
	return count(ctx, s.line().EndBefore(job.Priority, job.CreatedAt, job.ID))
}

// Admission holds the limits for admitting a job to Vertex AI; 0 means no limit.
type Admission struct {
	MaxConcurrent int64 // jobs that Vertex AI has, or is being called for
	MonthlyBudget int64 // the sum of a month's reservations, in millionths of a US dollar
}

// BudgetError is returned for a job that exceeds what is left of a month's budget. Amounts are in
// millionths of a US dollar.
type BudgetError struct {
	Month            string
	Reserved, Wanted int64
}

// Error returns a message with the month and the amounts.
func (e *BudgetError) Error() string {
	return fmt.Sprintf("the budget of %s has no room for %d in addition to %d", e.Month, e.Wanted, e.Reserved)
}

// Admit replaces r by next, which is r before its submission, if the limits allow it. It returns
// ErrChanged as UpdateJob does, a BudgetError, or false if the number of concurrent jobs is
// reached. A reservation of r in an earlier month is returned to that month.
func (s *Store) Admit(ctx context.Context, r Record, next tuning.Job, a Admission) (Record, bool, error) {
	limit, wanted := a.MaxConcurrent, reservedBy(r.Job, next)
	if limit <= 0 && wanted == 0 {
		written, err := s.UpdateJob(ctx, r, next)
		return written, err == nil, err
	}
	refs := []*firestore.DocumentRef{s.client.Doc(admission), s.client.Collection(jobs).Doc(r.ID)}
	if wanted != 0 {
		refs = append(refs, s.month(next.Month))
	}
	for {
		docs, err := s.client.GetAll(ctx, refs)
		if err != nil {
			return Record{}, false, wrap(err, "admit job "+r.ID)
		}
		if !docs[1].UpdateTime.Equal(r.version) {
			return Record{}, false, ErrChanged
		}
		// The count comes after the read of the admission document: another admission after that
		// read changes the document, and makes this one count again.
		if limit > 0 {
			active, err := s.CountAtStep(ctx, tuning.Submitting, tuning.Accepted)
			if err != nil || active >= limit {
				return r, false, err
			}
		}
		if wanted != 0 {
			if err := checkBudget(docs[2], next.Month, wanted, a.MonthlyBudget); err != nil {
				return r, false, err
			}
		}
		answer, err := s.commitAdmission(ctx, docs, r.Job, next)
		switch status.Code(err) {
		case codes.OK:
			admitted, err := recordFromCommit(next, answer, 1)
			return admitted, err == nil, err
		case codes.FailedPrecondition, codes.AlreadyExists, codes.NotFound, codes.Aborted:
			// Another job was admitted, or this one has changed.
		default:
			return Record{}, false, s.resolveLostCommit(ctx, r, err, "admit job "+r.ID)
		}
	}
}

// commitAdmission commits the admission, the job and the budget atomically, conditioned on the
// versions that were read. It reads nothing inside the transaction, because the read locks of many
// admissions would make them wait for each other, and most of them would wait in vain.
func (s *Store) commitAdmission(ctx context.Context, docs []*firestore.DocumentSnapshot, before, next tuning.Job) (*firestore.CommitResponse, error) {
	gate, job := docs[0], docs[1]
	answer := &firestore.CommitResponse{}
	return answer, s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) (err error) {
		if gate.Exists() {
			// The number makes each write a change: Firestore does not count an unchanged document as
			// written, and a timestamp is the same for all writes of a millisecond.
			err = tx.Update(gate.Ref, []firestore.Update{
				{Path: "job_id", Value: job.Ref.ID}, {Path: "at", Value: firestore.ServerTimestamp}, {Path: "number", Value: firestore.Increment(1)},
			}, firestore.LastUpdateTime(gate.UpdateTime))
		} else {
			err = tx.Create(gate.Ref, map[string]any{"job_id": job.Ref.ID, "at": firestore.ServerTimestamp, "number": 1})
		}
		err = errors.Join(err, tx.Update(job.Ref, mutableFields(next), firestore.LastUpdateTime(job.UpdateTime)))
		if wanted := reservedBy(before, next); wanted != 0 {
			err = errors.Join(err, reserve(tx, docs[2], wanted), s.returnReserved(tx, before, next))
		}
		return err
	}, firestore.WithCommitResponseTo(answer))
}

// resolveLostCommit returns ErrChanged if the transaction failed, but the record was written
// nevertheless, by an earlier attempt of the transaction whose answer was lost or by another
// process. The caller then reads the record again.
func (s *Store) resolveLostCommit(ctx context.Context, r Record, err error, doing string) error {
	if now, readErr := s.Job(ctx, r.ID); readErr == nil && !now.version.Equal(r.version) {
		return ErrChanged
	}
	return wrap(err, doing)
}
