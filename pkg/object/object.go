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

	"cloud.google.com/go/storage"
	"google.golang.org/api/googleapi"

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

// wrap says what failed. A precondition that did not hold is a conflict also where none was expected: it may hold the
// next time.
func wrap(err error, doing string) error {
	if isPrecondition(err) {
		return fmt.Errorf("%s: %w", doing, ErrConflict)
	}
	return gcp.Fault(err, service, doing)
}

func isPrecondition(err error) bool {
	e, ok := errors.AsType[*googleapi.Error](err)
	return ok && e.Code == http.StatusPreconditionFailed
}
