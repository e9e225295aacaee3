// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package gcs reads and writes Cloud Storage objects under generation preconditions, so that no
// write overwrites another one unnoticed, and steps can be repeated safely.
package gcs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/googleapi"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

const service = "Cloud Storage"

// ErrConflict is returned by a write whose precondition failed because another process has written.
var ErrConflict = errors.New("the object has changed in the meantime")

// Store reads and writes objects.
type Store struct {
	// client is a *storage.Client, which only bucketOf names. That type leads to OpenTelemetry's
	// generic metrics. The compiler would compile them again, for two seconds, in each package that
	// uses a Store.
	client io.Closer
}

// bucketOf is no method, because the type of a method belongs to the type Store.
func bucketOf(s *Store, name string) *storage.BucketHandle {
	client, _ := s.client.(*storage.Client) // New has put it there
	return client.Bucket(name)
}

// Open connects to Cloud Storage. The client honours STORAGE_EMULATOR_HOST.
func Open(ctx context.Context) (*Store, error) {
	client, err := storage.NewClient(ctx)
	if err != nil {
		return nil, fmt.Errorf("open Cloud Storage: %w", err)
	}
	return New(client), nil
}

// New returns a store that uses the client and closes it.
func New(client *storage.Client) *Store { return &Store{client: client} }

// Close closes the client.
func (s *Store) Close() error { return s.client.Close() }

// URI returns the gs:// URI of an object.
func URI(bucket, name string) string { return "gs://" + bucket + "/" + name }

// wrap adds to err what was tried. The object's name is in the message, but not in the log. A
// failed precondition is a conflict, even for a call without one: a retry may succeed.
func wrap(err error, doing, bucket, name string) error {
	if isPrecondition(err) {
		return fmt.Errorf("%s an object in %s: %w", doing, bucket, ErrConflict)
	}
	out := gcperr.Fault(err, service, doing, URI(bucket, name))
	if e, ok := errors.AsType[*fault.Error](out); ok && e.Metadata != nil {
		e.Metadata[gcperr.BucketKey] = bucket
	}
	return out
}

// Retries follow each other closely while a caller waits for an answer.
var backoff = gax.Backoff{Initial: 200 * time.Millisecond, Max: time.Second, Multiplier: 2}

// objectOf returns a handle that retries transient errors for as long as the context allows. By
// default the client retries an upload whose connection broke, but not one that the server closed
// without an answer. All our writes have a precondition, so both retries are safe.
func objectOf(ctx context.Context, s *Store, bucket, name string) *storage.ObjectHandle {
	handle := bucketOf(s, bucket).Object(name).Retryer(storage.WithErrorFunc(func(err error) bool {
		return storage.ShouldRetry(err) && gcperr.MayRetry(ctx)
	}))
	if gcperr.HasRetryLimit(ctx) {
		handle = handle.Retryer(storage.WithBackoff(backoff))
	}
	return handle
}

func isPrecondition(err error) bool {
	e, ok := errors.AsType[*googleapi.Error](err)
	return ok && e.Code == http.StatusPreconditionFailed
}
