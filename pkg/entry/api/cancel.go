// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// cancel cancels a job, and returns the same response as job-status. A queued job is never
// submitted. If Vertex AI already has the job, the job is cancelled there, and it may still
// succeed.
func (a *API) cancel(r *http.Request, name string) (any, error) {
	if err := a.noFields(r); err != nil {
		return nil, err
	}
	record, err := a.find(r.Context(), name)
	if err != nil {
		return nil, err
	}
	record, err = a.cancelRecord(r.Context(), record)
	if err != nil {
		return nil, err
	}
	return a.statusOf(r.Context(), record.Job), nil
}

// cancelRecord cancels a job if the caller may do so.
func (a *API) cancelRecord(ctx context.Context, record store.Record) (store.Record, error) {
	if caller := callerOf(ctx); a.Config.CancelOwnOnly && record.StartedBy != caller {
		return record, fault.New(fault.PermissionDenied, "Only the caller that started a job may cancel it here (CANCEL_OWN_JOBS_ONLY). This job was started by %s.", record.StartedBy)
	}
	return a.Jobs.Cancel(ctx, record, callerOf(ctx))
}

// noFields accepts a body without fields: an empty body or an empty object.
func (a *API) noFields(r *http.Request) error {
	if r.ContentLength == 0 {
		return nil
	}
	f, err := a.fields(r)
	if err != nil {
		return err
	}
	return f.Err()
}
