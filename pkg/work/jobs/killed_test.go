// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// killed resumes a start in a process that is killed right after it has recorded that it begins.
func (w *world) killed(t *testing.T, id string) {
	t.Helper()
	w.Advance(allLeasesOver)
	w.On("Commit", faults.After(1, faults.Fail(codes.PermissionDenied)))
	w.OnHTTP(func(rw http.ResponseWriter, _ *http.Request, _ http.Handler) {
		http.Error(rw, "killed", http.StatusForbidden)
	})
	defer w.On("Commit", nil)
	defer w.OnHTTP(nil)
	before := w.Read(t, id)
	if _, err := w.Resume(t.Context(), before); err != nil {
		t.Fatal(err)
	}
	if got := w.Read(t, id); got.Step != tuning.Preparing || got.Attempts != before.Attempts+1 || !got.Leased(w.Now()) {
		t.Fatalf("a killed attempt leaves the record at %s after %d attempts, leased: %v", got.Step, got.Attempts, got.Leased(w.Now()))
	}
}

// TestKilledAttempts: a start whose attempts are killed one after the other ends with a failure
// that names the cause.
func TestKilledAttempts(t *testing.T) {
	t.Parallel()
	t.Run("confirmed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.conversation(t, "s")
		r := w.record(t, func(j *tuning.Job) { j.LeaseUntil = time.Time{} })
		for range 5 {
			w.killed(t, r.ID)
		}
		w.tickLater(t)
		got := w.Read(t, r.ID)
		if got.State != tuning.Failed || got.Failure.Reason != "PREPARATION_ABORTED" || got.Attempts != 5 || got.Watched {
			t.Errorf("in %s after %d attempts with %+v, still to be published: %v", got.State, got.Attempts, got.Failure, got.Watched)
		}
		want := []string{"created PIPELINE_STATE_QUEUED", "stateChanged PIPELINE_STATE_FAILED"}
		if diff := cmp.Diff(want, events(got.Job)); diff != "" {
			t.Errorf("events (-want +got):\n%s", diff)
		}
		if n := w.Count("CreateTuningJob"); n != 0 {
			t.Errorf("Vertex AI was asked %d times", n)
		}
	})
	t.Run("tentative", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.conversation(t, "s")
		r := w.interruptedStart(t, keyed)
		for range 4 { // in addition to the first one
			w.killed(t, r.ID)
		}
		w.tickLater(t)
		if _, err := w.Start(t.Context(), keyed); fault.From(err).Reason != "PREPARATION_ABORTED" {
			t.Errorf("the repeated start = %v", err)
		}
		w.tickLater(t)
		if n := len(w.Recorded(t)) + w.named(t, "datasets/"); n != 0 {
			t.Errorf("%d records and objects are left", n)
		}
	})
	t.Run("but_not_in_a_row", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.conversation(t, "s")
		r := w.record(t, func(j *tuning.Job) { j.LeaseUntil = time.Time{} })
		for range 3 {
			w.killed(t, r.ID)
			w.killed(t, r.ID)
			w.Advance(allLeasesOver)
			w.On("RunQuery", faults.Fail(codes.DeadlineExceeded))
			left, err := w.Resume(t.Context(), w.Read(t, r.ID))
			w.On("RunQuery", nil)
			if err != nil || left.Step != tuning.Preparing || left.Abandoned() {
				t.Fatalf("an attempt that has to wait leaves the record at %s, abandoned: %v, %v", left.Step, left.Abandoned(), err)
			}
		}
		w.tick(t)
		if got := w.one(t); got.Attempts != 10 {
			t.Errorf("%d attempts, want 10", got.Attempts)
		}
	})
}

// TestPrepared_at_a_time: the data of all starts that run at the same time fit into the memory
// together.
func TestPrepared_at_a_time(t *testing.T) {
	t.Parallel()
	const starts = 24
	example := `{"contents":[{"role":"user","parts":[{"text":"%"}]},{"role":"model","parts":[{"text":"a"}]}]}` + "\n"
	file := strings.Repeat(strings.Replace(example, "%", strings.Repeat("x", 1000), 1), 100)
	tests := map[string]struct {
		r    tuning.Request
		peak int
	}{
		"whole":       {tuning.Request{TrainingData: "gs://test-data/big.jsonl"}, 10},
		"divided":     {tuning.Request{TrainingData: "gs://test-data/big.jsonl", ValidationSplit: 0.5}, 2},
		"small_files": {tuning.Request{TrainingData: "gs://test-data/small.jsonl", ValidationSplit: 0.5}, 10},
	}
	for name, tt := range tests {
		for how, begin := range map[string]func(t *testing.T, w *world){
			"started": func(t *testing.T, w *world) { w.startTogether(t, starts, order(tt.r)) },
			"resumed": func(t *testing.T, w *world) {
				for range starts {
					w.record(t, func(j *tuning.Job) { j.LeaseUntil, j.Request = time.Time{}, tt.r.Encode() })
				}
				w.tick(t)
			},
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.Upload(t, bucket, "big.jsonl", file, nil)
				w.Upload(t, bucket, "small.jsonl", strings.Repeat(example, 20), nil)
				var mu sync.Mutex
				now, most := 0, 0
				count := func(by int) {
					mu.Lock()
					defer mu.Unlock()
					now += by
					most = max(most, now)
				}
				w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
					if r.Method == http.MethodGet && (r.URL.Path == "/test-data/big.jsonl" || r.URL.Path == "/test-data/small.jsonl") {
						count(1)
						time.Sleep(20 * time.Millisecond)
						defer count(-1)
					}
					next.ServeHTTP(rw, r)
				})
				begin(t, w)
				if most > tt.peak || most < 2 {
					t.Errorf("%d datasets are read at the same time, want from 2 to %d", most, tt.peak)
				}
				if n := len(w.OnVertex(t)); n != starts {
					t.Errorf("%d jobs on Vertex AI, want %d", n, starts)
				}
			})
		}
	}
}

// startTogether starts the given number of jobs at the same time.
func (w *world) startTogether(t *testing.T, starts int, o jobs.StartRequest) {
	var all sync.WaitGroup
	for range starts {
		all.Go(func() {
			if _, err := w.Start(t.Context(), o); err != nil {
				t.Errorf("Start: %v", err)
			}
		})
	}
	all.Wait()
}
