// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/api"
)

func TestDocument_names_the_routes(t *testing.T) {
	t.Parallel()
	d, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	for path, method := range d.methods {
		documented = append(documented, method+" "+path)
	}
	slices.Sort(documented)
	routes := slices.Sorted(slices.Values(api.Routes()))
	if diff := cmp.Diff(documented, routes); diff != "" {
		t.Errorf("(-document +routes):\n%s", diff)
	}
}

func TestDocument_is_served(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var want, got any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	s.send(t, http.MethodGet, "/openapi.json", "", withoutToken).into(&got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-file +served):\n%s", diff)
	}
}

func withoutToken(r *http.Request) { r.Header.Del("Authorization") }

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	var got map[string]string
	s.send(t, http.MethodGet, "/health", "", withoutToken).into(&got)
	if diff := cmp.Diff(map[string]string{"status": "ok"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	paths := map[string]string{"/health": http.MethodGet, "/openapi.json": http.MethodGet}
	for path, method := range protected {
		paths[base+path] = method
	}
	allow := map[string]string{http.MethodPost: "POST", http.MethodGet: "GET, HEAD"}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} {
			answer := s.send(t, method, path, "", withoutToken)
			switch {
			case method == paths[path], method == http.MethodHead && paths[path] == http.MethodGet:
				if answer.code == http.StatusMethodNotAllowed {
					t.Errorf("%s %s: got 405", method, path)
				}
				if method == http.MethodHead && len(answer.body) > 0 {
					t.Errorf("HEAD %s has a body", path)
				}
			case answer.code != http.StatusMethodNotAllowed || answer.header.Get("Allow") != allow[paths[path]]:
				t.Errorf("%s %s: got %d, Allow %q", method, path, answer.code, answer.header.Get("Allow"))
			}
		}
	}
}
