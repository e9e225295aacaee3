// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/openai"
)

// Roles returns the required role of each route, including the routes for OpenAI's clients. The
// keys have the form in which the document writes routes.
func Roles() map[string]string {
	roles := map[string]string{}
	for _, e := range (&API{Config: Config{OpenAI: openai.Config{Enabled: true}}}).endpoints() {
		roles[e.method+" "+e.path] = e.role.String()
	}
	return roles
}

// Routes returns the routing table without the routes for OpenAI's clients. A route has the form in
// which the document writes it: "GET /path/{job_name}".
func Routes() []string {
	var routes []string
	for _, e := range (&API{}).endpoints() {
		routes = append(routes, e.method+" "+e.path)
	}
	return routes
}

// LimitedCallers returns the number of callers for whom the rate limit counts starts.
func (a *API) LimitedCallers() int { return len(a.starts.callers) }

// LimitedStart makes a start by a caller under the rate limit. If the limit admits the start, it
// ends with the outcome; nil is success. StartPaced returns an error if the start is refused or
// fails.
func (a *API) LimitedStart(caller string, outcome error) error {
	_, err := paced(context.WithValue(context.Background(), callerKey{}, caller), a, func() (tuning.Job, error) { return tuning.Job{}, outcome })
	return err
}
