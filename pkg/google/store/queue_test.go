// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// TestQueue: Firestore's order of the queue is that of package tuning.
func TestQueue(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(1, 1))
		var line []tuning.Job
		for n := range 12 {
			job := waitingJob(n)
			job.Priority, job.Refusals = random.Int64N(3)-1, random.Int64N(2)
			job.CreatedAt = noon.Add(time.Duration(random.IntN(3)) * time.Microsecond)
			w.create(t, job)
			line = append(line, job)
		}
		slices.SortFunc(line, tuning.CompareQueue)
		w.create(t, newJob(12))                          // not ready
		w.create(t, waitingJob(13).MarkSubmitting(noon)) // in submission
		for _, limit := range []int{1, 5, 12, 1000} {
			records, err := w.Queue(t.Context(), limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []tuning.Job
			for _, r := range records {
				got = append(got, r.Job)
			}
			if diff := cmp.Diff(line[:min(limit, len(line))], got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the first %d (-want +got):\n%s", limit, diff)
			}
		}
	})
}

// TestCountAhead: the count follows the order of package tuning, also among jobs with the same
// priority and time.
func TestCountAhead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		random := rand.New(rand.NewPCG(2, 2))
		var line []tuning.Job
		for n := range 20 {
			job := waitingJob(n)
			job.Priority = random.Int64N(3) - 1
			job.CreatedAt = noon.Add(time.Duration(random.IntN(3)) * time.Microsecond)
			w.create(t, job)
			line = append(line, job)
		}
		w.create(t, newJob(20))                          // not ready
		w.create(t, waitingJob(21).MarkSubmitting(noon)) // in submission
		slices.SortFunc(line, tuning.CompareQueue)
		for place, job := range line {
			if ahead, err := w.CountAhead(t.Context(), job); err != nil || ahead != int64(place) {
				t.Errorf("%d jobs are ahead of job %d, %v", ahead, place, err)
			}
		}
		late := waitingJob(30)
		late.Priority = -2
		if ahead, err := w.CountAhead(t.Context(), late); err != nil || ahead != int64(len(line)) {
			t.Errorf("%d jobs are ahead of one behind all, %v, want %d", ahead, err, len(line))
		}
	})
}

func TestCountAtStep(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		for n := range 3 {
			w.create(t, newJob(n))
		}
		for n := 3; n < 5; n++ {
			w.create(t, waitingJob(n))
		}
		w.create(t, waitingJob(5).MarkSubmitting(noon))
		for _, tt := range []struct {
			steps []tuning.Step
			want  int64
		}{
			{[]tuning.Step{tuning.Preparing}, 3},
			{[]tuning.Step{tuning.Preparing, tuning.Waiting}, 5},
			{[]tuning.Step{tuning.Submitting, tuning.Accepted}, 1},
			{[]tuning.Step{tuning.Ended}, 0},
		} {
			if got, err := w.CountAtStep(t.Context(), tt.steps...); err != nil || got != tt.want {
				t.Errorf("jobs at %v: %d, %v, want %d", tt.steps, got, err, tt.want)
			}
		}
	})
}

func TestAdmit(t *testing.T) {
	t.Parallel()
	lease := noon.Add(time.Minute)
	onBoth(t, func(t *testing.T, w *world) {
		var waiting []store.Record
		for n := range 5 {
			waiting = append(waiting, w.create(t, waitingJob(n)))
		}
		admit := func(r store.Record, limit int64) (store.Record, bool, error) {
			return w.Admit(t.Context(), r, r.MarkSubmitting(lease), store.Admission{MaxConcurrent: limit})
		}
		for n := range 2 {
			got, ok, err := admit(waiting[n], 2)
			if !ok || err != nil {
				t.Fatalf("job %d of two: %v, %v", n, ok, err)
			}
			same(t, "admitted job", waitingJob(n).MarkSubmitting(lease), got.Job)
			same(t, "admitted job as read", got.Job, w.read(t, got.ID).Job)
			if _, err := w.Apply(t.Context(), got, seen(n, "JOB_STATE_RUNNING", 1)); err != nil {
				t.Errorf("a write through it: %v", err)
			}
		}
		got, ok, err := admit(waiting[2], 2)
		if ok || err != nil {
			t.Errorf("a third job: %v, %v, want no room", ok, err)
		}
		same(t, "job without room", waiting[2].Job, got.Job)
		same(t, "job without room as read", waiting[2].Job, w.read(t, got.ID).Job)
		// The version that was read is outdated.
		if _, ok, err := admit(waiting[1], 3); ok || !errors.Is(err, store.ErrChanged) {
			t.Errorf("a job that was admitted before: %v, %v, want ErrChanged", ok, err)
		}
		if _, ok, err := admit(waiting[1], 0); ok || !errors.Is(err, store.ErrChanged) {
			t.Errorf("the same without a limit: %v, %v, want ErrChanged", ok, err)
		}
		// A job that ends makes room, and without a limit there is always room.
		if _, err := w.Apply(t.Context(), w.read(t, jobID(0)), seen(0, "JOB_STATE_SUCCEEDED", 2)); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := admit(waiting[2], 2); !ok || err != nil {
			t.Errorf("after one has ended: %v, %v", ok, err)
		}
		for _, r := range waiting[3:] {
			if got, ok, err := admit(r, 0); !ok || err != nil || got.Step != tuning.Submitting {
				t.Errorf("without a limit: %v, %v", ok, err)
			}
		}
		gone := w.create(t, waitingJob(9))
		if _, err := w.client.Doc("tuning_jobs/" + gone.ID).Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := admit(gone, 100); ok || !errors.Is(err, store.ErrChanged) {
			t.Errorf("a job that was deleted: %v, %v, want ErrChanged", ok, err)
		}
	})
}

