// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	gcs "cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// Every operation is tried on an object of metageneration 1 and on a name
// without one. In the conditions, G is the object's generation, S a stale one.
func TestConditions(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	const (
		ok, noContent, notModified, notFound, unmet = 200, 204, 304, 404, 412
	)
	type want struct{ insert, read, change int } // on the object
	tests := []struct {
		query   string
		present want
		absent  want
	}{
		{"ifGenerationMatch=0", want{unmet, unmet, unmet}, want{ok, notFound, notFound}},
		{"ifGenerationMatch=G", want{ok, ok, ok}, want{unmet, notFound, notFound}},
		{"ifGenerationMatch=S", want{unmet, unmet, unmet}, want{unmet, notFound, notFound}},
		{"ifGenerationNotMatch=0", want{ok, ok, ok}, want{unmet, notFound, notFound}},
		{"ifGenerationNotMatch=G", want{unmet, notModified, unmet}, want{ok, notFound, notFound}},
		{"ifGenerationNotMatch=S", want{ok, ok, ok}, want{ok, notFound, notFound}},
		{"ifMetagenerationMatch=1", want{ok, ok, ok}, want{unmet, notFound, notFound}},
		{"ifMetagenerationMatch=2", want{unmet, unmet, unmet}, want{unmet, notFound, notFound}},
		{"ifMetagenerationNotMatch=1", want{unmet, notModified, unmet}, want{ok, notFound, notFound}},
		{"ifMetagenerationNotMatch=2", want{ok, ok, ok}, want{ok, notFound, notFound}},
		{"ifGenerationMatch=G&ifMetagenerationMatch=2", want{unmet, unmet, unmet}, want{unmet, notFound, notFound}},
		{"ifGenerationMatch=x", want{400, 400, 400}, want{400, 400, 400}},
	}
	operations := []struct {
		name, method, path, body string
		want                     func(want) int
	}{
		{"media", "POST", "/upload/storage/v1/b/B/o?uploadType=media&name=N&", "new", func(w want) int { return w.insert }},
		{"resumable", "POST", "/upload/storage/v1/b/B/o?uploadType=resumable&name=N&", "", func(w want) int { return w.insert }},
		{"compose", "POST", "/storage/v1/b/B/o/N/compose?", `{"sourceObjects":[{"name":"other"}]}`, func(w want) int { return w.insert }},
		{"copy", "POST", "/storage/v1/b/B/o/other/copyTo/b/B/o/N?", "", func(w want) int { return w.insert }},
		{"rewrite", "POST", "/storage/v1/b/B/o/other/rewriteTo/b/B/o/N?", "", func(w want) int { return w.insert }},
		{"get", "GET", "/storage/v1/b/B/o/N?", "", func(w want) int { return w.read }},
		{"get_media", "GET", "/storage/v1/b/B/o/N?alt=media&", "", func(w want) int { return w.read }},
		{"download", "GET", "/download/storage/v1/b/B/o/N?alt=media&", "", func(w want) int { return w.read }},
		{"patch", "PATCH", "/storage/v1/b/B/o/N?", "{}", func(w want) int { return w.change }},
		{"update", "PUT", "/storage/v1/b/B/o/N?", "{}", func(w want) int { return w.change }},
		{"delete", "DELETE", "/storage/v1/b/B/o/N?", "", func(w want) int {
			if w.change == ok {
				return noContent
			}
			return w.change
		}},
	}
	b := client(t, s).Bucket(testBucket)
	mustWrite(t, b.Object("other"), []byte("other"))
	for i, op := range operations {
		for j, tt := range tests {
			for _, present := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/%v", op.name, tt.query, present), func(t *testing.T) {
					t.Parallel()
					name := fmt.Sprintf("o-%d-%d-%v", i, j, present)
					generation := int64(1234)
					expect := op.want(tt.absent)
					if present {
						generation = mustWrite(t, b.Object(name), []byte("old")).Generation
						expect = op.want(tt.present)
					}
					query := strings.NewReplacer("G&", fmt.Sprint(generation, "&"), "=G", fmt.Sprint("=", generation), "=S", "=1").Replace(tt.query)
					path := strings.NewReplacer("/B/", "/"+testBucket+"/", "/N", "/"+name, "=N", "="+name).Replace(op.path)
					res := request(t, op.method, s.URL()+path+query, strings.NewReader(op.body))
					if res.Status != expect {
						t.Errorf("%s %s: got %d %s, want %d", op.method, path+query, res.Status, res.Body, expect)
					}
					if expect == unmet && present {
						same(t, "content after a refusal", []byte("old"), mustRead(t, b.Object(name)))
					}
				})
			}
		}
	}
}

