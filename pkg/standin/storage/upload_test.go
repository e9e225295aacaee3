// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

const quantum = 256 << 10

// begin starts a resumable upload over plain HTTP and returns its address.
func begin(t *testing.T, s *storage.Server, query string, headers ...string) string {
	t.Helper()
	res := request(t, "POST", s.URL()+"/upload/storage/v1/b/"+testBucket+"/o?uploadType=resumable&"+query, nil, headers...)
	if res.Status != http.StatusOK || res.Header.Get("Location") == "" {
		t.Fatalf("begin: %d %s", res.Status, res.Body)
	}
	return res.Header.Get("Location")
}

// step is one request of a resumable upload and what must come of it.
type step struct {
	method  string // PUT if empty
	body    []byte
	headers string // joined by "; "
	status  int
	rng     string // the Range header of a 308
}

func (st step) run(t *testing.T, session string) response {
	t.Helper()
	method := st.method
	if method == "" {
		method = "PUT"
	}
	res := request(t, method, session, bytes.NewReader(st.body), strings.Split(st.headers, "; ")...)
	if res.Status != st.status || res.Header.Get("Range") != st.rng {
		t.Fatalf("%s %q with %d bytes: got %d, Range %q: %s\nwant %d, Range %q",
			method, st.headers, len(st.body), res.Status, res.Header.Get("Range"), res.Body, st.status, st.rng)
	}
	return res
}

func crc32c(b []byte) string {
	sum := crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}

func TestResumable(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	b := client(t, s).Bucket(testBucket)
	all := pattern(3*quantum + 100)
	total := len(all)
	part := func(from, to int) []byte { return all[from:to] }
	tests := []struct {
		name    string
		steps   []step
		content []byte // of the object; nil if there must be none
	}{
		{"one_request", []step{{"", all, "", 200, ""}}, all},
		{"one_request_by_post", []step{{"POST", all, "", 200, ""}}, all},
		{"chunks", []step{
			{"", nil, "Content-Range: bytes */*", 308, ""},
			{"", part(0, quantum), "Content-Range: bytes 0-262143/*", 308, "bytes=0-262143"},
			{"", nil, fmt.Sprintf("Content-Range: bytes */%d", total), 308, "bytes=0-262143"},
			{"", part(quantum, 3*quantum), "Content-Range: bytes 262144-786431/*", 308, "bytes=0-786431"},
			{"", part(3*quantum, total), fmt.Sprintf("Content-Range: bytes 786432-%d/%d", total-1, total), 200, ""},
			{"", nil, fmt.Sprintf("Content-Range: bytes */%d", total), 200, ""},
			{"", part(3*quantum, total), fmt.Sprintf("Content-Range: bytes 786432-%d/%d", total-1, total), 200, ""},
		}, all},
		{"end_without_bytes", []step{
			{"", part(0, quantum), "Content-Range: bytes 0-262143/*", 308, "bytes=0-262143"},
			{"", nil, "Content-Range: bytes */262144", 200, ""},
		}, part(0, quantum)},
		{"empty", []step{{"", nil, "Content-Range: bytes */0", 200, ""}}, []byte{}},
		{"not_a_multiple_is_cut", []step{
			{"", part(0, quantum+100), "Content-Range: bytes 0-262243/*", 308, "bytes=0-262143"},
			{"", part(quantum, total), fmt.Sprintf("Content-Range: bytes 262144-%d/%d", total-1, total), 200, ""},
		}, all},
		{"repeated_bytes", []step{
			{"", part(0, 2*quantum), "Content-Range: bytes 0-524287/*", 308, "bytes=0-524287"},
			{"", part(0, quantum), "Content-Range: bytes 0-262143/*", 308, "bytes=0-524287"},
			{"", part(quantum, total), fmt.Sprintf("Content-Range: bytes 262144-%d/%d", total-1, total), 200, ""},
		}, all},
		{"resumed_in_one_request", []step{
			{"", part(0, 2*quantum), "Content-Range: bytes 0-524287/*", 308, "bytes=0-524287"},
			{"", all, "", 200, ""},
		}, all},
		{"too_small_a_chunk", []step{{"", part(0, 100), "Content-Range: bytes 0-99/*", 400, ""}}, nil},
		{"gap", []step{{"", part(0, quantum), "Content-Range: bytes 262144-524287/*", 503, ""}}, nil},
		{"wrong_length", []step{{"", part(0, 10), "Content-Range: bytes 0-262143/*", 400, ""}}, nil},
		{"no_range", []step{{"", part(0, 10), "Content-Range: 0-9/10", 400, ""}}, nil},
		{"backward_range", []step{{"", part(0, 10), "Content-Range: bytes 9-0/10", 400, ""}}, nil},
		{"no_308", []step{{"", part(0, quantum), "Content-Range: bytes 0-262143/*; X-Guploader-No-308: yes", 200, "bytes=0-262143"}}, nil},
		{"good_checksum", []step{{"", all, "X-Goog-Hash: crc32c=" + crc32c(all), 200, ""}}, all},
		{"bad_checksum", []step{
			{"", all, "X-Goog-Hash: crc32c=AAAAAA==", 400, ""},
			{"", all, "", 404, ""},
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			session := begin(t, s, "name="+tt.name, "X-Upload-Content-Type: text/x-test")
			for _, st := range tt.steps {
				st.run(t, session)
			}
			o := b.Object(tt.name)
			if tt.content == nil {
				_, err := o.Attrs(t.Context())
				diff(t, "status", http.StatusNotFound, statusOf(t, err))
				return
			}
			same(t, "content", tt.content, mustRead(t, o))
			attrs, err := o.Attrs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			diff(t, "content type", "text/x-test", attrs.ContentType)
		})
	}
}

