// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/entry/serve"
)

// running serves functions in this process until the test ends. Tests that call it are not
// parallel, because the framework's table of functions has no lock.
func running(t *testing.T, functions map[string]*serve.Function) (address string) {
	t.Helper()
	address = net.JoinHostPort("127.0.0.1", freePort(t))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve.Serve(ctx, address, functions) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	(&child{t: t, url: "http://" + address, stderr: &bytes.Buffer{}}).listens()
	return address
}

// raw sends a request as raw text and reads the response.
func raw(t *testing.T, address, text string) (*http.Response, []byte) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	go func() { _, _ = io.WriteString(conn, text) }() // the server may answer, and close, before it has read everything
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%.40q: %v", text, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatalf("%.40q: %v", text, err)
	}
	return answer, body
}

// TestPaths: a function sees the path as it was sent. The framework redirects only paths that it
// considers unclean.
func TestPaths(t *testing.T) {
	address := running(t, map[string]*serve.Function{"/paths/": {HTTP: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = serve.WriteJSON(w, http.StatusOK, r.URL.EscapedPath())
	})}})
	for path, want := range map[string]string{
		"/paths/a%2Fb%2e": `"/paths/a%2Fb%2e"`, "/paths/gs:%2F%2Fb%2Fo": `"/paths/gs:%2F%2Fb%2Fo"`, "/paths/a/b": `"/paths/a/b"`,
	} {
		answer, body := raw(t, address, "GET "+path+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") //nolint:bodyclose // raw has closed it
		if got := strings.TrimSpace(string(body)); answer.StatusCode != http.StatusOK || got != want {
			t.Errorf("%s: got %s and %s, want %s", path, answer.Status, got, want)
		}
	}
	answer, _ := raw(t, address, "GET /paths//a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") //nolint:bodyclose // raw has closed it
	if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusTemporaryRedirect || got != "/paths/a" {
		t.Errorf("two slashes: got %s to %q", answer.Status, got)
	}
}

// TestEvents: an event is read in each content mode, and a request that is no event is refused.
func TestEvents(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	handle := func(_ context.Context, e cloudevents.Event) error {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, e.ID()+" "+string(e.Data()))
		switch e.ID() {
		case "bad":
			return errors.New("Xylophon")
		case "worse":
			panic("Xylophon")
		}
		return nil
	}
	address := running(t, map[string]*serve.Function{
		"/open": {Event: handle}, "/guarded": {Event: handle, Admit: func(*http.Request) error { return nil }},
	})
	structured := func(id string) string {
		return fmt.Sprintf(`{"specversion":"1.0","id":%q,"type":"test","source":"//test","data":{"n":1}}`, id)
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	if _, err := io.WriteString(zip, `{"n":1}`); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	const legacy = `{"context":{"eventId":"1","timestamp":"2026-01-01T00:00:00Z","eventType":"google.storage.object.finalize",` +
		`"resource":{"service":"storage.googleapis.com","name":"projects/_/buckets/b/objects/Xylophon"}},"data":{"bucket":"b","name":"Xylophon"}}`
	binary := func(id string) map[string]string {
		return map[string]string{"Ce-Id": id, "Ce-Type": "test", "Ce-Source": "//test", "Ce-Specversion": "1.0", "Content-Type": "application/json"}
	}
	with := func(headers map[string]string, name, value string) map[string]string {
		headers[name] = value
		return headers
	}
	const one, batch = "application/cloudevents+json", "application/cloudevents-batch+json; charset=utf-8"
	tests := []struct {
		name   string
		header map[string]string
		body   string
		code   int
		events string // "id data", joined
	}{
		{"binary", binary("a"), `{"n":1}`, 200, `a {"n":1}`},
		{"structured", map[string]string{"Content-Type": one}, structured("b"), 200, `b {"n":1}`},
		{"batch", map[string]string{"Content-Type": batch}, "[" + structured("c") + "," + structured("d") + "]", 200, `c {"n":1},d {"n":1}`},
		{"batch_with_a_bad_one", map[string]string{"Content-Type": batch}, "[" + structured("bad") + "," + structured("e") + "]", 500, `bad {"n":1},e {"n":1}`},
		{"empty_batch", map[string]string{"Content-Type": batch}, "[]", 200, ""},
		{"gzip", with(binary("f"), "Content-Encoding", "gzip"), packed.String(), 200, `f {"n":1}`},
		{"fails", binary("bad"), `{"n":1}`, 500, `bad {"n":1}`},
		{"panics", binary("worse"), `{"n":1}`, 500, `worse {"n":1}`},
		{"no_gzip", with(binary("g"), "Content-Encoding", "gzip"), "Xylophon", 400, ""},
		{"other_encoding", with(binary("g"), "Content-Encoding", "br"), "Xylophon", 415, ""},
		{"legacy", map[string]string{"Content-Type": "application/json"}, legacy, 400, ""},
		{"no_source", with(binary("g"), "Ce-Source", ""), `{"n":1}`, 400, ""},
		{"no_event", map[string]string{"Content-Type": "text/plain"}, "Xylophon", 400, ""},
		{"no_json", map[string]string{"Content-Type": one}, "Xylophon", 400, ""},
		{"no_batch", map[string]string{"Content-Type": batch}, structured("g"), 400, ""},
	}
	for _, path := range []string{"/open", "/guarded"} {
		for _, tt := range tests {
			mu.Lock()
			seen = nil
			mu.Unlock()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+path, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			answer, err := browser.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(answer.Body)
			_ = answer.Body.Close()
			mu.Lock()
			if got := strings.Join(seen, ","); answer.StatusCode != tt.code || got != tt.events || answer.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: got %d and events %q, want %d and %q: %s", path, tt.name, answer.StatusCode, got, tt.code, tt.events, body)
			}
			mu.Unlock()
			if strings.Contains(string(body), "Xylophon") {
				t.Errorf("%s %s: the answer has words: %s", path, tt.name, body)
			}
		}
	}
	if answer, body := raw(t, address, "GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); answer.StatusCode != http.StatusMethodNotAllowed || answer.Header.Get("Allow") != "POST" { //nolint:bodyclose // raw has closed it
		t.Errorf("an event by GET: got %s: %s", answer.Status, body)
	}
}
