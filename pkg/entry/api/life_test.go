// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

func withKey(keys ...string) func(*http.Request) {
	return func(r *http.Request) {
		for _, key := range keys {
			r.Header.Add("Idempotency-Key", key)
		}
	}
}

func TestStart_with_a_key_is_one_start(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	const body = `{"session_id":"a","hyperparameters":{"epoch_count":3}}`
	answers := make([]started, 8)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { s.send(t, http.MethodPost, base+"/start", body, withKey("k1")).into(&answers[i]) })
	}
	all.Wait()
	for _, answer := range answers[1:] {
		if diff := cmp.Diff(answers[0], answer); diff != "" {
			t.Errorf("the same start (-one +another):\n%s", diff)
		}
	}
	if n := len(s.Run.Vertex.Jobs()); n != 1 {
		t.Errorf("%d jobs on Vertex AI", n)
	}
	// A request with other spaces and another order of fields is still the same request.
	var again started
	s.send(t, http.MethodPost, base+"/start", ` {"hyperparameters": {"epoch_count": 3}, "session_id": "a", "model_id": null}`, withKey("k1")).into(&again)
	if diff := cmp.Diff(answers[0], again); diff != "" {
		t.Errorf("the same request with another spelling (-want +got):\n%s", diff)
	}
	f := s.send(t, http.MethodPost, base+"/start", `{"session_id":"a"}`, withKey("k1")).failed(http.StatusConflict)
	if diff := cmp.Diff([]string{"Idempotency-Key KEY_USED_FOR_ANOTHER_REQUEST"}, f.places()); diff != "" {
		t.Errorf("another request (-want +got):\n%s", diff)
	}
	var other started
	s.send(t, http.MethodPost, base+"/start", body, withKey("k2")).into(&other)
	bob := func(r *http.Request) { r.Header.Set("Authorization", "Bearer another") }
	var bobs started
	s.send(t, http.MethodPost, base+"/start", body, withKey("k1"), bob).into(&bobs)
	if n := len(s.Run.Vertex.Jobs()); n != 3 || other.Job.Name == answers[0].Job.Name || bobs.Job.Name == answers[0].Job.Name {
		t.Errorf("%d jobs on Vertex AI, want one for each key and caller", n)
	}
}

func TestStart_with_a_key_fails_the_same_way(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	const body = `{"message_ids":["1","x","y"]}`
	first := s.send(t, http.MethodPost, base+"/start", body, withKey("k")).failed(http.StatusNotFound)
	again := s.send(t, http.MethodPost, base+"/start", body, withKey("k")).failed(http.StatusNotFound)
	if diff := cmp.Diff(first, again); diff != "" {
		t.Errorf("(-first +again):\n%s", diff)
	}
	if jobs := s.list(t, "").Jobs; len(jobs) != 0 {
		t.Errorf("%d jobs are listed", len(jobs))
	}
}

func TestStart_refuses_a_key_that_is_none(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	for name, keys := range map[string][]string{
		"empty": {""}, "two": {"a", "b"}, "with_a_space": {"a b"}, "not_ASCII": {"é"}, "too_long": {strings.Repeat("k", 256)},
	} {
		f := s.send(t, http.MethodPost, base+"/start", `{"session_id":"a"}`, withKey(keys...)).failed(http.StatusBadRequest)
		if diff := cmp.Diff([]string{"Idempotency-Key INVALID_IDEMPOTENCY_KEY"}, f.places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) {
		set.cloud.ConcurrentJobs, set.api.Jobs.MaxConcurrentJobs, set.api.Jobs.MaxQueuedJobs = 1, 1, 2
	})
	s.message("1", turn("a", "user", "one"))
	running := s.start(t, `{"session_id":"a"}`)
	if running.Job.Status != "PIPELINE_STATE_PENDING" || running.Position != 0 {
		t.Errorf("the first is %+v", running)
	}
	second := s.start(t, `{"session_id":"a"}`)
	first := s.start(t, `{"session_id":"a","priority":5}`)
	for want, job := range map[int]started{1: first, 2: second} {
		got := s.status(t, job.Job.Name)
		if got.Status != "PIPELINE_STATE_QUEUED" || got.Position != want || got.VertexState != "" {
			t.Errorf("want position %d in the queue, got %+v", want, got)
		}
	}
	answer := s.post(t, base+"/start", `{"session_id":"a"}`)
	if f := answer.failed(http.StatusTooManyRequests); answer.header.Get("Retry-After") == "" || f.Details[0].Reason != "QUEUE_FULL" {
		t.Errorf("a full queue: %+v, Retry-After %q", f, answer.header.Get("Retry-After"))
	}
	// A queued job is cancelled immediately and never submitted. Then the queue has room again.
	var cancelled jobStatus
	s.post(t, base+"/cancel/"+second.Job.Name, "").into(&cancelled)
	if cancelled.Status != "PIPELINE_STATE_CANCELLED" || cancelled.CancelRequested != nil || cancelled.EndedAt == "" {
		t.Errorf("cancelled: %+v", cancelled)
	}
	s.start(t, `{"session_id":"a"}`)
	if n := len(s.Run.Vertex.Jobs()); n != 1 {
		t.Errorf("%d jobs on Vertex AI", n)
	}
}