func TestResumable_declared_length(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	session := begin(t, s, "name=o", "X-Upload-Content-Length: 10")
	step{"", pattern(11), "", 400, ""}.run(t, session)
	step{"", pattern(10), "", 200, ""}.run(t, session)
}

// What was unconditional when the upload began may be refused when it ends.
func TestResumable_condition_at_the_end(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	session := begin(t, s, "name=o&ifGenerationMatch=0")
	mustWrite(t, client(t, s).Bucket(testBucket).Object("o"), []byte("first"))
	step{"", []byte("second"), "", 412, ""}.run(t, session)
	step{"", []byte("second"), "", 404, ""}.run(t, session)
}

// A connection that breaks in the middle of a chunk leaves what came whole.
func TestResumable_broken_connection(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	session := begin(t, s, "name=o")
	u, err := url.Parse(session)
	if err != nil {
		t.Fatal(err)
	}
	all := pattern(2 * quantum)
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", u.RequestURI(), len(all))
	if _, err := conn.Write(all[:quantum+1000]); err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	// The query waits for the request that the server may still be busy with.
	deadline := func() response {
		return request(t, "PUT", session, nil, "Content-Range: bytes */*")
	}
	res := deadline()
	for res.Header.Get("Range") == "" { // the first request may not even have begun
		res = deadline()
	}
	diff(t, "range", "bytes=0-262143", res.Header.Get("Range"))
	step{"", all[quantum:], "Content-Range: bytes 262144-524287/524288", 200, ""}.run(t, session)
	same(t, "content", all, mustRead(t, client(t, s).Bucket(testBucket).Object("o")))
}

// A one-request upload that breaks off must not become an object.
func TestBroken_upload_leaves_nothing(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	for name, headers := range map[string]string{
		"length":  "Content-Length: 1000\r\n\r\n" + strings.Repeat("x", 500),
		"chunked": "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
	} {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST /upload/storage/v1/b/%s/o?uploadType=media&name=%s HTTP/1.1\r\nHost: x\r\n%s", testBucket, name, headers)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, conn) // until the server is done with it
		_ = conn.Close()
		_, err = client(t, s).Bucket(testBucket).Object(name).Attrs(t.Context())
		diff(t, name, http.StatusNotFound, statusOf(t, err))
	}
	whole := "--b\r\nContent-Type: application/json\r\n\r\n{\"name\":\"m\"}\r\n--b\r\nContent-Type: text/plain\r\n\r\nhello"
	upload := s.URL() + "/upload/storage/v1/b/" + testBucket + "/o?uploadType=multipart"
	for body, want := range map[string]int{
		whole:                                   400,
		whole + "\r\n--b\r\n\r\nthird\r\n--b--": 400,
		whole + "\r\n--b--\r\n":                 200,
	} {
		res := request(t, "POST", upload, strings.NewReader(body), `Content-Type: multipart/related; boundary="b"`)
		diff(t, body, want, res.Status)
	}
}

func TestChecksums(t *testing.T) {
	t.Parallel()
	s := start(t, storage.Config{})
	const sum, md5 = "mnG7TA==", "XUFAKrxLKna5cZ2REBfFkg=="
	upload := s.URL() + "/upload/storage/v1/b/" + testBucket + "/o?name=o&uploadType="
	for header, want := range map[string]int{
		"X-Goog-Hash: crc32c=" + sum + ",md5=" + md5: 200,
		"X-Goog-Hash: crc32c=AAAAAA==":               400,
		"X-Goog-Hash: md5=AAAAAAAAAAAAAAAAAAAAAA==":  400,
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
