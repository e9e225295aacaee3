// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// keyed is session with a key.
var keyed = jobs.StartRequest{Request: session.Request, Caller: session.Caller, Key: "k"}

// answer has the fields by which answers of start are compared.
type answer struct{ ID, Name, State string }

func answerOf(job tuning.Job) answer { return answer{job.ID, job.Name, string(job.State)} }

// TestRepeat: a repeated start gets the first answer, even if the job has changed since.
func TestRepeat(t *testing.T) {
	t.Parallel()
	since := map[string]func(t *testing.T, w *world, r store.Record){
		"at_once":      func(*testing.T, *world, store.Record) {},
		"it_was_told":  func(t *testing.T, w *world, _ store.Record) { w.tickLater(t) },
		"it_was_ended": func(t *testing.T, w *world, r store.Record) { w.cancel(t, r) },
		"messages_are_gone": func(t *testing.T, w *world, _ store.Record) {
			w.forget(t, "s")
			w.Advance(allLeasesOver)
		},
	}
	begins := map[string]func(w *world){
		"sent": func(*world) {},
		"no_room": func(w *world) {
			w.On("CreateTuningJob", faults.First(1, faults.Fail(codes.ResourceExhausted)))
		},
		"unclear": func(w *world) { w.On("CreateTuningJob", faults.First(1, faults.Fail(codes.Unavailable))) },
	}
	for begin, set := range begins {
		for name, happens := range since {
			t.Run(begin+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.conversation(t, "s")
				set(w)
				first := answerOf(w.start(t, keyed))
				happens(t, w, w.onlyRecord(t))
				for range 2 {
					if diff := cmp.Diff(first, answerOf(w.start(t, keyed))); diff != "" {
						t.Errorf("answer (-first +repeated):\n%s", diff)
					}
				}
				w.tickLater(t)
				w.onlyRecord(t)
				if n := len(w.OnVertex(t)); n > 1 {
					t.Errorf("%d jobs on Vertex AI", n)
				}
			})
		}
	}
}

// cancel ends a job, as its caller.
func (w *world) cancel(t *testing.T, r store.Record) store.Record {
	t.Helper()
	ended, err := w.Cancel(t.Context(), r, "somebody")
	if err != nil {
		t.Fatalf("Cancel: %v", err)
	}
	return ended
}

// TestRepeat_of_a_failure: a repeated start gets the same error with the same fields, even if the
// cause was repaired.
func TestRepeat_of_a_failure(t *testing.T) {
	t.Parallel()
	many := make([]string, 900)
	for i := range many {
		many[i] = fmt.Sprintf("unknown-%d", i)
	}
	long := make([]string, 300)
	for i := range long {
		long[i] = fmt.Sprintf("%s-%d", strings.Repeat("x", 1400), i)
	}
	tests := map[string]struct {
		r    tuning.Request
		code codes.Code // of Vertex AI's error
	}{
		"messages_of_long_ids": {tuning.Request{MessageIDs: long}, codes.OK},
		"unknown_messages":     {tuning.Request{MessageIDs: many}, codes.OK},
		"no_pairs":             {tuning.Request{SessionID: "lonely"}, codes.OK},
		"bad_file":             {tuning.Request{TrainingData: "gs://test-data/bad.jsonl"}, codes.OK},
		"refused":              {tuning.Request{SessionID: "s"}, codes.InvalidArgument},
		"not_allowed":          {tuning.Request{SessionID: "s"}, codes.PermissionDenied},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.message(t, "alone", "lonely", "user", "a", "", "")
			w.Upload(t, bucket, "bad.jsonl", `{"contents":[{"role":"nobody","parts":[{"text":"x"}]}]}`, nil)
			if tt.code != codes.OK {
				w.On("CreateTuningJob", faults.Fail(tt.code))
			}
			o := jobs.StartRequest{Request: tt.r, Caller: "ci", Key: "k"}
			_, err := w.Start(t.Context(), o)
			if err == nil {
				t.Fatal("Start worked")
			}
			w.On("CreateTuningJob", nil)
			w.message(t, "unknown-0", "lonely", "user", "a", "assistant", "b")
			w.tickLater(t)
			_, again := w.Start(t.Context(), o)
			if diff := cmp.Diff(fault.From(err), fault.From(again), cmpopts.IgnoreFields(fault.Error{}, "Err")); diff != "" {
				t.Errorf("error (-first +repeated):\n%s", diff)
			}
			w.wantRefused(t, fault.From(err), 0)
			w.Advance(allLeasesOver)
			_, again = w.Start(t.Context(), o)
			if diff := cmp.Diff(fault.From(err), fault.From(again), cmpopts.IgnoreFields(fault.Error{}, "Err")); diff != "" {
				t.Errorf("error after its record was deleted (-first +repeated):\n%s", diff)
			}
		})
	}
}

