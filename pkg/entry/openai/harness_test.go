// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	client "github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/entry/openai"
	"github.com/vertextune/vertextune/pkg/entry/serve"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/jobaccess"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	project   = "acme"
	location  = "us-central1"
	data      = "acme-data"
	baseModel = "gemini-3.1-flash-lite"
	token     = "s3cr3t-token-of-ann"
)

// system is the API on a local cloud, with the official client of it.
type system struct {
	client  client.Client
	url     string
	cloud   *cloud.Cloud
	records *store.Store
	objects *storage.Client
	log     *safeLog

	mu       sync.Mutex
	requests []string // method, path and query of each request
	// intercept, if set, may answer a request instead of the API, or after it.
	intercept func(w http.ResponseWriter, r *http.Request, next http.Handler)
	now       func() time.Time
}

// safeLog is a log that is read while it is written.
type safeLog struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *safeLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// newSystem starts everything. It is stopped when the test ends.
func newSystem(t *testing.T, change ...func(*api.Config, *cloud.Config)) *system {
	t.Helper()
	config := api.Config{
		Config: backend.Config{Project: project, Location: location, Jobs: jobs.Config{
			DataBucket: data, BaseModel: baseModel, MaxQueuedJobs: 1000, Lease: 2 * time.Second, CreateTimeout: 10 * time.Second,
		}},
		InboxBucket: "acme-inbox", RequestTimeout: time.Minute, OpenAI: openai.Config{Enabled: true},
	}
	clouds := cloud.Config{Project: project, Inbox: "acme-inbox", Data: data, JobDuration: time.Hour, ConcurrentJobs: 1000}
	for _, f := range change {
		f(&config, &clouds)
	}
	ctx := context.WithoutCancel(t.Context()) // the test's context ends before the cleanup
	run, err := cloud.Start(ctx, clouds)
	check(t, err)
	closing(t, run)
	docs, err := run.FirestoreClient(ctx, store.ClientOption())
	check(t, err)
	closing(t, docs)
	s := &system{cloud: run, records: store.New(docs), log: &safeLog{}, now: time.Now}
	s.objects, err = storage.NewClient(ctx, run.StorageOptions()...)
	check(t, err)
	closing(t, s.objects)
	config.Vertex = vertex.Config{EmulatorHost: run.Addresses.Vertex}
	facts, err := cloud.LoadFacts()
	check(t, err)
	s.serve(t, config, facts)
	return s
}

// serve builds the API from its parts, as its Open does.
func (s *system) serve(t *testing.T, config api.Config, facts cloud.Facts) {
	var tokens auth.Tokens
	check(t, tokens.UnmarshalText([]byte("reader:reader:"+auth.Hash("reader")+",ann:"+auth.Hash(token)+",bob:"+auth.Hash("bob"))))
	tuner := vertex.New(project, config.Vertex)
	closing(t, tuner)
	now := func() time.Time { return s.now() }
	s.records.Log = serve.Logger(s.log, slog.LevelDebug)
	back := backend.New(config.Config, s.records, gcs.New(s.objects), facts, s.records.Log)
	back.Jobs.Vertex, back.Jobs.Now = tuner, now
	access := jobaccess.New(config.Access(), back, tuner)
	access.Now = now
	handler := agree(t, config.OpenAI.Enabled, &api.API{
		Config: config, Auth: &tokens, Records: back.Records, Objects: back.Objects, Vertex: tuner, Jobs: back.Jobs,
		Catalogue: back.Catalogue, Presenter: back.Presenter(), Access: access, Now: now, Log: back.Log,
	})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
		intercept := s.intercept
		s.mu.Unlock()
		if intercept != nil {
			intercept(w, r, handler)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	s.client = s.as(token)
}

// as returns a client with another token.
func (s *system) as(key string) client.Client {
	return client.NewClient(option.WithBaseURL(s.url+"/v1"), option.WithAPIKey(key))
}

// sentRequests returns the requests that the client has sent since the last call.
func (s *system) sentRequests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.requests
	s.requests = nil
	return all
}

func (s *system) setIntercept(f func(w http.ResponseWriter, r *http.Request, next http.Handler)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intercept = f
}

func check(t *testing.T, err error) {
	t.Helper()
	if e, ok := errors.AsType[*client.Error](err); ok {
		t.Fatalf("%v: %s", err, e.Message)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func closing(t *testing.T, c io.Closer) {
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close %T: %v", c, err)
		}
	})
}

// good is a file of OpenAI's format with this many examples.
func good(examples int) string {
	var b strings.Builder
	for i := range examples {
		fmt.Fprintf(&b, `{"messages": [{"role": "user", "content": "Question %d?"}, {"role": "assistant", "content": "Answer %d."}]}`+"\n", i, i)
	}
	return b.String()
}

// send creates a file.
func (s *system) send(t *testing.T, name, content string) *client.FileObject {
	t.Helper()
	f, err := s.client.Files.New(t.Context(), client.FileNewParams{
		File: client.File(strings.NewReader(content), name, "application/octet-stream"), Purpose: client.FilePurposeFineTune,
	})
	check(t, err)
	return f
}

// wantError requires an error of OpenAI's client with this status, type, code and field.
func wantError(t *testing.T, err error, status int, kind, code, param string) client.Error {
	t.Helper()
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		t.Fatalf("got %v, want an error of the API", err)
	}
	if e.StatusCode != status || e.Type != kind || e.Code != code || e.Param != param || e.Message == "" {
		t.Fatalf("got %d type %q code %q param %q: %s\nwant %d %q %q %q", e.StatusCode, e.Type, e.Code, e.Param, e.Message, status, kind, code, param)
	}
	if e.Response.Header.Get("X-Request-Id") == "" {
		t.Error("the answer has no request ID")
	}
	return *e
}

// allJobs returns the records of all jobs.
func (s *system) allJobs(t *testing.T) []store.Record {
	t.Helper()
	found, _, err := s.records.ListJobs(t.Context(), store.Page{Order: store.NewestFirst, Size: 1000, Scan: 1000, Whole: true})
	check(t, err)
	return found
}

// objectNames returns the names of the objects in the data bucket below a prefix.
func (s *system) objectNames(t *testing.T, prefix string) (names []string) {
	t.Helper()
	all := s.objects.Bucket(data).Objects(t.Context(), &storage.Query{Prefix: prefix})
	for {
		o, err := all.Next()
		if errors.Is(err, iterator.Done) {
			return names
		}
		check(t, err)
		names = append(names, o.Name)
	}
}

// finish waits until a job has a final status.
func (s *system) finish(t *testing.T, id string) *client.FineTuningJob {
	t.Helper()
	for {
		job, err := s.client.FineTuning.Jobs.Get(t.Context(), id)
		check(t, err)
		switch job.Status {
		case client.FineTuningJobStatusSucceeded, client.FineTuningJobStatusFailed, client.FineTuningJobStatusCancelled:
			return job
		}
		time.Sleep(20 * time.Millisecond)
	}
}
