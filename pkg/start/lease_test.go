// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start_test

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// TestLeaseRenewed: a dataset that takes longer than several leases is written once, by the one who
// began.
func TestLeaseRenewed(t *testing.T) {
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
				if now := w.only(t); now.Step != tuning.Preparing || !now.LeaseUntil.After(before.LeaseUntil.Add(2*shortLease)) {
					t.Errorf("after three leases: %s until %v, first until %v", now.Step, now.LeaseUntil, before.LeaseUntil)
				}
			})
			if err != nil || job.State != tuning.Pending {
				t.Errorf("Start = %s, %v", job.State, err)
			}
			w.one(t)
			if strings.Contains(w.log.String(), "the start was resumed") {
				t.Errorf("a start that lives was resumed:\n%s", w.log)
			}
		})
	}
}

// TestLeaseNotRenewedForAWhile: a start that cannot renew its lease goes on while nobody takes it
// over.
func TestLeaseNotRenewedForAWhile(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]hook{"fails": first(3, fails(codes.PermissionDenied)), "is_lost": first(1, loses(codes.Unavailable))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.Config.Lease = shortLease
			job, err := w.slowly(t, session, func(store.Record) {
				w.on("Commit", h)
				time.Sleep(3 * shortLease)
			})
			if err != nil || job.State != tuning.Pending {
				t.Errorf("Start = %s, %v", job.State, err)
			}
			w.one(t)
		})
	}
}

// TestLeaseLost: a start that somebody else has taken over ends its work, and fails nothing.
func TestLeaseLost(t *testing.T) {
	t.Parallel()
	for _, renewed := range []bool{true, false} {
		w := newWorld(t)
		w.conversation(t, "s")
		if renewed {
			w.Config.Lease = shortLease // so that it finds out while the dataset is written
		}
		job, err := w.slowly(t, session, func(r store.Record) {
			next := r.Job
			next.LeaseUntil = w.Now().UTC().Truncate(time.Microsecond).Add(time.Hour)
			if _, err := w.records.UpdateJob(t.Context(), r, next); err != nil {
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
		if got := w.only(t); got.Step != tuning.Preparing || !got.Leased(w.Now().Add(50*time.Minute)) {
			t.Errorf("renewed %v: at %s, leased until %v; want it left to whoever has it", renewed, got.Step, got.LeaseUntil)
		}
		if n := w.count("CreateTuningJob"); n != 0 {
			t.Errorf("renewed %v: Vertex AI was asked %d times", renewed, n)
		}
	}
}

// TestToldMeanwhile: that a poller tells of a start, and notes it in the record, does not take the
// start from whoever is at work on it.
func TestToldMeanwhile(t *testing.T) {
	t.Parallel()
	for kind := range kinds(t, newWorld(t)) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := kinds(t, w)[kind]
			job, err := w.slowly(t, o, func(r store.Record) {
				// A poller that read the record before it was leased.
				if err := w.records.MarkTold(t.Context(), []store.Record{r}); err != nil {
					t.Error(err)
				}
			})
			if err != nil || job.State != tuning.Pending {
				t.Errorf("Start = %s, %v", job.State, err)
			}
			if got := w.one(t); got.Told != 0 || len(got.Events) != 2 {
				t.Errorf("%d of %d events count as published; there were none then", got.Told, len(got.Events))
			}
		})
	}
}
