// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/vertextune/vertextune/pkg/fault"
)

// base is the path under which the endpoints of the contract are.
const base = "/api/v1/fine-tuning"

// endpoint is one row of the routing table. A path that ends in a slash takes what follows it as an
// argument, whole: the resource names of Vertex AI hold slashes, raw or percent-encoded.
type endpoint struct {
	method string
	path   string
	open   bool // needs no token
	serve  func(r *http.Request, rest string) (any, error)
}

func (a *API) endpoints() []endpoint {
	plain := func(h handler) func(*http.Request, string) (any, error) {
		return func(r *http.Request, _ string) (any, error) { return h(r) }
	}
	return []endpoint{
		{http.MethodPost, base + "/start", false, plain(a.start)},
		{http.MethodPost, base + "/convert-json", false, plain(a.convert)},
		{http.MethodPost, base + "/validate-data", false, plain(a.validate)},
		{http.MethodGet, base + "/job-status/", false, a.status},
		{http.MethodGet, base + "/jobs", false, plain(a.jobs)},
		{http.MethodGet, base + "/models", false, plain(a.models)},
		{http.MethodGet, "/health", true, plain(health)},
		{http.MethodGet, "/openapi.json", true, plain(document)},
	}
}

// route finds the endpoint for a request and the argument in its path. HEAD is served as GET.
func (a *API) route(r *http.Request) (endpoint, string, error) {
	path := r.URL.EscapedPath()
	for _, e := range a.endpoints() {
		rest, ok := strings.CutPrefix(path, e.path)
		if !ok || (rest != "") != strings.HasSuffix(e.path, "/") {
			continue
		}
		if r.Method != e.method && (r.Method != http.MethodHead || e.method != http.MethodGet) {
			err := fault.New(fault.MethodNotAllowed, "%s does not take %s. Use %s.", strings.TrimSuffix(e.path, "/"), r.Method, e.method)
			err.Metadata = map[string]string{"allow": allowed(e.method)}
			return endpoint{}, "", err
		}
		rest, err := url.PathUnescape(rest)
		if err != nil {
			return endpoint{}, "", fault.New(fault.InvalidArgument, "The path is not percent-encoded correctly.")
		}
		return e, rest, nil
	}
	return endpoint{}, "", fault.New(fault.NotFound, "There is no endpoint here. GET /openapi.json describes all of them.")
}

func allowed(method string) string {
	if method == http.MethodGet {
		return "GET, HEAD"
	}
	return method
}

func health(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil }
