// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	gcs "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

func TestChecksums(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	const sum, md5 = "mnG7TA==", "XUFAKrxLKna5cZ2REBfFkg=="
	upload := s.URL() + "/upload/storage/v1/b/" + testBucket + "/o?name=o&uploadType="
	for header, want := range map[string]int{
		"X-Goog-Hash: crc32c=" + sum + ",md5=" + md5: 200,
		"X-Goog-Hash: crc32c=AAAAAA==":               400,
		"X-Goog-Hash: md5=AAAAAAAAAAAAAAAAAAAAAA==":  400,
		"Content-MD5: " + md5:                        200,
		"Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==":      400,
	} {
		res := request(t, "POST", upload+"media", strings.NewReader("hello"), header)
		diff(t, header, want, res.Status)
	}
	for field, want := range map[string]int{
		`"crc32c":"` + sum + `"`: 200, `"crc32c":"AAAAAA=="`: 400,
		`"md5Hash":"` + md5 + `"`: 200, `"md5Hash":"AAAAAAAAAAAAAAAAAAAAAA=="`: 400,
	} {
		body := "--b\r\n\r\n{" + field + "}\r\n--b\r\n\r\nhello\r\n--b--"
		res := request(t, "POST", upload+"multipart", strings.NewReader(body), "Content-Type: multipart/related; boundary=b")
		diff(t, field, want, res.Status)
	}
	res := request(t, "GET", s.URL()+"/"+testBucket+"/o", nil)
	diff(t, "hash header", "crc32c="+sum+",md5="+md5, res.Header.Get("X-Goog-Hash"))
}

func TestCompose(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	mustWrite(t, b.Object("1"), []byte("one "))
	mustWrite(t, b.Object("2"), []byte("two "))
	c := b.Object("12").ComposerFrom(b.Object("1"), b.Object("2"))
	c.ContentType = "text/plain"
	attrs, err := c.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "content", "one two ", string(mustRead(t, b.Object("12"))))
	diff(t, "md5", 0, len(attrs.MD5))
	diff(t, "components", int64(2), attrs.ComponentCount)
	attrs, err = b.Object("12").ComposerFrom(b.Object("12"), b.Object("1")).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "content", "one two one ", string(mustRead(t, b.Object("12"))))
	diff(t, "components", int64(3), attrs.ComponentCount)
	_, err = b.Object("x").ComposerFrom(b.Object("1"), b.Object("none")).Run(t.Context())
	diff(t, "missing source", http.StatusNotFound, statusOf(t, err))
}

func TestCopyMetadata(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{Buckets: []string{testBucket, "other-bucket"}})
	c := client(t, s)
	src := c.Bucket(testBucket).Object("src")
	mustWrite(t, src, []byte("x"), func(w *gcs.Writer) {
		w.ContentType = "text/x"
		w.Metadata = map[string]string{"a": "1"}
	})
	attrs, err := c.Bucket("other-bucket").Object("kept").CopierFrom(src).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	diff(t, "type", "text/x", attrs.ContentType)
	diff(t, "metadata", map[string]string{"a": "1"}, attrs.Metadata)
	copier := c.Bucket("other-bucket").Object("replaced").CopierFrom(src)
	copier.ContentType = "text/y"
	if attrs, err = copier.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	diff(t, "type", "text/y", attrs.ContentType)
	diff(t, "metadata", 0, len(attrs.Metadata))
	res := request(t, "POST", s.URL()+"/storage/v1/b/"+testBucket+"/o/src/copyTo/b/other-bucket/o/c", nil)
	var o storage.Object
	if err := json.Unmarshal([]byte(res.Body), &o); err != nil {
		t.Fatal(err)
	}
	diff(t, "name", "c", o.Name)
}
