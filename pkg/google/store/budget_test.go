// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

const november, december = "2026-11", "2026-12"

// costly returns a queued job with this cost.
func costly(n int, cost int64) tuning.Job {
	job := waitingJob(n)
	job.Cost = cost
	return job
}

// pay admits a job in a month with this budget.
func (w *world) pay(ctx context.Context, r store.Record, month string, budget int64) (store.Record, bool, error) {
	next := r.MarkSubmitting(noon.Add(time.Minute))
	next.Reserved, next.Month = next.Cost, month
	return w.Admit(ctx, r, next, store.Admission{MonthlyBudget: budget})
}

// reserved returns the reservations of each month.
func (w *world) reserved(t *testing.T) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	for _, month := range []string{november, december} {
		if doc := w.data(t, "tuning_control/budget-"+month); doc != nil {
			all[month], _ = doc["reserved_micro_usd"].(int64)
		}
	}
	return all
}

// TestBudget: how much a job reserves in its month, and when that is returned.
func TestBudget(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		holds := func(what string, want map[string]int64) {
			t.Helper()
			if diff := cmp.Diff(want, w.reserved(t)); diff != "" {
				t.Errorf("%s: reserved (-want +got):\n%s", what, diff)
			}
		}
		admit := func(r store.Record, month string) store.Record {
			t.Helper()
			got, ok, err := w.pay(t.Context(), r, month, 10)
			if !ok || err != nil {
				t.Fatalf("admit %s: %v, %v", r.ID, ok, err)
			}
			return got
		}
		first, second := admit(w.create(t, costly(1, 6)), november), admit(w.create(t, costly(2, 4)), november)
		holds("two jobs", map[string]int64{november: 10})
		third := w.create(t, costly(3, 1))
		_, ok, err := w.pay(t.Context(), third, november, 10)
		over, isOver := errors.AsType[*store.BudgetError](err)
		if ok || !isOver || *over != (store.BudgetError{Month: november, Reserved: 10, Wanted: 1}) {
			t.Errorf("a third job: %v, %v", ok, err)
		}
		same(t, "the third job", third.Job, w.read(t, third.ID).Job)
		// A job without quota keeps its reservation, and moves it to the month in which it is
		// submitted again.
		second = w.update(t, second.MarkQuotaExceeded("no quota", noon))
		holds("one waits again", map[string]int64{november: 10})
		second = admit(second, november)
		holds("it is sent in the same month", map[string]int64{november: 10})
		second = admit(w.update(t, second.MarkQuotaExceeded("no quota", noon)), december)
		holds("it is sent in the next month", map[string]int64{november: 6, december: 4})
		// A job that Vertex AI never had costs nothing; any other job is paid, however it ends.
		w.update(t, second.Fail(tuning.Failure{Code: 3}, noon))
		holds("it is refused", map[string]int64{november: 6, december: 0})
		first = w.apply(t, first, seen(1, "JOB_STATE_RUNNING", 1))
		w.apply(t, first, seen(1, "JOB_STATE_FAILED", 2))
		holds("the other one fails", map[string]int64{november: 6, december: 0})
	})
}

// TestBudget_is_never_overspent: many writers work on the jobs at the same time, also at the end of
// a month; some crash after an admission, and answers get lost. No month ever exceeds its budget,
// and each holds the sum of its jobs' reservations.
func TestBudget_is_never_overspent(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		const jobs, workers, steps, budget = 40, 8, 60, 30
		for n := range jobs {
			w.create(t, costly(n, 1+int64(n)%5))
		}
		var refused, admitted, done atomic.Int64
		var all sync.WaitGroup
		for range workers {
			all.Go(func() {
				for range steps {
					month := november
					if done.Add(1) > workers*steps/2 {
						month = december
					}
					if rand.IntN(10) == 0 {
						w.On("Commit", faults.First(1, faults.Lose(codes.Unavailable)))
					}
					ok, err := w.spend(t, jobID(rand.IntN(jobs)), month, budget)
					_, over := errors.AsType[*store.BudgetError](err)
					switch {
					case over:
						refused.Add(1)
					case ok:
						admitted.Add(1)
					case err != nil && !errors.Is(err, store.ErrChanged) && fault.KindOf(err) != fault.Unavailable:
						t.Error(err)
					}
				}
			})
		}
		ended := make(chan struct{})
		go func() { all.Wait(); close(ended) }()
		for looked := 0; ; looked++ {
			w.balanced(t, budget)
			select {
			case <-ended:
				w.balanced(t, budget)
				if looked < 3 || admitted.Load() < 10 || refused.Load() < 10 {
					t.Errorf("%d checks, %d admissions, %d refusals: too few to prove anything", looked, admitted.Load(), refused.Load())
				}
				return
			default:
			}
		}
	})
}

