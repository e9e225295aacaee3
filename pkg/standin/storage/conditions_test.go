// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"fmt"
	"strings"
	"testing"

	cloudstorage "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

const (
	ok, noContent, notModified, notFound, unmet = 200, 204, 304, 404, 412
)

// outcome is the status of an operation, by what it does to the object.
type outcome struct{ insert, read, change int }

func ofInsert(o outcome) int { return o.insert }
func ofRead(o outcome) int   { return o.read }
func ofChange(o outcome) int { return o.change }

func ofDelete(o outcome) int {
	if o.change == ok {
		return noContent
	}
	return o.change
}

// conditionTests say the outcome of each condition on an object of metageneration 1, and on a name
// without an object. G is the object's generation, S a stale one.
var conditionTests = []struct {
	query           string
	present, absent outcome
}{
	{"ifGenerationMatch=0", outcome{unmet, unmet, unmet}, outcome{ok, notFound, notFound}},
	{"ifGenerationMatch=G", outcome{ok, ok, ok}, outcome{unmet, notFound, notFound}},
	{"ifGenerationMatch=S", outcome{unmet, unmet, unmet}, outcome{unmet, notFound, notFound}},
	{"ifGenerationNotMatch=0", outcome{ok, ok, ok}, outcome{unmet, notFound, notFound}},
	{"ifGenerationNotMatch=G", outcome{unmet, notModified, unmet}, outcome{ok, notFound, notFound}},
	{"ifGenerationNotMatch=S", outcome{ok, ok, ok}, outcome{ok, notFound, notFound}},
	{"ifMetagenerationMatch=1", outcome{ok, ok, ok}, outcome{unmet, notFound, notFound}},
	{"ifMetagenerationMatch=2", outcome{unmet, unmet, unmet}, outcome{unmet, notFound, notFound}},
	{"ifMetagenerationNotMatch=1", outcome{unmet, notModified, unmet}, outcome{ok, notFound, notFound}},
	{"ifMetagenerationNotMatch=2", outcome{ok, ok, ok}, outcome{ok, notFound, notFound}},
	{"ifGenerationMatch=G&ifMetagenerationMatch=2", outcome{unmet, unmet, unmet}, outcome{unmet, notFound, notFound}},
	{"ifGenerationMatch=", outcome{400, 400, 400}, outcome{400, 400, 400}},
	{"ifGenerationMatch=x", outcome{400, 400, 400}, outcome{400, 400, 400}},
	{"ifGenerationMatch=0;x", outcome{400, 400, 400}, outcome{400, 400, 400}},
}

// conditionOperations are all that take conditions, on object N in bucket B.
var conditionOperations = []struct {
	name, method, path, body string
	want                     func(outcome) int
}{
	{"media", "POST", "/upload/storage/v1/b/B/o?uploadType=media&name=N&", "new", ofInsert},
	{"resumable", "POST", "/upload/storage/v1/b/B/o?uploadType=resumable&name=N&", "", ofInsert},
	{"rewrite", "POST", "/storage/v1/b/B/o/other/rewriteTo/b/B/o/N?", "", ofInsert},
	{"get", "GET", "/storage/v1/b/B/o/N?", "", ofRead},
	{"get_media", "GET", "/storage/v1/b/B/o/N?alt=media&", "", ofRead},
	{"download", "GET", "/download/storage/v1/b/B/o/N?alt=media&", "", ofRead},
	{"patch", "PATCH", "/storage/v1/b/B/o/N?", "{}", ofChange},
	{"delete", "DELETE", "/storage/v1/b/B/o/N?", "", ofDelete},
}

func TestConditions(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	mustWrite(t, b.Object("other"), []byte("other"))
	for i, op := range conditionOperations {
		for j, tt := range conditionTests {
			for _, present := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/%v", op.name, tt.query, present), func(t *testing.T) {
					t.Parallel()
					name := fmt.Sprintf("o-%d-%d-%v", i, j, present)
					generation, want := int64(1234), op.want(tt.absent)
					if present {
						generation = mustWrite(t, b.Object(name), []byte("old")).Generation
						want = op.want(tt.present)
					}
					query := strings.NewReplacer("=G", fmt.Sprint("=", generation), "=S", "=1").Replace(tt.query)
					path := strings.NewReplacer("/B/", "/"+testBucket+"/", "/N", "/"+name, "=N", "="+name).Replace(op.path)
					res := request(t, op.method, s.URL()+path+query, strings.NewReader(op.body))
					if res.Status != want {
						t.Errorf("%s %s: got %d %s, want %d", op.method, path+query, res.Status, res.Body, want)
					}
					if want == unmet && present {
						same(t, "content after a refusal", []byte("old"), mustRead(t, b.Object(name)))
					}
				})
			}
		}
	}
}

func TestXMLConditions(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	o := client(t, s).Bucket(testBucket).Object("o")
	attrs := mustWrite(t, o, []byte("x"))
	url := s.URL() + "/" + testBucket + "/o"
	tests := []struct {
		name, url, header string
		want              int
	}{
		{"no_condition", url, "", 200},
		{"generation_met", url, fmt.Sprint("x-goog-if-generation-match: ", attrs.Generation), 200},
		{"generation_unmet", url, "x-goog-if-generation-match: 1", 412},
		{"must_not_exist", url, "x-goog-if-generation-match: 0", 412},
		{"metageneration_met", url, "x-goog-if-metageneration-match: 1", 200},
		{"metageneration_unmet", url, "x-goog-if-metageneration-match: 2", 412},
		{"stale_generation", url + "?generation=1", "", 404},
		{"live_generation", fmt.Sprint(url, "?generation=", attrs.Generation), "", 200},
		{"no_object", url + "x", "", 404},
		{"no_bucket", s.URL() + "/no-bucket/o", "", 404},
		{"etag", url, `If-None-Match: "x"`, 400},
		{"not_supported", url, "If-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := request(t, "GET", tt.url, nil, tt.header)
			diff(t, "status", tt.want, res.Status)
			if tt.want == 404 || tt.want == 412 {
				if !strings.HasPrefix(res.Body, "<?xml version='1.0' encoding='UTF-8'?><Error><Code>") {
					t.Errorf("body: %s", res.Body)
				}
			}
		})
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	o := client(t, s).Bucket(testBucket).Object("o")
	first := mustWrite(t, o, []byte("x"), func(w *cloudstorage.Writer) {
		w.ContentType = "text/plain"
		w.CacheControl = "no-store"
		w.Metadata = map[string]string{"a": "1", "b": "2"}
	})
	got, err := o.Update(t.Context(), cloudstorage.ObjectAttrsToUpdate{ContentType: "text/html", CacheControl: ""})
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "content type", "text/html", got.ContentType)
	diff(t, "cache control", "", got.CacheControl)
	diff(t, "metadata", first.Metadata, got.Metadata)
	diff(t, "metageneration", int64(2), got.Metageneration)
	diff(t, "generation", first.Generation, got.Generation)
	url := s.URL() + "/storage/v1/b/" + testBucket + "/o/o"
	request(t, "PATCH", url, strings.NewReader(`{"metadata":{"a":null,"c":"3"}}`))
	got, err = o.Attrs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "patched", map[string]string{"b": "2", "c": "3"}, got.Metadata)
	diff(t, "unsupported", 400, request(t, "PATCH", url, strings.NewReader(`{"temporaryHold":true}`)).Status)
	diff(t, "not JSON", 400, request(t, "PATCH", url, strings.NewReader(`{`)).Status)
	diff(t, "wrong type", 400, request(t, "PATCH", url, strings.NewReader(`{"contentType":1}`)).Status)
}
