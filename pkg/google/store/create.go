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

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Key is the idempotency key of a start: the same key of the same caller means the same start.
type Key struct {
	Caller, Key string
	// Request is a hash of the request. It distinguishes a repeated start from a key that was
	// reused by mistake.
	Request string
	// Life is how long the key is valid from its first start, and At is the time of this start. If
	// Life is 0, the key is valid until Firestore deletes it.
	Life time.Duration
	At   time.Time
}

// isSpent reports whether a key that was used at an earlier start is valid no longer.
func (k Key) isSpent(used KeyRecord) bool { return k.Life > 0 && !k.At.Before(used.ExpiresAt) }

// keyLife is how long a key is kept: Firestore deletes it some time after that.
const keyLife = 30 * 24 * time.Hour

// KeyRecord is the document of a key.
type KeyRecord struct {
	JobID     string    `firestore:"job_id"`
	Request   string    `firestore:"request"`
	CreatedAt time.Time `firestore:"created_at"`
	ExpiresAt time.Time `firestore:"expires_at"`
	// Failure is the answer of a start that was refused. The record of its job is deleted.
	Failure *tuning.Failure `firestore:"failure,omitempty"`
}

// ErrKeyUsed is returned for a start whose key belongs to another job.
var ErrKeyUsed = errors.New("the idempotency key was used before")

// id returns the document ID of the key. It is a hash, because caller and key need not be legal in
// a document ID, and because a key may be guessable.
func (k Key) id() string {
	sum := sha256.Sum256([]byte(k.Caller + "\x00" + k.Key))
	return hex.EncodeToString(sum[:])
}

// Key returns the document of a key, or nil if there is none.
func (s *Store) Key(ctx context.Context, k Key) (*KeyRecord, error) {
	doc, err := s.client.Collection(keys).Doc(k.id()).Get(ctx)
	if doc != nil && !doc.Exists() { // without a document, NotFound is about the database
		return nil, nil //nolint:nilnil // nil means that there is no such key
	}
	if err != nil {
		return nil, wrap(err, "read the idempotency key")
	}
	known := &KeyRecord{}
	if err := doc.DataTo(known); err != nil {
		return nil, wrap(err, "decode the idempotency key")
	}
	if k.isSpent(*known) {
		return nil, nil //nolint:nilnil // this start uses the key anew
	}
	return known, nil
}

// CreateJob writes a new job, together with the key of its start if there is one. If the key
// belongs to another job, the error is ErrKeyUsed and nothing is written.
func (s *Store) CreateJob(ctx context.Context, job tuning.Job, k *Key) (Record, error) {
	ref := s.client.Collection(jobs).Doc(job.ID)
	if k == nil {
		res, err := ref.Create(ctx, job)
		if status.Code(err) == codes.AlreadyExists {
			// The client retries a Commit whose answer was lost, and IDs are random: the existing
			// document is ours.
			return s.Job(ctx, job.ID)
		}
		if err != nil {
			return Record{}, wrap(err, "create the record of job "+job.ID)
		}
		return Record{Job: job, version: res.UpdateTime}, nil
	}
	job.Key = k.id()
	entry := KeyRecord{JobID: job.ID, Request: k.Request, CreatedAt: job.CreatedAt, ExpiresAt: job.CreatedAt.Add(keyLife)}
	if k.Life > 0 {
		entry.ExpiresAt = k.At.Add(k.Life)
	}
	var answer firestore.CommitResponse
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		if err := s.takeKey(tx, *k, entry); err != nil {
			return err
		}
		return tx.Create(ref, job)
	}, firestore.WithCommitResponseTo(&answer))
	if err == nil {
		return recordFromCommit(job, &answer, 1)
	}
	// The document of the key decides what happened, whatever the error is: an earlier attempt
	// whose answer was lost may have succeeded.
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

// takeKey writes the document of a key. It fails if the key is in use.
func (s *Store) takeKey(tx *firestore.Transaction, k Key, entry KeyRecord) error {
	ref := s.client.Collection(keys).Doc(k.id())
	if k.Life == 0 {
		return tx.Create(ref, entry)
	}
	doc, err := tx.Get(ref)
	if doc != nil && !doc.Exists() {
		return tx.Create(ref, entry)
	}
	if err != nil {
		return err
	}
	var used KeyRecord
	if err := doc.DataTo(&used); err != nil || !k.isSpent(used) {
		return errors.Join(err, ErrKeyUsed)
	}
	return tx.Set(ref, entry)
}

// keepRefusal writes the failure of a refused start to its key. A repeated start gets it as the
// answer. The key may belong to a later start by now.
func keepRefusal(tx *firestore.Transaction, key *firestore.DocumentSnapshot, refused tuning.Job) error {
	if !key.Exists() {
		return nil
	}
	var used KeyRecord
	if err := key.DataTo(&used); err != nil || used.JobID != refused.ID {
		return err
	}
	return tx.Update(key.Ref, []firestore.Update{{Path: "failure", Value: refused.Failure}})
}

// DeleteJob deletes the record of a refused start. It is no error if the record does not exist.
func (s *Store) DeleteJob(ctx context.Context, r Record) error {
	_, err := s.client.Collection(jobs).Doc(r.ID).Delete(ctx)
	return wrap(err, "delete the record of job "+r.ID)
}
