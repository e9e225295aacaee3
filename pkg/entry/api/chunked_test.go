// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// inChunks sends a body in chunks, without a length and without a content type.
func inChunks(body string) func(*http.Request) {
	return func(r *http.Request) {
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), -1
		r.Header.Del("Content-Type")
	}
}

// TestBody_in_chunks: an empty body that is sent in chunks is like no body, for every endpoint. A
// body that is not empty still needs its content type.
func TestBody_in_chunks(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	cancel := base + "/cancel/" + s.start(t, `{"session_id":"a"}`).Job.Name
	for path, code := range map[string]int{
		cancel:                      http.StatusOK,
		base + "/models/m/rollback": http.StatusNotFound,
		base + "/models/m/promote":  http.StatusBadRequest,
		base + "/start":             http.StatusBadRequest,
		base + "/validate-data":     http.StatusBadRequest,
	} {
		empty := s.send(t, http.MethodPost, path, "", inChunks(""))
		none := s.send(t, http.MethodPost, path, "", func(r *http.Request) { r.Header.Del("Content-Type") })
		if empty.code != code || none.code != code {
			t.Errorf("%s answers %d to an empty body in chunks, and %d to no body; want %d", path, empty.code, none.code, code)
		}
	}
	s.send(t, http.MethodPost, cancel, "", inChunks("{}")).failed(http.StatusUnsupportedMediaType)
}

// TestSlash_in_an_argument: only the names of resources contain slashes.
func TestSlash_in_an_argument(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for path, message := range map[string]string{
		"/evaluations/a/b": "There is no endpoint here.",
		"/models/a/b":      "There is no endpoint here.",
		"/job-status/projects/p/locations/l/tuningJobs/7":     "There is no job",
		"/jobs/projects/p/locations/l/tuningJobs/7":           "There is no job",
		"/jobs/projects%2Fp%2Flocations%2Fl%2FtuningJobs%2F7": "There is no job",
	} {
		if f := s.get(t, base+path).failed(http.StatusNotFound); !strings.HasPrefix(f.Message, message) {
			t.Errorf("%s: %q, want %q", path, f.Message, message)
		}
	}
}
