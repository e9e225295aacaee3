// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	cloudstorage "cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

const testBucket = "test-bucket"

// start runs a server for one test. Without a bucket in cfg it has testBucket.
func start(t testing.TB, cfg storage.Config) *storage.Server {
	t.Helper()
	if cfg.Buckets == nil {
		cfg.Buckets = []string{testBucket}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s, err := storage.Start(cfg)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// client returns an official client of the server.
func client(t testing.TB, s *storage.Server, opts ...option.ClientOption) *cloudstorage.Client {
	t.Helper()
	opts = append([]option.ClientOption{
		option.WithEndpoint(s.URL() + "/storage/v1/"), option.WithoutAuthentication(),
	}, opts...)
	c, err := cloudstorage.NewClient(t.Context(), opts...)
	if err != nil {
		t.Fatalf("NewClient: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	// By default the client repeats what fails until the context ends.
	c.SetRetry(cloudstorage.WithMaxAttempts(2))
	return c
}

// write uploads content with the official client.
func write(ctx context.Context, o *cloudstorage.ObjectHandle, content []byte, set ...func(*cloudstorage.Writer)) (*cloudstorage.ObjectAttrs, error) {
	w := o.NewWriter(ctx)
	for _, f := range set {
		f(w)
	}
	if _, err := w.Write(content); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return w.Attrs(), nil
}

func mustWrite(t testing.TB, o *cloudstorage.ObjectHandle, content []byte, set ...func(*cloudstorage.Writer)) *cloudstorage.ObjectAttrs {
	t.Helper()
	attrs, err := write(t.Context(), o, content, set...)
	if err != nil {
		t.Fatalf("write %s: %v", o.ObjectName(), err)
	}
	return attrs
}

func read(ctx context.Context, o *cloudstorage.ObjectHandle) ([]byte, error) {
	r, err := o.NewReader(ctx)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func mustRead(t testing.TB, o *cloudstorage.ObjectHandle) []byte {
	t.Helper()
	content, err := read(t.Context(), o)
	if err != nil {
		t.Fatalf("read %s: %v", o.ObjectName(), err)
	}
	return content
}

// statusOf returns the HTTP status in an error of the official client; 0 is nil.
func statusOf(t testing.TB, err error) int {
	t.Helper()
	var e *googleapi.Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Code
	case errors.Is(err, cloudstorage.ErrObjectNotExist), errors.Is(err, cloudstorage.ErrBucketNotExist):
		return http.StatusNotFound
	}
	t.Fatalf("not an API error: %v", err)
	return 0
}

// plainClient shows answers as they are: by itself a transport unpacks gzip,
// and a client follows a 308.
var plainClient = &http.Client{
	Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       time.Minute,
}

// response is what a test looks at in an answer.
type response struct {
	Status int
	Header http.Header
	Body   string
}

// request sends a plain HTTP request. Headers are "Name: value".
func request(t testing.TB, method, url string, body io.Reader, headers ...string) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatalf("NewRequest: %v", err)
	}
	for _, h := range headers {
		if name, value, ok := strings.Cut(h, ": "); ok {
			req.Header.Set(name, value)
		}
	}
	res, err := plainClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read body: %v", method, url, err)
	}
	return response{res.StatusCode, res.Header, string(b)}
}

// pattern is n bytes that differ from one place to the next.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7 + i>>8*13 + i>>16*31)
	}
	return b
}

func diff(t testing.TB, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// same compares contents without printing megabytes.
func same(t testing.TB, what string, want, got []byte) {
	t.Helper()
	if !bytes.Equal(want, got) {
		t.Errorf("%s: got %s, want %s", what, summary(got), summary(want))
	}
}

func summary(b []byte) string {
	return fmt.Sprintf("%d bytes %.40q…", len(b), b)
}
