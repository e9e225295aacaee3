// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestLease_renewed: a dataset whose writing takes longer than several leases is written once, by
// the process that began it.
func TestLease_renewed(t *testing.T) {
	t.Parallel()
	for kind := range kinds(t, newWorld(t)) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := kinds(t, w)[kind]
			w.Config.Lease = shortLease
			job, err := w.slowly(t, o, func(before store.Record) {
				for range 3 {
					time.Sleep(shortLease)
					w.tick(t)
				}
				if now := w.onlyRecord(t); now.Step != tuning.Preparing || !now.LeaseUntil.After(before.LeaseUntil.Add(2*shortLease)) {
					t.Errorf("after three leases: %s until %v, first until %v", now.Step, now.LeaseUntil, before.LeaseUntil)
				}
			})
			if err != nil || job.State != tuning.Pending {
				t.Errorf("Start = %s, %v", job.State, err)
			}
			w.one(t)
			if strings.Contains(w.Cloud.Log.String(), "the start was resumed") {
				t.Errorf("a running start was resumed:\n%s", w.Cloud.Log)
			}
		})
	}
}

// TestLease_not_renewed_for_a_while: a start that cannot renew its lease continues as long as no
// other process takes it over.
func TestLease_not_renewed_for_a_while(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]faults.Hook{"fails": faults.First(3, faults.Fail(codes.PermissionDenied)), "is_lost": faults.First(1, faults.Lose(codes.Unavailable))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.Config.Lease = shortLease
			job, err := w.slowly(t, session, func(store.Record) {
				w.On("Commit", h)
				time.Sleep(3 * shortLease)
			})
			if err != nil || job.State != tuning.Pending {
				t.Errorf("Start = %s, %v", job.State, err)
			}
			w.one(t)
		})
	}
}

// TestLease_lost: a start that another process has taken over stops its work without an error.
func TestLease_lost(t *testing.T) {
	t.Parallel()
	for _, renewed := range []bool{true, false} {
		w := newWorld(t)
		w.conversation(t, "s")
		if renewed {
			w.Config.Lease = shortLease // so that a renewal fails while the dataset is written
		}
		job, err := w.slowly(t, session, func(r store.Record) {
			next := r.Job
			next.LeaseUntil = w.Now().UTC().Truncate(time.Microsecond).Add(time.Hour)
			if _, err := w.Service.Records.UpdateJob(t.Context(), r, next); err != nil {
				t.Fatal(err)
			}
			if renewed {
				time.Sleep(shortLease)
			}
			w.forget(t, "s")
		})
		if err != nil || job.State != tuning.Queued {
			t.Errorf("renewed %v: Start = %s, %v", renewed, job.State, err)
		}
		if got := w.onlyRecord(t); got.Step != tuning.Preparing || !got.Leased(w.Now().Add(50*time.Minute)) {
			t.Errorf("renewed %v: at %s, leased until %v; want it left to the new holder", renewed, got.Step, got.LeaseUntil)
		}
		if n := w.Count("CreateTuningJob"); n != 0 {
			t.Errorf("renewed %v: Vertex AI got %d creates, want none", renewed, n)
		}
	}
}

// TestPublished_meanwhile: a poller that publishes events of a start and marks them as published
// does not take the lease from the process that works on the start.
func TestPublished_meanwhile(t *testing.T) {
	t.Parallel()
	for kind := range kinds(t, newWorld(t)) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := kinds(t, w)[kind]
			job, err := w.slowly(t, o, func(r store.Record) {
				// This is what a poller does that has read the record before the events were added.
				if err := w.Service.Records.MarkPublished(t.Context(), []store.Record{r}); err != nil {
					t.Error(err)
				}
			})
			if err != nil || job.State != tuning.Pending {
				t.Errorf("Start = %s, %v", job.State, err)
			}
			if got := w.one(t); got.Published != 0 || len(got.Events) != 2 {
				t.Errorf("%d of %d events count as published, want 0: the poller had read a record without events", got.Published, len(got.Events))
			}
		})
	}
}
