// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

func TestErrorShape(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	base := s.URL() + "/storage/v1/b/" + testBucket
	tests := []struct {
		name, method, url string
		status            int
		want              []string
	}{
		{"no_object", "GET", base + "/o/x", 404, []string{`"message": "No such object: test-bucket/x"`, `"reason": "notFound"`, `"domain": "global"`}},
		{"no_bucket", "GET", s.URL() + "/storage/v1/b/none-such", 404, []string{"The specified bucket does not exist."}},
		{"unmet", "POST", s.URL() + "/upload/storage/v1/b/" + testBucket + "/o?uploadType=media&name=x&ifGenerationMatch=5", 412, []string{`"reason": "conditionNotMet"`}},
		{"no_name", "POST", s.URL() + "/upload/storage/v1/b/" + testBucket + "/o?uploadType=media", 400, []string{`"reason": "required"`}},
		{"unknown_route", "GET", base + "/acl", 400, []string{"GET /storage/v1/b/test-bucket/acl is not implemented"}},
		{"unknown_parameter", "GET", base + "/o?softDeleted=true", 400, []string{"The query parameter softDeleted"}},
		{"xml_write", "PUT", s.URL() + "/" + testBucket + "/o", 400, []string{"PUT /test-bucket/o is not implemented"}},
		{"glob", "GET", base + "/o?matchGlob=a", 400, []string{"The query parameter matchGlob"}},
		{"folders", "GET", base + "/o?delimiter=/", 400, []string{"The query parameter delimiter"}},
		{"metageneration", "GET", base + "/o/x?ifMetagenerationMatch=1", 400, []string{"The query parameter ifMetagenerationMatch"}},
		{"metadata", "PATCH", base + "/o/x", 400, []string{"PATCH /storage/v1/b/test-bucket/o/x is not implemented"}},
		{"batch", "POST", s.URL() + "/batch/storage/v1", 400, []string{"POST /batch/storage/v1 is not implemented"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := request(t, tt.method, tt.url, nil)
			diff(t, "status", tt.status, res.Status)
			for _, want := range append(tt.want, fmt.Sprintf(`"code": %d`, tt.status)) {
				if !strings.Contains(res.Body, want) {
					t.Errorf("body has no %s:\n%s", want, res.Body)
				}
			}
		})
	}
}

func TestRefusals_are_logged_once(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	s := start(t, storage.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	for range 3 {
		request(t, "GET", s.URL()+"/storage/v1/b/"+testBucket+"/acl", nil)
		request(t, "GET", s.URL()+"/storage/v1/b/"+testBucket+"/o/none", nil)
	}
	if err := s.Close(); err != nil { // the log is written by the server
		t.Fatal(err)
	}
	diff(t, "lines", 1, strings.Count(log.String(), "\n"))
	if !strings.Contains(log.String(), "GET /storage/v1/b/test-bucket/acl is not implemented") {
		t.Errorf("log: %s", log.String())
	}
}
