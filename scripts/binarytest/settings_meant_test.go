// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package binarytest

import (
	"maps"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

// TestSettings_that_cannot_be_meant checks that each function refuses impossible settings, names
// them, and says which values are valid.
func TestSettings_that_cannot_be_meant(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"GOOGLE_CLOUD_PROJECT": "acme", "GOOGLE_CLOUD_LOCATION": "us-central1", "DATA_BUCKET": "acme-data", "INBOX_BUCKET": "acme-inbox",
		"BASE_MODEL": "gemini-3.1-flash-lite", "EVENTS_TOPIC": "events", "API_TOKENS": "ci:" + auth.Hash("x"),
	}
	open := map[string]serve.Open{"api": api.Open, "convert": convert.Open, "poll": poll.Open}
	const all = "api convert poll"
	tests := []struct{ functions, setting, value, message string }{
		{"api", "REQUEST_TIMEOUT", "0", "greater than 0"},
		{"api", "REQUEST_TIMEOUT", "-1s", "greater than 0"},
		{"api", "REQUEST_TIMEOUT", "5", "a length of time such as"},
		{"poll", "TICK_TIMEOUT", "0s", "greater than 0"},
		{"poll", "STALLED_AFTER", "-1h", "not be less than 0"},
		{"api", "STATUS_MAX_AGE", "-1s", "not be less than 0"},
		{"api", "START_RATE_PER_MINUTE", "-1", "a whole number that is not negative"},
		{"api", "START_RATE_PER_MINUTE", "ten", "a whole number that is not negative"},
		{"api", "CORS_ORIGINS", "https://*.example.com", "an origin as browsers send it"},
		{"api", "CORS_ORIGINS", "https://app.example.com:443", "an origin as browsers send it"},
		{"api", "CORS_ORIGINS", "http://localhost:80", "an origin as browsers send it"},
		{"api", "CORS_ORIGINS", "https://app.example.com:", "an origin as browsers send it"},
		{"api", "CORS_ORIGINS", "*", "an origin as browsers send it"},
		{"api convert", "INBOX_BUCKET", "gs://acme-inbox", "without gs://"},
		{"convert", "DROP_STARTS", "yes", "true or false"},
		{"convert poll", "EVENT_ACCOUNT", "poller", "the address of a service account"},
		{"poll", "EVENTS_TOPIC", "projects/acme/topics/events", "without projects/"},
		{all, "DATA_BUCKET", "gs://acme-data/", "without gs://"},
		{all, "GOOGLE_CLOUD_PROJECT", "projects/acme", "the ID of a project"},
		{all, "GOOGLE_CLOUD_LOCATION", "US", "a region, such as"},
		{all, "FIRESTORE_DATABASE", "projects/acme/databases/x", "the ID of a database"},
		{all, "MAX_CONCURRENT_JOBS", "-1", "not be less than 0"},
		{all, "MAX_QUEUED_JOBS", "-5", "not be less than 0"},
		{all, "MAX_QUEUED_JOBS", "abc", `"abc", and must be a whole number`},
		{all, "CATALOGUE_MAX_AGE", "-1s", "not be less than 0"},
		{all, "START_LEASE", "0s", "at least 100ms"},
		{all, "CREATE_TIMEOUT", "-1s", "at least 100ms"},
		{all, "MAX_COST_USD", "-1", "0 (no limit) or more"},
		{all, "MONTHLY_BUDGET_USD", "1e-9", "MONTHLY_BUDGET_USD"},
	}
	for _, tt := range tests {
		for function := range strings.FieldsSeq(tt.functions) {
			environment := maps.Clone(good)
			environment[tt.setting] = tt.value
			_, err := open[function](t.Context(), environment)
			if err == nil || !strings.Contains(err.Error(), tt.setting) || !strings.Contains(err.Error(), tt.message) {
				t.Errorf("%s with %s=%s: %v, want %q", function, tt.setting, tt.value, err, tt.message)
			}
			if err != nil && (strings.Contains(err.Error(), "strconv") || strings.Contains(err.Error(), "field \"")) {
				t.Errorf("%s with %s=%s: in the words of Go: %v", function, tt.setting, tt.value, err)
			}
		}
	}
}
