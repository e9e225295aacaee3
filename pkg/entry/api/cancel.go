// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// cancel ends a job and answers as job-status does. A job that waits is never sent; one that Vertex AI has ends as
// Vertex AI can, and may succeed all the same.
func (a *API) cancel(r *http.Request, name string) (any, error) {
	if err := a.noFields(r); err != nil {
		return nil, err
	}
	record, err := a.find(r.Context(), name)
	if err != nil {
		return nil, err
	}
	if caller := callerOf(r.Context()); a.Config.CancelOwnOnly && record.StartedBy != caller {
		return nil, fault.New(fault.PermissionDenied, "Only who has started a job may cancel it here (CANCEL_OWN_JOBS_ONLY). This job was started by %s.", record.StartedBy)
	}
	record, err = a.Jobs.Cancel(r.Context(), record, callerOf(r.Context()))
	if err != nil {
		return nil, err
	}
	return a.statusOf(r.Context(), record.Job), nil
}

// noFields accepts a body that says nothing: none at all, or an empty object.
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
