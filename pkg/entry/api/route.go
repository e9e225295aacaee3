// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/joblist"
)

// base is the common path prefix of the endpoints.
const base = "/api/v1/fine-tuning"

// endpoint is one row of the routing table. A word in braces, such as {id}, stands for an argument.
// {job_name}, {name} and {model} may be the names of resources, so they may contain slashes, raw or
// percent-encoded. Any other argument is one segment of the path.
type endpoint struct {
	method string
	path   string
	role   auth.Role // the role that callers need; with None, they need no token
	query  []string  // the allowed parameters; all others are refused
	form   bool      // the body is multipart/form-data, and the endpoint reads it itself
	serve  func(r *http.Request, argument string) (any, error)
}

func (a *API) endpoints() []endpoint {
	noArgument := func(h handler) func(*http.Request, string) (any, error) {
		return func(r *http.Request, _ string) (any, error) { return h(r) }
	}
	return append([]endpoint{
		{http.MethodPost, base + "/start", auth.Starter, nil, false, noArgument(a.start)},
		{http.MethodPost, base + "/convert-json", auth.Operator, nil, false, noArgument(a.convert)},
		{http.MethodPost, base + "/validate-data", auth.Operator, nil, false, noArgument(a.validate)},
		{http.MethodGet, base + "/job-status/{job_name}", auth.Reader, nil, false, a.status},
		{http.MethodPost, base + "/cancel/{job_name}", auth.Starter, nil, false, a.cancel},
		{http.MethodGet, base + "/jobs", auth.Reader, joblist.Parameters, false, noArgument(a.jobs)},
		{http.MethodGet, base + "/jobs/{job_name}/events", auth.Reader, pageQuery, false, a.events},
		{http.MethodGet, base + "/jobs/{job_name}/metrics", auth.Reader, nil, false, a.metrics},
		{http.MethodGet, base + "/jobs/{job_name}", auth.Reader, nil, false, a.status}, // the same as job-status, as many clients expect it here
		{http.MethodPost, base + "/evaluations", auth.Starter, nil, false, noArgument(a.startEvaluation)},
		{http.MethodGet, base + "/evaluations/{id}", auth.Reader, nil, false, a.evaluation},
		{http.MethodPost, base + "/retune", auth.Starter, nil, false, noArgument(a.retune)},
		{http.MethodGet, base + "/lineage/{name}", auth.Reader, nil, false, a.lineage},
		{http.MethodPost, base + "/models/{model_id}/promote", auth.Starter, nil, false, a.promote},
		{http.MethodPost, base + "/models/{model_id}/rollback", auth.Starter, nil, false, a.rollback},
		{http.MethodGet, base + "/models/{model_id}", auth.Reader, nil, false, a.model},
		{http.MethodGet, base + "/models", auth.Reader, modelsQuery, false, noArgument(a.models)},
		{http.MethodGet, "/health", auth.None, nil, false, noArgument(health)},
		{http.MethodGet, "/openapi.json", auth.None, nil, false, noArgument(document)},
	}, a.openAI()...)
}

// route finds the endpoint for a request and the argument in its path. HEAD is served like GET.
func (a *API) route(r *http.Request) (endpoint, string, error) {
	path := r.URL.EscapedPath()
	var otherMethod endpoint // the first one that has the path, but not the method
	var methods []string
	for _, e := range a.endpoints() {
		argument, ok := e.match(path)
		if !ok {
			continue
		}
		if r.Method != e.method && (r.Method != http.MethodHead || e.method != http.MethodGet) {
			if otherMethod.path == "" {
				otherMethod = e
			}
			if e.path == otherMethod.path {
				methods = append(methods, e.method)
			}
			continue
		}
		argument, err := url.PathUnescape(argument)
		if err != nil {
			return e, "", fault.New(fault.InvalidArgument, "The path is not percent-encoded correctly.")
		}
		return e, argument, nil
	}
	if otherMethod.path != "" {
		err := fault.New(fault.MethodNotAllowed, "%s does not take %s. Use %s.", otherMethod.path, r.Method, strings.Join(methods, " or "))
		err.Metadata = map[string]string{"allow": allowed(methods)}
		return otherMethod, "", err
	}
	return endpoint{}, "", fault.New(fault.NotFound, "There is no endpoint here. GET /openapi.json describes all of them.")
}

// match returns the argument in a path, and whether the path belongs to this endpoint.
func (e endpoint) match(path string) (argument string, ok bool) {
	prefix, rest, takes := strings.Cut(e.path, "{")
	name, suffix, _ := strings.Cut(rest, "}")
	if !takes {
		return "", path == e.path
	}
	argument, begins := strings.CutPrefix(path, prefix)
	argument, ends := strings.CutSuffix(argument, suffix)
	if strings.Contains(argument, "/") && !slices.Contains([]string{"job_name", "name", "model"}, name) {
		return "", false
	}
	return argument, begins && ends && argument != ""
}

// allowed returns the value of the header Allow. HEAD is allowed where GET is.
func allowed(methods []string) string {
	return strings.ReplaceAll(strings.Join(methods, ", "), http.MethodGet, "GET, HEAD")
}

func health(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil }
