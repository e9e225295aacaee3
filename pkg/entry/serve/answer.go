// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// WriteJSON writes a JSON answer. It sets no length, so that a long answer goes out in chunks: Cloud Run limits
// an HTTP/1 answer to 32 MiB otherwise. An answer that has a method WriteJSON writes itself.
func WriteJSON(w http.ResponseWriter, code int, answer any) error {
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	if streamed, ok := answer.(interface{ WriteJSON(io.Writer) error }); ok {
		return streamed.WriteJSON(w)
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(answer); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// WriteError writes an error in its one shape, with the headers that belong to it.
func WriteError(w http.ResponseWriter, e *fault.Error, requestID string) error {
	if e.Kind == fault.MethodNotAllowed {
		w.Header().Set("Allow", e.Metadata["allow"])
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(e.RetrySeconds(), 10))
	}
	return WriteJSON(w, e.Kind.HTTP().Code, e.Body().Of(requestID))
}
