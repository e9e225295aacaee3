// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// Every response has the ID of its request, and so has every log entry about the request, including
// those of other packages.
func TestRequestID(t *testing.T) {
	t.Parallel()
	const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	var log journal
	s := newSystem(t, func(set *setup) {
		set.api.StatusMaxAge = 0
		set.log = serve.Logger(&log, slog.LevelDebug)
	})
	s.message("1", turn("a", "user", "one"))
	traced := func(r *http.Request) { r.Header.Set("Traceparent", "00-"+trace+"-00f067aa0ba902b7-01") }
	s.fail(faults.Vertex, status.Error(codes.ResourceExhausted, "no jobs left")) // package jobs logs this error

	ids := map[string]int{}
	for _, call := range []struct {
		method, path, body string
		code               int
		edit               func(*http.Request)
	}{
		{http.MethodPost, base + "/start", `{"session_id":"a"}`, 200, traced},
		{http.MethodPost, base + "/start", `{`, 400, traced},
		{http.MethodGet, base + "/jobs", "", 200, func(*http.Request) {}},
		{http.MethodGet, "/health", "", 200, withoutToken},
		{http.MethodGet, base + "/jobs", "", 401, withoutToken},
		{http.MethodGet, base + "/nothing", "", 404, func(*http.Request) {}},
		{http.MethodDelete, base + "/jobs", "", 405, func(*http.Request) {}},
	} {
		answer := s.send(t, call.method, call.path, call.body, call.edit)
		id := answer.header.Get("X-Request-Id")
		if answer.code != call.code || len(id) != len(trace) {
			t.Errorf("%s %s: got %d with ID %q", call.method, call.path, answer.code, id)
		}
		ids[id]++
		if call.code != http.StatusOK && !strings.Contains(string(answer.body), `"@type":"type.googleapis.com/google.rpc.RequestInfo","requestId":"`+id+`"`) {
			t.Errorf("%s %s: the error does not have the ID %s: %s", call.method, call.path, id, answer.body)
		}
	}
	if len(ids) != 6 || ids[trace] != 2 {
		t.Errorf("IDs are %v", ids)
	}
	log.mu.Lock()
	defer log.mu.Unlock()
	lines := map[string]int{}
	for line := range bytes.Lines(log.text.Bytes()) {
		var entry map[string]any
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Fatal(err)
		}
		id, _ := entry["request_id"].(string)
		if ids[id] == 0 {
			t.Errorf("a line has the ID %q: %s", id, line)
		}
		lines[id]++
		if id == trace && (entry["logging.googleapis.com/trace"] != "projects/"+project+"/traces/"+trace || entry["logging.googleapis.com/spanId"] != "00f067aa0ba902b7") {
			t.Errorf("Cloud Logging does not find the trace of %s", line)
		}
	}
	if lines[trace] < 3 {
		t.Errorf("%d lines are of the start and the bad one, and the starter's is not among them", lines[trace])
	}
}

// Paths that a router might clean are answered as they are.
func TestPaths_are_taken_as_they_are(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for path, code := range map[string]int{
		"//api/v1/fine-tuning/jobs": 404, base + "//jobs": 404, base + "/jobs/": 404, base + "/./jobs": 404, base + "/x/../jobs": 404, "//": 404,
		base + "/lineage/gs://" + data + "/none.jsonl": 404, base + "/job-status/..": 400, base + "/job-status/a//b": 400,
	} {
		answer := s.send(t, http.MethodGet, path, "")
		answer.failed(code)
	}
}
