// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Record is a version of a job that was read: a write through it succeeds only if the document has
// not changed since.
type Record struct {
	tuning.Job
	version time.Time
}

// Age returns how long ago the record was last written.
func (r Record) Age(now time.Time) time.Duration { return now.Sub(r.version) }

// Job returns the job of this ID, or a NotFound error.
func (s *Store) Job(ctx context.Context, id string) (Record, error) {
	doc, err := s.client.Collection(jobs).Doc(id).Get(ctx)
	if doc != nil && !doc.Exists() { // without a document, NotFound is about the database
		return Record{}, unknown(id)
	}
	if err != nil {
		return Record{}, wrap(err, "read the record of job", id)
	}
	return record(doc)
}

// FindJob returns the job that a caller names: by Vertex AI's full resource name, by the last
// segment of that name, or by our own ID. The error is a NotFound if there is none. The project in
// a name is not compared, because Vertex AI writes the same project either as an ID or as a number.
func (s *Store) FindJob(ctx context.Context, name string) (Record, error) {
	number := tuning.LastSegment(name)
	if tuning.IsID(number) {
		r, err := s.Job(ctx, number)
		if err == nil && r.Tentative {
			return Record{}, unknown(name)
		}
		return r, err
	}
	if number == "" {
		// An empty number would match the jobs that Vertex AI has not named yet.
		return Record{}, unknown(name)
	}
	docs, err := s.client.Collection(jobs).Where("number", "==", number).Documents(ctx).GetAll()
	if err != nil {
		return Record{}, wrap(err, "find job", name)
	}
	location, full := tuning.Location(name)
	for _, r := range s.records(ctx, docs) {
		if !full || r.Location == location {
			return r, nil
		}
	}
	// A record that cannot be decoded may be the one that the caller means, so the answer is not
	// NotFound.
	for _, doc := range docs {
		if _, err := record(doc); err != nil {
			return Record{}, err
		}
	}
	return Record{}, unknown(name)
}

// Apply writes Vertex AI's description of a job if it changes the record, and returns the new
// record.
func (s *Store) Apply(ctx context.Context, r Record, o tuning.Observation) (Record, error) {
	return s.Change(ctx, r, func(j tuning.Job) (tuning.Job, error) {
		next, _ := j.Observe(o)
		return next, nil
	})
}

// Change writes the job that step returns, and returns the new record. If another process has
// written the record meanwhile, step is called again with the new version. step may refuse with an
// error; if it returns the job unchanged, nothing is written. With an error, Change returns the
// version that was read last.
func (s *Store) Change(ctx context.Context, r Record, step func(tuning.Job) (tuning.Job, error)) (Record, error) {
	for {
		next, err := step(r.Job)
		if err != nil || reflect.DeepEqual(next, r.Job) {
			return r, err
		}
		written, err := s.UpdateJob(ctx, r, next)
		if err == nil {
			return written, nil
		}
		if !errors.Is(err, ErrChanged) {
			return r, err
		}
		fresh, err := s.Job(ctx, r.ID)
		if err != nil {
			return r, err
		}
		r = fresh
	}
}

// UpdateJob replaces r by next and returns the new record, or ErrChanged. If the job was started
// from a model's document, that document is updated in the same transaction.
func (s *Store) UpdateJob(ctx context.Context, r Record, next tuning.Job) (Record, error) {
	written, err := s.update(ctx, r, next)
	if err == nil && next.State != r.State {
		// The metric that counts jobs by their final state reads this line.
		s.Log.InfoContext(ctx, "the job changed", "job_id", r.ID, "job_name", next.Name, "from", r.State, "to", next.State)
	}
	return written, err
}

func (s *Store) update(ctx context.Context, r Record, next tuning.Job) (Record, error) {
	ref := s.client.Collection(jobs).Doc(r.ID)
	// A job that may still be refused is not written to its model's document.
	hasModel := next.ModelID != "" && !next.Tentative
	refused := next.Key != "" && next.Step == tuning.Refused
	if !hasModel && !refused && next.Reserved == r.Reserved {
		res, err := ref.Update(ctx, mutableFields(next), firestore.LastUpdateTime(r.version))
		switch status.Code(err) {
		case codes.OK:
		case codes.FailedPrecondition, codes.NotFound: // a new read shows if it was deleted
			return Record{}, ErrChanged
		default:
			return Record{}, wrap(err, "write the record of job "+r.ID)
		}
		return Record{Job: next, version: res.UpdateTime}, nil
	}
	var answer firestore.CommitResponse
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		refs := []*firestore.DocumentRef{ref}
		if hasModel {
			refs = append(refs, s.client.Collection(models).Doc(next.ModelID))
		}
		if refused {
			refs = append(refs, s.client.Collection(keys).Doc(next.Key))
		}
		docs, err := tx.GetAll(refs)
		if err != nil {
			return err
		}
		if !docs[0].UpdateTime.Equal(r.version) {
			return ErrChanged
		}
		if err := tx.Update(ref, mutableFields(next)); err != nil {
			return err
		}
		if err := s.returnReserved(tx, r.Job, next); err != nil {
			return err
		}
		if refused {
			return keepRefusal(tx, docs[len(docs)-1], next)
		}
		if !hasModel {
			return nil
		}
		return writeBack(tx, docs[1], next)
	}, firestore.WithCommitResponseTo(&answer))
	if errors.Is(err, ErrChanged) {
		return Record{}, ErrChanged
	}
	if err != nil {
		// The client retries a Commit whose answer was lost, and Firestore rejects the second
		// Commit of a transaction as invalid.
		return Record{}, s.resolveLostCommit(ctx, r, err, "write the record of job "+r.ID)
	}
	return recordFromCommit(next, &answer, 0)
}

