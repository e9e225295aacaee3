// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/openai"
)

// Roles returns the required role of each route, those for OpenAI's clients included. The keys are
// routes as the document writes them.
func Roles() map[string]string {
	roles := map[string]string{}
	for _, e := range (&API{Config: Config{OpenAI: openai.Config{Enabled: true}}}).endpoints() {
		roles[e.method+" "+e.path] = e.role.String()
	}
	return roles
}

// Routes returns the routing table without the routes for OpenAI's clients, as the document writes
// it: "GET /path/{job_name}".
func Routes() []string {
	var routes []string
	for _, e := range (&API{}).endpoints() {
		routes = append(routes, e.method+" "+e.path)
	}
	return routes
}

// Paced returns the number of callers whose starts are counted.
func (a *API) Paced() int { return len(a.starts.callers) }

// StartPaced makes a start by a caller with this outcome. It returns an error if the start is
// refused or fails.
func (a *API) StartPaced(caller string, outcome error) error {
	_, err := a.paced(context.WithValue(context.Background(), callerKey{}, caller), func() (tuning.Job, error) { return tuning.Job{}, outcome })
	return err
}
