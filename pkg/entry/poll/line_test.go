// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package poll_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// quota makes Vertex AI refuse a create while that number of jobs is running, instead of
// queueing the job.
func quota(jobs int) func(*cloud.Config) {
	return func(c *cloud.Config) { c.ConcurrentJobs = jobs }
}

// line records queued jobs in a random order, and returns them in the order of the queue.
func (w *world) line(t *testing.T) []store.Record {
	t.Helper()
	begun := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
	places := []struct {
		priority int64
		second   int
	}{{0, 3}, {5, 9}, {-1, 0}, {0, 1}, {5, 2}, {0, 2}}
	var line []store.Record
	for _, place := range places {
		job := w.waiting(central)
		job.Priority, job.CreatedAt = place.priority, begun.Add(time.Duration(place.second)*time.Second)
		line = append(line, w.Record(t, job))
	}
	slices.SortFunc(line, func(a, b store.Record) int { return tuning.CompareQueue(a.Job, b.Job) })
	if line[0].Priority != 5 || line[5].Priority != -1 {
		t.Fatal("the queue is not in order of priority")
	}
	return line
}

// standing returns for each job of the queue where it is: on Vertex AI (sent), refused, or waiting.
func (w *world) standing(t *testing.T, line []store.Record) (all []string) {
	t.Helper()
	for _, r := range line {
		switch got := w.Read(t, r.ID); {
		case len(w.labelled(r.ID)) > 1:
			all = append(all, "sent twice")
		case got.Step == tuning.Accepted && len(w.labelled(r.ID)) == 1:
			all = append(all, "sent")
		case got.Step == tuning.Waiting && got.Refusals > 0:
			all = append(all, fmt.Sprintf("refused %d", got.Refusals))
		case got.Step == tuning.Waiting:
			all = append(all, "waits")
		default:
			all = append(all, string(got.Step))
		}
	}
	return all
}

