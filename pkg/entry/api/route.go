// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// base is the common path prefix of the endpoints.
const base = "/api/v1/fine-tuning"

// endpoint is one row of the routing table. {job_name} or {name} in a path stands for an argument.
// It may contain slashes, raw or percent-encoded, because resource names do.
type endpoint struct {
	method string
	path   string
	role   auth.Role // the role that callers need; with None, they need no token
	query  []string  // the allowed parameters; all others are refused
	serve  func(r *http.Request, rest string) (any, error)
}

func (a *API) endpoints() []endpoint {
	plain := func(h handler) func(*http.Request, string) (any, error) {
		return func(r *http.Request, _ string) (any, error) { return h(r) }
	}
	return []endpoint{
		{http.MethodPost, base + "/start", auth.Starter, nil, plain(a.start)},
		{http.MethodPost, base + "/convert-json", auth.Operator, nil, plain(a.convert)},
		{http.MethodPost, base + "/validate-data", auth.Operator, nil, plain(a.validate)},
		{http.MethodGet, base + "/job-status/{job_name}", auth.Reader, nil, a.status},
		{http.MethodPost, base + "/cancel/{job_name}", auth.Starter, nil, a.cancel},
		{http.MethodGet, base + "/jobs", auth.Reader, jobsQuery, plain(a.jobs)},
		{http.MethodGet, base + "/jobs/{job_name}/events", auth.Reader, pageQuery, a.events},
		{http.MethodGet, base + "/jobs/{job_name}", auth.Reader, nil, a.status}, // the same as job-status, as many clients expect it here
		{http.MethodGet, base + "/lineage/{name}", auth.Reader, nil, a.lineage},
		{http.MethodGet, base + "/models", auth.Reader, modelsQuery, plain(a.models)},
		{http.MethodGet, "/health", auth.None, nil, plain(health)},
		{http.MethodGet, "/openapi.json", auth.None, nil, plain(document)},
	}
}

// route finds the endpoint for a request and the argument in its path. HEAD is served like GET.
func (a *API) route(r *http.Request) (endpoint, string, error) {
	path := r.URL.EscapedPath()
	for _, e := range a.endpoints() {
		rest, ok := e.match(path)
		if !ok {
			continue
		}
		if r.Method != e.method && (r.Method != http.MethodHead || e.method != http.MethodGet) {
			err := fault.New(fault.MethodNotAllowed, "%s does not take %s. Use %s.", e.path, r.Method, e.method)
			err.Metadata = map[string]string{"allow": allowed(e.method)}
			return e, "", err
		}
		rest, err := url.PathUnescape(rest)
		if err != nil {
			return e, "", fault.New(fault.InvalidArgument, "The path is not percent-encoded correctly.")
		}
		return e, rest, nil
	}
	return endpoint{}, "", fault.New(fault.NotFound, "There is no endpoint here. GET /openapi.json describes all of them.")
}

// match returns the argument in a path, and whether the path belongs to this endpoint.
func (e endpoint) match(path string) (argument string, ok bool) {
	prefix, rest, takes := strings.Cut(e.path, "{")
	_, suffix, _ := strings.Cut(rest, "}")
	if !takes {
		return "", path == e.path
	}
	argument, begins := strings.CutPrefix(path, prefix)
	argument, ends := strings.CutSuffix(argument, suffix)
	return argument, begins && ends && argument != ""
}

func allowed(method string) string {
	if method == http.MethodGet {
		return "GET, HEAD"
	}
	return method
}

func health(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil }
