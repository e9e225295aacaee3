// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// unprepared returns a start that was never prepared, and whose events are unpublished.
func (w *world) unprepared(object string) tuning.Job {
	job := w.newJob(central)
	job.LeaseUntil, job.Published = time.Time{}, 0
	job.Request = tuning.Request{TrainingData: "gs://test-data/" + object}.Encode()
	return job
}

// published fails the test unless all events of the jobs were published.
func (w *world) published(t *testing.T, what string, records []store.Record) {
	t.Helper()
	for _, r := range records {
		if got := w.Read(t, r.ID); len(got.Unpublished()) > 0 {
			t.Errorf("%s job %s at %s: %d events are not published", what, r.ID, got.Step, len(got.Unpublished()))
		}
	}
}

// TestPoison_among_good_ones: starts that cannot be prepared within a tick, or at all, do not delay
// other jobs.
func TestPoison_among_good_ones(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/endless.jsonl") {
			<-r.Context().Done() // until the client gives up
			return
		}
		next.ServeHTTP(rw, r)
	})
	var good, poison []store.Record
	for range 5 {
		waits := w.waiting(central)
		waits.Published = 0
		good = append(good, w.Record(t, waits), w.Record(t, w.unprepared("x.jsonl")))
	}
	for range 3 {
		poison = append(poison, w.Record(t, w.unprepared("endless.jsonl")))
	}
	broken := w.unprepared("x.jsonl")
	broken.Request = []byte("{")
	poison = append(poison, w.Record(t, broken))
	w.Timeout = 4 * time.Second
	if err := w.Handle(t.Context(), tick()); err != nil {
		t.Errorf("the tick = %v", err)
	}
	for _, r := range good {
		if got := w.Read(t, r.ID); got.Step != tuning.Accepted {
			t.Errorf("a valid job is at %s", got.Step)
		}
	}
	w.published(t, "good", good)
	w.published(t, "poison", poison)
	if got := w.Read(t, poison[3].ID); got.State != tuning.Failed {
		t.Errorf("the start whose request is broken is in %s", got.State)
	}
	for _, r := range poison[:3] {
		if got := w.Read(t, r.ID); got.Step != tuning.Preparing || got.Abandoned() || got.Detail == "" {
			t.Errorf("a start that was cut is at %s, abandoned: %v, detail %q", got.Step, got.Abandoned(), got.Detail)
		}
	}
}

// TestNothing_waits_for_preparing: before the first dataset is begun, queued jobs are submitted,
// the files of refused starts are deleted, and all events are published.
func TestNothing_waits_for_preparing(t *testing.T) {
	t.Parallel()
	var once sync.Once
	var waits, refused store.Record
	var starts []store.Record
	w := newWorld(t)
	w.put(t, "y.jsonl", strings.Repeat(cloudtest.Example, 20))
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if strings.HasSuffix(r.URL.Path, "/y.jsonl") {
			once.Do(func() {
				if got := w.Read(t, waits.ID); got.Step != tuning.Accepted {
					t.Errorf("the job that waits is at %s", got.Step)
				}
				if got, err := w.Cloud.Records.Job(t.Context(), refused.ID); fault.KindOf(err) != fault.NotFound {
					t.Errorf("the refused start is at %s, %v", got.Step, err)
				}
				w.published(t, "while the first is prepared,", append(starts, waits))
			})
		}
		next.ServeHTTP(rw, r)
	})
	job := w.waiting(central)
	job.Published = 0
	waits = w.Record(t, job)
	job = w.newJob(central)
	job.Step, job.Tentative = tuning.Refused, true
	refused = w.Record(t, job)
	for range 3 {
		starts = append(starts, w.Record(t, w.unprepared("y.jsonl")))
	}
	w.tick(t)
	for _, r := range starts {
		if got := w.Read(t, r.ID); got.Step != tuning.Accepted {
			t.Errorf("a start is at %s", got.Step)
		}
	}
	w.published(t, "at the end,", starts)
	for id, events := range w.receivedEvents(t) {
		if len(events) != 2 {
			t.Errorf("published of %s: %v, want each event once", id, events)
		}
	}
}

