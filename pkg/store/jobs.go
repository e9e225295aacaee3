// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// Record is a job as it was read: a write through it succeeds only while nobody else has written.
type Record struct {
	tuning.Job
	version time.Time
}

// Age returns how long ago the record was last written.
func (r Record) Age(now time.Time) time.Duration { return now.Sub(r.version) }

// CreateJob writes a new job. A job of this ID must not exist.
func (s *Store) CreateJob(ctx context.Context, job tuning.Job) (Record, error) {
	res, err := s.client.Collection(jobs).Doc(job.ID).Create(ctx, job)
	if status.Code(err) == codes.AlreadyExists {
		// The client repeats a Commit whose answer was lost, and IDs are random: what is there is ours.
		return s.Job(ctx, job.ID)
	}
	if err != nil {
		return Record{}, wrap(err, "create the record of job "+job.ID)
	}
	return Record{Job: job, version: res.UpdateTime}, nil
}

// Job returns the job of this ID, or a NotFound error.
func (s *Store) Job(ctx context.Context, id string) (Record, error) {
	doc, err := s.client.Collection(jobs).Doc(id).Get(ctx)
	if status.Code(err) == codes.NotFound {
		return Record{}, unknown(id)
	}
	if err != nil {
		return Record{}, wrap(err, "read the record of job "+id)
	}
	return record(doc)
}

// FindJob returns the job that a caller names: by Vertex AI's full resource name, by its last segment
// alone, or by our own ID. NotFound if there is none. The project in a name is not compared: Vertex AI writes
// the same one as an ID or as a number.
func (s *Store) FindJob(ctx context.Context, name string) (Record, error) {
	number := tuning.LastSegment(name)
	if tuning.IsID(number) {
		return s.Job(ctx, number)
	}
	if number == "" {
		return Record{}, unknown(name) // not a job that Vertex AI has not named yet
	}
	docs, err := s.client.Collection(jobs).Where("number", "==", number).Documents(ctx).GetAll()
	if err != nil {
		return Record{}, wrap(err, "find job "+name)
	}
	found, err := records(docs)
	if err != nil {
		return Record{}, err
	}
	location, full := tuning.Location(name)
	for _, r := range found {
		if !full || r.Location == location {
			return r, nil
		}
	}
	return Record{}, unknown(name)
}

// Apply writes what Vertex AI said of a job, if that is news, and returns the job as it is then. Where
// somebody else has written meanwhile, theirs stays: it is from an answer as good as this one.
func (s *Store) Apply(ctx context.Context, r Record, o tuning.Observation) (Record, error) {
	next, changed := r.Observe(o)
	if !changed {
		return r, nil
	}
	written, err := s.UpdateJob(ctx, r, next)
	if errors.Is(err, ErrChanged) {
		return s.Job(ctx, r.ID)
	}
	return written, err
}

// UpdateJob writes next in the place of r and returns the new record, or ErrChanged. Where the job was
// started from a model's document, the job is written back to that in the same transaction.
func (s *Store) UpdateJob(ctx context.Context, r Record, next tuning.Job) (Record, error) {
	ref := s.client.Collection(jobs).Doc(r.ID)
	if next.ModelID == "" {
		res, err := ref.Update(ctx, moving(next), firestore.LastUpdateTime(r.version))
		if status.Code(err) == codes.FailedPrecondition {
			return Record{}, ErrChanged
		}
		if err != nil {
			return Record{}, wrap(err, "write the record of job "+r.ID)
		}
		return Record{Job: next, version: res.UpdateTime}, nil
	}
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		docs, err := tx.GetAll([]*firestore.DocumentRef{ref, s.client.Collection(models).Doc(next.ModelID)})
		if err != nil {
			return err
		}
		if !docs[0].UpdateTime.Equal(r.version) {
			return ErrChanged
		}
		if err := tx.Update(ref, moving(next)); err != nil {
			return err
		}
		return writeBack(tx, docs[1], next)
	})
	if errors.Is(err, ErrChanged) {
		return Record{}, ErrChanged
	}
	now, readErr := s.Job(ctx, r.ID)
	if err == nil {
		return now, readErr
	}
	// The client repeats a Commit whose answer was lost, and a transaction that has ended is refused as invalid.
	if readErr == nil && !now.version.Equal(r.version) {
		return Record{}, ErrChanged
	}
	return Record{}, wrap(err, "write the record of job "+r.ID)
}

// Unfinished returns up to limit jobs that have not finished, those after the ID given, in order of ID.
func (s *Store) Unfinished(ctx context.Context, after string, limit int) ([]Record, error) {
	query := s.client.Collection(jobs).Where("finished", "==", false).
		OrderBy(firestore.DocumentID, firestore.Asc).Limit(limit)
	if after != "" {
		query = query.StartAfter(after)
	}
	docs, err := query.Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list unfinished jobs")
	}
	return records(docs)
}

// Page says which jobs to list: those of a state (or all), after a job that was listed before.
type Page struct {
	State     tuning.State
	Size      int
	CreatedAt time.Time // of the last job of the page before; zero for the first page
	ID        string
}

// ListJobs returns a page of jobs, newest first.
func (s *Store) ListJobs(ctx context.Context, p Page) ([]Record, error) {
	query := s.client.Collection(jobs).Query
	if p.State != "" {
		query = query.Where("state", "==", p.State)
	}
	query = query.OrderBy("created_at", firestore.Desc).OrderBy(firestore.DocumentID, firestore.Desc).Limit(p.Size)
	if p.ID != "" {
		query = query.StartAfter(p.CreatedAt, p.ID)
	}
	docs, err := query.Documents(ctx).GetAll()
	if err != nil {
		return nil, wrap(err, "list jobs")
	}
	return records(docs)
}

// moving lists the fields of a job that change after it was recorded.
func moving(j tuning.Job) []firestore.Update {
	return []firestore.Update{
		{Path: "name", Value: j.Name},
		{Path: "number", Value: j.Number},
		{Path: "state", Value: j.State},
		{Path: "vertex_state", Value: j.VertexState},
		{Path: "finished", Value: j.Finished},
		{Path: "failure", Value: j.Failure},
		{Path: "tuned_model", Value: j.TunedModel},
		{Path: "tuned_endpoint", Value: j.TunedEndpoint},
		{Path: "checkpoints", Value: j.Checkpoints},
		{Path: "stats", Value: j.Stats},
		{Path: "updated_at", Value: j.UpdatedAt},
		{Path: "started_at", Value: j.StartedAt},
		{Path: "ended_at", Value: j.EndedAt},
	}
}

func records(docs []*firestore.DocumentSnapshot) ([]Record, error) {
	out := make([]Record, len(docs))
	for i, doc := range docs {
		r, err := record(doc)
		if err != nil {
			return nil, err
		}
		out[i] = r
	}
	return out, nil
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
