// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// crashedStart is a start whose process has crashed, and its expected result.
type crashedStart struct {
	leave func(*testing.T, *world) store.Record // the state that it left
	step  tuning.Step
	state tuning.State
	jobs  int // jobs on Vertex AI
	sent  int64
	why   string // part of the failure
}

// starts are interrupted starts, at every step.
var starts = map[string]crashedStart{
	"before_its_dataset": {
		leave: func(t *testing.T, w *world) store.Record { return w.Record(t, w.newJob(central)) },
		step:  tuning.Accepted, state: tuning.Pending, jobs: 1, sent: 1,
	},
	"after_its_dataset": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.newJob(central)
			w.put(t, "datasets/"+job.ID+".jsonl", cloudtest.Example)
			return w.Record(t, job)
		},
		step: tuning.Accepted, state: tuning.Pending, jobs: 1, sent: 1,
	},
	"with_nothing_to_train_on": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.newJob(central)
			job.Request = tuning.Request{SessionID: "nobody's"}.Encode()
			return w.Record(t, job)
		},
		step: tuning.Ended, state: tuning.Failed, why: `no messages of session "nobody's"`,
	},
	"with_a_request_that_cannot_be_read": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.newJob(central)
			job.Request = []byte("{")
			return w.Record(t, job)
		},
		step: tuning.Ended, state: tuning.Failed, why: "our side",
	},
	"while_it_waited": {
		leave: func(t *testing.T, w *world) store.Record { return w.Record(t, w.waiting(central)) },
		step:  tuning.Accepted, state: tuning.Pending, jobs: 1, sent: 1,
	},
	"before_it_asked_vertex": {
		leave: func(t *testing.T, w *world) store.Record { return w.Record(t, w.submitting(central)) },
		step:  tuning.Accepted, state: tuning.Pending, jobs: 1, sent: 2,
	},
	"after_vertex_had_the_job": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.submitting(central)
			w.onVertex(t, job)
			for range 120 { // so that the job is on the second page
				w.onVertex(t, w.waiting(central))
			}
			return w.Record(t, job)
		},
		step: tuning.Accepted, state: tuning.Pending, jobs: 1, sent: 1,
	},
	"after_vertex_refused_it": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.submitting(central)
			job.BaseModel = "gemini-0"
			return w.Record(t, job)
		},
		step: tuning.Ended, state: tuning.Failed, sent: 2, why: "gemini-0",
	},
	"for_the_fifth_time": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.submitting(central)
			job.Submissions = 5
			return w.Record(t, job)
		},
		step: tuning.Ended, state: tuning.Failed, sent: 5, why: "Nothing was billed",
	},
	"for_the_fifth_time_and_arrived": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.submitting(central)
			job.Submissions = 5
			w.onVertex(t, job)
			return w.Record(t, job)
		},
		step: tuning.Accepted, state: tuning.Pending, jobs: 1, sent: 5,
	},
	"and_was_cancelled_before_it_asked_vertex": {
		leave: func(t *testing.T, w *world) store.Record {
			return w.Record(t, cancelRequested(t, w.submitting(central)))
		},
		step: tuning.Ended, state: tuning.Cancelled, sent: 1,
	},
	"and_was_cancelled_after_vertex_had_the_job": {
		leave: func(t *testing.T, w *world) store.Record {
			job := w.submitting(central)
			w.onVertex(t, job)
			return w.Record(t, cancelRequested(t, job))
		},
		step: tuning.Accepted, state: tuning.Cancelling, jobs: 1, sent: 1,
	},
}

// cancelRequested returns the job with a request to cancel it.
func cancelRequested(t *testing.T, job tuning.Job) tuning.Job {
	t.Helper()
	job, err := job.Cancel("owner", time.Now().UTC().Truncate(time.Microsecond))
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// TestStarts_that_died: interrupted starts are resumed in one tick, even by several pollers at the
// same time.
func TestStarts_that_died(t *testing.T) {
	t.Parallel()
	for pollers, name := range []string{1: "_found_by_one", 2: "_found_by_two", 3: "_found_by_three"} {
		for kind, tt := range starts {
			if pollers == 0 {
				continue
			}
			t.Run(kind+name, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				left := tt.leave(t, w)
				w.tickTogether(t, pollers)
				got := w.Read(t, left.ID)
				if got.Step != tt.step || got.State != tt.state || got.Submissions != tt.sent || got.Leased(time.Now()) {
					t.Errorf("the job is at %s in %s after %d submissions, detail %q, want %s in %s after %d",
						got.Step, got.State, got.Submissions, got.Detail, tt.step, tt.state, tt.sent)
				}
				on := w.labelled(left.ID)
				if len(on) != tt.jobs {
					t.Errorf("Vertex AI has %d jobs of it, want %d", len(on), tt.jobs)
				}
				if len(on) > 0 && got.Name != on[0].GetName() {
					t.Errorf("the record names %q, Vertex AI has %q", got.Name, on[0].GetName())
				}
				if tt.why == "" != (got.Failure == nil) || got.Failure != nil && !strings.Contains(got.Failure.Message, tt.why) {
					t.Errorf("failure %+v, want one about %q", got.Failure, tt.why)
				}
				if tt.step == tuning.Accepted && got.TrainingData == "" {
					t.Errorf("the job has no training data")
				}
				// All events were published, by each poller that knows of them, in order.
				w.tick(t)
				if diff := cmp.Diff(history(got, int(left.Published)+1), unique(w.receivedEvents(t)[left.ID])); diff != "" {
					t.Errorf("published (-want +got):\n%s", diff)
				}
				if got := w.Read(t, left.ID); got.Published != int64(len(got.Events)) || got.Watched == got.Finished {
					t.Errorf("published %d of %d events, watched: %v, finished: %v", got.Published, len(got.Events), got.Watched, got.Finished)
				}
			})
		}
	}
}