// TestAbandoned_starts_are_resumed_alone: they may need more memory than there is.
func TestAbandoned_starts_are_resumed_alone(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now, most := 0, 0
	w := newWorld(t)
	w.OnHTTP(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/test-data/x.jsonl") {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			defer func() { mu.Lock(); now--; mu.Unlock() }()
		}
		next.ServeHTTP(rw, r)
	})
	var starts []store.Record
	for range 5 {
		starts = append(starts, w.Record(t, w.newJob(central))) // with an expired lease
	}
	w.tick(t)
	for _, r := range starts {
		if got := w.Read(t, r.ID); got.Step != tuning.Accepted || got.Crashes != 1 {
			t.Errorf("a start is at %s after %d crashes", got.Step, got.Crashes)
		}
	}
	if most != 1 {
		t.Errorf("%d are prepared at a time", most)
	}
}

// TestThousand_wait: a thousand queued jobs are submitted in one tick, in order, and the queue is
// read once.
func TestThousand_wait(t *testing.T) { // not parallel: others measure time
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	const jobs = 1000
	for name, limit := range map[string]int64{"without_limit": 0, "with_limit": jobs} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.Jobs.Config.MaxConcurrentJobs = limit
			begun := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
			want := make([]string, jobs)
			for i := range jobs {
				job := w.waiting(central)
				job.CreatedAt, job.Priority = begun.Add(time.Duration(i)*time.Second), int64(i%3)
				place := (2-i%3)*(jobs/3) + i/3
				if i%3 == 0 {
					place = jobs - (jobs+2)/3 + i/3
				}
				want[place] = w.Record(t, job).ID
			}
			var mu sync.Mutex
			var got []string
			w.On("Commit", func(ctx context.Context, c faults.Call, do faults.Do) error {
				mu.Lock()
				for _, write := range c.Request.(*firestorepb.CommitRequest).GetWrites() {
					if write.GetUpdate().GetFields()["step"].GetStringValue() == string(tuning.Submitting) {
						got = append(got, tuning.LastSegment(write.GetUpdate().GetName()))
					}
				}
				mu.Unlock()
				return do(ctx)
			})
			w.newCalls()
			w.tick(t)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%d jobs were sent, want %d in order", len(got), jobs)
			}
			calls := w.newCalls()
			if n := calls["RunQuery"]; n > jobs/20+10 {
				t.Errorf("%d queries", n)
			}
			if n := calls["RunAggregationQuery"]; limit > 0 && n > jobs+jobs/20+10 || limit == 0 && n > 0 {
				t.Errorf("%d counts", n)
			}
			if n := calls["BatchGetDocuments"]; limit > 0 && n > jobs || limit == 0 && n > 0 {
				t.Errorf("%d records are read again", n)
			}
		})
	}
}

// TestThousand_records_of_which_ten_are_poison: with two pollers, all valid jobs are submitted and
// published within three ticks.
func TestThousand_records_of_which_ten_are_poison(t *testing.T) { // not parallel: others measure time
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	w := newWorld(t)
	var good, poison []store.Record
	for i := range 1000 {
		switch job := w.unprepared("x.jsonl"); {
		case i%200 == 7:
			job.Request = []byte("{")
			poison = append(poison, w.Record(t, job))
		case i%200 == 107:
			job.Request, job.RequestData = nil, "gs://test-data/requests/none.json"
			poison = append(poison, w.Record(t, job))
		case i%2 == 0:
			waits := w.waiting(central)
			waits.Published = 0
			good = append(good, w.Record(t, waits))
		default:
			good = append(good, w.Record(t, job))
		}
	}
	for range 3 {
		w.tickTogether(t, 2)
	}
	there := map[string]int{}
	for _, job := range w.Run.Vertex.Jobs() {
		there[job.GetLabels()[tuning.LabelKey]]++
	}
	for _, r := range good {
		if got := w.Read(t, r.ID); got.Step != tuning.Accepted || there[r.ID] != 1 {
			t.Fatalf("a good job is at %s, and on Vertex AI %d times", got.Step, there[r.ID])
		}
	}
	for _, r := range poison {
		if got := w.Read(t, r.ID); got.State != tuning.Failed {
			t.Errorf("a poison start is in %s", got.State)
		}
	}
	w.published(t, "good", good)
	w.published(t, "poison", poison)
}
