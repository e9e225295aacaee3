// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

func (a *API) status(r *http.Request, name string) (any, error) {
	record, err := a.Access.Find(r.Context(), name)
	if fault.KindOf(err) == fault.NotFound {
		return a.legacy(r.Context(), name, err)
	}
	if err != nil {
		return nil, err
	}
	record, warning := a.Access.Refresh(r.Context(), record)
	status := a.Access.Status(r.Context(), record.Job)
	if warning != "" {
		status.Warnings = append(slices.Clip(status.Warnings), warning)
	}
	return status, nil
}
