// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/openai"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

func (a *API) writeError(w http.ResponseWriter, r *http.Request, err error) {
	e, _ := gcperr.Explain(fault.From(err), a.remedyContext())
	if e.Kind == fault.Unauthenticated {
		w.Header().Set("WWW-Authenticate", challenge(e))
	}
	write := serve.WriteError
	if a.Config.OpenAI.Serves(r.URL.Path) {
		write = openai.WriteError
	}
	if err := write(w, e, serve.RequestID(r.Context())); err != nil {
		a.Log.InfoContext(r.Context(), "the error was not delivered to the client", "error", err)
	}
}

// challenge returns the WWW-Authenticate header. It asks for a bearer token, and reports an invalid
// token if the request had one (RFC 6750, section 3).
func challenge(e *fault.Error) string {
	const wanted = `Bearer realm="vertextune"`
	if e.Reason == auth.InvalidToken {
		return wanted + `, error="invalid_token"`
	}
	return wanted
}
