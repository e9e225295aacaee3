// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

func TestJobStatus_refuses(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	name := s.start(t, `{"session_id":"a"}`).Job.Name
	tests := []struct {
		name, path string
		code       int
	}{
		{"unknown_number", "12345", http.StatusNotFound},
		{"unknown_name", "projects/acme/locations/us-central1/tuningJobs/1", http.StatusNotFound},
		{"unknown_id", "vt-20261201-143022-abcdefghij", http.StatusNotFound},
		{"other_region", strings.Replace(name, location, "europe-west4", 1), http.StatusNotFound},
		{"trailing_slash", name + "/", http.StatusBadRequest},
		{"doubly_encoded", url.PathEscape(url.PathEscape(name)), http.StatusBadRequest},
		{"half_a_name", "locations/us-central1/tuningJobs/1", http.StatusBadRequest},
		{"other_resource", "projects/acme/locations/us-central1/models/1", http.StatusBadRequest},
		{"path_trick", "..%2f..%2fjobs", http.StatusBadRequest},
		{"control_character", "1%00", http.StatusBadRequest},
		{"too_long", strings.Repeat("1", 129), http.StatusBadRequest},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, endpoint := range []string{"/job-status/", "/jobs/"} {
				f := s.get(t, base+endpoint+test.path).failed(test.code)
				if test.code == http.StatusBadRequest {
					if diff := cmp.Diff([]string{"job_name INVALID_JOB_NAME"}, f.places()); diff != "" {
						t.Errorf("%s (-want +got):\n%s", endpoint, diff)
					}
				} else if !strings.Contains(f.Message, test.path) {
					t.Errorf("%s does not name the job: %s", endpoint, f.Message)
				}
			}
		})
	}
}

// The name of a job in another project or region is not found, even if its last segment is that of
// one of our jobs.
func TestStatus_of_elsewhere(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	name := s.ended(t, func(*tuning.Job) {})
	number := name[strings.LastIndexByte(name, '/')+1:]
	prefix := strings.TrimSuffix(name, number)
	if prefix != "projects/1/locations/us-central1/tuningJobs/" {
		t.Fatalf("the record does not have the project's number: %s", name)
	}
	ofID := strings.Replace(name, "projects/1/", "projects/"+project+"/", 1)
	for _, ours := range []string{name, number, ofID} {
		var status, job any
		s.get(t, base+"/job-status/"+ours).into(&status)
		s.get(t, base+"/jobs/"+ours).into(&job)
		if diff := cmp.Diff(status, job); diff != "" {
			t.Errorf("%s (-job-status +jobs):\n%s", ours, diff)
		}
	}
	for _, elsewhere := range []string{
		strings.Replace(name, "projects/1/", "projects/other/", 1), strings.Replace(name, "projects/1/", "projects/2/", 1),
		strings.Replace(name, "us-central1", "europe-west4", 1), strings.Replace(ofID, "us-central1", "europe-west4", 1),
	} {
		s.get(t, base+"/job-status/"+elsewhere).failed(http.StatusNotFound)
		s.get(t, base+"/jobs/"+elsewhere).failed(http.StatusNotFound)
		s.get(t, base+"/jobs/"+elsewhere+"/events").failed(http.StatusNotFound)
		s.post(t, base+"/cancel/"+elsewhere, "").failed(http.StatusNotFound)
		s.get(t, base+"/lineage/"+url.PathEscape(elsewhere)).failed(http.StatusNotFound)
	}
}
