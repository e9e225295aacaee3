// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package api serves the HTTP endpoints: it decodes requests strictly, calls the packages that do the work,
// and writes their answers and errors in one shape. openapi.json describes all of it.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/remedy"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

// API is the handler of all endpoints.
type API struct {
	Config    Config
	Auth      auth.Checker
	Records   *store.Store
	Objects   *gcs.Store
	Vertex    *vertex.Client
	Jobs      *jobs.Service
	Catalogue catalogue.Provider
	Presenter *jobview.Presenter
	Gate      *Gate
	Now       func() time.Time
	Log       *slog.Logger

	starts paces
	asked  asked
}

// handler answers a request with a value to be written as JSON, or with an error.
type handler func(r *http.Request) (any, error)

// ServeHTTP serves every endpoint.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = serve.Identify(w, r, a.Config.Vertex.Project)
	if a.crossOrigin(w, r) {
		return
	}
	began := a.Now()
	var held share
	defer held.release()
	route, r, answer, err := a.serve(w, r, &held)
	if err != nil {
		a.writeError(w, r, err)
	} else {
		err = serve.WriteJSON(w, http.StatusOK, answer)
	}
	a.log(r, route, err, a.Now().Sub(began))
}

// log writes a line for each request. It has the endpoint in place of the path, and of an error that is the caller's
// its code alone: path, query, body and words may quote what people said.
func (a *API) log(r *http.Request, route string, err error, took time.Duration) {
	level, code := slog.LevelInfo, http.StatusOK
	attrs := []slog.Attr{
		slog.String("method", methodOf(r)),
		slog.String("path", route),
		slog.String("caller", callerOf(r.Context())),
		slog.Int64("duration_ms", took.Milliseconds()),
	}
	if err != nil {
		code = fault.From(err).Kind.HTTP().Code
	}
	if code >= http.StatusInternalServerError {
		if level = slog.LevelError; fault.From(err).Busy {
			level = slog.LevelWarn
		}
		attrs = append(attrs, slog.Any("error", err))
		if _, r := gcperr.Explain(fault.From(err), a.known()); r.Code != "" {
			attrs = append(attrs, slog.String("remedy", r.Sentence), slog.String("fix", r.Fix))
		}
	}
	a.Log.LogAttrs(r.Context(), level, "request", append(attrs, slog.Int("code", code))...)
}

// known is what commands that mend something are filled in with.
func (a *API) known() remedy.Context { return a.Config.known() }

func (c *Config) known() remedy.Context {
	return remedy.Context{Project: c.Vertex.Project, Location: c.Vertex.Location, Database: c.Database}
}

// methodOf returns the method of a request for the log. What is no method may be anything.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "OTHER"
}

// retryLimit is how long a call of Google Cloud that fails is repeated before the caller hears of it.
const retryLimit = 3 * time.Second

// serve finds the endpoint, whose path it returns, and lets it answer. The returned request knows its caller; what it
// holds of the gate is for the caller to release.
func (a *API) serve(w http.ResponseWriter, r *http.Request, held *share) (string, *http.Request, any, error) {
	endpoint, rest, err := a.route(r)
	if err != nil {
		return endpoint.path, r, nil, err
	}
	if endpoint.role != auth.None {
		caller, err := a.Auth.Check(r)
		if err != nil {
			return endpoint.path, r, nil, err
		}
		r = r.WithContext(context.WithValue(r.Context(), callerKey{}, caller.Name))
		if err := caller.Require(endpoint.role); err != nil {
			return endpoint.path, r, nil, err
		}
	}
	if r.Method == http.MethodPost {
		if err := checkMedia(r); err != nil {
			return endpoint.path, r, nil, err
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
		// The end of a context does not end the reading of a body, so a client that stops sending would hold us.
		// An error means that there is no connection to bound.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(a.Config.RequestTimeout))
	}
	if err := endpoint.checkQuery(r.URL); err != nil {
		return endpoint.path, r, nil, err
	}
	if r.Method == http.MethodPost {
		if err := a.Gate.enter(r, held); err != nil {
			return endpoint.path, r, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(gcperr.WithRetryLimit(r.Context(), retryLimit), a.Config.RequestTimeout)
	defer cancel()
	answer, err := endpoint.answer(r.WithContext(ctx), rest)
	return endpoint.path, r, answer, err
}

// answer calls the endpoint. A panic is an error like others: it is logged, with its stack, and shown to nobody.
func (e endpoint) answer(r *http.Request, rest string) (answer any, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = serve.PanicError(value)
		}
	}()
	return e.serve(r, rest)
}

type callerKey struct{}

func callerOf(ctx context.Context) string {
	name, _ := ctx.Value(callerKey{}).(string)
	return name
}
