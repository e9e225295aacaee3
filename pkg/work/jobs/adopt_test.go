// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// wrote records a start that was interrupted after its dataset was written.
func (w *world) wrote(t *testing.T, r tuning.Request, content string) store.Record {
	t.Helper()
	record := w.record(t, func(j *tuning.Job) { j.Request = r.Encode() })
	w.writeEarlier(t, record, ".jsonl", content)
	return record
}

// writeEarlier writes one of a job's objects as its first attempt does.
func (w *world) writeEarlier(t *testing.T, r store.Record, kind, content string) {
	t.Helper()
	w.Upload(t, bucket, "datasets/"+r.ID+kind, content, map[string]string{tuning.LabelKey: r.ID, "attempt": "0"})
}

// TestDataset_adopted: a start that was interrupted after its dataset was written is resumed with
// that dataset, even if the source has changed.
func TestDataset_adopted(t *testing.T) {
	t.Parallel()
	three := line("question 1", "answer 1") + line("question 2", "answer 2") + line("question 3", "answer 3")
	tests := map[string]struct {
		r       tuning.Request
		since   func(t *testing.T, w *world)
		changed bool
	}{
		"nothing_changed": {session.Request, func(*testing.T, *world) {}, false},
		"a_message_more": {session.Request, func(t *testing.T, w *world) {
			w.message(t, "s4", "s", "user", "question 4", "assistant", "answer 4")
		}, true},
		"a_message_changed": {session.Request, func(t *testing.T, w *world) {
			w.message(t, "s1", "s", "user", "question 1", "assistant", "another answer")
		}, true},
		"the_session_is_deleted": {session.Request, func(t *testing.T, w *world) { w.forget(t, "s") }, true},
		"all_messages_are_deleted": {tuning.Request{AllMessages: true}, func(t *testing.T, w *world) {
			w.forget(t, "s")
		}, true},
		"the_messages_are_deleted": {tuning.Request{MessageIDs: []string{"s1", "s2", "s3"}}, func(t *testing.T, w *world) {
			w.forget(t, "s")
		}, true},
		"the_file_is_the_same": {tuning.Request{TrainingData: "gs://test-data/mine.jsonl"}, func(*testing.T, *world) {}, false},
		"the_file_is_another": {tuning.Request{TrainingData: "gs://test-data/mine.jsonl"}, func(t *testing.T, w *world) {
			w.Upload(t, bucket, "mine.jsonl", line("from", "another file"), nil)
		}, true},
		"the_file_is_deleted": {tuning.Request{TrainingData: "gs://test-data/mine.jsonl"}, func(t *testing.T, w *world) {
			w.Remove(t, bucket, "mine.jsonl")
		}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.Upload(t, bucket, "mine.jsonl", three, nil)
			w.wrote(t, tt.r, three)
			tt.since(t, w)
			w.tickLater(t)
			got := w.one(t)
			if diff := cmp.Diff(three, w.dataset(t, got.Job)); diff != "" {
				t.Errorf("dataset (-written first +now):\n%s", diff)
			}
			if got.Pairs != 3 {
				t.Errorf("%d pairs, want 3", got.Pairs)
			}
			if warned := strings.Contains(strings.Join(got.Warnings, " "), "after a crash"); warned != tt.changed {
				t.Errorf("warnings %q, want one: %v", got.Warnings, tt.changed)
			}
			if want := "gs://test-data/datasets/" + got.ID + ".sources.jsonl"; got.Lineage.Index != want {
				t.Errorf("index %s, want that of the dataset, %s", got.Lineage.Index, want)
			}
		})
	}
}

// TestValidation_adopted: the validation file belongs to the adopted dataset, even if only the
// validation data have changed since.
func TestValidation_adopted(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ first, now string }{
		"more_now": {line("v1", "a"), line("v1", "a") + line("v2", "a")},
		"less_now": {line("v1", "a") + line("v2", "a"), line("v1", "a")},
		"the_same": {line("v1", "a"), line("v1", "a")},
		"none":     {"", line("v1", "a")},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.Upload(t, bucket, "mine.jsonl", line("question", "answer"), nil)
			w.Upload(t, bucket, "validation.jsonl", tt.now, nil)
			r := w.wrote(t, tuning.Request{
				TrainingData: "gs://test-data/mine.jsonl", ValidationData: "gs://test-data/validation.jsonl",
			}, line("question", "answer"))
			want := ""
			if tt.first != "" {
				w.writeEarlier(t, r, ".validation.jsonl", tt.first)
				want = "gs://test-data/datasets/" + r.ID + ".validation.jsonl"
			}
			w.tickLater(t)
			got := w.one(t)
			if n := int64(strings.Count(tt.first, "\n")); got.Spec.ValidationData != want || got.Lineage.Validation != n {
				t.Errorf("%d validation examples in %q, want %d in %q", got.Lineage.Validation, got.Spec.ValidationData, n, want)
			}
		})
	}
}

// TestNothing_to_adopt: a resumed start without a dataset fails with its own error, unless Cloud
// Storage cannot say whether there is a dataset; then a later tick retries.
func TestNothing_to_adopt(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		code int // status of Cloud Storage's answer about the dataset
		want tuning.State
	}{
		"not_there":   {0, tuning.Failed},
		"not_allowed": {http.StatusForbidden, tuning.Failed},
		"not_now":     {http.StatusTooManyRequests, tuning.Queued},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r := w.record(t, func(*tuning.Job) {})
			w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
				if tt.code != 0 {
					http.Error(rw, "no", tt.code)
					return
				}
				next.ServeHTTP(rw, r)
			})
			w.Advance(allLeasesOver)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second) // else retries are endless
			defer cancel()
			resumed, err := w.Resume(ctx, r)
			if err != nil || resumed.State != tt.want {
				t.Fatalf("Resume = %s, %v", resumed.State, err)
			}
			if tt.want == tuning.Failed {
				if e := fault.From(resumed.Failure.Err()); e.Kind != fault.NotFound || resumed.Failure.Code != int32(codes.NotFound) {
					t.Errorf("failure %+v, want that the session is unknown", resumed.Failure)
				}
			}
		})
	}
}
