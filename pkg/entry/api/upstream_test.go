// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
)

// hidden is text about our own service in Google's errors. No caller may see it.
const hidden = "service account vertextune-run@acme.iam"

// trouble intercepts the calls to a service. It only counts them until an error is set.
type trouble struct {
	only  string // the only method that fails; if it is empty, all methods fail
	calls atomic.Int64
	err   atomic.Pointer[error]
}

// errSlow makes a call wait until its client gives up.
var errSlow = errors.New("slow")

func (f *trouble) start(err error) { f.err.Store(&err) }

func (f *trouble) meet(ctx context.Context) error {
	f.calls.Add(1)
	err := f.err.Load()
	switch {
	case err == nil || *err == nil:
		return nil
	case errors.Is(*err, errSlow):
		<-ctx.Done()
		return ctx.Err()
	default:
		return *err
	}
}

func (f *trouble) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if f.only == "" || strings.HasSuffix(info.FullMethod, "/"+f.only) {
		if err := f.meet(ctx); err != nil {
			return nil, err
		}
	}
	return next(ctx, request)
}

func (f *trouble) stream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if f.only == "" {
		if err := f.meet(stream.Context()); err != nil {
			return err
		}
	}
	return next(server, stream)
}

// Errors of Cloud Storage. The texts are HTTP status codes.
var (
	errDenied = errors.New("403")
	errAway   = errors.New("503")
	errQuota  = errors.New("429")
	errGone   = errors.New("404")
)

// errReset breaks the connection instead of answering.
var errReset = errors.New("reset")

// http answers with the status code in the error's text.
func (f *trouble) http(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f.meet(r.Context())
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		if errors.Is(err, errReset) {
			panic(http.ErrAbortHandler)
		}
		code, _ := strconv.Atoi(err.Error())
		if code == 0 {
			return // the client has given up
		}
		message := hidden
		if code == http.StatusTooManyRequests { // callers see this message
			message = "quota exceeded"
		}
		http.Error(w, fmt.Sprintf(`{"error":{"code":%d,"message":%q}}`, code, message), code)
	})
}

// cloudTrouble has a trouble for each service.
type cloudTrouble struct{ vertex, firestore, storage trouble }

func (c *cloudTrouble) setup(set *setup) {
	set.cloud.VertexUnary, set.cloud.FirestoreUnary, set.cloud.FirestoreStream = c.vertex.unary, c.firestore.unary, c.firestore.stream
	set.cloud.StorageWrap = c.storage.http
	set.api.StatusMaxAge = 0
}

