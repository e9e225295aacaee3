// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// large writes messages and returns a request for them. A record cannot hold their IDs, because
// they are too many and too long.
func (w *world) large(t *testing.T) tuning.Request {
	t.Helper()
	var r tuning.Request
	for i := range 200 {
		id := fmt.Sprintf("%s-%d", strings.Repeat("x", 1400), i)
		w.message(t, id, "s", "user", "question", "assistant", "answer")
		r.MessageIDs = append(r.MessageIDs, id)
	}
	return r
}

// TestLargeRequest: a request that is too large for a record is an object until its dataset is
// written.
func TestLargeRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := order(w.large(t))
	o.Key = "k"
	job, err := w.slowly(t, o, func(r store.Record) {
		if want := "gs://test-data/requests/" + r.ID + ".json"; r.RequestData != want || len(r.Request) > 0 {
			t.Errorf("the request is %d bytes in the record and kept as %q, want %q", len(r.Request), r.RequestData, want)
		}
		if n := w.named(t, "requests/"); n != 1 {
			t.Errorf("%d requests are kept", n)
		}
	})
	if err != nil || job.State != tuning.Pending || job.Pairs != 200 {
		t.Errorf("Start = %s with %d pairs, %v", job.State, job.Pairs, err)
	}
	if got := w.one(t); got.RequestData != "" || len(got.Request) > 0 {
		t.Errorf("the record still has a request, %q", got.RequestData)
	}
	if again := w.start(t, o); again.ID != job.ID {
		t.Errorf("repeated, it is %s, not %s", again.ID, job.ID)
	}
}

// TestLargeRequest_not_kept: a start whose request cannot be stored is not recorded, because it
// could not be resumed after a crash.
func TestLargeRequest_not_kept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := order(w.large(t))
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Error(rw, "no", http.StatusForbidden)
	})
	if job, err := w.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "write the request") {
		t.Errorf("Start = %s, %v", job.State, err)
	}
	if n := len(w.Recorded(t)); n != 0 {
		t.Errorf("%d jobs were recorded", n)
	}
}

// TestLargeRequest_resumed: a poller reads the request of an interrupted start.
func TestLargeRequest_resumed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		storedText string // "" for no object
		want       tuning.State
		code       codes.Code
	}{
		"whole":   {string(session.Encode()), tuning.Pending, codes.OK},
		"missing": {"", tuning.Failed, codes.Internal},
		"broken":  {"{", tuning.Failed, codes.Internal},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			r := w.record(t, func(j *tuning.Job) {
				j.Request, j.RequestData = nil, "gs://test-data/requests/"+j.ID+".json"
			})
			if tt.storedText != "" {
				w.Upload(t, bucket, "requests/"+r.ID+".json", tt.storedText, nil)
			}
			w.tickLater(t)
			got := w.Read(t, r.ID)
			if got.State != tt.want {
				t.Errorf("the record is in %s", got.State)
			}
			if tt.code != codes.OK && (got.Failure == nil || got.Failure.Code != int32(tt.code)) {
				t.Errorf("failure %+v, want code %v", got.Failure, tt.code)
			}
		})
	}
}
