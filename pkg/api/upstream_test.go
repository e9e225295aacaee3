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

	"github.com/vertextune/vertextune/pkg/api"
	"github.com/vertextune/vertextune/pkg/auth"
	"github.com/vertextune/vertextune/pkg/fault"
)

// hidden is what Google says to us about ourselves. No caller may read it.
const hidden = "service account vertextune-run@acme.iam"

// trouble stands between our clients and a service. Until it is started, it only counts.
type trouble struct {
	calls atomic.Int64
	err   atomic.Pointer[error]
}

// slow lets a call wait until its client gives up.
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

func (f *trouble) unary(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if err := f.meet(ctx); err != nil {
		return nil, err
	}
	return next(ctx, request)
}

func (f *trouble) stream(server any, stream grpc.ServerStream, _ *grpc.StreamServerInfo, next grpc.StreamHandler) error {
	if err := f.meet(stream.Context()); err != nil {
		return err
	}
	return next(server, stream)
}

// Faults of Cloud Storage, which are codes of HTTP.
var (
	errDenied = errors.New("403")
	errAway   = errors.New("503")
	errGone   = errors.New("404")
)

// http answers with the code that is the error's text.
func (f *trouble) http(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := f.meet(r.Context())
		if err == nil {
			next.ServeHTTP(w, r)
			return
		}
		code, _ := strconv.Atoi(err.Error())
		if code == 0 {
			return // the client has given up
		}
		http.Error(w, fmt.Sprintf(`{"error":{"code":%d,"message":%q}}`, code, hidden), code)
	})
}

// cloudTrouble is trouble with each service.
type cloudTrouble struct{ vertex, firestore, storage trouble }

func (c *cloudTrouble) setup(set *setup) {
	set.cloud.VertexUnary, set.cloud.FirestoreUnary, set.cloud.FirestoreStream = c.vertex.unary, c.firestore.unary, c.firestore.stream
	set.cloud.StorageWrap = c.storage.http
	set.api.StatusMaxAge = 0
}

func TestUpstream(t *testing.T) {
	t.Parallel()
	session, convert := `{"session_id":"a"}`, `{"data":[`+strings.TrimSpace(line("x"))+`]}`
	vertexAI := func(err error) func(*cloudTrouble) { return func(c *cloudTrouble) { c.vertex.start(err) } }
	firestore := func(err error) func(*cloudTrouble) { return func(c *cloudTrouble) { c.firestore.start(err) } }
	storage := func(err error) func(*cloudTrouble) { return func(c *cloudTrouble) { c.storage.start(err) } }
	denied, broken := status.Error(codes.PermissionDenied, hidden), status.Error(codes.Internal, hidden)
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
		{name: "start_vertex_internal", path: "/start", body: session, begin: vertexAI(broken), code: 502},
		{name: "start_vertex_away", path: "/start", body: session, begin: vertexAI(away), code: 503}, // must not be repeated
		{name: "start_vertex_slow", path: "/start", body: session, begin: vertexAI(status.Error(codes.DeadlineExceeded, hidden)), code: 504},
		{name: "start_vertex_quota", path: "/start", body: session, begin: vertexAI(quota), code: 429, retry: "30"},
		{name: "start_vertex_forgot_model", path: "/start", body: session, begin: vertexAI(status.Error(codes.NotFound, "no such model")), code: 404},
		{name: "start_vertex_refuses", path: "/start", body: session, begin: vertexAI(status.Error(codes.FailedPrecondition, "not here")), code: 400},
		{name: "start_firestore_denied", path: "/start", body: session, begin: firestore(denied), code: 502},
		{name: "start_firestore_away", path: "/start", body: session, begin: firestore(away), code: 503, retry: "30"},
		{name: "start_firestore_no_database", path: "/start", body: session, begin: firestore(gone), code: 502},
		{name: "start_model_no_database", path: "/start", body: `{"session_id":"a","model_id":"m"}`, begin: firestore(gone), code: 502},
		{name: "start_storage_no_bucket", path: "/start", body: session, begin: storage(errGone), code: 502},
		{name: "start_storage_denied", path: "/start", body: session, begin: storage(errDenied), code: 502},
		{name: "start_file_not_ours", path: "/start", body: `{"training_data":"gs://other/x.jsonl"}`, begin: storage(errDenied), code: 404},
		{name: "convert_storage_denied", path: "/convert-json", body: convert, begin: storage(errDenied), code: 502},
		{name: "convert_storage_no_bucket", path: "/convert-json", body: convert, begin: storage(errGone), code: 502},
		{name: "convert_storage_away", path: "/convert-json", body: convert, begin: storage(errAway), timeout: 300 * time.Millisecond, code: 504},
		{name: "convert_storage_slow", path: "/convert-json", body: convert, begin: storage(errSlow), timeout: 300 * time.Millisecond, code: 504},
		{name: "validate_no_time_left", path: "/validate-data", body: convert, timeout: time.Nanosecond, code: 504},
		{name: "status_firestore_denied", path: "/job-status/1", begin: firestore(denied), code: 502},
		{name: "status_firestore_no_database", path: "/job-status/1", begin: firestore(gone), code: 502},
		{name: "status_firestore_away", path: "/job-status/1", begin: firestore(away), code: 503, retry: "30"},
		{name: "status_firestore_quota", path: "/job-status/1", begin: firestore(quota), code: 429, retry: "30"},
		{name: "status_firestore_slow", path: "/job-status/1", begin: firestore(errSlow), timeout: 300 * time.Millisecond, code: 504},
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
			s := newSystem(t, func(set *setup) {
				trouble.setup(set)
				if test.timeout > 0 {
					set.api.RequestTimeout = test.timeout
				}
			})
			s.message("1", turn("a", "user", "one"))
			if test.begin != nil {
				test.begin(&trouble)
			}
			method := http.MethodGet
			if test.body != "" {
				method = http.MethodPost
			}
			answer := s.send(t, method, base+test.path, test.body)
			answer.failed(test.code)
			if got := answer.header.Get("Retry-After"); got != test.retry {
				t.Errorf("Retry-After is %q, want %q", got, test.retry)
			}
		})
	}
}

