// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/entry/api"
	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// hidden is text about our own service in Google's errors. No caller may see it.
const hidden = "service account vertextune-run@acme.iam"

// errSlow makes a call wait until its client gives up.
var errSlow = errors.New("slow")

// fail makes the calls of a service, or of one of its methods such as Firestore.Commit, answer with
// the error; nil ends that.
func (s *system) fail(of string, err error) {
	s.errors.Store(of, &err)
	s.OnAny(s.meet)
}

// meet is the hook of all calls.
func (s *system) meet(ctx context.Context, c faults.Call, do faults.Do) error {
	for _, of := range []string{c.Service, c.Service + "." + c.Method} {
		err, _ := s.errors.Load(of)
		if err == nil || *err.(*error) == nil {
			continue
		}
		if errors.Is(*err.(*error), errSlow) {
			<-ctx.Done()
			return ctx.Err()
		}
		return *err.(*error)
	}
	return do(ctx)
}

// Errors of Google's services.
var (
	errDenied = status.Error(codes.PermissionDenied, hidden)
	errAway   = status.Error(codes.Unavailable, hidden)
	errQuota  = status.Error(codes.ResourceExhausted, "quota exceeded") // callers see this message
	errGone   = status.Error(codes.NotFound, hidden)
)

// withMessage starts a system with one message. A request may take as long as timeout, or as long
// as usual if that is 0.
func withMessage(t *testing.T, timeout time.Duration) *system {
	t.Helper()
	s := newSystem(t, func(set *setup) {
		set.api.StatusMaxAge = 0
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
	noDatabase := status.Error(codes.NotFound, "The database (default) does not exist for project acme")
	tests := []struct {
		name, path, body string
		fails            string // the service or the method
		err              error
		timeout          time.Duration
		code             int
		retry            string
	}{
		{name: "start_vertex_denied", path: "/start", body: session, fails: faults.Vertex, err: errDenied, code: 502},
		{name: "start_vertex_forgot_model", path: "/start", body: session, fails: faults.Vertex, err: status.Error(codes.NotFound, "no such model"), code: 404},
		{name: "start_vertex_refuses", path: "/start", body: session, fails: faults.Vertex, err: status.Error(codes.FailedPrecondition, "not here"), code: 400},
		{name: "start_firestore_denied", path: "/start", body: session, fails: faults.Firestore, err: errDenied, code: 502},
		{name: "start_firestore_away", path: "/start", body: session, fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "start_firestore_slow", path: "/start", body: session, fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "start_firestore_no_database", path: "/start", body: session, fails: faults.Firestore, err: noDatabase, code: 502},
		{name: "start_model_no_database", path: "/start", body: `{"session_id":"a","model_id":"m"}`, fails: faults.Firestore, err: noDatabase, code: 502},
		{name: "start_storage_no_bucket", path: "/start", body: session, fails: faults.Storage, err: errGone, code: 502},
		{name: "start_storage_denied", path: "/start", body: session, fails: faults.Storage, err: errDenied, code: 502},
		{name: "start_file_not_ours", path: "/start", body: `{"training_data":"gs://other/x.jsonl"}`, fails: faults.Storage, err: errDenied, code: 404},
		{name: "convert_storage_denied", path: "/convert-json", body: convert, fails: faults.Storage, err: errDenied, code: 502},
		{name: "convert_storage_no_bucket", path: "/convert-json", body: convert, fails: faults.Storage, err: errGone, code: 502},
		{name: "convert_storage_away", path: "/convert-json", body: convert, fails: faults.Storage, err: errAway, timeout: 300 * time.Millisecond, code: 504},
		{name: "convert_storage_away_for_long", path: "/convert-json", body: convert, fails: faults.Storage, err: errAway, code: 503, retry: "30"},
		{name: "convert_storage_quota", path: "/convert-json", body: convert, fails: faults.Storage, err: errQuota, code: 429, retry: "30"},
		{name: "convert_storage_resets", path: "/convert-json", body: convert, fails: faults.Storage, err: faults.ErrCut, code: 503, retry: "30"},
		{name: "start_firestore_takes_no_writes", path: "/start", body: session, fails: "Firestore.Commit", err: errAway, code: 503, retry: "30"},
		{name: "start_firestore_no_quota_for_writes", path: "/start", body: session, fails: "Firestore.Commit", err: errQuota, code: 429, retry: "30"},
		{name: "convert_storage_slow", path: "/convert-json", body: convert, fails: faults.Storage, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "validate_no_time_left", path: "/validate-data", body: convert, timeout: time.Nanosecond, code: 504},
		{name: "status_firestore_denied", path: "/job-status/1", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "status_of_our_id_no_database", path: "/job-status/vt-20261201-143022-abcdefghij", fails: faults.Firestore, err: noDatabase, code: 502},
		{name: "status_firestore_no_database", path: "/job-status/1", fails: faults.Firestore, err: noDatabase, code: 502},
		{name: "status_firestore_away", path: "/job-status/1", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "status_firestore_quota", path: "/job-status/1", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "status_firestore_slow", path: "/job-status/1", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "job_firestore_denied", path: "/jobs/1", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "job_firestore_away", path: "/jobs/1", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "job_firestore_quota", path: "/jobs/1", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "job_firestore_slow", path: "/jobs/1", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "cancel_firestore_denied", path: "/cancel/1", body: "{}", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "cancel_firestore_away", path: "/cancel/1", body: "{}", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "cancel_firestore_quota", path: "/cancel/1", body: "{}", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "cancel_firestore_slow", path: "/cancel/1", body: "{}", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "metrics_firestore_denied", path: "/jobs/1/metrics", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "metrics_firestore_away", path: "/jobs/1/metrics", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "metrics_firestore_quota", path: "/jobs/1/metrics", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "metrics_firestore_slow", path: "/jobs/1/metrics", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "evaluation_firestore_denied", path: "/evaluations/ev-20261201-143022-abcdefghij", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "evaluation_firestore_away", path: "/evaluations/ev-20261201-143022-abcdefghij", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "evaluation_firestore_quota", path: "/evaluations/ev-20261201-143022-abcdefghij", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "evaluation_firestore_slow", path: "/evaluations/ev-20261201-143022-abcdefghij", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "retune_firestore_denied", path: "/retune", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errDenied, code: 502},
		{name: "retune_firestore_away", path: "/retune", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "retune_firestore_quota", path: "/retune", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "retune_firestore_slow", path: "/retune", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "start_evaluation_firestore_denied", path: "/evaluations", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errDenied, code: 502},
		{name: "start_evaluation_firestore_away", path: "/evaluations", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "start_evaluation_firestore_quota", path: "/evaluations", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "start_evaluation_firestore_slow", path: "/evaluations", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "model_firestore_denied", path: "/models/m", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "model_firestore_away", path: "/models/m", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "model_firestore_quota", path: "/models/m", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "model_firestore_slow", path: "/models/m", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "promote_firestore_denied", path: "/models/m/promote", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errDenied, code: 502},
		{name: "promote_firestore_away", path: "/models/m/promote", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "promote_firestore_quota", path: "/models/m/promote", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "promote_firestore_slow", path: "/models/m/promote", body: `{"job_name":"1"}`, fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "rollback_firestore_denied", path: "/models/m/rollback", body: `{}`, fails: faults.Firestore, err: errDenied, code: 502},
		{name: "rollback_firestore_away", path: "/models/m/rollback", body: `{}`, fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "rollback_firestore_quota", path: "/models/m/rollback", body: `{}`, fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "rollback_firestore_slow", path: "/models/m/rollback", body: `{}`, fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "events_firestore_denied", path: "/jobs/1/events", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "events_firestore_away", path: "/jobs/1/events", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "events_firestore_quota", path: "/jobs/1/events", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "events_firestore_slow", path: "/jobs/1/events", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "lineage_firestore_denied", path: "/lineage/1", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "lineage_firestore_away", path: "/lineage/gs%3A%2F%2Facme-data%2Fx.jsonl", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "lineage_firestore_quota", path: "/lineage/projects/acme/locations/l/models/1", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "lineage_firestore_slow", path: "/lineage/projects/acme/locations/l/endpoints/1", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
		{name: "jobs_firestore_denied", path: "/jobs", fails: faults.Firestore, err: errDenied, code: 502},
		{name: "jobs_firestore_no_database", path: "/jobs", fails: faults.Firestore, err: noDatabase, code: 502},
		{name: "jobs_firestore_away", path: "/jobs", fails: faults.Firestore, err: errAway, code: 503, retry: "30"},
		{name: "jobs_firestore_quota", path: "/jobs", fails: faults.Firestore, err: errQuota, code: 429, retry: "30"},
		{name: "jobs_firestore_slow", path: "/jobs", fails: faults.Firestore, err: errSlow, timeout: 300 * time.Millisecond, code: 504},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := withMessage(t, test.timeout)
			s.fail(test.fails, test.err)
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

// reachesStorage is a limit for a request within which a start has read its messages, even on a busy
// machine, and waits for Cloud Storage.
const reachesStorage = 5 * time.Second

// A delay is no error: the start is recorded, and the poller resumes it.
func TestUpstream_a_start_that_takes_longer_is_queued(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		fails   string
		err     error
		timeout time.Duration
		pairs   int
		detail  string
	}{
		{name: "vertex_quota", fails: faults.Vertex, err: status.Error(codes.ResourceExhausted, "no jobs left"), pairs: 1, detail: "no jobs left"},
		{name: "vertex_away", fails: faults.Vertex, err: status.Error(codes.Unavailable, hidden), pairs: 1, detail: "searches for the job"},
		{name: "vertex_slow", fails: faults.Vertex, err: status.Error(codes.DeadlineExceeded, hidden), pairs: 1, detail: "searches for the job"},
		{name: "vertex_internal", fails: faults.Vertex, err: status.Error(codes.Internal, hidden), pairs: 1, detail: "searches for the job"},
		{name: "storage_away", fails: faults.Storage, err: errAway, timeout: reachesStorage, detail: "Cloud Storage"},
		{name: "storage_slow", fails: faults.Storage, err: errSlow, timeout: reachesStorage, detail: "Cloud Storage"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := withMessage(t, test.timeout)
			s.fail(test.fails, test.err)
			job := s.start(t, `{"session_id":"a"}`)
			if job.Job.Status != "PIPELINE_STATE_QUEUED" || job.Pairs != test.pairs || !strings.Contains(job.Detail, test.detail) {
				t.Errorf("got %+v", job)
			}
			if again := s.status(t, job.Job.Name); again.Status != "PIPELINE_STATE_QUEUED" || again.Detail != job.Detail || again.Name != job.Job.Name {
				t.Errorf("the record is %+v", again)
			}
		})
	}
}

// A start that Vertex AI refuses leaves nothing behind, whatever the reason for the refusal is.
func TestUpstream_a_refusal_leaves_nothing(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.api.StatusMaxAge = 0 })
	s.message("1", turn("a", "user", "one"))
	s.fail(faults.Vertex, status.Error(codes.PermissionDenied, hidden))
	s.post(t, base+"/start", `{"session_id":"a"}`).failed(http.StatusBadGateway)
	if listed := s.list(t, "").Jobs; len(listed) != 0 {
		t.Errorf("%d jobs are listed", len(listed))
	}
}

// A record that cannot be decoded is an internal error, as it is not the caller's fault.
func TestInternal_shows_nothing(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	if _, err := s.Firestore.Collection("tuning_jobs").Doc("vt-20261201-143022-abcdefghij").Set(t.Context(), map[string]any{
		"number": "4711", "created_at": hidden,
	}); err != nil {
		t.Fatal(err)
	}
	calls := map[string]string{
		"/job-status/4711": http.MethodGet, "/jobs/4711": http.MethodGet, "/jobs/4711/events": http.MethodGet, "/jobs/4711/metrics": http.MethodGet, "/cancel/4711": http.MethodPost,
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
