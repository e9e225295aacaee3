// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package object

import (
	"context"
	"errors"
	"io"

	"cloud.google.com/go/storage"
)

// ErrNotFound is returned for an object, or a generation of it, that is not there.
var ErrNotFound = errors.New("no such object")

// Attrs is what we need to know of an object.
type Attrs struct {
	Generation int64
	Size       int64
	Metadata   map[string]string
}

// Attrs returns the attributes of the live generation, or ErrNotFound.
func (s *Store) Attrs(ctx context.Context, bucket, name string) (Attrs, error) {
	a, err := s.object(ctx, bucket, name).Attrs(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return Attrs{}, ErrNotFound
	}
	if err != nil {
		return Attrs{}, wrap(err, "look at", bucket, name)
	}
	return Attrs{Generation: a.Generation, Size: a.Size, Metadata: a.Metadata}, nil
}

// Read opens one generation of an object for reading, as the bytes are stored (a gzipped object stays
// gzipped), or returns ErrNotFound if that generation is not there any more. The client must read through the
// XML API, its default: with JSON reads it refuses to ask for the stored bytes.
func (s *Store) Read(ctx context.Context, bucket, name string, generation int64) (io.ReadCloser, error) {
	r, err := s.object(ctx, bucket, name).Generation(generation).ReadCompressed(true).NewReader(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, wrap(err, "read", bucket, name)
	}
	return &reader{ReadCloser: r, bucket: bucket, name: name}, nil
}

// reader says of a connection that breaks what it says of one that cannot be made.
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

// Delete removes one generation of an object. One that is not live any more is ErrConflict; no object at
// all is no error, as it is what was wanted.
func (s *Store) Delete(ctx context.Context, bucket, name string, generation int64) error {
	err := s.object(ctx, bucket, name).
		If(storage.Conditions{GenerationMatch: generation}).Delete(ctx)
	if errors.Is(err, storage.ErrObjectNotExist) {
		return nil
	}
	if isPrecondition(err) {
		return ErrConflict
	}
	return wrap(err, "delete", bucket, name)
}
