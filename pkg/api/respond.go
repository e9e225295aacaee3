// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/vertextune/vertextune/pkg/auth"
	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/gcp"
)

// write writes a JSON answer. It sets no length, so that a long answer goes out in chunks: Cloud Run limits
// an HTTP/1 answer to 32 MiB otherwise.
func write(w http.ResponseWriter, code int, answer any) error {
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

func (a *API) writeError(w http.ResponseWriter, r *http.Request, err error) {
	e, _ := gcp.Explain(fault.Of(err), a.known())
	switch e.Kind {
	case fault.Unauthenticated:
		w.Header().Set("WWW-Authenticate", challenge(e))
	case fault.MethodNotAllowed:
		w.Header().Set("Allow", e.Metadata["allow"])
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(e.RetrySeconds(), 10))
	}
	if err := write(w, e.Kind.HTTP().Code, e.Body()); err != nil {
		a.Log.WarnContext(r.Context(), "the client did not take the error", "error", err)
	}
}

// challenge says what is wanted, and that what came was no good if something came (RFC 6750, section 3).
func challenge(e *fault.Error) string {
	const wanted = `Bearer realm="vertextune"`
	if e.Reason == auth.InvalidToken {
		return wanted + `, error="invalid_token"`
	}
	return wanted
}