// system starts a system with one message. A request may take as long as timeout, or as long as usual
// if that is 0.
func (c *cloudTrouble) system(t *testing.T, timeout time.Duration) *system {
	t.Helper()
	s := newSystem(t, func(set *setup) {
		c.setup(set)
		if timeout > 0 {
			set.api.RequestTimeout = timeout
		}
	})
	s.message("1", turn("a", "user", "one"))
	return s
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	session, convert := `{"session_id":"a"}`, `{"data":[`+strings.TrimSpace(line("x"))+`]}`
	vertexAI := func(err error) func(*cloudTrouble) { return func(c *cloudTrouble) { c.vertex.start(err) } }
	firestore := func(err error) func(*cloudTrouble) { return func(c *cloudTrouble) { c.firestore.start(err) } }
	storage := func(err error) func(*cloudTrouble) { return func(c *cloudTrouble) { c.storage.start(err) } }
	commits := func(err error) func(*cloudTrouble) {
		return func(c *cloudTrouble) { c.firestore.only = "Commit"; c.firestore.start(err) }
	}
	denied := status.Error(codes.PermissionDenied, hidden)
	gone := status.Error(codes.NotFound, "The database (default) does not exist for project acme")
	away, quota := status.Error(codes.Unavailable, hidden), status.Error(codes.ResourceExhausted, "quota exceeded")
	tests := []struct {
		name, path, body string
		begin            func(*cloudTrouble)
		timeout          time.Duration
		code             int
		retry            string
	}{
		{name: "start_vertex_denied", path: "/start", body: session, begin: vertexAI(denied), code: 502},
		{name: "start_vertex_forgot_model", path: "/start", body: session, begin: vertexAI(status.Error(codes.NotFound, "no such model")), code: 404},
		{name: "start_vertex_refuses", path: "/start", body: session, begin: vertexAI(status.Error(codes.FailedPrecondition, "not here")), code: 400},
		{name: "start_firestore_denied", path: "/start", body: session, begin: firestore(denied), code: 502},
		{name: "start_firestore_away", path: "/start", body: session, begin: firestore(away), code: 503, retry: "30"},
		{name: "start_firestore_slow", path: "/start", body: session, begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "start_firestore_no_database", path: "/start", body: session, begin: firestore(gone), code: 502},
		{name: "start_model_no_database", path: "/start", body: `{"session_id":"a","model_id":"m"}`, begin: firestore(gone), code: 502},
		{name: "start_storage_no_bucket", path: "/start", body: session, begin: storage(errGone), code: 502},
		{name: "start_storage_denied", path: "/start", body: session, begin: storage(errDenied), code: 502},
		{name: "start_file_not_ours", path: "/start", body: `{"training_data":"gs://other/x.jsonl"}`, begin: storage(errDenied), code: 404},
		{name: "convert_storage_denied", path: "/convert-json", body: convert, begin: storage(errDenied), code: 502},
		{name: "convert_storage_no_bucket", path: "/convert-json", body: convert, begin: storage(errGone), code: 502},
		{name: "convert_storage_away", path: "/convert-json", body: convert, begin: storage(errAway), timeout: 300 * time.Millisecond, code: 504},
		{name: "convert_storage_away_for_long", path: "/convert-json", body: convert, begin: storage(errAway), code: 503, retry: "30"},
		{name: "convert_storage_quota", path: "/convert-json", body: convert, begin: storage(errQuota), code: 429, retry: "30"},
		{name: "convert_storage_resets", path: "/convert-json", body: convert, begin: storage(errReset), code: 503, retry: "30"},
		{name: "start_firestore_takes_no_writes", path: "/start", body: session, begin: commits(away), code: 503, retry: "30"},
		{name: "start_firestore_no_quota_for_writes", path: "/start", body: session, begin: commits(quota), code: 429, retry: "30"},
		{name: "convert_storage_slow", path: "/convert-json", body: convert, begin: storage(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "validate_no_time_left", path: "/validate-data", body: convert, timeout: time.Nanosecond, code: 504},
		{name: "status_firestore_denied", path: "/job-status/1", begin: firestore(denied), code: 502},
		{name: "status_of_our_id_no_database", path: "/job-status/vt-20261201-143022-abcdefghij", begin: firestore(gone), code: 502},
		{name: "status_firestore_no_database", path: "/job-status/1", begin: firestore(gone), code: 502},
		{name: "status_firestore_away", path: "/job-status/1", begin: firestore(away), code: 503, retry: "30"},
		{name: "status_firestore_quota", path: "/job-status/1", begin: firestore(quota), code: 429, retry: "30"},
		{name: "status_firestore_slow", path: "/job-status/1", begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "job_firestore_denied", path: "/jobs/1", begin: firestore(denied), code: 502},
		{name: "job_firestore_away", path: "/jobs/1", begin: firestore(away), code: 503, retry: "30"},
		{name: "job_firestore_quota", path: "/jobs/1", begin: firestore(quota), code: 429, retry: "30"},
		{name: "job_firestore_slow", path: "/jobs/1", begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "cancel_firestore_denied", path: "/cancel/1", body: "{}", begin: firestore(denied), code: 502},
		{name: "cancel_firestore_away", path: "/cancel/1", body: "{}", begin: firestore(away), code: 503, retry: "30"},
		{name: "cancel_firestore_quota", path: "/cancel/1", body: "{}", begin: firestore(quota), code: 429, retry: "30"},
		{name: "cancel_firestore_slow", path: "/cancel/1", body: "{}", begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "events_firestore_denied", path: "/jobs/1/events", begin: firestore(denied), code: 502},
		{name: "events_firestore_away", path: "/jobs/1/events", begin: firestore(away), code: 503, retry: "30"},
		{name: "events_firestore_quota", path: "/jobs/1/events", begin: firestore(quota), code: 429, retry: "30"},
		{name: "events_firestore_slow", path: "/jobs/1/events", begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "lineage_firestore_denied", path: "/lineage/1", begin: firestore(denied), code: 502},
		{name: "lineage_firestore_away", path: "/lineage/gs%3A%2F%2Facme-data%2Fx.jsonl", begin: firestore(away), code: 503, retry: "30"},
		{name: "lineage_firestore_quota", path: "/lineage/projects/acme/locations/l/models/1", begin: firestore(quota), code: 429, retry: "30"},
		{name: "lineage_firestore_slow", path: "/lineage/projects/acme/locations/l/endpoints/1", begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "jobs_firestore_denied", path: "/jobs", begin: firestore(denied), code: 502},
		{name: "jobs_firestore_no_database", path: "/jobs", begin: firestore(gone), code: 502},
		{name: "jobs_firestore_away", path: "/jobs", begin: firestore(away), code: 503, retry: "30"},
		{name: "jobs_firestore_quota", path: "/jobs", begin: firestore(quota), code: 429, retry: "30"},
		{name: "jobs_firestore_slow", path: "/jobs", begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var trouble cloudTrouble
			s := trouble.system(t, test.timeout)
			if test.begin != nil {
				test.begin(&trouble)
			}
			method := http.MethodGet
			if test.body != "" {
				method = http.MethodPost
			}
			began := time.Now()
			answer := s.send(t, method, base+test.path, test.body)
			answer.failed(test.code)
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %s, though the service had answered at once", took)
			}
			if got := answer.header.Get("Retry-After"); got != test.retry {
				t.Errorf("Retry-After is %q, want %q", got, test.retry)
			}
		})
	}
}

