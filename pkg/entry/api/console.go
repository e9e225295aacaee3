// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/console"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// NewConsole returns the console, which shares with the endpoints what limits them.
func (a *API) NewConsole() *console.Console {
	return &console.Console{
		Config: console.Config{
			Mode: a.Config.Auth.Mode, Project: a.Config.Project, Location: a.Config.Location, Inbox: a.Config.InboxBucket,
			Data: a.Config.Jobs.DataBucket, BaseModel: a.Config.Jobs.BaseModel, Budget: a.Config.Jobs.Budget, Timeout: a.Config.RequestTimeout,
		},
		Auth: a.Auth, SignIn: auth.NewSignIn(a.Config.Auth, a.Auth), Access: a.Access, Catalogue: a.Catalogue, Evaluations: a.Evaluations, Promotions: a.Promotions, Now: a.Now, Log: a.Log,
		Start: func(ctx context.Context, o jobs.StartRequest) (tuning.Job, error) {
			return pacedFor(o.Caller, a, func() (tuning.Job, error) { return a.Jobs.Start(ctx, o) })
		},
		Evaluate: func(ctx context.Context, o evaluations.StartRequest) (evalrun.Run, error) {
			return pacedFor(o.Caller, a, func() (evalrun.Run, error) { return a.Evaluations.Start(ctx, o) })
		},
		Admit: func(r *http.Request) (func(), error) {
			var held memoryShare
			err := a.Gate.enter(r, &held)
			return held.release, err
		},
		Explain: func(err error) *fault.Error {
			e, _ := gcperr.Explain(fault.From(err), a.remedyContext())
			return e
		},
	}
}

func (a *API) serveConsole(w http.ResponseWriter, r *http.Request) {
	began := a.Now()
	answer := a.Console.Serve(w, r)
	r = r.WithContext(context.WithValue(r.Context(), callerKey{}, answer.Caller))
	a.log(r, answer.Route, answer.Err, a.Now().Sub(began))
}
