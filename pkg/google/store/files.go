// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"
	"time"

	"cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

const (
	files   = "openai_files"
	uploads = "openai_uploads" // Firestore deletes them after their expires_at
)

// File is the record of a file that a client of OpenAI's API has sent, or of the report on one.
// CreatedAt has whole seconds, which are also in the ID.
type File struct {
	ID        string    `firestore:"-"`
	Filename  string    `firestore:"filename"`
	Purpose   string    `firestore:"purpose"`
	Bytes     int64     `firestore:"bytes"`
	Status    string    `firestore:"status"`
	Details   string    `firestore:"details,omitempty"`
	CreatedBy string    `firestore:"created_by"`
	CreatedAt time.Time `firestore:"created_at"`
}

// Upload is the record of a file that is sent in parts.
type Upload struct {
	ID        string    `firestore:"-"`
	Filename  string    `firestore:"filename"`
	Purpose   string    `firestore:"purpose"`
	Bytes     int64     `firestore:"bytes"`
	Status    string    `firestore:"status"`
	CreatedBy string    `firestore:"created_by"`
	CreatedAt time.Time `firestore:"created_at"`
	ExpiresAt time.Time `firestore:"expires_at"`
}

// CreateFiles writes the records of new files, all or none. Records that exist already are left as
// they are: an earlier try of the same call has written them.
func (s *Store) CreateFiles(ctx context.Context, all ...File) error {
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		var failed error
		for _, f := range all {
			failed = errors.Join(failed, tx.Create(s.client.Collection(files).Doc(f.ID), f))
		}
		return failed
	})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		// The client retries a Commit whose answer was lost, and Firestore rejects the second one.
		if _, readErr := s.File(ctx, all[0].ID); readErr != nil {
			return wrap(err, "create the record of a file")
		}
	}
	return nil
}

// File returns the file of this ID, or a NotFound error.
func (s *Store) File(ctx context.Context, id string) (File, error) {
	f := File{ID: id}
	err := s.read(ctx, files, id, &f)
	return f, err
}

// read decodes a document, or returns a NotFound error.
func (s *Store) read(ctx context.Context, collection, id string, into any) error {
	doc, err := s.client.Collection(collection).Doc(id).Get(ctx)
	if doc != nil && !doc.Exists() { // without a document, NotFound is about the database
		return fault.New(fault.NotFound, "There is no %q.", id)
	}
	if err != nil {
		return wrap(err, "read the record of", id)
	}
	return wrap(doc.DataTo(into), "decode the record of", id)
}

// DeleteFiles deletes the records of files. It is no error if one does not exist.
func (s *Store) DeleteFiles(ctx context.Context, ids ...string) error {
	for _, id := range ids {
		if _, err := s.client.Collection(files).Doc(id).Delete(ctx); err != nil {
			return wrap(err, "delete the record of", id)
		}
	}
	return nil
}

// FilePage is a request for a page of files.
type FilePage struct {
	Purpose string // "" for all
	Oldest  bool   // the oldest file first, and not the newest
	Size    int
	After   *Position // where the previous page ended; nil for the first page
}

// ListFiles returns a page of files, and whether there are more.
func (s *Store) ListFiles(ctx context.Context, p FilePage) (found []File, more bool, err error) {
	direction := firestore.Desc
	if p.Oldest {
		direction = firestore.Asc
	}
	query := s.client.Collection(files).OrderBy("created_at", direction).OrderBy(firestore.DocumentID, direction)
	if p.After != nil {
		query = query.StartAfter(p.After.At, p.After.ID)
	}
	for {
		size := p.Size + 1 - len(found)
		if p.Purpose != "" {
			size = max(size, scanBatch)
		}
		docs, err := query.Limit(size).Documents(ctx).GetAll()
		if err != nil {
			return nil, false, wrap(err, "list files")
		}
		for _, doc := range docs {
			f := File{ID: doc.Ref.ID}
			if err := doc.DataTo(&f); err != nil {
				return nil, false, wrap(err, "decode the record of", f.ID)
			}
			switch {
			case p.Purpose != "" && f.Purpose != p.Purpose:
			case len(found) == p.Size:
				return found, true, nil
			default:
				found = append(found, f)
			}
		}
		if len(docs) < size {
			return found, false, nil
		}
		query = query.StartAfter(docs[len(docs)-1])
	}
}

// CreateUpload writes the record of a new upload.
func (s *Store) CreateUpload(ctx context.Context, u Upload) error {
	_, err := s.client.Collection(uploads).Doc(u.ID).Create(ctx, u)
	if status.Code(err) == codes.AlreadyExists {
		return nil // IDs are random: an earlier try has written it
	}
	return wrap(err, "create the record of an upload")
}

// Upload returns the upload of this ID, or a NotFound error.
func (s *Store) Upload(ctx context.Context, id string) (Upload, error) {
	u := Upload{ID: id}
	err := s.read(ctx, uploads, id, &u)
	return u, err
}

// EndUpload changes the status of an upload, unless another process has changed it from the status
// that u has. It returns the upload as it is then.
func (s *Store) EndUpload(ctx context.Context, u Upload, to string) (Upload, error) {
	ref := s.client.Collection(uploads).Doc(u.ID)
	now := u
	err := s.client.RunTransaction(ctx, func(_ context.Context, tx *firestore.Transaction) error {
		doc, err := tx.Get(ref)
		if err != nil {
			return err
		}
		if err := doc.DataTo(&now); err != nil || now.Status != u.Status {
			return err
		}
		now.Status = to
		return tx.Update(ref, []firestore.Update{{Path: "status", Value: to}})
	})
	if err != nil {
		if again, readErr := s.Upload(ctx, u.ID); readErr == nil && again.Status == to {
			return again, nil // the answer of the Commit was lost
		}
	}
	return now, wrap(err, "change the record of", u.ID)
}
