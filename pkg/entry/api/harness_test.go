// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
	"github.com/vertextune/vertextune/pkg/work/jobaccess"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/promotions"
)

const (
	project   = "acme"
	location  = "us-central1"
	inbox     = "acme-inbox"
	data      = "acme-data"
	baseModel = "gemini-3.1-flash-lite"
	caller    = "ann"
	secret    = "s3cr3t-token-of-ann"
	base      = "/api/v1/fine-tuning"
)

// system is an API with its own local cloud.
type system struct {
	*cloudtest.Cloud
	t   *testing.T
	url string

	created createCalls
	errors  sync.Map // the errors that the method fail has set, by service or by service and method
}

// setup is the configuration that a test may change.
type setup struct {
	cloud   cloud.Config
	auth    auth.Checker
	api     api.Config
	log     *slog.Logger
	now     func() time.Time // the API's clock
	place   string           // the location of the jobs
	unknown []string         // models that are removed from the catalogue
	gate    *api.Gate
}

// newSystem starts everything. It is stopped when the test ends.
func newSystem(t *testing.T, change func(*setup)) *system {
	t.Helper()
	var tokens auth.Tokens
	if err := tokens.UnmarshalText([]byte("bob:" + auth.Hash("another") + "," + caller + ":" + auth.Hash(secret))); err != nil {
		t.Fatal(err)
	}
	s := setup{
		cloud: cloud.Config{Project: project, Inbox: inbox, Data: data, JobDuration: time.Hour, ConcurrentJobs: 1000},
		auth:  &tokens,
		api: api.Config{
			Config: backend.Config{Project: project, Jobs: jobs.Config{
				DataBucket: data, BaseModel: baseModel, MaxQueuedJobs: 1000, Lease: 10 * time.Second, CreateTimeout: 10 * time.Second,
			}},
			InboxBucket: inbox, StatusMaxAge: time.Hour, RequestTimeout: time.Minute,
		},
		log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		now: time.Now, place: location,
	}
	if change != nil {
		change(&s)
	}
	sys := &system{t: t, Cloud: cloudtest.Start(t, func(c *cloud.Config) { *c = s.cloud })}
	sys.On("CreateTuningJob", sys.recordCreate)
	s.api.Location, s.api.Vertex = s.place, vertex.Config{EmulatorHost: sys.Run.Addresses.Vertex}
	sys.serve(s)
	return sys
}

// serve builds the API from its parts, as Open does.
func (s *system) serve(set setup) {
	tuner := vertex.New(project, set.api.Vertex)
	s.t.Cleanup(func() { _ = tuner.Close() })
	back := backend.New(set.api.Config, s.Records, s.Objects, catalogueWithout(s.t, set.unknown...), set.log)
	back.Jobs.Vertex = tuner
	presenter := back.Presenter()
	presenter.Now = set.now
	access := jobaccess.New(set.api.Access(), back, tuner)
	access.Now, access.Presenter = set.now, presenter
	server := httptest.NewServer(agree(s.t, &api.API{
		Config: set.api, Auth: set.auth, Records: back.Records, Objects: back.Objects, Vertex: tuner, Jobs: back.Jobs,
		Catalogue: back.Catalogue, Presenter: presenter, Gate: set.gate, Now: set.now, Log: back.Log,
		Evaluations: evaluations.New(back, tuner), Access: access,
		Promotions: promotions.New(back, tuner),
	}))
	s.t.Cleanup(server.Close)
	s.url = server.URL
}

// reply is a response of the API.
type reply struct {
	t      *testing.T
	code   int
	header http.Header
	body   []byte
}

var client = &http.Client{Timeout: 10 * time.Minute}

// send sends a request with a valid token and media type, unless edit changes them.
func (s *system) send(t *testing.T, method, path, body string, edit ...func(*http.Request)) reply {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+secret)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, f := range edit {
		f(r)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }() // the whole body was read
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{t: t, code: answer.StatusCode, header: answer.Header, body: content}
}

func (s *system) get(t *testing.T, path string) reply {
	t.Helper()
	return s.send(t, http.MethodGet, path, "")
}

func (s *system) post(t *testing.T, path, body string) reply {
	t.Helper()
	return s.send(t, http.MethodPost, path, body)
}

// into decodes the body of a response, which must have status 200. It fails the test if the body
// has a field that v does not have.
func (r reply) into(v any) {
	r.t.Helper()
	if r.code != http.StatusOK {
		r.t.Fatalf("got %d, want 200: %s", r.code, r.body)
	}
	decoder := json.NewDecoder(bytes.NewReader(r.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		r.t.Fatalf("decode %s: %v", r.body, err)
	}
}

// decode decodes the fields of v from the body of a response, which must have status 200.
func (r reply) decode(v any) {
	r.t.Helper()
	if r.code != http.StatusOK {
		r.t.Fatalf("got %d, want 200: %s", r.code, r.body)
	}
	if err := json.Unmarshal(r.body, v); err != nil {
		r.t.Fatalf("decode %s: %v", r.body, err)
	}
}

// failure is an error as a client reads it.
type failure struct {
	Code    int    `json:"code"`
	Status  string `json:"status"`
	Message string `json:"message"`
	Details []struct {
		Type       string            `json:"@type"`
		Violations []violation       `json:"fieldViolations"`
		Reason     string            `json:"reason"`
		Metadata   map[string]string `json:"metadata"`
	} `json:"details"`
}

type violation struct {
	Field       string `json:"field"`
	Reason      string `json:"reason"`
	Description string `json:"description"`
	*fault.Place
}

// failed decodes the body of an error response with this code. The body must contain the same code.
func (r reply) failed(code int) failure {
	r.t.Helper()
	var body struct {
		Error failure `json:"error"`
	}
	if err := json.Unmarshal(r.body, &body); err != nil {
		r.t.Fatalf("decode %s: %v", r.body, err)
	}
	if r.code != code || body.Error.Code != code {
		r.t.Fatalf("got %d, want %d: %s", r.code, code, r.body)
	}
	return body.Error
}

// places lists the violations of a failure as "field REASON".
func (f failure) places() []string {
	var places []string
	for _, d := range f.Details {
		for _, v := range d.Violations {
			places = append(places, v.Field+" "+v.Reason)
		}
	}
	return places
}
