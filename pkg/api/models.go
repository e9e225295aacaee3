// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/vertextune/vertextune/pkg/catalogue"
	"github.com/vertextune/vertextune/pkg/fault"
)

// Facts is what is known of the base models.
type Facts interface {
	Current(ctx context.Context) *catalogue.Catalogue
}

// models answers with the catalogue as it is today.
func (a *API) models(r *http.Request) (any, error) {
	status, err := statusOf(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	list := a.Facts.Current(r.Context()).List(a.Now())
	if status != "" {
		list.Models = slices.DeleteFunc(list.Models, func(e catalogue.Entry) bool { return e.Status != status })
	}
	return list, nil
}

// statusOf reads the query of GET /models: status.
func statusOf(query string) (catalogue.Status, error) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", fault.Wrap(fault.InvalidArgument, err, "The query is not encoded correctly: write name=value, with & between several.")
	}
	for name := range values {
		if name != "status" {
			return "", fault.Invalid(fault.Violation{
				Field: name, Reason: "UNKNOWN_FIELD", Description: "There is no such parameter. The only one is status.",
			})
		}
	}
	status := catalogue.Status(values.Get("status"))
	if values.Has("status") && !slices.Contains(catalogue.Statuses, status) {
		return "", fault.Invalid(fault.Violation{
			Field: "status", Reason: "INVALID_STATUS", Description: "must be tunable, closing, closed or unclear.",
		})
	}
	return status, nil
}
