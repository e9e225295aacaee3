// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// Roles returns the role that each route needs, by the route as the document writes it.
func Roles() map[string]string {
	roles := map[string]string{}
	for n, e := range (&API{}).endpoints() {
		roles[Routes()[n]] = e.role.String()
	}
	return roles
}

// Routes returns the routing table as the document writes it: "GET /path/{job_name}".
func Routes() []string {
	var routes []string
	for _, e := range (&API{}).endpoints() {
		routes = append(routes, e.method+" "+e.path)
	}
	return routes
}

// Paced returns how many callers' starts are kept in mind.
func (a *API) Paced() int { return len(a.starts.callers) }

// StartPaced lets a caller start a job that ends so, or not.
func (a *API) StartPaced(caller string, outcome error) error {
	_, err := a.paced(context.WithValue(context.Background(), callerKey{}, caller), func() (tuning.Job, error) { return tuning.Job{}, outcome })
	return err
}
