// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/openai"
)

func TestOrigins(t *testing.T) {
	t.Parallel()
	const app = "https://app.example.com"
	preflight := func(origin string) http.Header {
		return http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization,content-type"}}
	}
	allowed := map[string]string{
		"Vary": "Origin", "Access-Control-Allow-Origin": app, "Access-Control-Allow-Methods": "GET, HEAD, POST",
		"Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key", "Access-Control-Max-Age": "600",
	}
	readable := map[string]string{"Vary": "Origin", "Access-Control-Allow-Origin": app, "Access-Control-Expose-Headers": "Retry-After, WWW-Authenticate, X-Request-Id, X-Should-Retry"}
	unreadable := map[string]string{"Vary": "Origin"}
	// The headers are those that OpenAI's client for Node asks for in a browser.
	const asked = "authorization,content-type,openai-organization,x-stainless-lang,x-stainless-retry-count,x-stainless-timeout"
	openAI := func(method string) http.Header {
		return http.Header{"Origin": {app}, "Access-Control-Request-Method": {method}, "Access-Control-Request-Headers": {asked}}
	}
	allowedOpenAI := maps.Clone(allowed)
	allowedOpenAI["Access-Control-Allow-Methods"] += ", DELETE"
	allowedOpenAI["Access-Control-Allow-Headers"] += ", " + asked
	origins := []string{"https://other.example.com", app}
	tests := []struct {
		name         string
		origins      []string
		method, path string
		header       http.Header
		code         int
		want         map[string]string
	}{
		{"preflight", origins, "OPTIONS", base + "/start", preflight(app), 204, allowed},
		{"preflight_of_no_endpoint", origins, "OPTIONS", "/nothing", preflight(app), 204, allowed},
		{"preflight_from_elsewhere", origins, "OPTIONS", base + "/start", preflight("https://evil.example.com"), 405, unreadable},
		{"preflight_from_below", origins, "OPTIONS", base + "/start", preflight(app + ".evil.com"), 405, unreadable},
		{"preflight_in_the_clear", origins, "OPTIONS", base + "/start", preflight("http://app.example.com"), 405, unreadable},
		{"preflight_from_null", origins, "OPTIONS", base + "/start", preflight("null"), 405, unreadable},
		{"preflight_while_off", nil, "OPTIONS", base + "/start", preflight(app), 405, map[string]string{}},
		{"preflight_of_openai", origins, "OPTIONS", "/v1/files", openAI("POST"), 204, allowedOpenAI},
		{"preflight_of_openai_delete", origins, "OPTIONS", "/v1/files/x", openAI("DELETE"), 204, allowedOpenAI},
		{"preflight_of_openai_elsewhere", origins, "OPTIONS", base + "/start", openAI("DELETE"), 204, allowed},
		{"call_of_openai", origins, "GET", "/v1/files", http.Header{"Origin": {app}}, 401, readable},
		{"options_alone", origins, "OPTIONS", base + "/start", http.Header{"Origin": {app}}, 405, readable},
		{"call", origins, "GET", "/health", http.Header{"Origin": {app}}, 200, readable},
		{"call_refused", origins, "POST", base + "/start", http.Header{"Origin": {app}}, 401, readable},
		{"call_from_elsewhere", origins, "GET", "/health", http.Header{"Origin": {"https://evil.example.com"}}, 200, unreadable},
		{"call_of_no_page", origins, "GET", "/health", nil, 200, unreadable},
		{"call_while_off", nil, "GET", "/health", http.Header{"Origin": {app}}, 200, map[string]string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := &api.API{
				Config: api.Config{Origins: test.origins, RequestTimeout: time.Minute, OpenAI: openai.Config{Enabled: true}}, Auth: &auth.Tokens{}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			}
			r := httptest.NewRequestWithContext(t.Context(), test.method, test.path, nil)
			maps.Copy(r.Header, test.header)
			w := httptest.NewRecorder()
			a.ServeHTTP(w, r)
			got := map[string]string{}
			for name := range w.Header() {
				if name == "Vary" || strings.HasPrefix(name, "Access-Control-") {
					got[name] = w.Header().Get(name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" || w.Code != test.code {
				t.Errorf("got %d, want %d; headers (-want +got):\n%s", w.Code, test.code, diff)
			}
		})
	}
}

// A function with a wrong configuration does not start, and reports all faults at once.
func TestOpen_names_every_fault(t *testing.T) {
	t.Parallel()
	_, err := api.Open(t.Context(), map[string]string{
		"AUTH_MODE": "oidc", "API_TOKENS": "x", "START_RATE_PER_MINUTE": "-1", "STATUS_MAX_AGE": "old",
		"START_LEASE": "10m", "CREATE_TIMEOUT": "-1s",
		"CORS_ORIGINS": "*,https://app.example.com/,https://App.example.com,http://app.example.com,null,https://good.example.com",
	})
	if err == nil {
		t.Fatal("it starts")
	}
	for _, want := range []string{
		"GOOGLE_CLOUD_PROJECT", "INBOX_BUCKET", "DATA_BUCKET", "BASE_MODEL", `START_RATE_PER_MINUTE is "-1", and must be a whole number that is not negative`, `STATUS_MAX_AGE is "old", and must be a length of time`, "API_TOKENS has no effect", "AUTH_ISSUER",
		"AUTH_AUDIENCES", "no caller is allowed", `"*" must be an origin`, `"https://app.example.com/" must`, `"https://App.example.com" must`,
		`"http://app.example.com" must`, `"null" must`, "START_LEASE is 10m0s", "REQUEST_TIMEOUT, 4m50s", "CREATE_TIMEOUT is -1s",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "good.example.com") {
		t.Errorf("the error blames what is right:\n%v", err)
	}
}
