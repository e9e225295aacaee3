// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// fill creates jobs on Vertex AI with their records, many at a time.
func (w *world) fill(tb testing.TB, jobs int) {
	tb.Helper()
	var all sync.WaitGroup
	var next atomic.Int64
	for range 8 {
		all.Go(func() {
			for next.Add(1) <= int64(jobs) {
				job := w.submitting(central)
				seen, err := w.Cloud.Vertex.Create(tb.Context(), job)
				if err != nil {
					tb.Errorf("create a job on Vertex AI: %v", err)
					return
				}
				job, _ = job.Observe(seen)
				job.Published = int64(len(job.Events))
				if _, err := w.Cloud.Records.CreateJob(tb.Context(), job, nil); err != nil {
					tb.Errorf("record a job: %v", err)
					return
				}
			}
		})
	}
	all.Wait()
	if tb.Failed() {
		tb.FailNow()
	}
}

// moves makes Vertex AI describe all its jobs as running and as paused in turn: each call of the
// returned function changes every job.
func (w *world) moves() (turn func()) {
	var turns atomic.Int64
	w.OnAny(faults.Edit(func(reply any) {
		list, ok := reply.(*aiplatformpb.ListTuningJobsResponse)
		n := turns.Load()
		if !ok || n == 0 {
			return
		}
		for _, on := range list.GetTuningJobs() {
			on.State = []aiplatformpb.JobState{aiplatformpb.JobState_JOB_STATE_PAUSED, aiplatformpb.JobState_JOB_STATE_RUNNING}[n%2]
			on.StartTime = on.GetCreateTime()
			on.UpdateTime = timestamppb.New(on.GetCreateTime().AsTime().Add(time.Duration(n) * time.Second))
		}
	}))
	return func() { turns.Add(1) }
}

// TestCostOfATick counts the calls of a tick.
func TestCostOfATick(t *testing.T) {
	t.Parallel()
	for _, jobs := range []int{0, 6, 100, 501} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.fill(t, jobs)
			turn := w.moves()
			tick := func(what string, changed int) {
				t.Helper()
				w.newCalls()
				w.tick(t)
				calls := w.newCalls()
				pages, published := (jobs+99)/100, (changed+399)/400
				want := map[string]int{"RunQuery": jobs/500 + 3}
				if jobs > 0 {
					want["ListTuningJobs"] = pages
				}
				if changed > 0 {
					want["Commit"], want["BeginTransaction"] = changed+published, published
				}
				if n := calls["Publish"]; n > changed { // the client batches some messages
					t.Errorf("%s: %d calls to publish for %d changes", what, n, changed)
				}
				delete(calls, "Publish")
				if diff := cmp.Diff(want, calls); diff != "" {
					t.Errorf("%s: calls (-want +got):\n%s", what, diff)
				}
				if n := want["ListTuningJobs"]; n > jobs/100+1 {
					t.Errorf("%s: %d pages for %d jobs", what, n, jobs)
				}
			}
			tick("nothing has changed", 0)
			turn()
			tick("all have changed", jobs)
			tick("nothing has changed since", 0)
			published := 0
			for _, events := range w.receivedEvents(t) {
				published += len(events)
			}
			if published != jobs {
				t.Errorf("published %d changes, want %d", published, jobs)
			}
		})
	}
}

// BenchmarkTick is a tick with different numbers of unfinished jobs, of which none or all have
// changed. It reports the number of calls by service.
func BenchmarkTick(b *testing.B) {
	for _, jobs := range []int{0, 100, 1000, 10000} {
		w := newWorld(b)
		w.fill(b, jobs)
		turn := w.moves()
		for _, changed := range []int{0, jobs} {
			b.Run(fmt.Sprintf("jobs=%d/changed=%d", jobs, changed), func(b *testing.B) {
				w.benchmark(b, changed > 0, turn)
			})
			if jobs == 0 {
				break
			}
		}
	}
}

func (w *world) benchmark(b *testing.B, changes bool, turn func()) {
	w.newCalls()
	for b.Loop() {
		if changes {
			turn()
		}
		w.tick(b)
	}
	calls, n := w.newCalls(), float64(b.N)
	for _, method := range []string{"RunQuery", "Commit", "BeginTransaction", "ListTuningJobs", "GetTuningJob", "Publish"} {
		b.ReportMetric(float64(calls[method])/n, method+"/tick")
		delete(calls, method)
	}
	if len(calls) > 0 {
		b.Errorf("other calls: %v", calls)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(b.Elapsed().Seconds()/n, "s/tick")
}
