// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

// frontOf starts a front with short limits before a handler, and returns its address.
func frontOf(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	inner := httptest.NewServer(h)
	t.Cleanup(inner.Close)
	target, err := url.Parse(inner.URL)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front := newFront(target, limits{header: time.Second, body: time.Second})
	go func() { _ = serveFront(t.Context(), front, l) }()
	return l.Addr().String()
}

// send writes the text unchanged, and returns the whole answer until the connection closes.
func send(t *testing.T, address, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil {
		t.Errorf("the connection is still open: %v", err)
	}
	return string(answer)
}

func TestFrontLimits(t *testing.T) {
	t.Parallel()
	address := frontOf(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	})
	if answer := send(t, address, "POST / HTTP/1.1\r\nHost: x\r\nX-Half: "); answer != "" {
		t.Errorf("the answer to half a header is %q, want none", answer)
	}
	answer := send(t, address, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
	var body fault.Body
	_, text, _ := strings.Cut(answer, "\r\n\r\n")
	if err := json.Unmarshal([]byte(text), &body); err != nil || !strings.HasPrefix(answer, "HTTP/1.1 408 ") || body.Error.Code != 408 {
		t.Errorf("the answer to half a body is %q (%v), want 408", answer, err)
	}
}

// TestFront_passes checks that the function gets the request as it was sent, and that it may work
// for longer than a body may take to arrive.
func TestFront_passes(t *testing.T) {
	t.Parallel()
	address := frontOf(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		select {
		case <-r.Context().Done():
			return
		case <-time.After(1500 * time.Millisecond):
		}
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintf(w, "%s %s %q %v %s %s", r.Method, r.RequestURI, body, err, r.Host, r.Header.Get("Accept-Encoding"))
	})
	const path = "/a%2Fb?x=1;y=%zz"
	answer := send(t, address, "POST "+path+" HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
	if !strings.HasPrefix(answer, "HTTP/1.1 418 ") || !strings.HasSuffix(answer, "POST "+path+` "{}" <nil> h `) {
		t.Errorf("answer %q", answer)
	}
}

func TestFront_without_functions(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	newFront(&url.URL{Scheme: "http", Host: "127.0.0.1:1"}, usualLimits).Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	var body fault.Body
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusServiceUnavailable || body.Error.Status != "UNAVAILABLE" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestForeignRequests checks that requests which a page on another site could send reach neither
// the event functions nor the inbox.
func TestForeignRequests(t *testing.T) {
	t.Parallel()
	r := launch(t, "-port 0 -token secret")
	base, _, _ := strings.Cut(r.url, "/api/")
	const tick = `{"message": {"data": "e30="}, "subscription": "projects/local/subscriptions/x"}`
	other := eventSender{"eventarc-x@local.iam.gserviceaccount.com"}
	for _, path := range []string{convertPath, pollPath} {
		for name, header := range map[string]http.Header{
			"page":          {"Origin": {"http://evil.example.com"}, "Content-Type": {"text/plain"}},
			"background":    {"Content-Type": {"application/json"}},
			"callers_token": {"Content-Type": {"application/json"}, "Authorization": {"Bearer secret"}},
			"other_sender":  {"Content-Type": {"application/json"}, "Authorization": {"Bearer " + other.token()}},
			"cloud_event": {
				"Content-Type": {"application/json"}, "Ce-Id": {"1"}, "Ce-Specversion": {"1.0"}, "Ce-Source": {"//x"}, "Ce-Type": {"google.cloud.pubsub.topic.v1.messagePublished"},
			},
		} {
			if code := postWith(t, base+path, tick, header); code != http.StatusUnauthorized && code != http.StatusForbidden {
				t.Errorf("%s to %s: %d", name, path, code)
			}
		}
	}
	upload := r.storage + "/upload/storage/v1/b/local-inbox/o?uploadType=media&name=x.jsonl"
	if code := postWith(t, upload, "{}", http.Header{"Origin": {"http://evil.example.com"}, "Content-Type": {"text/plain"}}); code != http.StatusForbidden {
		t.Errorf("a page on another site drops a file: got %d", code)
	}
	if code := postWith(t, upload, "{}", http.Header{"Content-Type": {"text/plain"}}); code != http.StatusOK {
		t.Errorf("a client drops a file: got %d", code)
	}
}

// postWith posts a body with these headers and returns the status of the answer.
func postWith(t *testing.T, address, body string, header http.Header) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = header
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response.StatusCode
}