// recordFromCommit returns the record of a job after the i-th write of a transaction. Reading the
// document instead could return a later write of another process.
func recordFromCommit(job tuning.Job, answer *firestore.CommitResponse, i int) (Record, error) {
	results, err := answer.WriteResults()
	if err != nil {
		return Record{}, fmt.Errorf("write the record of job %s: %w", job.ID, err)
	}
	return Record{Job: job, version: results[i].UpdateTime}, nil
}

// Watched returns up to limit jobs for which the poller has work to do: those that have not
// finished, and those with events that are not published. They are ordered by ID and begin after
// the given ID.
func (s *Store) Watched(ctx context.Context, after string, limit int) ([]Record, error) {
	query := s.client.Collection(jobs).Where("watched", "==", true).OrderBy(firestore.DocumentID, firestore.Asc)
	if after != "" {
		query = query.StartAfter(after)
	}
	found, err := s.firstDecodable(ctx, query, limit)
	return found, wrap(err, "list the jobs to watch")
}

// mutableFields lists the fields of a job that change after its creation, except the number of its
// published events, which only MarkPublished writes.
func mutableFields(j tuning.Job) []firestore.Update {
	return []firestore.Update{
		{Path: "name", Value: j.Name},
		{Path: "number", Value: j.Number},
		{Path: "request", Value: j.Request},
		{Path: "request_data", Value: j.RequestData},
		{Path: "training_data", Value: j.TrainingData},
		{Path: "pairs", Value: j.Pairs},
		{Path: "merged", Value: j.Merged},
		{Path: "left_out", Value: j.LeftOut},
		{Path: "warnings", Value: j.Warnings},
		{Path: "tentative", Value: j.Tentative},
		{Path: "step", Value: j.Step},
		{Path: "lease_until", Value: j.LeaseUntil},
		{Path: "attempts", Value: j.Attempts},
		{Path: "crashes", Value: j.Crashes},
		{Path: "submissions", Value: j.Submissions},
		{Path: "refusals", Value: j.Refusals},
		{Path: "detail", Value: j.Detail},
		{Path: "cancel_requested", Value: j.CancelRequested},
		{Path: "stalled_at", Value: j.StalledAt},
		{Path: "first_answer", Value: j.FirstAnswer},
		{Path: "state", Value: j.State},
		{Path: "vertex_state", Value: j.VertexState},
		{Path: "finished", Value: j.Finished},
		{Path: "failure", Value: j.Failure},
		{Path: "tuned_model", Value: j.TunedModel},
		{Path: "tuned_endpoint", Value: j.TunedEndpoint},
		{Path: "checkpoints", Value: j.Checkpoints},
		{Path: "stats", Value: j.Stats},
		{Path: "dropped", Value: j.Dropped},
		{Path: "experiment", Value: j.Experiment},
		{Path: "metrics", Value: j.Metrics},
		{Path: "promotion", Value: j.Promotion},
		{Path: "spec", Value: j.Spec},
		{Path: "lineage", Value: j.Lineage},
		{Path: "estimate", Value: j.Estimate},
		{Path: "cost_micro_usd", Value: j.Cost},
		{Path: "reserved_micro_usd", Value: j.Reserved},
		{Path: "budget_month", Value: j.Month},
		{Path: "events", Value: j.Events},
		{Path: "watched", Value: j.Watched},
		{Path: "updated_at", Value: j.UpdatedAt},
		{Path: "started_at", Value: j.StartedAt},
		{Path: "ended_at", Value: j.EndedAt},
	}
}

// firstDecodable returns the first jobs of a query that can be decoded. It continues until it has
// limit of them or the query ends. A short page would look like the end of the list.
func (s *Store) firstDecodable(ctx context.Context, query firestore.Query, limit int) ([]Record, error) {
	var found []Record
	for {
		missing := limit - len(found)
		docs, err := query.Limit(missing).Documents(ctx).GetAll()
		if err != nil {
			return nil, err
		}
		found = append(found, s.records(ctx, docs)...)
		if len(found) == limit || len(docs) < missing {
			return found, nil
		}
		query = query.StartAfter(docs[len(docs)-1])
	}
}

// records decodes jobs. It skips a record that cannot be decoded, so that the record does not block
// the others, and logs it each time until an operator repairs or deletes it.
func (s *Store) records(ctx context.Context, docs []*firestore.DocumentSnapshot) []Record {
	out := make([]Record, 0, len(docs))
	for _, doc := range docs {
		r, err := record(doc)
		if err != nil {
			s.Log.ErrorContext(ctx, "the job's record was skipped because it cannot be decoded", "job_id", doc.Ref.ID, "error", err)
			continue
		}
		out = append(out, r)
	}
	return out
}

func record(doc *firestore.DocumentSnapshot) (Record, error) {
	r := Record{version: doc.UpdateTime}
	if err := doc.DataTo(&r.Job); err != nil {
		return Record{}, fmt.Errorf("decode the record of job %s: %w", doc.Ref.ID, err)
	}
	r.ID = doc.Ref.ID
	return r, nil
}

func unknown(name string) error {
	return fault.New(fault.NotFound, "There is no job %q. GET /api/v1/fine-tuning/jobs lists the jobs.", name)
}
