// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package openapitest compares requests and responses with an OpenAPI document in tests.
package openapitest

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
)

// Check returns the faults of a request and of its response. It may contain nil, which is no fault.
type Check func(r *http.Request, body []byte, answer *http.Response, text []byte) []error

// Agree serves with next, and fails the test for everything that check finds.
func Agree(t *testing.T, check Check, next http.Handler) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		r.Body = io.NopCloser(io.TeeReader(r.Body, &body))
		recorder := httptest.NewRecorder()
		next.ServeHTTP(connected{recorder, w}, r)
		answer := recorder.Result()
		if err := errors.Join(check(r, body.Bytes(), answer, recorder.Body.Bytes())...); err != nil {
			t.Errorf("%s %s answered %d: %v\nbody: %.2000s", r.Method, r.URL.EscapedPath(), answer.StatusCode, err, recorder.Body)
		}
		maps.Copy(w.Header(), answer.Header)
		w.WriteHeader(answer.StatusCode)
		_, _ = w.Write(recorder.Body.Bytes()) // it is not an error here if the client has gone
	})
}

// connected records a response. For everything else, it gives access to the connection.
type connected struct {
	*httptest.ResponseRecorder
	to http.ResponseWriter
}

func (c connected) Unwrap() http.ResponseWriter { return c.to }

// RunsAll reports whether all tests of the package run, and not only chosen ones.
func RunsAll() bool {
	for _, name := range []string{"test.run", "test.skip", "test.list"} {
		if flag.Lookup(name).Value.String() != "" {
			return false
		}
	}
	return true
}
