// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"crypto/md5"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
	"testing"
	"time"

	cloudstorage "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	tests := []struct {
		name  string
		size  int
		chunk int
	}{
		{"empty", 0, 16 << 20},
		{"multipart", 1000, 16 << 20},
		{"unchunked", 5 << 20, 0},
		{"resumable", 3<<20 + 17, 256 << 10},
		{"resumable_whole_chunks", 1 << 20, 256 << 10},
	}
	for _, api := range []string{"xml", "json"} {
		c := client(t, s)
		if api == "json" {
			c = client(t, s, cloudstorage.WithJSONReads())
		}
		for _, tt := range tests {
			t.Run(api+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				content := pattern(tt.size)
				o := c.Bucket(testBucket).Object(api + "/" + tt.name)
				before := time.Now().Add(-time.Millisecond)
				attrs := mustWrite(t, o, content, func(w *cloudstorage.Writer) {
					w.ChunkSize = tt.chunk
					w.ContentType = "text/x-test"
					w.CacheControl, w.Metadata = "no-store", map[string]string{"k": "v"}
				})
				sum := md5.Sum(content)
				diff(t, "md5", sum[:], attrs.MD5)
				diff(t, "crc32c", crc32.Checksum(content, crc32.MakeTable(crc32.Castagnoli)), attrs.CRC32C)
				diff(t, "size", int64(tt.size), attrs.Size)
				diff(t, "metageneration", int64(1), attrs.Metageneration)
				diff(t, "content type", "text/x-test", attrs.ContentType)
				diff(t, "cache control", "no-store", attrs.CacheControl)
				diff(t, "metadata", map[string]string{"k": "v"}, attrs.Metadata)
				if attrs.Created.Before(before.Truncate(time.Millisecond)) || attrs.Generation < before.UnixMicro() {
					t.Errorf("created %v, generation %d: before the write", attrs.Created, attrs.Generation)
				}
				same(t, "content", content, mustRead(t, o))
				got, err := o.Attrs(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				diff(t, "attrs", attrs, got)
			})
		}
	}
}

func TestObjectNames(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	names := []string{
		"plain", "a/b/c", "a//b", "/leading", "trailing/", "100%", "%2F", "a b+c", "ünï/日本.jsonl", "a/../b", "./x",
		"q?a=b&c#d", "[x]*", "back\\slash", `"quoted"`, "tab\there", "b/o/x/compose", strings.Repeat("x", 1024),
	}
	for _, c := range []*cloudstorage.Client{client(t, s), client(t, s, cloudstorage.WithJSONReads())} {
		b := c.Bucket(testBucket)
		for _, name := range names {
			t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
				o := b.Object(name)
				attrs := mustWrite(t, o, []byte(name))
				diff(t, "name", name, attrs.Name)
				same(t, "content", []byte(name), mustRead(t, o))
				if err := o.Delete(t.Context()); err != nil {
					t.Errorf("delete: %v", err)
				}
			})
		}
	}
}

func TestInvalidNames(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	c := client(t, s)
	for _, name := range []string{".", "..", "a\nb", "a\rb", strings.Repeat("x", 1025), ".well-known/acme-challenge/x"} {
		_, err := write(t.Context(), c.Bucket(testBucket).Object(name), nil)
		diff(t, fmt.Sprintf("object %.20q", name), http.StatusBadRequest, statusOf(t, err))
	}
	res := request(t, "POST", s.URL()+"/upload/storage/v1/b/"+testBucket+"/o?uploadType=media&name=%FF", nil)
	diff(t, "not UTF-8", http.StatusBadRequest, res.Status)
}

func TestBuckets(t *testing.T) {
	t.Parallel()
	c := client(t, start(t, storage.Config{}))
	ctx := t.Context()
	b := c.Bucket("another-bucket")
	if _, err := b.Attrs(ctx); !errors.Is(err, cloudstorage.ErrBucketNotExist) {
		t.Errorf("attrs of no bucket: %v", err)
	}
	_, err := write(ctx, b.Object("o"), []byte("x"))
	diff(t, "write to no bucket", http.StatusNotFound, statusOf(t, err))
	diff(t, "create", http.StatusBadRequest, statusOf(t, b.Create(ctx, "p", nil))) // not implemented
	attrs, err := c.Bucket(testBucket).Attrs(ctx)
	if err != nil || attrs.Name != testBucket || attrs.StorageClass != "STANDARD" || attrs.Created.IsZero() {
		t.Errorf("attrs %+v, %v", attrs, err)
	}
}

func TestTemporary_folder_is_removed(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s, err := storage.Start(storage.Config{Buckets: []string{testBucket}})
	if err != nil {
		t.Fatal(err)
	}
	mustWrite(t, client(t, s).Bucket(testBucket).Object("o"), pattern(1<<20))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	diff(t, "what is left", 0, len(entries(t, dir)))
}
