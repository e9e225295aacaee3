// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/query"
)

// checkQuery refuses every parameter that the endpoint does not have. If it ignored them, a client
// that writes a flag in the wrong place would get the wrong result, such as a job instead of a dry
// run.
func (e endpoint) checkQuery(u *url.URL) error {
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return fault.Wrap(fault.InvalidArgument, err, "The query is not encoded correctly: write name=value, with & between several.")
	}
	if len(e.query) > 0 {
		return nil // query.New refuses them together with the other faults of the query
	}
	hint := "This endpoint takes no parameters in the query."
	if e.method == http.MethodPost {
		hint += " Write the field into the body."
	}
	return query.Read(u.Query(), nil, hint).Err()
}