func TestUpstream_quota_of_concurrent_jobs(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.ConcurrentJobs = 1 })
	s.message("1", turn("a", "user", "one"))
	s.start(t, `{"session_id":"a"}`)
	answer := s.post(t, base+"/start", `{"session_id":"a"}`)
	if f := answer.failed(http.StatusTooManyRequests); !strings.Contains(f.Message, "concurrent_tuning_jobs") {
		t.Errorf("the quota is not named: %s", f.Message)
	}
	if answer.header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After is %q", answer.header.Get("Retry-After"))
	}
	if states := s.states(t); states["PIPELINE_STATE_FAILED"] != 1 || states["PIPELINE_STATE_PENDING"] != 1 {
		t.Errorf("the records say %v", states)
	}
}

func TestUpstream_a_create_that_was_not_answered_is_on_record(t *testing.T) {
	t.Parallel()
	var trouble cloudTrouble
	s := newSystem(t, trouble.setup)
	s.message("1", turn("a", "user", "one"))
	trouble.vertex.start(status.Error(codes.Unavailable, hidden))
	f := s.post(t, base+"/start", `{"session_id":"a"}`).failed(http.StatusServiceUnavailable)
	if n := trouble.vertex.calls.Load(); n != 1 {
		t.Errorf("create was called %d times", n)
	}
	_, id, _ := strings.Cut(f.Message, "recorded as ")
	id, _, _ = strings.Cut(id, ",")
	if job := s.status(t, id); job.Status != "PIPELINE_STATE_QUEUED" || !strings.HasSuffix(job.Name, "/"+id) {
		t.Errorf("got %+v", job)
	}
}

// What Vertex AI says of our own account stays out of the record too.
func TestUpstream_a_refusal_is_on_record(t *testing.T) {
	t.Parallel()
	var trouble cloudTrouble
	s := newSystem(t, trouble.setup)
	s.message("1", turn("a", "user", "one"))
	trouble.vertex.start(status.Error(codes.PermissionDenied, hidden))
	s.post(t, base+"/start", `{"session_id":"a"}`).failed(http.StatusBadGateway)
	listed := s.list(t, "").Jobs
	if len(listed) != 1 {
		t.Fatalf("%d jobs are on record", len(listed))
	}
	job := s.status(t, listed[0].Name)
	if job.Status != "PIPELINE_STATE_FAILED" || job.Failure == nil || job.Failure.Code != int(codes.PermissionDenied) || job.EndedAt == "" {
		t.Errorf("got %+v", job)
	}
}

// A record that somebody else has broken is our defect to show: it is not the caller's, nor Google's.
func TestInternal_shows_nothing(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	if _, err := s.firestore.Collection("tuning_jobs").Doc("vt-20261201-143022-abcdefghij").Set(t.Context(), map[string]any{
		"number": "4711", "created_at": hidden,
	}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/job-status/4711", "/jobs"} {
		f := s.get(t, base+path).failed(http.StatusInternalServerError)
		if f.Status != "INTERNAL" || len(f.Details) != 0 {
			t.Errorf("%s: %+v", path, f)
		}
	}
}

// A panic of ours is shown like any defect, and not in the words of the framework around us.
func TestInternal_panic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := httptest.NewServer(agree(t, &api.API{ // without any records
		Config: api.Config{RequestTimeout: time.Minute}, Auth: anybody{}, Now: time.Now, Log: slog.New(slog.NewTextHandler(&log, nil)),
	}))
	t.Cleanup(server.Close)
	s := &system{t: t, url: server.URL}
	s.get(t, base+"/jobs").failed(http.StatusInternalServerError)
	if !strings.Contains(log.String(), "nil pointer") || !strings.Contains(log.String(), "jobs.go") {
		t.Errorf("the log does not say what and where: %s", &log)
	}
}

// anybody is a checker that lets everybody in.
type anybody struct{}

func (anybody) Check(*http.Request) (auth.Caller, error) { return auth.Caller{Name: caller}, nil }

// forbid is a checker that knows everybody and lets nobody in.
type forbid struct{}

func (forbid) Check(*http.Request) (auth.Caller, error) {
	return auth.Caller{}, fault.New(fault.PermissionDenied, "You may not do this.")
}

func TestPermissionDenied(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.auth = forbid{} })
	for path, method := range protected {
		if f := s.send(t, method, base+path, "{}").failed(http.StatusForbidden); f.Status != "PERMISSION_DENIED" {
			t.Errorf("%s: %+v", path, f)
		}
	}
}

// states counts the jobs on record by their states.
func (s *system) states(t *testing.T) map[string]int {
	t.Helper()
	states := map[string]int{}
	for _, job := range s.list(t, "").Jobs {
		states[job.Status]++
	}
	return states
}
