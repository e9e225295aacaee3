// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// refuse makes Firestore answer each write of the jobs with the code; without jobs, each write.
func (w *world) refuse(code codes.Code, of ...store.Record) {
	w.On("Commit", faults.If(func(c faults.Call) bool {
		for _, write := range c.Request.(*firestorepb.CommitRequest).GetWrites() {
			if slices.ContainsFunc(of, func(r store.Record) bool { return strings.HasSuffix(write.GetUpdate().GetName(), "/"+r.ID) }) {
				return true
			}
		}
		return len(of) == 0
	}, faults.Fail(code)))
}

// pairs sets a field of the records without our store.
func (w *world) pairs(t *testing.T, value any, records []store.Record) {
	t.Helper()
	for _, r := range records {
		if _, err := w.Firestore.Doc("tuning_jobs/"+r.ID).Update(t.Context(), []firestore.Update{{Path: "pairs", Value: value}}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLine_skips_jobs: a job that cannot be submitted is skipped. The jobs behind it are submitted
// in the same tick, in order, and so is the job itself once that is possible.
func TestLine_skips_jobs(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spoil, mend func(t *testing.T, w *world, bad []store.Record)
		returned    bool // the tick returns an error; else the log has it
	}{
		"unreadable": {
			spoil: func(t *testing.T, w *world, bad []store.Record) { w.pairs(t, "many", bad) },
			mend:  func(t *testing.T, w *world, bad []store.Record) { w.pairs(t, 20, bad) },
		},
		"refused": {
			spoil:    func(_ *testing.T, w *world, bad []store.Record) { w.refuse(codes.PermissionDenied, bad...) },
			mend:     func(_ *testing.T, w *world, _ []store.Record) { w.On("Commit", nil) },
			returned: true,
		},
		"repeated_in_vain": { // Firestore's client retries as long as it may
			spoil:    func(_ *testing.T, w *world, bad []store.Record) { w.refuse(codes.Unavailable, bad...) },
			mend:     func(_ *testing.T, w *world, _ []store.Record) { w.On("Commit", nil) },
			returned: true,
		},
	}
	for name, tt := range tests {
		for limit, want := range map[int64][]string{0: {"sent", "sent", "sent", "sent"}, 3: {"sent", "sent", "sent", "waits"}} {
			t.Run(fmt.Sprint(name, "/", limit), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.Jobs.Config.MaxConcurrentJobs, w.Jobs.Config.Lease = limit, 3*time.Second
				line := w.line(t)
				bad, others := line[:2], line[2:]
				tt.spoil(t, w, bad)
				err := w.Tick(t.Context())
				for _, r := range bad {
					if returned := err != nil && strings.Contains(err.Error(), "submit job "+r.ID); returned != tt.returned {
						t.Errorf("Tick = %v, want an error about job %s: %v", err, r.ID, tt.returned)
					}
				}
				if diff := cmp.Diff(want, w.standing(t, others)); diff != "" {
					t.Errorf("the jobs behind it (-want +got):\n%s", diff)
				}
				tt.mend(t, w, bad)
				w.Jobs.Config.MaxConcurrentJobs = 0
				w.tick(t)
				if diff := cmp.Diff(slices.Repeat([]string{"sent"}, 6), w.standing(t, line)); diff != "" {
					t.Errorf("after the repair (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// TestLine_is_left_alone: if every submission fails, the service is not called for the whole queue.
func TestLine_is_left_alone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method string
		fail   func(w *world)
		fails  bool
	}{
		"firestore": {"Commit", func(w *world) { w.refuse(codes.PermissionDenied) }, true},
		"vertex_ai": {"CreateTuningJob", func(w *world) {
			w.On("CreateTuningJob", faults.Fail(codes.Unavailable))
		}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			var line []store.Record
			for range 12 {
				line = append(line, w.Record(t, w.waiting(central)))
			}
			tt.fail(w)
			w.newCalls()
			if err := w.Tick(t.Context()); (err != nil) != tt.fails {
				t.Errorf("Tick = %v, want an error: %v", err, tt.fails)
			}
			if n := w.newCalls()[tt.method]; n != 5 {
				t.Errorf("it was asked %d times, want 5", n)
			}
			w.On(tt.method, nil)
			w.tick(t)
			w.Poller.Now = func() time.Time { return time.Now().Add(time.Hour) } // after all leases have expired
			w.tick(t)
			if diff := cmp.Diff(slices.Repeat([]string{"sent"}, len(line)), w.standing(t, line)); diff != "" {
				t.Errorf("when it is back (-want +got):\n%s", diff)
			}
		})
	}
}