// TestRepeat_of_another_answer: while the first start searches for its job, pollers find the job
// and see it change. Both starts still get the same answer.
func TestRepeat_of_another_answer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.On("CreateTuningJob", faults.Lose(codes.Unavailable))
	w.On("ListTuningJobs", faults.First(1, func(context.Context, faults.Call, faults.Do) error {
		w.tickLater(t)
		w.cancel(t, w.one(t))
		return status.Error(codes.Unavailable, "not now")
	}))
	job := w.start(t, keyed)
	if now := w.one(t); now.State == job.State {
		t.Errorf("the job has not moved: %s", now.State)
	}
	if diff := cmp.Diff(answerOf(job), answerOf(w.start(t, keyed))); diff != "" {
		t.Errorf("answer (-first +repeated):\n%s", diff)
	}
}

// TestRepeat_at_once: of many starts with one key at the same time, one starts a job, and all get
// the same answer.
func TestRepeat_at_once(t *testing.T) {
	t.Parallel()
	for name, code := range map[string]codes.Code{"sent": codes.OK, "no_room": codes.ResourceExhausted, "refused": codes.InvalidArgument} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			if code != codes.OK {
				w.On("CreateTuningJob", faults.First(1, faults.Fail(code)))
			}
			const callers = 10
			answers, errs := make([]answer, callers), make([]error, callers)
			var all sync.WaitGroup
			for i := range callers {
				all.Go(func() {
					var job tuning.Job
					job, errs[i] = w.Start(t.Context(), keyed)
					answers[i] = answerOf(job)
				})
			}
			all.Wait()
			for i := range callers {
				// An error has no job.
				if diff := cmp.Diff(answers[0], answers[i]); diff != "" && errs[i] == nil {
					t.Errorf("answer (-one +another):\n%s", diff)
				}
				if (errs[i] != nil) != (code == codes.InvalidArgument) || fault.KindOf(errs[i]) != fault.KindOf(errs[0]) {
					t.Errorf("Start = %v, another %v", errs[i], errs[0])
				}
			}
			w.onlyRecord(t)
			if n := w.Count("CreateTuningJob"); n != 1 {
				t.Errorf("Vertex AI was asked %d times", n)
			}
		})
	}
}

// TestRepeat_waits: while the first start is in progress, a repeated one waits for its answer until
// its own deadline.
func TestRepeat_waits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	var repeated tuning.Job
	var secondErr error
	var second sync.WaitGroup
	first, firstErr := w.slowly(t, keyed, func(store.Record) {
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := w.Start(ctx, keyed)
		if e := fault.From(err); e.Kind != fault.Unavailable && e.Kind != fault.DeadlineExceeded {
			t.Errorf("Start = %v, want an error that asks for a retry", err)
		}
		second.Go(func() { repeated, secondErr = w.Start(t.Context(), keyed) })
		time.Sleep(300 * time.Millisecond)
	})
	second.Wait()
	if firstErr != nil || secondErr != nil {
		t.Fatalf("Start = %v, repeated %v", firstErr, secondErr)
	}
	if diff := cmp.Diff(answerOf(first), answerOf(repeated)); diff != "" {
		t.Errorf("answer (-first +repeated):\n%s", diff)
	}
	w.one(t)
}
