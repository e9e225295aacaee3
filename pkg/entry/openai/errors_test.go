// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// Each class of error has OpenAI's type. The log has neither the key nor what users wrote.
func TestErrors(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(c *api.Config, _ *cloud.Config) { c.StartsPerMinute = 1 })
	const private = "sk-proj-a-real-key-of-openai"
	stranger, reader := s.as(private), s.as("reader")
	_, err := stranger.Models.List(t.Context())
	wantError(t, err, http.StatusUnauthorized, "authentication_error", "invalid_token", "")
	f := s.send(t, "private-name.jsonl", strings.Replace(good(20), "Answer 3", "private-answer", 1))
	params := client.FineTuningJobNewParams{Model: baseModel, TrainingFile: f.ID, Suffix: client.String("private-suffix"), Metadata: map[string]string{"k": "private-metadata"}}
	_, err = reader.FineTuning.Jobs.New(t.Context(), params)
	wantError(t, err, http.StatusForbidden, "permission_error", "role_required", "")
	_, err = reader.Files.Content(t.Context(), f.ID) //nolint:bodyclose // the call fails
	wantError(t, err, http.StatusForbidden, "permission_error", "role_required", "")
	_, err = s.client.Files.List(t.Context(), client.FileListParams{}, option.WithQuery("private-query", "x"))
	wantError(t, err, http.StatusBadRequest, "invalid_request_error", "unknown_field", "private-query")
	_, err = s.client.FineTuning.Jobs.Get(t.Context(), "private-id/x")
	wantError(t, err, http.StatusNotFound, "invalid_request_error", "not_found", "")
	var answer any
	err = s.client.Get(t.Context(), "assistants", nil, &answer)
	wantError(t, err, http.StatusNotFound, "invalid_request_error", "not_found", "")
	err = s.client.Put(t.Context(), "files", nil, &answer)
	e := wantError(t, err, http.StatusMethodNotAllowed, "invalid_request_error", "method_not_allowed", "")
	if allow := e.Response.Header.Get("Allow"); allow != "POST, GET, HEAD" {
		t.Errorf("allowed is %q", allow)
	}
	s.create(t, params)
	params.Suffix = client.String("private-suffix-2")
	_, err = s.client.FineTuning.Jobs.New(t.Context(), params, option.WithMaxRetries(0))
	e = wantError(t, err, http.StatusTooManyRequests, "rate_limit_error", "start_rate", "")
	if e.Response.Header.Get("Retry-After") == "" || e.Response.Header.Get("X-Should-Retry") != "" {
		t.Errorf("the headers are %v", e.Response.Header)
	}
	if log := s.log.String(); strings.Contains(log, "private") || strings.Contains(log, token) || strings.Contains(log, private) || !strings.Contains(log, "/v1/fine_tuning/jobs/{id}") {
		t.Errorf("log:\n%s", log)
	}
}

// A failure of Google's is a server error, which the client repeats.
func TestErrors_upstream(t *testing.T) {
	t.Parallel()
	var down atomic.Bool
	s := newSystem(t, func(_ *api.Config, clouds *cloud.Config) {
		clouds.FirestoreStream = func(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			if down.Load() {
				return status.Error(codes.PermissionDenied, "not allowed")
			}
			return next(server, stream)
		}
	})
	down.Store(true)
	_, err := s.client.Files.List(t.Context(), client.FileListParams{}, option.WithMaxRetries(1))
	wantError(t, err, http.StatusBadGateway, "server_error", "firestore_role_missing", "")
	if n := len(s.sentRequests()); n != 2 {
		t.Errorf("the client has sent %d requests, want 2", n)
	}
}

// When the queue is full, the client is not made to sleep.
func TestErrors_queue_full(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(c *api.Config, _ *cloud.Config) { c.Jobs.MaxConcurrentJobs, c.Jobs.MaxQueuedJobs = 1, 1 })
	f := s.send(t, "chat.jsonl", good(20))
	for _, suffix := range []string{"a", "b"} {
		s.create(t, client.FineTuningJobNewParams{TrainingFile: f.ID, Suffix: client.String(suffix)})
	}
	s.sentRequests()
	_, err := s.client.FineTuning.Jobs.New(t.Context(), client.FineTuningJobNewParams{Model: baseModel, TrainingFile: f.ID})
	wantError(t, err, http.StatusTooManyRequests, "rate_limit_error", "queue_full", "")
	if n := len(s.sentRequests()); n != 1 {
		t.Errorf("the client has sent %d requests, want 1", n)
	}
}

// With the setting off, there is nothing below /v1.
func TestOff(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(c *api.Config, _ *cloud.Config) { c.OpenAI.Enabled = false })
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/v1/models", nil)
	check(t, err)
	got, err := (&http.Client{Timeout: time.Minute}).Do(request)
	check(t, err)
	defer func() { _ = got.Body.Close() }() // only the status counts
	if got.StatusCode != http.StatusNotFound {
		t.Errorf("answered %d", got.StatusCode)
	}
}