// free ends jobs on Vertex AI, and waits until they have ended.
func (w *world) free(t *testing.T, records ...store.Record) {
	t.Helper()
	for _, r := range records {
		r = w.Read(t, r.ID)
		w.cancel(t, r)
		for deadline := time.Now().Add(time.Minute); w.labelled(r.ID)[0].GetState() != aiplatformpb.JobState_JOB_STATE_CANCELLED; {
			if time.Now().After(deadline) {
				t.Fatalf("%s does not end", r.Name)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// TestLine_is_sent_in_order: queued jobs are submitted in order while Vertex AI has quota; after
// the first refusal the rest of the queue waits.
func TestLine_is_sent_in_order(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quota(2), func(c *cloud.Config) { c.JobDuration = 30 * time.Second })
	line := w.line(t)
	step := func(what string, creates int, want ...string) {
		t.Helper()
		w.newCalls()
		w.tick(t)
		calls := w.newCalls()
		if n := calls["CreateTuningJob"]; n != creates {
			t.Errorf("%s: Vertex AI is asked %d times, want %d", what, n, creates)
		}
		if n := calls["RunQuery"]; n != 4 {
			t.Errorf("%s: %d queries, want one each for the jobs, the queue, the evaluations and the models", what, n)
		}
		if diff := cmp.Diff(want, w.standing(t, line)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	step("two have room", 3, "sent", "sent", "refused 1", "waits", "waits", "waits")
	if got := w.Read(t, line[2].ID); !strings.Contains(got.Detail, "no quota left") {
		t.Errorf("the record of the job that was refused says %q", got.Detail)
	}
	step("none has", 1, "sent", "sent", "refused 2", "waits", "waits", "waits")
	w.free(t, line[0])
	step("one has ended", 2, "ENDED", "sent", "sent", "refused 1", "waits", "waits")
	if got := w.Read(t, line[2].ID); got.Detail != "" {
		t.Errorf("the record of a submitted job says %q", got.Detail)
	}
}

// TestLine_is_sent_by_many: several pollers at the same time submit no job twice, and jobs get out
// of order only for a short time.
func TestLine_is_sent_by_many(t *testing.T) {
	t.Parallel()
	w := newWorld(t, quota(4))
	line := w.line(t)
	w.tickTogether(t, 3)
	sent := 0
	for i, got := range w.standing(t, line) {
		if got == "sent" {
			sent++
		} else if got != "waits" && !strings.HasPrefix(got, "refused") {
			t.Errorf("job %d is %s", i, got)
		}
	}
	if sent != 4 || len(w.Run.Vertex.Jobs()) != 4 {
		t.Errorf("%d jobs are submitted, Vertex AI has %d, want 4", sent, len(w.Run.Vertex.Jobs()))
	}
}

// TestMaxConcurrentJobs: our own limit is kept without calling Vertex AI, however many pollers run.
func TestMaxConcurrentJobs(t *testing.T) {
	t.Parallel()
	for pollers, name := range map[int]string{1: "one_poller", 3: "three_pollers"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, func(c *cloud.Config) { c.JobDuration = 30 * time.Second })
			line := w.line(t)
			w.limit, w.Jobs.Config.MaxConcurrentJobs = 2, 2
			for range 3 {
				w.tickTogether(t, pollers)
				if n, err := w.Cloud.Records.CountAtStep(t.Context(), tuning.Submitting, tuning.Accepted); err != nil || n > 2 {
					t.Fatalf("%d jobs are in submission or on Vertex AI, %v", n, err)
				}
			}
			if diff := cmp.Diff([]string{"sent", "sent", "waits", "waits", "waits", "waits"}, w.standing(t, line)); diff != "" {
				t.Errorf("standing (-want +got):\n%s", diff)
			}
			if n := w.newCalls()["CreateTuningJob"]; n != 2 {
				t.Errorf("Vertex AI was asked %d times, want 2", n)
			}
			w.free(t, line[:2]...)
			w.tickTogether(t, pollers)
			w.tick(t) // the work that they prevented each other from doing
			if diff := cmp.Diff([]string{"ENDED", "ENDED", "sent", "sent", "waits", "waits"}, w.standing(t, line)); diff != "" {
				t.Errorf("after both have ended (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRefused_job_does_not_block_the_queue: a job that Vertex AI refuses permanently fails, and the
// next one is submitted in the same tick.
func TestRefused_job_does_not_block_the_queue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	bad := w.waiting(central)
	bad.BaseModel, bad.Priority = "gemini-0", 9
	first, second := w.Record(t, bad), w.Record(t, w.waiting(central))
	w.tick(t)
	if got := w.Read(t, first.ID); got.State != tuning.Failed || !strings.Contains(got.Failure.Message, "gemini-0") {
		t.Errorf("the refused job is in %s with %+v", got.State, got.Failure)
	}
	if got := w.Read(t, second.ID); got.Step != tuning.Accepted {
		t.Errorf("the job behind it is at %s", got.Step)
	}
}

// TestJob_that_is_not_answered: a job whose create was not answered is left alone until its lease
// expires, and does not block the queue.
func TestJob_that_is_not_answered(t *testing.T) {
	t.Parallel()
	for name, arrives := range map[string]bool{"and_arrived": true, "and_did_not_arrive": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			job := w.waiting(central)
			job.Priority = 9
			first, second := w.Record(t, job), w.Record(t, w.waiting(central))
			w.On("ListTuningJobs", faults.Fail(codes.Unavailable)) // the search for it
			w.On("CreateTuningJob", func(ctx context.Context, c faults.Call, do faults.Do) error {
				if c.Request.(*aiplatformpb.CreateTuningJobRequest).GetTuningJob().GetLabels()[tuning.LabelKey] != first.ID {
					return do(ctx)
				}
				if arrives {
					return faults.Lose(codes.Unavailable)(ctx, c, do)
				}
				return status.Error(codes.Unavailable, "connection lost")
			})
			w.tick(t)
			got := w.Read(t, first.ID)
			if got.Step != tuning.Submitting || got.State != tuning.Queued || !got.Leased(time.Now()) || !strings.Contains(got.Detail, "did not answer") {
				t.Errorf("the job is at %s in %s, leased: %v, detail %q", got.Step, got.State, got.Leased(time.Now()), got.Detail)
			}
			if got := w.Read(t, second.ID); got.Step != tuning.Accepted {
				t.Errorf("the job behind it is at %s", got.Step)
			}
			w.On("ListTuningJobs", nil)
			w.On("CreateTuningJob", nil)
			w.Poller.Now = func() time.Time { return got.LeaseUntil.Add(time.Second) }
			w.tick(t)
			if diff := cmp.Diff([]string{"sent", "sent"}, w.standing(t, []store.Record{first, second})); diff != "" {
				t.Errorf("after the lease (-want +got):\n%s", diff)
			}
		})
	}
}
