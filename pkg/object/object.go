// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package object reads and writes Cloud Storage objects under generation preconditions, so that nothing is
// overwritten unnoticed and a step that is repeated does no harm.
package object

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/googleapi"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
)

const service = "Cloud Storage"

// ErrConflict is returned by a write whose precondition did not hold: somebody else has written.
var ErrConflict = errors.New("the object has changed in the meantime")

// Store reads and writes objects.
type Store struct {
	client *storage.Client
}

// Open connects to Cloud Storage. The client honours STORAGE_EMULATOR_HOST.
func Open(ctx context.Context) (*Store, error) {
	client, err := storage.NewClient(ctx)
	if err != nil {
		return nil, fmt.Errorf("open Cloud Storage: %w", err)
	}
	return New(client), nil
}

// New returns a store on the client, which it owns from then on.
func New(client *storage.Client) *Store { return &Store{client: client} }

// Close closes the client.
func (s *Store) Close() error { return s.client.Close() }

// URI returns the gs:// URI of an object.
func URI(bucket, name string) string { return "gs://" + bucket + "/" + name }

// wrap says what failed with an object, whose name the log does not have. A precondition that did not hold is a
// conflict also where none was expected: it may hold the next time.
func wrap(err error, doing, bucket, name string) error {
	if isPrecondition(err) {
		return fmt.Errorf("%s an object in %s: %w", doing, bucket, ErrConflict)
	}
	out := gcp.Fault(err, service, doing, URI(bucket, name))
	if e, ok := errors.AsType[*fault.Error](out); ok && e.Metadata != nil {
		e.Metadata[gcp.BucketKey] = bucket
	}
	return out
}

// Retries of a call whose caller waits for an answer follow each other closely.
var backoff = gax.Backoff{Initial: 200 * time.Millisecond, Max: time.Second, Multiplier: 2}

// object returns a handle that repeats what failed in a way that may pass, for as long as the context allows. By
// itself the client repeats an upload whose connection broke, but not if the server closed it without an answer.
// Every write of ours has a precondition, so that both are safe.
func (s *Store) object(ctx context.Context, bucket, name string) *storage.ObjectHandle {
	handle := s.client.Bucket(bucket).Object(name).Retryer(storage.WithErrorFunc(func(err error) bool {
		return storage.ShouldRetry(err) && gcp.MayRetry(ctx)
	}))
	if gcp.HasRetryLimit(ctx) {
		handle = handle.Retryer(storage.WithBackoff(backoff))
	}
	return handle
}

func isPrecondition(err error) bool {
	e, ok := errors.AsType[*googleapi.Error](err)
	return ok && e.Code == http.StatusPreconditionFailed
}