func TestCancel_a_job_that_Vertex_AI_has(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 3*time.Second, 0 })
	s.message("1", turn("a", "user", "one"))
	name := s.start(t, `{"session_id":"a"}`).Job.Name
	for range 2 { // the second call changes nothing
		var job jobStatus
		s.post(t, base+"/cancel/"+name, "{}").into(&job)
		if job.Status != "PIPELINE_STATE_CANCELLING" || job.CancelRequested == nil || job.CancelRequested.By != caller {
			t.Errorf("got %+v", job)
		}
	}
	if job := s.finished(t, name); job.Status != "PIPELINE_STATE_CANCELLED" {
		t.Errorf("the finished job: %+v", job)
	}
	s.post(t, base+"/cancel/"+name, "").into(new(jobStatus)) // it is no error to cancel a cancelled job again
}

func TestCancel_refuses(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = time.Nanosecond, 0 })
	s.message("1", turn("a", "user", "one"))
	name := s.start(t, `{"session_id":"a"}`).Job.Name
	s.finished(t, name)
	if f := s.post(t, base+"/cancel/"+name, "").failed(http.StatusConflict); f.Status != "ABORTED" || !strings.Contains(f.Message, "SUCCEEDED") {
		t.Errorf("a job that succeeded: %+v", f)
	}
	s.post(t, base+"/cancel/4711", "").failed(http.StatusNotFound)
	s.post(t, base+"/cancel/..%2f", "").failed(http.StatusBadRequest)
	if f := s.post(t, base+"/cancel/4711", `{"force":true}`).failed(http.StatusBadRequest); len(f.places()) != 1 {
		t.Errorf("a field: %+v", f)
	}
	plain := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	s.send(t, http.MethodPost, base+"/cancel/4711", "x", plain).failed(http.StatusUnsupportedMediaType)
	s.post(t, base+"/cancel/4711", strings.Repeat(" ", 32<<20+1)).failed(http.StatusRequestEntityTooLarge)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	s := newSystem(t, func(set *setup) { set.cloud.JobDuration, set.api.StatusMaxAge = 20*time.Millisecond, 0 })
	s.message("1", turn("a", "user", "one"))
	name := s.start(t, `{"session_id":"a"}`).Job.Name
	s.finished(t, name)
	type event struct {
		ID, Type, Subject string
		Data              struct {
			JobName string `json:"job_name"`
			From    string `json:"previous_status"`
			Status  string `json:"status"`
			Model   string `json:"tuned_model"`
		}
	}
	var events []event
	for token := ""; ; {
		var page struct {
			Events []event `json:"events"`
			Count  int     `json:"count"`
			Next   string  `json:"next_page_token"`
		}
		query := "?page_size=1"
		if token != "" {
			query += "&page_token=" + token
		}
		s.get(t, base+"/jobs/"+name+"/events"+query).decode(&page)
		if page.Count != 1 || len(page.Events) != 1 {
			t.Fatalf("a page of one holds %+v", page)
		}
		events = append(events, page.Events...)
		if token = page.Next; token == "" {
			break
		}
	}
	last := ""
	for i, e := range events {
		if !strings.HasSuffix(e.ID, fmt.Sprintf("-%06d", i+1)) || e.Data.From != last {
			t.Errorf("event %d: %+v after %q", i, e, last)
		}
		last = e.Data.Status
	}
	first, end := events[0], events[len(events)-1]
	if first.Type != "vertextune.tuningJob.v1.created" || first.Data.Status != string(tuning.Queued) || first.Data.JobName == name {
		t.Errorf("first: %+v", first)
	}
	if end.Type != "vertextune.tuningJob.v1.stateChanged" || end.Data.Status != string(tuning.Succeeded) || end.Data.Model == "" || end.Data.JobName != name {
		t.Errorf("last: %+v", end)
	}
	s.get(t, base+"/jobs/4711/events").failed(http.StatusNotFound)
	s.get(t, base+"/jobs/events").failed(http.StatusNotFound) // the path names a job called "events"
	f := s.get(t, base+"/jobs/"+name+"/event").failed(http.StatusBadRequest)
	if diff := cmp.Diff([]string{"job_name INVALID_JOB_NAME"}, f.places()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for query, place := range map[string]string{
		"page_size=0": "page_size OUT_OF_RANGE", "page_size=101": "page_size OUT_OF_RANGE", "page_token=x": "page_token OUT_OF_RANGE",
		"status=x": "status UNKNOWN_FIELD", "page_size=1&page_size=2": "page_size REPEATED",
	} {
		f := s.get(t, base+"/jobs/"+name+"/events?"+query).failed(http.StatusBadRequest)
		if diff := cmp.Diff([]string{place}, f.places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

func TestStart_refuses_what_is_no_plan(t *testing.T) {
	t.Parallel()
	s := newSystem(t, nil)
	s.message("1", turn("a", "user", "one"))
	for field, place := range map[string]string{
		`"priority":1001`: "priority OUT_OF_RANGE", `"priority":1.5`: "priority INVALID_TYPE",
		`"timeout":"1h"`: "timeout INVALID_DURATION", `"timeout":"0s"`: "timeout INVALID_DURATION", `"timeout":"-1s"`: "timeout INVALID_DURATION",
		`"timeout":"NaNs"`: "timeout INVALID_DURATION", `"timeout":"1e3s"`: "timeout INVALID_DURATION", `"timeout":3600`: "timeout INVALID_TYPE",
		`"cancel_when_stalled":"yes"`: "cancel_when_stalled INVALID_TYPE",
	} {
		f := s.post(t, base+"/start", `{"session_id":"a",`+field+`}`).failed(http.StatusBadRequest)
		if diff := cmp.Diff([]string{place}, f.places()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", field, diff)
		}
	}
}
