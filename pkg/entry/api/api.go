// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package api serves the HTTP endpoints. It decodes requests strictly, calls the packages that do
// the work, and writes all responses and errors in one format. openapi.json describes the whole
// API.
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
	"github.com/vertextune/vertextune/pkg/entry/console"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobaccess"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

// API is the HTTP handler of all endpoints.
type API struct {
	Config    Config
	Auth      auth.Checker
	Records   *store.Store
	Objects   *gcs.Store
	Vertex    *vertex.Client
	Jobs      *jobs.Service
	Access    *jobaccess.Service
	Catalogue catalogue.Provider
	// Evaluations starts evaluations. Function poll does their work.
	Evaluations *evaluations.Service
	Promotions  *promotions.Service
	Presenter   *jobview.Presenter
	Console     *console.Console // or nil
	Gate        *Gate
	Now         func() time.Time
	Log         *slog.Logger

	starts paces
}

// handler returns the response to a request, which is written as JSON, or an error.
type handler func(r *http.Request) (any, error)

// ServeHTTP serves every endpoint.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = serve.Identify(w, r, a.Config.Project)
	if a.Console != nil && console.Serves(r) {
		a.serveConsole(w, r)
		return
	}
	if a.crossOrigin(w, r) {
		return
	}
	began := a.Now()
	var held memoryShare
	defer held.release()
	route, r, answer, err := a.serve(w, r, &held)
	if err != nil {
		a.writeError(w, r, err)
	} else {
		err = serve.WriteAnswer(w, answer)
	}
	a.log(r, route, err, a.Now().Sub(began))
}

// log writes a log entry for each request. The entry contains the endpoint instead of the path, and
// only the code of a client error, because the path, the query, the body and the error message may
// quote users' text.
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
		if _, r := gcperr.Explain(fault.From(err), a.remedyContext()); r.Code != "" {
			attrs = append(attrs, slog.String("remedy", r.Sentence), slog.String("fix", r.Fix))
		}
	}
	a.Log.LogAttrs(r.Context(), level, "request", append(attrs, slog.Int("code", code))...)
}

// remedyContext returns the values that are filled into the commands of a remedy.
func (a *API) remedyContext() remedy.Context { return a.Config.Remedy() }

// methodOf returns the request's method for the log. An unknown method is not logged, because it
// could be any text.
func methodOf(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "OTHER"
}

// retryLimit is how long a failing Google Cloud call is retried before the caller gets the error.
const retryLimit = 3 * time.Second

// serve finds the endpoint and calls it. It returns the endpoint's path, and the request with the
// caller in its context. The calling function must release memory.
func (a *API) serve(w http.ResponseWriter, r *http.Request, memory *memoryShare) (string, *http.Request, any, error) {
	endpoint, argument, err := a.route(r)
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
		r.Body = a.limited(w, r, endpoint.form)
		// The end of a context does not stop a read of the body, so a client that stops sending
		// could block us without this deadline. An error means that there is no connection to
		// limit.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(a.Config.RequestTimeout))
		findEmptyBody(r)
		if err := endpoint.checkMedia(r); err != nil {
			return endpoint.path, r, nil, err
		}
	}
	if err := endpoint.checkQuery(r.URL); err != nil {
		return endpoint.path, r, nil, err
	}
	if r.Method == http.MethodPost {
		if err := a.Gate.enter(r, memory); err != nil {
			return endpoint.path, r, nil, err
		}
	}
	ctx, cancel := context.WithTimeout(gcperr.WithRetryLimit(r.Context(), retryLimit), a.Config.RequestTimeout)
	defer cancel()
	answer, err := endpoint.answer(r.WithContext(ctx), argument)
	return endpoint.path, r, answer, err
}

// answer calls the endpoint. It turns a panic into an error, which is logged with its stack; the
// client does not see the details.
func (e endpoint) answer(r *http.Request, argument string) (answer any, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = serve.PanicError(value)
		}
	}()
	return e.serve(r, argument)
}

type callerKey struct{}

func callerOf(ctx context.Context) string {
	name, _ := ctx.Value(callerKey{}).(string)
	return name
}