func TestSourceConditions(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	src := mustWrite(t, b.Object("src"), []byte("x"))
	copyURL := s.URL() + "/storage/v1/b/" + testBucket + "/o/src/rewriteTo/b/" + testBucket + "/o/dst?"
	for query, want := range map[string]int{
		"ifSourceGenerationMatch=1":                                  412,
		"ifSourceGenerationNotMatch=1":                               200,
		"ifSourceMetagenerationMatch=1":                              200,
		"ifSourceMetagenerationNotMatch=1":                           412,
		"sourceGeneration=1":                                         404,
		fmt.Sprint("ifSourceGenerationMatch=", src.Generation):       200,
		fmt.Sprint("ifSourceGenerationNotMatch=", src.Generation):    412,
		fmt.Sprint("sourceGeneration=", src.Generation):              200,
		fmt.Sprint("sourceGeneration=", src.Generation, "&fields=x"): 200,
	} {
		diff(t, query, want, request(t, "POST", copyURL+query, nil).Status)
	}
	composeURL := s.URL() + "/storage/v1/b/" + testBucket + "/o/dst/compose"
	for body, want := range map[string]int{
		`{"name":"src","objectPreconditions":{"ifGenerationMatch":"1"}}`:                               412,
		fmt.Sprintf(`{"name":"src","objectPreconditions":{"ifGenerationMatch":"%d"}}`, src.Generation): 200,
		`{"name":"src","generation":"1"}`:                                                              404,
		fmt.Sprintf(`{"name":"src","generation":"%d"}`, src.Generation):                                200,
	} {
		res := request(t, "POST", composeURL, strings.NewReader(`{"sourceObjects":[`+body+`]}`))
		diff(t, body, want, res.Status)
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
		{"etag_unchanged", url, fmt.Sprintf(`If-None-Match: "%x"`, attrs.MD5), 304},
		{"etag_changed", url, `If-None-Match: "x"`, 200},
		{"etag_must_match", url, `If-Match: "x"`, 412},
		{"not_supported", url, "If-Modified-Since: Mon, 02 Jan 2006 15:04:05 GMT", 501},
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

// Of many that create the same object at once, exactly one may win, and its
// content must be what is there.
func TestOneOfManyCreates(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	for _, chunk := range []int{0, 256 << 10} {
		o := b.Object(fmt.Sprint("contended-", chunk))
		var wins atomic.Int64
		var won []byte
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				content := append(pattern(600<<10), byte(i))
				_, err := write(t.Context(), o.If(gcs.Conditions{DoesNotExist: true}), content,
					func(w *gcs.Writer) { w.ChunkSize = chunk })
				switch status := statusOf(t, err); status {
				case 0:
					wins.Add(1)
					won = content
				case http.StatusPreconditionFailed:
				default:
					t.Errorf("writer %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		diff(t, "winners", int64(1), wins.Load())
		same(t, "content", won, mustRead(t, o))
	}
}

// Readers and writers of one name: every read must be of one generation whole,
// also when that is replaced meanwhile.
func TestReadersKeepTheirGeneration(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	o := client(t, s).Bucket(testBucket).Object("o")
	fill := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 1<<20) }
	mustWrite(t, o, fill(0))
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				content, err := read(t.Context(), o)
				if err != nil {
					t.Errorf("read: %v", err)
					return
				}
				if len(content) != 1<<20 || len(slices.Compact(content)) != 1 {
					t.Errorf("read a mixture")
					return
				}
			}
		})
	}
	last := int64(0)
	for i := range 20 {
		attrs := mustWrite(t, o, fill(i))
		if attrs.Generation <= last {
			t.Errorf("generation %d follows %d", attrs.Generation, last)
		}
		last = attrs.Generation
	}
	close(stop)
	wg.Wait()
}

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
		{"unknown_route", "GET", base + "/acl", 501, []string{"GET /storage/v1/b/test-bucket/acl is not implemented"}},
		{"unknown_parameter", "GET", base + "/o?softDeleted=true", 501, []string{"The query parameter softDeleted"}},
		{"xml_write", "PUT", s.URL() + "/" + testBucket + "/o", 501, []string{"PUT /test-bucket/o is not implemented"}},
		{"batch", "POST", s.URL() + "/batch/storage/v1", 501, []string{"POST /batch/storage/v1 is not implemented"}},
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

func TestMetadata(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	o := client(t, s).Bucket(testBucket).Object("o")
	first := mustWrite(t, o, []byte("x"), func(w *gcs.Writer) {
		w.ContentType = "text/plain"
		w.CacheControl = "no-store"
		w.Metadata = map[string]string{"a": "1", "b": "2"}
	})
	got, err := o.Update(t.Context(), gcs.ObjectAttrsToUpdate{ContentType: "text/html", CacheControl: ""})
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
	request(t, "PUT", url, strings.NewReader(`{"contentType":"a/b"}`))
	got, err = o.Attrs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string(nil), got.Metadata); d != "" || got.ContentType != "a/b" {
		t.Errorf("updated: %q %s", got.ContentType, d)
	}
	diff(t, "unsupported", 501, request(t, "PATCH", url, strings.NewReader(`{"temporaryHold":true}`)).Status)
	diff(t, "not JSON", 400, request(t, "PATCH", url, strings.NewReader(`{`)).Status)
	diff(t, "wrong type", 400, request(t, "PATCH", url, strings.NewReader(`{"contentType":1}`)).Status)
}
