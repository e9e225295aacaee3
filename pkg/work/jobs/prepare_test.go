// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// answers makes Cloud Storage answer every request with an HTTP status.
func answers(code int) func(http.ResponseWriter, *http.Request, http.Handler) {
	return func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) { http.Error(rw, "not now", code) }
}

// TestDatasetDelayed: a transient error while the dataset is written is no error for the caller.
// The job waits, says why, and is resumed at the next tick.
func TestDatasetDelayed(t *testing.T) {
	t.Parallel()
	// Firestore's and Cloud Storage's clients retry after an Unavailable for as long as they may.
	tests := map[string]struct {
		breaks func(w *world)
		kind   fault.Kind // of the error in the detail
	}{
		"firestore_is_slow":     {func(w *world) { w.On("BatchGetDocuments", faults.Fail(codes.DeadlineExceeded)) }, fault.DeadlineExceeded},
		"firestore_gives_up":    {func(w *world) { w.On("BatchGetDocuments", faults.Fail(codes.Canceled)) }, fault.Canceled},
		"firestore_is_away":     {func(w *world) { w.On("BatchGetDocuments", faults.Fail(codes.Unavailable)) }, fault.Unavailable},
		"cloud_storage_is_away": {func(w *world) { w.OnHTTP(answers(http.StatusServiceUnavailable)) }, fault.DeadlineExceeded},
		"too_many_requests":     {func(w *world) { w.OnHTTP(answers(http.StatusTooManyRequests)) }, fault.ResourceExhausted},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			tt.breaks(w)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			o := order(tuning.Request{MessageIDs: []string{"s1", "s2"}})
			job, err := w.Start(ctx, o)
			if err != nil || job.State != tuning.Queued || job.Detail == "" {
				t.Fatalf("Start = %s %q, %v", job.State, job.Detail, err)
			}
			got := w.Recorded(t)[0] // read without the broken service
			if got.Step != tuning.Preparing || got.Detail != job.Detail || got.FirstAnswer == nil || got.Leased(w.Now()) {
				t.Errorf("the record is at %s, %q, leased until %v", got.Step, got.Detail, got.LeaseUntil)
			}
			w.On("BatchGetDocuments", nil)
			w.OnHTTP(nil)
			w.tick(t)
			if got := w.one(t); got.State != tuning.Pending || got.Detail != "" || got.Pairs != 2 {
				t.Errorf("after the next tick: %s %q, %d pairs", got.State, got.Detail, got.Pairs)
			}
		})
	}
}

// TestDatasetDelayed_for_long: after an hour of transient errors the job fails.
func TestDatasetDelayed_for_long(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.OnHTTP(answers(http.StatusServiceUnavailable))
	briefly := func(f func(context.Context)) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		f(ctx)
	}
	tick := func(ctx context.Context) {
		// A failed job gets a report, which is written to the same Cloud Storage.
		if err := w.poller.Tick(ctx); err != nil && !strings.Contains(err.Error(), "report on job") {
			t.Errorf("Tick: %v", err)
		}
	}
	briefly(func(ctx context.Context) {
		if job, err := w.Start(ctx, keyed); err != nil || job.State != tuning.Queued {
			t.Fatalf("Start = %s, %v", job.State, err)
		}
	})
	w.Advance(55 * time.Minute)
	briefly(tick)
	if got := w.onlyRecord(t); got.Step != tuning.Preparing || got.Detail == "" || got.Leased(w.Now()) {
		t.Errorf("after 55 minutes: at %s, %q, leased until %v", got.Step, got.Detail, got.LeaseUntil)
	}
	w.Advance(10 * time.Minute)
	briefly(tick)
	got := w.onlyRecord(t)
	if got.State != tuning.Failed || got.Failure.Code != int32(codes.DeadlineExceeded) || got.Detail != "" {
		t.Fatalf("after 65 minutes: %s, %+v", got.State, got.Failure)
	}
	// The first answer was that the job is queued, and a repeated start gets the same one.
	if again := w.start(t, keyed); again.ID != got.ID || again.State != tuning.Queued {
		t.Errorf("repeated: %s in %s", again.ID, again.State)
	}
}

// TestDataset_refused: a permanent error fails the job immediately, with Google's message.
func TestDataset_refused(t *testing.T) {
	t.Parallel()
	tests := map[string]func(w *world){
		"firestore_refuses":     func(w *world) { w.On("BatchGetDocuments", faults.Fail(codes.PermissionDenied)) },
		"cloud_storage_refuses": func(w *world) { w.OnHTTP(answers(http.StatusForbidden)) },
	}
	for name, breaks := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			breaks(w)
			_, err := w.Start(t.Context(), order(tuning.Request{MessageIDs: []string{"s1", "s2"}}))
			if fault.KindOf(err) != fault.UpstreamFailed {
				t.Errorf("Start = %v, want UpstreamFailed", err)
			}
			w.On("BatchGetDocuments", nil)
			w.OnHTTP(nil)
			w.wantRefused(t, fault.From(err), 0)
			if n := w.Count("CreateTuningJob"); n != 0 {
				t.Errorf("Vertex AI was asked %d times", n)
			}
		})
	}
}
