// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcs

import (
	"context"
	"errors"
	"io"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
)

// ErrNotFound is returned for an object, or a generation of it, that does not exist.
var ErrNotFound = errors.New("no such object")

// Attrs are the attributes of an object that we need.
type Attrs struct {
	Generation int64
	Size       int64
	Metadata   map[string]string
}

// Attrs returns the attributes of the live generation, or ErrNotFound.
func (s *Store) Attrs(ctx context.Context, bucket, name string) (Attrs, error) {
	a, err := objectOf(ctx, s, bucket, name).Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return Attrs{}, ErrNotFound
	}
	if err != nil {
		return Attrs{}, wrap(err, "read the attributes of", bucket, name)
	}
	return Attrs{Generation: a.Generation, Size: a.Size, Metadata: a.Metadata}, nil
}

// Read opens one generation of an object for reading its stored bytes (a gzipped object stays
// gzipped), or returns ErrNotFound if that generation no longer exists. The client must read
// through the XML API, its default, because it cannot request the stored bytes through the JSON
// API.
func (s *Store) Read(ctx context.Context, bucket, name string, generation int64) (io.ReadCloser, error) {
	r, err := objectOf(ctx, s, bucket, name).Generation(generation).ReadCompressed(true).NewReader(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, wrap(err, "read", bucket, name)
	}
	return &reader{ReadCloser: r, bucket: bucket, name: name}, nil
}

// ReadLive opens the live generation of an object, as Read does.
func (s *Store) ReadLive(ctx context.Context, bucket, name string) (io.ReadCloser, error) {
	attrs, err := s.Attrs(ctx, bucket, name)
	if err != nil {
		return nil, err
	}
	return s.Read(ctx, bucket, name, attrs.Generation)
}

// reader returns the same error for a connection that breaks as Read does for one that cannot be
// opened.
type reader struct {
	io.ReadCloser
	bucket, name string
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err == nil || errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return n, err //nolint:wrapcheck // io.EOF is no error
	}
	return n, wrap(err, "read", r.bucket, r.name)
}

// Delete deletes one generation of an object. The error is ErrConflict if another generation is
// live. A missing object is no error, because that is the wanted result.
func (s *Store) Delete(ctx context.Context, bucket, name string, generation int64) error {
	err := objectOf(ctx, s, bucket, name).
		If(storage.Conditions{GenerationMatch: generation}).Delete(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil
	}
	if isPrecondition(err) {
		return ErrConflict
	}
	return wrap(err, "delete", bucket, name)
}

// DeleteLive deletes the live generation of an object. A missing object is no error. The error is
// ErrConflict if the object is overwritten meanwhile.
func (s *Store) DeleteLive(ctx context.Context, bucket, name string) error {
	attrs, err := s.Attrs(ctx, bucket, name)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.Delete(ctx, bucket, name, attrs.Generation)
}

// DeleteFolder deletes all objects whose names begin with a prefix. An object that is written
// meanwhile may be left.
func (s *Store) DeleteFolder(ctx context.Context, bucket, prefix string) error {
	all := bucketOf(s, bucket).Objects(ctx, &storage.Query{Prefix: prefix})
	for {
		attrs, err := all.Next()
		if errors.Is(err, iterator.Done) {
			return nil
		}
		if err != nil {
			return wrap(err, "list", bucket, prefix)
		}
		if err := s.Delete(ctx, bucket, attrs.Name, attrs.Generation); err != nil {
			return err
		}
	}
}
