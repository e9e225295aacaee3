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
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestCancelled_before_it_is_known: the job is cancelled after a write of its start took effect and
// before the start gets the answer to that write. The job stays cancelled and is never submitted.
func TestCancelled_before_it_is_known(t *testing.T) {
	t.Parallel()
	cancel := func(t *testing.T, w *world) faults.Hook {
		return faults.First(1, func(ctx context.Context, _ faults.Call, do faults.Do) error {
			if err := do(ctx); err != nil {
				return err
			}
			if _, err := w.Cancel(t.Context(), w.onlyRecord(t), "somebody"); err != nil {
				t.Errorf("Cancel: %v", err)
			}
			return nil
		})
	}
	wantCancelled := func(t *testing.T, w *world, job tuning.Job, err error) {
		t.Helper()
		if err != nil || job.State != tuning.Cancelled {
			t.Errorf("Start = %s, %v", job.State, err)
		}
		if got := w.onlyRecord(t); got.State != tuning.Cancelled || !got.Finished || got.Step != tuning.Ended || len(got.Events) != 2 {
			t.Errorf("the record is at %s in %s, with %d events", got.Step, got.State, len(got.Events))
		}
		if n := w.Count("CreateTuningJob"); n != 0 {
			t.Errorf("Vertex AI got %d creates, want none", n)
		}
	}
	for kind := range kinds(t, newWorld(t)) {
		t.Run("recorded/"+kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := kinds(t, w)[kind]
			w.On("Commit", cancel(t, w))
			job, err := w.Start(t.Context(), o)
			wantCancelled(t, w, job, err)
		})
		t.Run("renewed/"+kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := kinds(t, w)[kind]
			w.Config.Lease = shortLease
			job, err := w.slowly(t, o, func(store.Record) {
				w.On("Commit", cancel(t, w))
				time.Sleep(shortLease)
			})
			wantCancelled(t, w, job, err)
		})
	}
}

// TestCaller_goes_away: once a start is recorded, it continues to its end even if its caller
// disconnects.
func TestCaller_goes_away(t *testing.T) {
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
				disconnect := func() {
					if recorded.Load() {
						cancel()
					}
				}
				w.On(method, faults.Before(disconnect))
				w.On("Commit", faults.First(1, func(ctx context.Context, _ faults.Call, do faults.Do) error {
					defer recorded.Store(true)
					return do(ctx)
				}))
				if method == "Commit" {
					w.On(method, faults.After(1, faults.Before(cancel)))
				}
				if _, err := w.Start(ctx, o); err != nil {
					t.Errorf("Start: %v", err)
				}
				w.one(t)
			})
		}
	}
}
