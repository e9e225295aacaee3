// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
)

// cancel cancels a job, and returns the same response as job-status. A queued job is never
// submitted. If Vertex AI already has the job, the job is cancelled there, and it may still
// succeed.
func (a *API) cancel(r *http.Request, name string) (any, error) {
	if err := a.noFields(r); err != nil {
		return nil, err
	}
	record, err := a.Access.Find(r.Context(), name)
	if err != nil {
		return nil, err
	}
	record, err = a.Access.Cancel(r.Context(), record, callerOf(r.Context()))
	if err != nil {
		return nil, err
	}
	return a.Access.Status(r.Context(), record.Job), nil
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
