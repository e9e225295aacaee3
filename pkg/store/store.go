// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package store keeps our records in Firestore: jobs (collection tuning_jobs), the messages to train on
// (messages), the models that carry defaults for a job (models) and idempotency keys (start_keys).
//
// Every write of a job is conditioned on what was read, so that two writers never undo each other. What happened
// to a job is written into the same document in the same write: no change is without its event.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"cloud.google.com/go/firestore"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
)

const (
	jobs     = "tuning_jobs"
	messages = "messages"
	models   = "models"
	keys     = "start_keys"     // idempotency keys; Firestore deletes them after their expires_at
	control  = "tuning_control" // what is there once

	service = "Firestore"
)

// ErrChanged is returned when a record was written by somebody else after it was read.
var ErrChanged = errors.New("the record was changed in the meantime")

// Store reads and writes the records of one database.
type Store struct {
	client *firestore.Client
	// Log is told of jobs that change, and of records that cannot be read. New sets it to the process's logger.
	Log *slog.Logger
}

// Open connects to a database of the project. The client honours FIRESTORE_EMULATOR_HOST.
func Open(ctx context.Context, project, database string) (*Store, error) {
	client, err := firestore.NewClientWithDatabase(ctx, project, database, ClientOption())
	if err != nil {
		return nil, fmt.Errorf("open Firestore database %s of project %s: %w", database, project, err)
	}
	return New(client), nil
}

// ClientOption is what a client of Firestore needs for its repeats to have an end where somebody waits.
func ClientOption() option.ClientOption {
	return option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(gcp.UnaryRetries))
}

// New returns a store on the client, which it owns from then on.
func New(client *firestore.Client) *Store { return &Store{client: client, Log: slog.Default()} }

// Close closes the client.
func (s *Store) Close() error { return s.client.Close() }

// wrap says what failed. A document that is not there is told before, by whoever asked for it: what else is not
// found is the database itself, and nothing that the caller could mend.
func wrap(err error, doing string, named ...string) error {
	if gcp.Code(err) == codes.NotFound {
		out := fault.Wrap(fault.UpstreamFailed, err,
			"Firestore could not %s: the database does not exist. Whoever runs this service must create it, or name another.", doing)
		out.Log = out.Message
		return out
	}
	return gcp.Fault(err, service, doing, named...)
}
