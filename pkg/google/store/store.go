// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package store keeps our records in Firestore: jobs (collection tuning_jobs), the messages to
// train on (messages), the models that carry defaults for a job (models), idempotency keys
// (start_keys), evaluations of tuned models (evaluations), and the files and uploads of OpenAI's
// clients (openai_files, openai_uploads).
//
// Every write of a job is conditioned on the version that was read, so two writers never undo each
// other's changes. The events of a job are in its document and are written with the change itself,
// so there is no change without its event.
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

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

const (
	jobs     = "tuning_jobs"
	messages = "messages"
	models   = "models"
	keys     = "start_keys"     // idempotency keys; Firestore deletes them after their expires_at
	control  = "tuning_control" // single documents: the admission and the budgets

	evaluations = "evaluations"

	service = "Firestore"
)

// ErrChanged is returned if another process has written the record since it was read.
var ErrChanged = errors.New("the record was changed in the meantime")

// Store reads and writes the records of one database.
type Store struct {
	client *firestore.Client
	// Log receives the state changes of jobs, and the records that cannot be decoded. New sets it
	// to the process's logger.
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

// ClientOption limits the retries of a Firestore client while a caller waits.
func ClientOption() option.ClientOption {
	return option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(gcperr.UnaryRetries))
}

// New returns a store that uses the client and closes it.
func New(client *firestore.Client) *Store { return &Store{client: client, Log: slog.Default()} }

// Close closes the client.
func (s *Store) Close() error { return s.client.Close() }

// wrap adds to err what was tried. The readers of single documents report a missing document
// themselves, so here NotFound means that the database does not exist, which the caller cannot
// repair.
func wrap(err error, doing string, named ...string) error {
	if gcperr.Code(err) == codes.NotFound {
		out := fault.Wrap(fault.UpstreamFailed, err,
			"Firestore could not %s: the database does not exist. The operator of this service must create it, or configure another one.", doing)
		out.Log = out.Message
		return out
	}
	return gcperr.Fault(err, service, doing, named...)
}
