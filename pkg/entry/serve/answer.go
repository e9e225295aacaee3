// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// WriteJSON writes a JSON response. It sets no Content-Length, so that a long response is sent in
// chunks: Cloud Run limits an HTTP/1 response to 32 MiB otherwise. A response that has a method
// WriteJSON writes itself.
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

// WriteAnswer writes the response to a request that succeeded: as JSON, unless the response has a
// method WriteResponse. If that fails, the connection is cut off.
func WriteAnswer(w http.ResponseWriter, answer any) (err error) {
	if own, ok := answer.(interface {
		WriteResponse(w http.ResponseWriter) error
	}); ok {
		err = own.WriteResponse(w)
	} else {
		err = WriteJSON(w, http.StatusOK, answer)
	}
	if err != nil {
		closeConnection(w)
	}
	return err
}

// closeConnection makes sure that the client does not take a part of a response for the whole. The
// server ends a chunked response when the handler returns, also after an error. It cannot write
// that end after this deadline, so it closes the connection. A panic would not do, because the
// framework recovers from it and writes its own text.
func closeConnection(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Unix(1, 0)) // without a connection, nothing is sent
}

// WriteError writes an error in the common format, with the headers for its kind.
func WriteError(w http.ResponseWriter, e *fault.Error, requestID string) error {
	return WriteErrorBody(w, e, e.Body().Of(requestID))
}

// WriteErrorBody is WriteError with another format of the body.
func WriteErrorBody(w http.ResponseWriter, e *fault.Error, body any) error {
	if e.Kind == fault.MethodNotAllowed {
		w.Header().Set("Allow", e.Metadata["allow"])
	}
	if e.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(e.RetrySeconds(), 10))
	}
	return WriteJSON(w, e.Kind.HTTP().Code, body)
}
