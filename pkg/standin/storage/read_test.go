// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	cloudstorage "cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// TestGzip reads content that is stored as gzip, without unpacking it.
func TestGzip(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	const packed = "not really gzip, which is not checked"
	mustWrite(t, b.Object("o"), []byte(packed), func(w *cloudstorage.Writer) { w.ContentEncoding = "gzip" })
	same(t, "client", []byte(packed), mustRead(t, b.Object("o").ReadCompressed(true)))
	const accept = "Accept-Encoding: br, gzip"
	for _, url := range []string{"/" + testBucket + "/o", "/storage/v1/b/" + testBucket + "/o/o?alt=media"} {
		res := request(t, "GET", s.URL()+url, nil, accept)
		diff(t, url, []string{packed, "gzip", "gzip"},
			[]string{res.Body, res.Header.Get("Content-Encoding"), res.Header.Get("X-Goog-Stored-Content-Encoding")})
		diff(t, "a range of "+url, packed[1:3], request(t, "GET", s.URL()+url, nil, accept, "Range: bytes=1-2").Body)
		diff(t, "unpacked "+url, http.StatusBadRequest, request(t, "GET", s.URL()+url, nil).Status)
	}
}

func TestRanges(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	c := client(t, s)
	mustWrite(t, c.Bucket(testBucket).Object("o"), []byte("0123456789"))
	mustWrite(t, c.Bucket(testBucket).Object("empty"), nil)
	type want struct {
		Status      int
		Range, Body string
	}
	for _, tt := range []struct {
		object, header string
		want           want
	}{
		{"o", "bytes=2-4", want{206, "bytes 2-4/10", "234"}},
		{"o", "bytes=8-", want{206, "bytes 8-9/10", "89"}},
		{"o", "bytes=0-99", want{206, "bytes 0-9/10", "0123456789"}},
		{"o", "bytes=10-", want{416, "bytes */10", ""}},
		{"empty", "bytes=0-", want{416, "bytes */0", ""}},
		{"o", "bytes=-3", want{400, "", ""}}, // this range and the next ones are not implemented
		{"o", "bytes=4-2", want{400, "", ""}},
		{"o", "bytes=0-1,3-4", want{400, "", ""}},
		{"o", "lines=0-1", want{400, "", ""}},
	} {
		for _, url := range []string{"/" + testBucket + "/%s", "/storage/v1/b/" + testBucket + "/o/%s?alt=media"} {
			res := request(t, "GET", s.URL()+fmt.Sprintf(url, tt.object), nil, "Range: "+tt.header)
			if res.Status >= 400 {
				res.Body = "" // an error document
			}
			diff(t, tt.object+" "+tt.header, tt.want, want{res.Status, res.Header.Get("Content-Range"), res.Body})
		}
	}
	for _, c := range []*cloudstorage.Client{c, client(t, s, cloudstorage.WithJSONReads())} {
		r, err := c.Bucket(testBucket).Object("o").NewRangeReader(t.Context(), 7, -1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		diff(t, "the client's range", "789", string(got))
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
