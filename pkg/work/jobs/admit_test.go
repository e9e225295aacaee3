// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

// waits records a queued job, after change has edited it.
func (w *world) waits(t *testing.T, name string, change func(*tuning.Job)) {
	t.Helper()
	w.Upload(t, bucket, "datasets/"+name+".jsonl", line("question", "answer"), nil)
	w.record(t, func(j *tuning.Job) {
		j.DisplayName, j.TrainingData = name, "gs://test-data/datasets/"+name+".jsonl"
		change(j)
		*j = j.MarkWaiting()
	})
}

// sent returns the names of the jobs that were submitted, in the order of their creation.
func (w *world) sent(t *testing.T) []string {
	t.Helper()
	names := map[string]string{}
	for _, r := range w.Recorded(t) {
		names[r.ID] = r.DisplayName
	}
	all := []string{}
	for _, seen := range w.OnVertex(t) { // the newest first
		all = append([]string{names[seen.Label]}, all...)
	}
	return all
}

// TestTurn: jobs are submitted in the order of the queue, and a new start does not overtake queued
// jobs.
func TestTurn(t *testing.T) {
	t.Parallel()
	earlier := func(by time.Duration) func(*tuning.Job) {
		return func(j *tuning.Job) { j.CreatedAt = j.CreatedAt.Add(-by) }
	}
	refused := func(j *tuning.Job) { earlier(time.Hour)(j); j.Refusals = 3 }
	type waiting = map[string]func(*tuning.Job)
	tests := map[string]struct {
		queue    waiting
		limit    int64
		priority int64    // of a new start
		start    []string // jobs that the start submits
		tick     []string // jobs that the next tick submits
	}{
		"empty_queue":                    {waiting{}, 0, 0, []string{"new"}, []string{"new"}},
		"empty_queue_and_a_limit":        {waiting{}, 1, 0, []string{"new"}, []string{"new"}},
		"behind_a_job_without_quota":     {waiting{"old": refused}, 0, 0, []string{}, []string{"old", "new"}},
		"behind_a_job_never_submitted":   {waiting{"old": earlier(time.Hour)}, 0, 0, []string{}, []string{"old", "new"}},
		"before_a_job_of_lower_priority": {waiting{"old": refused}, 0, 1, []string{"new"}, []string{"new", "old"}},
		"oldest_first": {
			waiting{"b": earlier(time.Minute), "a": earlier(time.Hour), "c": earlier(time.Second)}, 0, 0,
			[]string{}, []string{"a", "b", "c", "new"},
		},
		"priority_first": {
			waiting{"low": func(j *tuning.Job) { refused(j); j.Priority = -1 }, "high": func(j *tuning.Job) { j.Priority = 2 }}, 0, 0,
			[]string{}, []string{"high", "new", "low"},
		},
		// The first job of the queue was never submitted; the second was, and Vertex AI had no
		// quota for it.
		"behind_two_jobs_the_second_without_quota": {
			waiting{"old": refused, "first": func(j *tuning.Job) { j.Priority = 1 }}, 0, 0, []string{}, []string{"first", "old", "new"},
		},
		"limit_of_two_jobs":             {waiting{"old": earlier(time.Hour)}, 2, 0, []string{"new"}, []string{"new", "old"}},
		"limit_of_one_job":              {waiting{"old": earlier(time.Hour)}, 1, 0, []string{}, []string{"old"}},
		"limit_of_two_and_two_queued":   {waiting{"a": earlier(time.Hour), "b": earlier(time.Minute)}, 2, 0, []string{}, []string{"a", "b"}},
		"below_the_limit_without_quota": {waiting{"old": refused}, 5, 0, []string{}, []string{"old", "new"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.conversation(t, "s")
			w.Put(t, "models/m", fields{"display_name": "new"})
			w.Config.MaxConcurrentJobs = tt.limit
			for waiting, change := range tt.queue {
				w.waits(t, waiting, change)
			}
			job := w.start(t, order(tuning.Request{SessionID: "s", ModelID: "m", Priority: tt.priority}))
			if want := tuning.Waiting; len(tt.start) == 0 && job.Step != want {
				t.Errorf("the new job is at %s, want %s", job.Step, want)
			}
			if diff := cmp.Diff(tt.start, w.sent(t)); diff != "" {
				t.Errorf("submitted by the start (-want +got):\n%s", diff)
			}
			w.tick(t)
			if diff := cmp.Diff(tt.tick, w.sent(t)); diff != "" {
				t.Errorf("submitted by the tick (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNo_room_for_the_first: without quota for the first job, no job behind it is submitted.
func TestNo_room_for_the_first(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, name := range []string{"a", "b", "c"} {
		w.waits(t, name, func(j *tuning.Job) { j.CreatedAt = j.CreatedAt.Add(time.Duration(i-3) * time.Second) })
	}
	w.On("CreateTuningJob", faults.After(1, faults.First(2, faults.Fail(codes.ResourceExhausted))))
	for i, want := range [][]string{{"a"}, {"a"}, {"a", "b", "c"}} {
		w.tick(t)
		if diff := cmp.Diff(want, w.sent(t)); diff != "" {
			t.Errorf("submitted after tick %d (-want +got):\n%s", i+1, diff)
		}
	}
	if n := w.Count("CreateTuningJob"); n != 5 {
		t.Errorf("Vertex AI got %d creates, want 5", n)
	}
}

// TestLimit: simultaneous starts and ticks never exceed the limit, and submit each job once.
func TestLimit(t *testing.T) {
	t.Parallel()
	const limit, starts = 3, 12
	// Vertex AI has the same quota: it would refuse one job too many.
	w := newWorld(t, func(c *cloud.Config) { c.ConcurrentJobs, c.JobDuration = limit, 400*time.Millisecond })
	w.conversation(t, "s")
	w.Config.MaxConcurrentJobs = limit
	var current, highest, refused atomic.Int64 // creates at this moment, at most at a time, and refused
	w.On("CreateTuningJob", func(ctx context.Context, _ faults.Call, do faults.Do) error {
		n := current.Add(1)
		defer current.Add(-1)
		seen := highest.Load()
		for n > seen && !highest.CompareAndSwap(seen, n) {
			seen = highest.Load()
		}
		err := do(ctx)
		if err != nil {
			refused.Add(1)
		}
		return err
	})
	var all sync.WaitGroup
	for range starts {
		all.Go(func() {
			if _, err := w.Start(t.Context(), session); err != nil {
				t.Errorf("Start: %v", err)
			}
		})
	}
	for range 3 {
		all.Go(func() {
			if err := w.poller.Tick(t.Context()); err != nil {
				t.Errorf("Tick: %v", err)
			}
		})
	}
	all.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for done := 0; done < starts && ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
		active, err := w.Service.Records.CountAtStep(t.Context(), tuning.Submitting, tuning.Accepted)
		if err != nil || active > limit {
			t.Fatalf("%d jobs are being submitted or on Vertex AI, error %v", active, err)
		}
		w.tick(t)
		done = 0
		for _, r := range w.Recorded(t) {
			if r.State == tuning.Succeeded {
				done++
			}
		}
	}
	if n := len(w.OnVertex(t)); n != starts || refused.Load() != 0 {
		t.Errorf("%d jobs on Vertex AI, %d refused; want %d and none", n, refused.Load(), starts)
	}
	if highest.Load() > limit {
		t.Errorf("%d creates at a time", highest.Load())
	}
}

// TestQueue_full: a start that finds the queue full is refused, says when to retry, and leaves
// nothing.
func TestQueue_full(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.Config.MaxQueuedJobs = 2
	w.waits(t, "a", func(*tuning.Job) {})
	w.record(t, func(*tuning.Job) {}) // its dataset is being written
	_, err := w.Start(t.Context(), keyed)
	e := fault.From(err)
	if e.Kind != fault.ResourceExhausted || e.Reason != "QUEUE_FULL" || e.RetryAfter <= 0 {
		t.Errorf("Start = %+v", e)
	}
	if n := len(w.Recorded(t)); n != 2 {
		t.Errorf("%d records", n)
	}
	w.tickLater(t)
	if _, err := w.Start(t.Context(), keyed); err != nil {
		t.Errorf("Start after the queue was submitted: %v", err)
	}
	// A repeated start gets its answer, even if the queue is full.
	w.waits(t, "b", func(*tuning.Job) {})
	w.waits(t, "c", func(*tuning.Job) {})
	if _, err := w.Start(t.Context(), keyed); err != nil {
		t.Errorf("Start repeated: %v", err)
	}
}

// TestUnreadable_queue: if the queue cannot be read in time, the job waits for the poller. If the
// service has no permission to read it, the start is refused.
func TestUnreadable_queue(t *testing.T) {
	t.Parallel()
	for method, limit := range map[string]int64{"RunQuery": 0, "RunAggregationQuery": 1} {
		for _, code := range []codes.Code{codes.DeadlineExceeded, codes.PermissionDenied} {
			t.Run(fmt.Sprint(method, code), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.conversation(t, "s")
				w.Config.MaxConcurrentJobs = limit
				w.On(method, faults.Fail(code))
				job, err := w.Start(t.Context(), order(tuning.Request{MessageIDs: []string{"s1"}}))
				w.On(method, nil)
				if code == codes.PermissionDenied {
					w.wantRefused(t, fault.From(err), 0)
					return
				}
				if err != nil || job.Step != tuning.Waiting || job.State != tuning.Queued {
					t.Errorf("Start = %s at %s, %v", job.State, job.Step, err)
				}
				w.tick(t)
				w.one(t)
			})
		}
	}
}

// TestPosition: Position returns the place of a job in the queue, and needs one count for it.
func TestPosition(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	sent := w.start(t, jobs.StartRequest{Request: session.Request})
	w.waits(t, "second", func(j *tuning.Job) { j.CreatedAt = j.CreatedAt.Add(-time.Hour) })
	w.waits(t, "third", func(*tuning.Job) {})
	w.waits(t, "first", func(j *tuning.Job) { j.Priority = 1 })
	want := map[string]int{"first": 1, "second": 2, "third": 3, sent.DisplayName: 0}
	got := map[string]int{}
	for _, r := range w.Recorded(t) {
		place, err := w.Position(t.Context(), r.Job)
		if err != nil {
			t.Fatal(err)
		}
		got[r.DisplayName] = place
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("positions (-want +got):\n%s", diff)
	}
	waits := w.record(t, func(j *tuning.Job) { *j = j.MarkWaiting() })
	reads, counts := w.Count("RunQuery"), w.Count("RunAggregationQuery")
	if place, err := w.Position(t.Context(), waits.Job); place != 4 || err != nil {
		t.Errorf("the last job of the queue has position %d, %v, want 4", place, err)
	}
	if r, c := w.Count("RunQuery")-reads, w.Count("RunAggregationQuery")-counts; r != 0 || c != 1 {
		t.Errorf("a position costs %d queries and %d counts, want one count", r, c)
	}
	w.On("RunAggregationQuery", faults.Fail(codes.PermissionDenied))
	if _, err := w.Position(t.Context(), waits.Job); fault.KindOf(err) != fault.UpstreamFailed {
		t.Errorf("Position = %v, want UpstreamFailed", err)
	}
}

// TestUnreadableRecord: a record that cannot be decoded blocks no other job.
func TestUnreadableRecord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.conversation(t, "s")
	w.Put(t, "tuning_jobs/"+tuning.NewID(time.Now()), fields{
		"step": "WAITING", "watched": true, "priority": 0, "refusals": 1, "created_at": time.Now().Add(-time.Hour), "pairs": "many",
	})
	if job := w.start(t, order(tuning.Request{SessionID: "s"})); job.Step != tuning.Accepted {
		t.Errorf("a start behind it is at %s", job.Step)
	}
	waits := w.record(t, func(j *tuning.Job) { *j = j.MarkWaiting() })
	if place, err := w.Position(t.Context(), waits.Job); place != 2 || err != nil {
		t.Errorf("a job behind it has position %d, %v, want 2", place, err)
	}
}
