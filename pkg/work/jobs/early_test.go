// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// TestCancelledBeforeItIsKnown: the job is cancelled after a write of its start took effect and
// before the start gets the answer to that write. The job stays cancelled and is never submitted.
func TestCancelledBeforeItIsKnown(t *testing.T) {
	t.Parallel()
	cancel := func(t *testing.T, w *world) hook {
		return first(1, func(_ int64, do func() (any, error)) (any, error) {
			answer, err := do()
			if err != nil {
				return answer, err
			}
			if _, err := w.Cancel(t.Context(), w.only(t), "somebody"); err != nil {
				t.Errorf("Cancel: %v", err)
			}
			return answer, nil
		})
	}
	wantCancelled := func(t *testing.T, w *world, job tuning.Job, err error) {
		t.Helper()
		if err != nil || job.State != tuning.Cancelled {
			t.Errorf("Start = %s, %v", job.State, err)
		}
		if got := w.only(t); got.State != tuning.Cancelled || !got.Finished || got.Step != tuning.Ended || len(got.Events) != 2 {
			t.Errorf("the record is at %s in %s, with %d events", got.Step, got.State, len(got.Events))
		}
		if n := w.count("CreateTuningJob"); n != 0 {
			t.Errorf("Vertex AI was asked %d times", n)
		}
	}
	for kind := range kinds(t, newWorld(t)) {
		t.Run("recorded/"+kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := kinds(t, w)[kind]
			w.on("Commit", cancel(t, w))
			job, err := w.Start(t.Context(), o)
			wantCancelled(t, w, job, err)
		})
		t.Run("renewed/"+kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := kinds(t, w)[kind]
			w.Config.Lease = shortLease
			job, err := w.slowly(t, o, func(store.Record) {
				w.on("Commit", cancel(t, w))
				time.Sleep(shortLease)
			})
			wantCancelled(t, w, job, err)
		})
	}
}

// TestCallerGoesAway: once a start is recorded, it continues to its end even if its caller
// disconnects.
func TestCallerGoesAway(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Commit", "BatchGetDocuments", "RunQuery", "CreateTuningJob"} {
		for kind := range kinds(t, newWorld(t)) {
			t.Run(method+"/"+kind, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				o := kinds(t, w)[kind]
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var recorded atomic.Bool
				leaves := func(_ int64, do func() (any, error)) (any, error) {
					if recorded.Load() {
						cancel()
					}
					return do()
				}
				w.on(method, leaves)
				w.on("Commit", first(1, func(_ int64, do func() (any, error)) (any, error) {
					defer recorded.Store(true)
					return do()
				}))
				if method == "Commit" {
					w.on(method, after(1, meanwhile(cancel)))
				}
				if _, err := w.Start(ctx, o); err != nil {
					t.Errorf("Start: %v", err)
				}
				w.one(t)
			})
		}
	}
}
