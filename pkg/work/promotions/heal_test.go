// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package promotions_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/promotion"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/evaluations"
)

func startOf(job tuning.Job) evaluations.StartRequest {
	return evaluations.StartRequest{Request: evalrun.Request{JobName: job.ID}, Caller: "ci"}
}

// TestHeals: if Vertex AI or Firestore fails, the move stays pending. The next call or the next
// tick completes it, and it is made only once.
func TestHeals(t *testing.T) {
	t.Parallel()
	breaks := map[string]func(*world){
		"before_vertex": func(w *world) { w.On("UpdateModel", faults.Fail(codes.Unavailable)) },
		"after_vertex":  func(w *world) { w.On("UpdateModel", faults.Lose(codes.Unavailable)) },
		"at_the_end":    func(w *world) { w.On("Commit", faults.After(1, faults.Fail(codes.PermissionDenied))) },
	}
	heals := map[string]func(*testing.T, *world, tuning.Job){
		"tick": func(t *testing.T, w *world, _ tuning.Job) { t.Helper(); w.tick(t) },
		"call": func(t *testing.T, w *world, job tuning.Job) { t.Helper(); w.promote(t, order("m"), job, "1") },
		"other_call": func(t *testing.T, w *world, job tuning.Job) {
			t.Helper()
			w.promote(t, order("m"), job, "2")
			if _, err := w.RollBack(t.Context(), order("m"), 0); err != nil {
				t.Fatal(err)
			}
		},
	}
	for failure, fail := range breaks {
		for name, heal := range heals {
			t.Run(failure+"/"+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				job := w.train(t)
				w.tick(t)
				w.promote(t, order("m"), job, "3")
				fail(w)
				if _, err := w.Promote(t.Context(), order("m"), promotion.Request{JobName: job.ID, Checkpoint: "1"}); err == nil {
					t.Fatal("the promotion succeeded, want an error")
				}
				if p := w.pointer(t, "m"); p.Pending == nil || len(p.Moves) != 1 || !p.Watched() {
					t.Fatalf("the pointer is %+v, want it with one move and one pending move", p)
				}
				w.On("UpdateModel", nil)
				w.On("Commit", nil)
				w.Advance(time.Hour / 2)
				heal(t, w, job)
				p := w.pointer(t, "m")
				if p.Pending != nil || p.Active().Version.Checkpoint != "1" || w.defaultCheckpoint(t, job) != "1" {
					t.Errorf("the default checkpoint is %s after %v", w.defaultCheckpoint(t, job), w.history(t, "m"))
				}
				if diff := cmp.Diff([]string{"1 PROMOTED checkpoint 3", "2 PROMOTED checkpoint 1"}, w.history(t, "m")[:2]); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestBusy: a call waits while another call has the lease, and then returns a transient error.
func TestBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.train(t)
	_, err := w.Cloud.Records.ChangePointer(t.Context(), "m", func(p promotion.Pointer, _ bool) (promotion.Pointer, error) {
		m, _ := p.Promote(promotion.Move{Version: promotion.Version{JobID: job.ID, TunedModel: job.TunedModel, Endpoint: "e"}})
		return p.Begin(m, w.Now(), w.Now().Add(20*time.Second)), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.BusyTimeout = 300 * time.Millisecond
	_, err = w.Promote(t.Context(), order("m"), promotion.Request{JobName: job.ID})
	if e := fault.From(err); e.Reason != "PROMOTION_IN_PROGRESS" || e.Kind != fault.Unavailable || e.RetryAfter == 0 {
		t.Errorf("%v", err)
	}
	w.tick(t)
	if p := w.pointer(t, "m"); p.Pending == nil {
		t.Error("a tick has taken over the move on which another process works")
	}
}

// TestRefused_by_Vertex_AI: a move that Vertex AI refuses is abandoned at once.
func TestRefused_by_Vertex_AI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	job := w.train(t)
	w.On("UpdateModel", faults.Fail(codes.PermissionDenied))
	if _, err := w.Promote(t.Context(), order("m"), promotion.Request{JobName: job.ID, Checkpoint: "1"}); fault.KindOf(err) != fault.UpstreamFailed {
		t.Errorf("%v", err)
	}
	if p := w.pointer(t, "m"); p.Pending != nil || len(p.Moves) > 0 {
		t.Errorf("%+v", p)
	}
}
