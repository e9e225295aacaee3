// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

const (
	trace = "4bf92f3577b34da6a3ce929d0e0e4736"
	span  = "00f067aa0ba902b7"
)

func TestIdentify(t *testing.T) {
	t.Parallel()
	const traceKey, spanKey = "logging.googleapis.com/trace", "logging.googleapis.com/spanId"
	whole := map[string]any{"request_id": trace, traceKey: "projects/acme/traces/" + trace, spanKey: span}
	tests := []struct {
		name   string
		header map[string]string
		want   map[string]any // nil means a random ID and no other attribute
	}{
		{"traceparent", map[string]string{"Traceparent": "00-" + trace + "-" + span + "-01"}, whole},
		{"later_version", map[string]string{"Traceparent": "cc-" + trace + "-" + span + "-01-more"}, whole},
		{"cloud_trace", map[string]string{"X-Cloud-Trace-Context": trace + "/67667974448284343;o=1"}, whole},
		{"cloud_trace_in_capitals", map[string]string{"X-Cloud-Trace-Context": strings.ToUpper(trace) + "/67667974448284343"}, whole},
		{
			"cloud_trace_alone", map[string]string{"X-Cloud-Trace-Context": trace},
			map[string]any{"request_id": trace, traceKey: "projects/acme/traces/" + trace},
		},
		{"both", map[string]string{"Traceparent": "00-" + trace + "-" + span + "-01", "X-Cloud-Trace-Context": strings.Repeat("1", 32)}, whole},
		{"bad_beside_good", map[string]string{"Traceparent": "00-xyz", "X-Cloud-Trace-Context": trace + "/67667974448284343"}, whole},
		{"none", nil, nil},
		{"zeros", map[string]string{"Traceparent": "00-" + strings.Repeat("0", 32) + "-" + span + "-01", "X-Cloud-Trace-Context": strings.Repeat("0", 32)}, nil},
		{"words", map[string]string{"Traceparent": "Xylophon", "X-Cloud-Trace-Context": "Xylophon/1", "X-Request-Id": "Xylophon"}, nil},
		{"line_breaks", map[string]string{"Traceparent": "00-" + trace + "-" + span + "-01\n"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			ctx := serve.Identify(w, r, "acme").Context()
			id := serve.RequestID(ctx)
			if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(id) || w.Header().Get("X-Request-Id") != id {
				t.Errorf("ID %q, header %q", id, w.Header().Get("X-Request-Id"))
			}
			want := tt.want
			if want == nil {
				want = map[string]any{"request_id": id}
				if id == trace {
					t.Error("the trace was taken")
				}
			}
			var out bytes.Buffer
			serve.Logger(&out, slog.LevelInfo).InfoContext(ctx, "x")
			if diff := cmp.Diff(want, entry(t, out.Bytes())); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// entry decodes a log entry, without the fields that every entry has.
func entry(t *testing.T, line []byte) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(line, &got); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for _, name := range []string{"time", "severity", "message"} {
		delete(got, name)
	}
	return got
}

// TestLogger_has_no_words: an error is logged without users' text, however it is passed to the
// logger.
func TestLogger_has_no_words(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("send job vt-1: %w", fault.New(fault.InvalidArgument, "Xylophon"))
	var out bytes.Buffer
	log := serve.Logger(&out, slog.LevelInfo)
	ctx := serve.LogWith(serve.LogWith(t.Context(), slog.String("event_id", "7")), slog.Int("n", 1))
	log.With("before", err).InfoContext(ctx, "x", "error", err, slog.Group("g", "error", errors.Join(err)))
	const safe = "send job vt-1: INVALID_ARGUMENT"
	want := map[string]any{"before": safe, "event_id": "7", "n": 1.0, "error": safe, "g": map[string]any{"error": safe}}
	if diff := cmp.Diff(want, entry(t, out.Bytes())); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
