// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/entry/api"
)

// A browser gets the console, also at the root of the service. All others get the same as before.
func TestConsole(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	a := &api.API{Config: api.Config{RequestTimeout: time.Minute}, Auth: anybody{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil))}
	a.Config.Auth.Mode = "token"
	a.Console = a.NewConsole()
	for _, test := range []struct {
		path, accept string
		code         int
		kind         string
	}{
		{"/", "text/html", http.StatusFound, "text/html; charset=utf-8"},
		{"/", "*/*", http.StatusNotFound, "application/json; charset=utf-8"},
		{"/console", "text/html", http.StatusUnauthorized, "text/html; charset=utf-8"},
		{"/console/sign-in?next=marked-word", "text/html", http.StatusOK, "text/html; charset=utf-8"},
		{"/consoles", "text/html", http.StatusNotFound, "application/json; charset=utf-8"},
		{"/health", "text/html", http.StatusOK, "application/json; charset=utf-8"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.path, nil)
		r.Header.Set("Accept", test.accept)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != test.code || w.Header().Get("Content-Type") != test.kind {
			t.Errorf("%s of %s: got %d of %s", test.path, test.accept, w.Code, w.Header().Get("Content-Type"))
		}
	}
	if text := log.String(); !strings.Contains(text, "path=/console/sign-in") || strings.Contains(text, "marked-word") {
		t.Errorf("the log is %s", text)
	}
}