// tickTogether runs one tick of each of the given number of pollers at the same time.
func (w *world) tickTogether(t *testing.T, pollers int) {
	t.Helper()
	begin := make(chan struct{})
	var all sync.WaitGroup
	for range pollers {
		p := w.newPoller(t)
		all.Go(func() {
			<-begin
			if err := p.Tick(t.Context()); err != nil {
				t.Errorf("Tick: %v", err)
			}
		})
	}
	close(begin)
	all.Wait()
}

// TestMany_starts_that_died: each interrupted start ends as one job or with one failure, however
// many pollers find it.
func TestMany_starts_that_died(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	left := map[string]store.Record{}
	for range 3 {
		for kind, tt := range starts {
			if kind == "after_vertex_had_the_job" {
				continue // brings 120 others
			}
			r := tt.leave(t, w)
			left[r.ID] = r
		}
	}
	for range 3 {
		w.tickTogether(t, 2)
	}
	for id, r := range left {
		got, jobs := w.Read(t, r.ID), w.labelled(id)
		if (got.Name == "") != (len(jobs) == 0) || len(jobs) > 1 || got.Name == "" && got.Failure == nil && got.State != tuning.Cancelled {
			t.Errorf("%s: %d jobs; the record is at %s in %s with %+v", id, len(jobs), got.Step, got.State, got.Failure)
		}
		if len(got.Unpublished()) > 0 {
			t.Errorf("%s: not published: %v", id, got.Unpublished())
		}
	}
}

// TestResume_that_fails: the error names the job, and the start is resumed again.
func TestResume_that_fails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	record := w.Record(t, w.newJob(central))
	w.On("Commit", faults.First(1, faults.Fail(codes.PermissionDenied)))
	if err := w.Tick(t.Context()); err == nil || !strings.Contains(err.Error(), "resume the start of job "+record.ID) {
		t.Errorf("Tick = %v, want an error about job %s", err, record.ID)
	}
	w.tick(t)
	if got := w.Read(t, record.ID); got.Step != tuning.Accepted || len(w.labelled(record.ID)) != 1 {
		t.Errorf("the job is at %s, Vertex AI has %d of it", got.Step, len(w.labelled(record.ID)))
	}
}

// TestLeases_are_kept: pollers do not write the records of leased jobs, because the holder of the
// lease would take that for a takeover.
func TestLeases_are_kept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lease := time.Now().Add(time.Minute)
	preparing := w.newJob(central)
	preparing.Published, preparing.LeaseUntil = 0, lease
	submitting := w.waiting(central).MarkSubmitting(lease)
	submitting.Published = 0
	arrived := w.waiting(central).MarkSubmitting(lease)
	w.onVertex(t, arrived)
	var records []store.Record
	for _, job := range []tuning.Job{preparing, submitting, cancelRequested(t, arrived)} {
		records = append(records, w.Record(t, job))
	}
	w.newCalls()
	for range 2 {
		w.tick(t)
	}
	if diff := cmp.Diff(map[string]int{"RunQuery": 6}, w.newCalls()); diff != "" {
		t.Errorf("calls of two ticks (-want +got):\n%s", diff)
	}
	for _, r := range records {
		if _, err := w.Cloud.Records.UpdateJob(t.Context(), r, r.MarkDelayed("still at it")); err != nil {
			t.Errorf("the holder of the lease on job %s cannot write: %v", r.ID, err)
		}
	}
	// As soon as the leases have expired, all jobs are resumed and published.
	w.Poller.Now = func() time.Time { return lease.Add(time.Second) }
	w.tick(t)
	for i, want := range []tuning.State{tuning.Pending, tuning.Pending, tuning.Cancelling} {
		got := w.Read(t, records[i].ID)
		if got.State != want || len(w.labelled(got.ID)) != 1 {
			t.Errorf("job %d is in %s, Vertex AI has %d of it, want %s and 1", i, got.State, len(w.labelled(got.ID)), want)
		}
		if got.Published != int64(len(got.Events)) {
			t.Errorf("job %d: published %d of %d events", i, got.Published, len(got.Events))
		}
	}
}