// A delay is no error: the start is recorded, and the poller resumes it.
func TestUpstream_a_start_that_takes_longer_is_queued(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		begin   func(*cloudTrouble)
		timeout time.Duration
		pairs   int
		detail  string
	}{
		{name: "vertex_quota", begin: func(c *cloudTrouble) { c.vertex.start(status.Error(codes.ResourceExhausted, "no jobs left")) }, pairs: 1, detail: "no jobs left"},
		{name: "vertex_away", begin: func(c *cloudTrouble) { c.vertex.start(status.Error(codes.Unavailable, hidden)) }, pairs: 1, detail: "searches for the job"},
		{name: "vertex_slow", begin: func(c *cloudTrouble) { c.vertex.start(status.Error(codes.DeadlineExceeded, hidden)) }, pairs: 1, detail: "searches for the job"},
		{name: "vertex_internal", begin: func(c *cloudTrouble) { c.vertex.start(status.Error(codes.Internal, hidden)) }, pairs: 1, detail: "searches for the job"},
		{name: "storage_away", begin: func(c *cloudTrouble) { c.storage.start(errAway) }, timeout: 500 * time.Millisecond, detail: "Cloud Storage"},
		{name: "storage_slow", begin: func(c *cloudTrouble) { c.storage.start(errSlow) }, timeout: 500 * time.Millisecond, detail: "Cloud Storage"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var trouble cloudTrouble
			s := trouble.system(t, test.timeout)
			test.begin(&trouble)
			job := s.start(t, `{"session_id":"a"}`)
			if job.Job.Status != "PIPELINE_STATE_QUEUED" || job.Pairs != test.pairs || !strings.Contains(job.Detail, test.detail) {
				t.Errorf("got %+v", job)
			}
			if again := s.status(t, job.Job.Name); again.Status != "PIPELINE_STATE_QUEUED" || again.Detail != job.Detail || again.Name != job.Job.Name {
				t.Errorf("on record is %+v", again)
			}
		})
	}
}

// A start that Vertex AI refuses leaves nothing behind, whatever the reason for the refusal is.
func TestUpstream_a_refusal_leaves_nothing(t *testing.T) {
	t.Parallel()
	var trouble cloudTrouble
	s := newSystem(t, trouble.setup)
	s.message("1", turn("a", "user", "one"))
	trouble.vertex.start(status.Error(codes.PermissionDenied, hidden))
	s.post(t, base+"/start", `{"session_id":"a"}`).failed(http.StatusBadGateway)
	if listed := s.list(t, "").Jobs; len(listed) != 0 {
		t.Errorf("%d jobs are listed", len(listed))
	}
}

// A record that cannot be decoded is an internal error, as it is not the caller's fault.
func TestInternal_shows_nothing(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	if _, err := s.firestore.Collection("tuning_jobs").Doc("vt-20261201-143022-abcdefghij").Set(t.Context(), map[string]any{
		"number": "4711", "created_at": hidden,
	}); err != nil {
		t.Fatal(err)
	}
	calls := map[string]string{
		"/job-status/4711": http.MethodGet, "/jobs/4711": http.MethodGet, "/jobs/4711/events": http.MethodGet, "/cancel/4711": http.MethodPost,
		"/lineage/4711": http.MethodGet,
	}
	for path, method := range calls {
		f := s.send(t, method, base+path, "").failed(http.StatusInternalServerError)
		if f.Status != "INTERNAL" || len(f.Details) != 1 || f.Details[0].Type != "type.googleapis.com/google.rpc.RequestInfo" {
			t.Errorf("%s: %+v", path, f)
		}
	}
	if jobs := s.list(t, "").Jobs; len(jobs) != 0 {
		t.Errorf("it is listed: %+v", jobs)
	}
}

// A panic is answered like any other internal error.
func TestInternal_panic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := httptest.NewServer(agree(t, &api.API{ // it has no records, so the endpoint panics
		Config: api.Config{RequestTimeout: time.Minute}, Auth: anybody{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil)),
	}))
	t.Cleanup(server.Close)
	s := &system{t: t, url: server.URL}
	s.get(t, base+"/jobs").failed(http.StatusInternalServerError)
	if !strings.Contains(log.String(), "nil pointer") || !strings.Contains(log.String(), "jobs.go") {
		t.Errorf("the log does not say what and where: %s", &log)
	}
}

// anybody is a checker that accepts every request.
type anybody struct{}

func (anybody) Check(*http.Request) (auth.Caller, error) {
	return auth.Caller{Name: caller, Role: auth.Starter}, nil
}
