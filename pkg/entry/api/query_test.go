// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/api"
)

// Every endpoint of the routing table refuses unknown parameters.
func TestQuery_unknown_parameters_are_refused(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for _, route := range api.Routes() {
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer("{job_name}", "1", "{name}", "1").Replace(path)
		got := s.send(t, method, path+"?validateOnly=true", "{}").failed(http.StatusBadRequest)
		if diff := cmp.Diff([]string{"validateOnly UNKNOWN_FIELD"}, got.places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", route, diff)
		}
	}
}

// A flag in the query of a start is refused, and no job starts.
func TestQuery_of_a_start(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	body := `{"session_id": "s1"}`
	got := s.post(t, base+"/start?dry_run=true", body).failed(http.StatusBadRequest)
	if !strings.Contains(got.Details[0].Violations[0].Description, "Write the field into the body") {
		t.Errorf("description %q", got.Details[0].Violations[0].Description)
	}
	var list struct{ Count int }
	s.get(t, base+"/jobs").decode(&list)
	if list.Count != 0 {
		t.Errorf("%d jobs have started", list.Count)
	}
	s.post(t, base+"/start?a=%zz", body).failed(http.StatusBadRequest)
	s.post(t, base+"/start?", body).failed(http.StatusNotFound) // an empty query is allowed
}

func TestQuery_says_what_is_meant(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	for path, want := range map[string]string{
		"/jobs?statuss=x":                      "Did you mean status?",
		"/jobs?pageSize=3":                     "Did you mean page_size?",
		"/jobs?status=done":                    "must be PIPELINE_STATE_QUEUED, PIPELINE_STATE_PENDING,",
		"/jobs?order_by=id":                    "must be created_at desc, created_at asc or updated_at desc.",
		"/models?status=x":                     "must be tunable, closing, closed or unclear.",
		"/models?page_size=1":                  "The parameters are: status.",
		"/jobs/1?page_size=1":                  "This endpoint takes no parameters in the query.",
		"/lineage/1?x=1&x=2":                   "There is no such parameter.",
		"/jobs?status=a&status=b&created=2026": "must be given once.",
	} {
		got := s.get(t, base+path).failed(http.StatusBadRequest)
		said := slices.ContainsFunc(got.Details[0].Violations, func(v violation) bool { return strings.Contains(v.Description, want) })
		if !said {
			t.Errorf("%s: %v does not say %q", path, got.Details[0].Violations, want)
		}
	}
}
