// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"strings"
	"testing"

	cloudstorage "cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

func gzipped(t *testing.T, content []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestTranscoding(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	plain := bytes.Repeat([]byte("hello "), 1000)
	packed := gzipped(t, plain)
	encoding := func(w *cloudstorage.Writer) { w.ContentEncoding = "gzip" }
	mustWrite(t, b.Object("packed"), packed, encoding)
	mustWrite(t, b.Object("fixed"), packed, encoding, func(w *cloudstorage.Writer) { w.CacheControl = "no-transform" })
	mustWrite(t, b.Object("liar"), plain, encoding)
	type want struct {
		Status           int
		Encoding, Length string
		Stored           string
		Body             string
	}
	packedAsIs := want{200, "gzip", fmt.Sprint(len(packed)), "gzip", string(packed)}
	tests := []struct {
		name, object, headers string
		want                  want
	}{
		{"unpacked", "packed", "", want{200, "", "", "gzip", string(plain)}},
		{"as_is", "packed", "Accept-Encoding: br, gzip;q=0.5", packedAsIs},
		{"gzip_refused", "packed", "Accept-Encoding: gzip;q=0", want{200, "", "", "gzip", string(plain)}},
		{"range_is_ignored", "packed", "Range: bytes=1-2", want{200, "", "", "gzip", string(plain)}},
		{"range_as_is", "packed", "Accept-Encoding: gzip; Range: bytes=1-2", want{206, "gzip", "2", "gzip", string(packed[1:3])}},
		{"no_transform", "fixed", "", packedAsIs},
		{"not_gzip_at_all", "liar", "", want{200, "gzip", fmt.Sprint(len(plain)), "gzip", string(plain)}},
	}
	for _, base := range []string{"/" + testBucket + "/%s", "/storage/v1/b/" + testBucket + "/o/%s?alt=media"} {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				headers := strings.SplitAfter(tt.headers, "; ")
				for i, h := range headers {
					headers[i] = strings.TrimSuffix(h, "; ")
				}
				res := request(t, "GET", s.URL()+fmt.Sprintf(base, tt.object), nil, headers...)
				diff(t, "answer", tt.want, want{
					res.Status, res.Header.Get("Content-Encoding"), res.Header.Get("Content-Length"),
					res.Header.Get("X-Goog-Stored-Content-Encoding"), res.Body,
				})
			})
		}
	}
	same(t, "xml client", plain, mustRead(t, b.Object("packed")))
	same(t, "xml client, compressed", packed, mustRead(t, b.Object("packed").ReadCompressed(true)))
	viaJSON := client(t, s, cloudstorage.WithJSONReads()).Bucket(testBucket)
	same(t, "json client", plain, mustRead(t, viaJSON.Object("packed")))
}

func TestHead(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	mustWrite(t, client(t, s).Bucket(testBucket).Object("o"), []byte("hello"))
	res := request(t, "HEAD", s.URL()+"/"+testBucket+"/o", nil)
	diff(t, "status", 200, res.Status)
	diff(t, "length", "5", res.Header.Get("Content-Length"))
	diff(t, "body", "", res.Body)
}

func TestRangeHeaders(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	mustWrite(t, b.Object("o"), []byte("0123456789"))
	mustWrite(t, b.Object("empty"), nil)
	type want struct {
		Status      int
		Range, Body string
	}
	tests := []struct {
		object, header string
		want           want
	}{
		{"o", "bytes=2-4", want{206, "bytes 2-4/10", "234"}},
		{"o", "bytes=8-", want{206, "bytes 8-9/10", "89"}},
		{"o", "bytes=-3", want{206, "bytes 7-9/10", "789"}},
		{"o", "bytes=0-99", want{206, "bytes 0-9/10", "0123456789"}},
		{"o", "bytes=10-", want{416, "bytes */10", ""}},
		{"o", "bytes=-0", want{416, "bytes */10", ""}},
		{"o", "bytes=4-2", want{200, "", "0123456789"}},
		{"o", "bytes=0-1,3-4", want{200, "", "0123456789"}},
		{"o", "lines=0-1", want{200, "", "0123456789"}},
		{"empty", "bytes=0-", want{416, "bytes */0", ""}},
	}
	for _, tt := range tests {
		res := request(t, "GET", s.URL()+"/"+testBucket+"/"+tt.object, nil, "Range: "+tt.header)
		if res.Status == 416 {
			res.Body = "" // an error document
		}
		diff(t, tt.object+" "+tt.header, tt.want, want{res.Status, res.Header.Get("Content-Range"), res.Body})
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	b := client(t, start(t, storage.Config{})).Bucket(testBucket)
	for _, name := range []string{"a", "a/", "a/1", "a/2", "a/b/3", "b", "c/1", "é", "z", "B", "ä"} {
		mustWrite(t, b.Object(name), nil)
	}
	for prefix, want := range map[string]string{"": "B a a/ a/1 a/2 a/b/3 b c/1 z ä é", "a/": "a/ a/1 a/2 a/b/3", "x": ""} {
		for _, size := range []int{0, 1, 2, 3, 1000} {
			t.Run(fmt.Sprint(prefix, "/pages_of_", size), func(t *testing.T) {
				t.Parallel()
				it := b.Objects(t.Context(), &cloudstorage.Query{Prefix: prefix})
				it.PageInfo().MaxSize = size
				var names []string
				for o, err := it.Next(); !errors.Is(err, iterator.Done); o, err = it.Next() {
					if err != nil {
						t.Fatal(err)
					}
					names = append(names, o.Name)
				}
				diff(t, "list", want, strings.Join(names, " "))
			})
		}
	}
}