// TestAdmit_shows_at_the_gate: each admission changes the admission document, also if it is of the
// same job as the last one and in the same millisecond, so that concurrent admissions count again.
func TestAdmit_shows_at_the_gate(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		r := w.create(t, waitingJob(1))
		seen := map[time.Time]bool{}
		for n := range int64(3) {
			admitted, ok, err := w.Admit(t.Context(), r, r.MarkSubmitting(noon), store.Admission{MaxConcurrent: 1})
			if !ok || err != nil {
				t.Fatalf("Admit: %v, %v", ok, err)
			}
			gate, err := w.client.Doc("tuning_control/admission").Get(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			seen[gate.UpdateTime] = true
			if number, err := gate.DataAt("number"); number != n+1 || err != nil {
				t.Errorf("admission %d has the number %v, %v", n+1, number, err)
			}
			r = w.update(t, admitted.MarkQuotaExceeded("no quota", noon))
		}
		if len(seen) != 3 {
			t.Errorf("three admissions changed the admission document %d times", len(seen))
		}
	})
}

// TestAdmit_at_the_same_time: with many admissions at the same time, and lost answers, the number
// of jobs at Vertex AI never exceeds the limit, and reaches it.
func TestAdmit_at_the_same_time(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]int64{"all_answered": 0, "answers_lost": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, w *world) {
				const jobs, limit = 20, 3
				for n := range jobs {
					w.create(t, waitingJob(n))
				}
				for round := range 2 {
					w.On("Commit", faults.First(lost, faults.Lose(codes.Unavailable)))
					var all sync.WaitGroup
					for n := range jobs {
						all.Go(func() { w.tryToSend(t, n, limit) })
					}
					all.Wait()
					active, err := w.CountAtStep(t.Context(), tuning.Submitting, tuning.Accepted)
					if err != nil || active != limit {
						t.Errorf("round %d: %d jobs are on their way, %v, want %d", round, active, err, limit)
					}
					for n := range jobs { // the jobs end and make room
						if r := w.read(t, jobID(n)); r.Step == tuning.Submitting {
							w.apply(t, r, seen(n, "JOB_STATE_SUCCEEDED", 1))
						}
					}
				}
				if n, err := w.CountAtStep(t.Context(), tuning.Ended); err != nil || n != 2*limit {
					t.Errorf("%d jobs have ended, %v, want %d", n, err, 2*limit)
				}
			})
		})
	}
}

// tryToSend admits a job if there is room, and retries until it gets an answer.
func (w *world) tryToSend(t *testing.T, n int, limit int64) {
	for {
		r, err := w.Job(t.Context(), jobID(n))
		if err != nil {
			t.Errorf("job %d: %v", n, err)
			return
		}
		if r.Step != tuning.Waiting {
			return
		}
		_, admitted, err := w.Admit(t.Context(), r, r.MarkSubmitting(noon), store.Admission{MaxConcurrent: limit})
		switch {
		case errors.Is(err, store.ErrChanged), fault.KindOf(err) == fault.Unavailable:
			continue // the answer was lost, or there is contention: the record decides
		case err != nil:
			t.Errorf("admit job %d: %v", n, err)
			return
		}
		active, err := w.CountAtStep(t.Context(), tuning.Submitting, tuning.Accepted)
		if err != nil || active > limit {
			t.Errorf("%d jobs are on their way, %v, want at most %d", active, err, limit)
		}
		if !admitted {
			return
		}
	}
}
