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
		{"folders", "GET", base + "/o?delimiter=/", 400, []string{"The query parameter delimiter"}},
		{"metageneration", "GET", base + "/o/x?ifMetagenerationMatch=1", 400, []string{"The query parameter ifMetagenerationMatch"}},
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

// TestConditions holds the one condition to an object and to a name without an object. G is the
// object's generation.
func TestConditions(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	conditions := []struct {
		query                                    string
		insert, other, insertAbsent, otherAbsent int // statuses; other is of a read or a change
	}{
		{"0", 412, 412, 200, 404}, {"G", 200, 200, 412, 404}, {"1", 412, 412, 412, 404},
		{"", 400, 400, 400, 400}, {"x", 400, 400, 400, 400}, {"0;x", 400, 400, 400, 400},
	}
	for i, op := range []struct{ name, method, path, body string }{
		{"media", "POST", "/upload/storage/v1/b/B/o?uploadType=media&name=N&", "new"},
		{"resumable", "POST", "/upload/storage/v1/b/B/o?uploadType=resumable&name=N&", ""},
		{"get", "GET", "/storage/v1/b/B/o/N?", ""},
		{"get_media", "GET", "/storage/v1/b/B/o/N?alt=media&", ""},
		{"delete", "DELETE", "/storage/v1/b/B/o/N?", ""},
		{"xml", "GET", "/" + testBucket + "/N", ""}, // it has the condition in a header
	} {
		for j, tt := range conditions {
			for _, present := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/%v", op.name, tt.query, present), func(t *testing.T) {
					t.Parallel()
					name := fmt.Sprintf("o-%d-%d-%v", i, j, present)
					generation, insert, other := int64(1234), tt.insertAbsent, tt.otherAbsent
					if present {
						generation, insert, other = mustWrite(t, b.Object(name), []byte("old")).Generation, tt.insert, tt.other
					}
					want := other
					switch {
					case op.method == "POST":
						want = insert
					case op.method == "DELETE" && other == 200:
						want = 204
					}
					path := strings.NewReplacer("/B/", "/"+testBucket+"/", "/N", "/"+name, "=N", "="+name).Replace(op.path)
					condition, header := strings.Replace(tt.query, "G", fmt.Sprint(generation), 1), ""
					if op.name == "xml" {
						header = "X-Goog-If-Generation-Match: " + condition
					} else {
						path += "ifGenerationMatch=" + condition
					}
					if res := request(t, op.method, s.URL()+path, strings.NewReader(op.body), header); res.Status != want {
						t.Errorf("%s %s: got %d %s, want %d", op.method, path, res.Status, res.Body, want)
					}
					if want == 412 && present {
						same(t, "content after a refusal", []byte("old"), mustRead(t, b.Object(name)))
					}
				})
			}
		}
	}
}

func TestXML(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	attrs := mustWrite(t, client(t, s).Bucket(testBucket).Object("o"), []byte("x"))
	url := s.URL() + "/" + testBucket + "/o"
	for _, tt := range []struct {
		url, header string
		want        int
	}{
		{url, "", 200},
		{url + "?generation=1", "", 404},
		{fmt.Sprint(url, "?generation=", attrs.Generation), "", 200},
		{url + "x", "", 404},
		{s.URL() + "/no-bucket/o", "", 404},
		{url, "X-Goog-If-Metageneration-Match: 1", 400},
		{url, "If-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT", 400},
	} {
		res := request(t, "GET", tt.url, nil, tt.header)
		if res.Status != tt.want || tt.want == 404 && !strings.HasPrefix(res.Body, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>") {
			t.Errorf("GET %s with %q: %d %s, want %d", tt.url, tt.header, res.Status, res.Body, tt.want)
		}
	}
}
