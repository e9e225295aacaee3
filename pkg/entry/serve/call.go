// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/lazyregexp"
)

// RequestIDHeader is the response header with the ID of the request.
const RequestIDHeader = "X-Request-Id"

// With these fields, Cloud Logging shows a log entry together with its request. Source:
// https://cloud.google.com/logging/docs/agent/logging/configuration#special-fields
const (
	traceField = "logging.googleapis.com/trace"
	spanField  = "logging.googleapis.com/spanId"
)

type attrsKey struct{}

type requestIDKey struct{}

// LogWith returns a context that adds these attributes to every log entry that is written with it.
func LogWith(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, attrsKey{}, append(slices.Clip(logAttrs(ctx)), attrs...))
}

func logAttrs(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	return attrs
}

// RequestID returns the ID of the request to which a context belongs, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// Identify assigns an ID to a request. It adds the ID to the response, and to every log entry that
// is written with the request's context. The ID is the ID of the trace that Cloud Run has begun, so
// a search for it also finds Cloud Run's own log entry about the request and the rest of the trace.
// If there is no trace, the ID is random.
func Identify(w http.ResponseWriter, r *http.Request, project string) *http.Request {
	trace, span := traceOf(r.Header)
	id := trace
	if id == "" {
		id = randomID()
	}
	w.Header().Set(RequestIDHeader, id)
	ctx := context.WithValue(r.Context(), requestIDKey{}, id)
	attrs := []slog.Attr{slog.String("request_id", id)}
	if trace != "" && project != "" {
		attrs = append(attrs, slog.String(traceField, "projects/"+project+"/traces/"+trace)) //nolint:sloglint // Cloud Logging's own name
	}
	if span != "" {
		attrs = append(attrs, slog.String(spanField, span)) //nolint:sloglint // Cloud Logging's own name
	}
	return r.WithContext(LogWith(ctx, attrs...))
}

// The formats of the headers that contain a trace. Sources:
// https://www.w3.org/TR/trace-context/#traceparent-header and
// https://cloud.google.com/trace/docs/trace-context#legacy-http-header
var (
	traceparent = lazyregexp.New(`^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$`)
	cloudTrace  = lazyregexp.New(`^([0-9a-fA-F]{32})(?:/([0-9]{1,20}))?(?:;.*)?$`)
)

// traceOf returns the IDs of the trace and the span in hexadecimal. A missing ID is "".
func traceOf(header http.Header) (trace, span string) {
	if m := traceparent.FindStringSubmatch(header.Get("Traceparent")); m != nil {
		trace, span = m[1], m[2]
	}
	if isZero(trace) {
		m := cloudTrace.FindStringSubmatch(header.Get("X-Cloud-Trace-Context"))
		if m == nil || isZero(m[1]) {
			return "", ""
		}
		trace, span = strings.ToLower(m[1]), ""
		if n, err := strconv.ParseUint(m[2], 10, 64); err == nil {
			span = fmt.Sprintf("%016x", n)
		}
	}
	if isZero(span) {
		span = ""
	}
	return trace, span
}

// isZero reports whether an ID is empty or consists of zeros. Neither header allows such an ID.
func isZero(id string) bool { return strings.Trim(id, "0") == "" }

// randomID returns a random ID in the format of a trace ID.
func randomID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	return hex.EncodeToString(id[:])
}