// spend makes one random change of a job, and reports whether that was its admission. A job in
// submission may be left as it is, as after a crash.
func (w *world) spend(t *testing.T, id, month string, budget int64) (bool, error) {
	r, err := w.Job(t.Context(), id)
	if err != nil {
		return false, err
	}
	var next tuning.Job
	switch n := rand.IntN(6); {
	case r.Step == tuning.Waiting && n > 0:
		_, ok, err := w.pay(t.Context(), r, month, budget)
		return ok, err
	case r.Finished, r.Step == tuning.Submitting && n == 0:
		return false, nil
	case r.Step == tuning.Submitting && n == 1:
		next = r.MarkQuotaExceeded("no quota", noon)
	case r.Step == tuning.Submitting && n == 2:
		next = r.MarkNotCreated(noon)
	case r.Step == tuning.Submitting && n == 3:
		next = r.Fail(tuning.Failure{Code: 3}, noon)
	case r.Step == tuning.Submitting && n == 4:
		next, _ = r.Observe(tuning.Observation{Name: jobName(7), VertexState: "JOB_STATE_RUNNING", UpdatedAt: noon})
	case r.Step == tuning.Accepted:
		next, _ = r.Observe(tuning.Observation{Name: r.Name, VertexState: []string{"JOB_STATE_FAILED", "JOB_STATE_SUCCEEDED"}[n%2], UpdatedAt: noon})
	default:
		if next, err = r.Cancel("somebody", noon); err != nil {
			return false, err
		}
	}
	_, err = w.UpdateJob(t.Context(), r, next)
	return false, err
}

// balanced checks that each month has the sum of its jobs' reservations at one moment, and no more
// than the budget.
func (w *world) balanced(t *testing.T, budget int64) {
	t.Helper()
	held, said := map[string]int64{}, map[string]int64{}
	var err error
	// The answer to the commit may get lost like other answers; the transaction has only read.
	_ = w.client.RunTransaction(t.Context(), func(_ context.Context, tx *gcf.Transaction) error {
		err = w.books(t, tx, held, said)
		return err
	}, gcf.ReadOnly)
	if err != nil {
		t.Error(err)
		return
	}
	if diff := cmp.Diff(said, held); diff != "" {
		t.Errorf("reservations (-by the jobs +by the months):\n%s", diff)
	}
	for month, n := range held {
		if n > budget {
			t.Errorf("%s holds %d, of %d", month, n, budget)
		}
	}
}

// books reads the reservation of each month, and the sum of the reservations of its jobs.
func (w *world) books(t *testing.T, tx *gcf.Transaction, held, said map[string]int64) error {
	t.Helper()
	for _, month := range []string{november, december} {
		docs, err := tx.GetAll([]*gcf.DocumentRef{w.client.Doc("tuning_control/budget-" + month)})
		if err != nil {
			return fmt.Errorf("read the budget of %s: %w", month, err)
		}
		held[month], _ = docs[0].Data()["reserved_micro_usd"].(int64)
		said[month] = 0
	}
	docs, err := tx.Documents(w.client.Collection("tuning_jobs")).GetAll()
	if err != nil {
		return fmt.Errorf("read the jobs: %w", err)
	}
	for _, doc := range docs {
		var job tuning.Job
		if err := doc.DataTo(&job); err != nil {
			return fmt.Errorf("decode %s: %w", doc.Ref.ID, err)
		}
		if job.Reserved != 0 {
			said[job.Month] += job.Reserved
		}
		if never := job.Finished && job.Name == ""; never && job.Reserved != 0 || job.Name != "" && job.Reserved != job.Cost {
			t.Errorf("job %s, named %q, in %s, reserves %d of %d", doc.Ref.ID, job.Name, job.State, job.Reserved, job.Cost)
		}
	}
	return nil
}
