// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/tuning"
)

// Key is the idempotency key of a start: the same key of the same caller means the same start.
type Key struct {
	Caller, Key string
	// Request is a hash of what is asked for. It tells a repetition from a mistake.
	Request string
}

// keyLife is how long a key is remembered: Firestore deletes it some time after that.
const keyLife = 30 * 24 * time.Hour

// KeyRecord is a key as it is kept, one document each.
type KeyRecord struct {
	JobID     string    `firestore:"job_id"`
	Request   string    `firestore:"request"`
	CreatedAt time.Time `firestore:"created_at"`
	ExpiresAt time.Time `firestore:"expires_at"`
	// Failure is the answer of a start that was refused. Its job's record is deleted.
	Failure *tuning.Failure `firestore:"failure,omitempty"`
}

// ErrKeyUsed is returned for a start whose key belongs to another job.
var ErrKeyUsed = errors.New("the idempotency key was used before")

// id hides caller and key: neither need be a legal document ID, and a key may be guessable.
func (k Key) id() string {
	sum := sha256.Sum256([]byte(k.Caller + "\x00" + k.Key))
	return hex.EncodeToString(sum[:])
}

// Key returns what is known of a key, or nil.
func (s *Store) Key(ctx context.Context, k Key) (*KeyRecord, error) {
	doc, err := s.client.Collection(keys).Doc(k.id()).Get(ctx)
	if doc != nil && !doc.Exists() { // without a document, NotFound is about the database
		return nil, nil //nolint:nilnil // none is an answer like another
	}
	if err != nil {
		return nil, wrap(err, "look for the idempotency key")
	}
	known := &KeyRecord{}
	if err := doc.DataTo(known); err != nil {
		return nil, wrap(err, "decode the idempotency key")
	}
	return known, nil
}

// CreateJob writes a new job, and with it the key it was started with, if there is one. If the key belongs to
// another job, it is ErrKeyUsed and nothing is written.
func (s *Store) CreateJob(ctx context.Context, job tuning.Job, k *Key) (Record, error) {
	ref := s.client.Collection(jobs).Doc(job.ID)
	if k == nil {
		res, err := ref.Create(ctx, job)
		if status.Code(err) == codes.AlreadyExists {
			// The client repeats a Commit whose answer was lost, and IDs are random: what is there is ours.
			return s.Job(ctx, job.ID)
		}
		if err != nil {
			return Record{}, wrap(err, "create the record of job "+job.ID)
		}
		return Record{Job: job, version: res.UpdateTime}, nil
	}
	job.Key = k.id()
	entry := KeyRecord{JobID: job.ID, Request: k.Request, CreatedAt: job.CreatedAt, ExpiresAt: job.CreatedAt.Add(keyLife)}
	var answer firestore.CommitResponse
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		if err := tx.Create(s.client.Collection(keys).Doc(job.Key), entry); err != nil {
			return err
		}
		return tx.Create(ref, job)
	}, firestore.WithCommitResponseTo(&answer))
	if err == nil {
		return written(job, &answer, 1)
	}
	// Whatever the error is, and also if it is that an earlier, lost attempt has succeeded: the key decides.
	known, readErr := s.Key(ctx, *k)
	switch {
	case readErr != nil || known == nil:
		return Record{}, wrap(err, "create the record of job "+job.ID)
	case known.JobID == job.ID:
		return s.Job(ctx, job.ID)
	default:
		return Record{}, ErrKeyUsed
	}
}

// keepRefusal gives the key of a start that is refused the answer that a repeated start gets from then on.
func (s *Store) keepRefusal(tx *firestore.Transaction, refused tuning.Job) error {
	return tx.Update(s.client.Collection(keys).Doc(refused.Key), []firestore.Update{{Path: "failure", Value: refused.Failure}})
}

// DeleteJob deletes the record of a start that was refused. A record that is gone already is no error.
func (s *Store) DeleteJob(ctx context.Context, r Record) error {
	_, err := s.client.Collection(jobs).Doc(r.ID).Delete(ctx)
	return wrap(err, "delete the record of job "+r.ID)
}
