// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/core/evalrun"
)

// record has the fields of a job's document that the test inspects.
type record struct {
	ID           string         `firestore:"-"`
	Name         string         `firestore:"name"`
	State        string         `firestore:"state"`
	StartedBy    string         `firestore:"started_by"`
	Step         string         `firestore:"step"`
	LeaseUntil   time.Time      `firestore:"lease_until"`
	Submissions  int64          `firestore:"submissions"`
	Tentative    bool           `firestore:"tentative"`
	Finished     bool           `firestore:"finished"`
	Watched      bool           `firestore:"watched"`
	Published    int64          `firestore:"told"`
	TrainingData string         `firestore:"training_data"`
	Pairs        int64          `firestore:"pairs"`
	Spec         spec           `firestore:"spec"`
	Lineage      lineage        `firestore:"lineage"`
	Estimate     []byte         `firestore:"estimate"`
	Warnings     []string       `firestore:"warnings"`
	Cost         int64          `firestore:"cost_micro_usd"`
	Reserved     int64          `firestore:"reserved_micro_usd"`
	Month        string         `firestore:"budget_month"`
	Promotion    *outcomeOfGate `firestore:"promotion"`
	Failure      *struct {
		Message string `firestore:"message"`
	} `firestore:"failure"`
	Events []event `firestore:"events"`
}

// spec and lineage are the parts of a record that describe a job's files.
type spec struct {
	Validation string `firestore:"validation_data"`
}

type lineage struct {
	Index      string `firestore:"index"`
	SHA256     string `firestore:"dataset_sha256"`
	Validation int64  `firestore:"validation"`
}

// event is one event in a job's history.
type event struct {
	Seq  int64     `firestore:"seq"`
	Type string    `firestore:"type"`
	Time time.Time `firestore:"time"`
	To   string    `firestore:"to"`
}

func (r *run) records() []record {
	r.t.Helper()
	all, err := r.read(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return all
}

// read returns all records.
func (w *world) read(ctx context.Context) (all []record, err error) {
	docs, err := w.docs.Collection("tuning_jobs").OrderBy(firestore.DocumentID, firestore.Asc).Documents(ctx).GetAll()
	if err != nil {
		return nil, fmt.Errorf("read the records: %w", err)
	}
	for _, doc := range docs {
		rec := record{ID: doc.Ref.ID}
		if err := doc.DataTo(&rec); err != nil {
			return nil, fmt.Errorf("decode %s: %w", doc.Ref.Path, err)
		}
		all = append(all, rec)
	}
	return all, nil
}

// ids returns the IDs of all job records.
func (r *run) ids() (all []string) {
	docs, err := r.docs.Collection("tuning_jobs").Select().Documents(r.t.Context()).GetAll()
	if err != nil {
		r.t.Errorf("list the records: %v", err)
	}
	for _, doc := range docs {
		all = append(all, doc.Ref.ID)
	}
	return all
}

// recovery is how long the system may take to recover from a fault. It usually takes a few seconds.
// On a busy machine it takes longer, because calls that run out of time are repeated. So the test
// does not use this time to decide that a job is stuck: it counts ticks, see maxTicks.
const recovery = 5 * time.Minute

// maxTicks is how many ticks may pass before a start whose lease has expired is resumed.
const maxTicks = 10

// recover lets the system finish, including the effects of late calls.
func (r *run) recover() {
	r.t.Helper()
	r.faultsOff.Store(true)
	r.settle()
	r.faults.Wait()
	r.background.Wait()
	r.settle()
}

// settle simulates normal operation until all work is done: clients retry, events are delivered
// again, and Cloud Scheduler sends ticks.
func (r *run) settle() {
	r.t.Helper()
	stuck := map[string]int{}
	for end := time.Now().Add(recovery); ; {
		records := r.records()
		if r.settled(records) {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("the work was not done after %s: %+v, orders %s", recovery, records, r.describeOrders())
		}
		r.repeatUnanswered(records)
		time.Sleep(untilNextChange(records, r.allEvaluations()))
		before := time.Now()
		if !r.tick() {
			continue
		}
		for _, rec := range records {
			if (rec.Step == "PREPARING" || rec.Step == "SUBMITTING") && rec.LeaseUntil.Before(before) {
				// An interrupted start is resumed within two ticks. On a busy machine a tick can
				// run out of time, and a later tick resumes the start. A stuck start stays
				// unchanged.
				at := fmt.Sprint(rec.ID, rec.Step, rec.LeaseUntil, rec.Submissions)
				if stuck[at]++; stuck[at] > maxTicks {
					r.t.Fatalf("%d ticks after its lease expired, the start is unchanged: %+v", maxTicks, rec)
				}
			}
		}
	}
}

// untilNextChange returns the time to wait before the next tick. After this time, a job can have
// changed.
func untilNextChange(records []record, evaluations []evalrun.Run) time.Duration {
	wait := time.Hour
	for _, e := range evaluations {
		if !e.Finished {
			wait = min(wait, max(time.Until(e.LeaseUntil), 0))
		}
	}
	if wait < time.Hour { // nothing else waits as long
		return wait + time.Millisecond
	}
	for _, rec := range records {
		if left := time.Until(rec.LeaseUntil); rec.Watched && left > 0 {
			wait = min(wait, left)
		} else if rec.Watched {
			wait = min(wait, jobDuration/4)
		}
	}
	if wait == time.Hour {
		wait = 0
	}
	return wait + time.Millisecond
}

func (r *run) settled(records []record) bool {
	return !slices.ContainsFunc(records, func(rec record) bool { return rec.Watched }) &&
		!slices.ContainsFunc(r.allEvaluations(), func(e evalrun.Run) bool { return !e.Finished }) &&
		!slices.ContainsFunc(r.orders, func(o *order) bool { return !o.hasEnded() || o.uncancelled() }) &&
		!slices.ContainsFunc(r.drops, func(d *drop) bool { return !d.acknowledged }) && r.modelSettled()
}

// repeatUnanswered repeats the requests that have no final answer, and the events that were not
// acknowledged.
func (r *run) repeatUnanswered(records []record) {
	for _, o := range r.orders {
		if !o.hasEnded() {
			r.ask(o)
		}
		if o.cancel {
			r.cancel(o)
		}
		if !o.hasEnded() && (r.refusalKept(o.key) || slices.ContainsFunc(records, func(rec record) bool { return rec.State == failed && rec.ID == r.jobOf(o) })) {
			o.mu.Lock()
			o.refused = &answer{} // every repetition would get the same answer
			o.mu.Unlock()
		}
	}
	for _, m := range r.movements {
		if !m.done {
			r.send(m)
		}
	}
	for _, d := range r.drops {
		if !d.acknowledged {
			r.repeated.Store(d.delivered)
			r.deliver(d)
		}
	}
}

func (r *run) describeOrders() (all []string) {
	for _, o := range r.orders {
		all = append(all, fmt.Sprintf("%q: answers %d, finished %v", o.key, len(o.answers()), o.hasEnded()))
	}
	return all
}
