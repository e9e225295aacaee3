// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"container/heap"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
)

// board holds all jobs and moves them on. It does no I/O; whoever holds the engine's lock owns it.
type board struct {
	limit   int // unfinished jobs a pool may have
	jobs    []*job
	byID    map[string]*job
	byPlace map[place][]*job
	pools   map[pool]*slots
	models  map[string]*tunedModel
	wakes   wakes
}

// pool is what a quota is of: a project's jobs on Gemini, or those on open models.
type pool struct {
	project string
	open    bool
}

// pool returns the one that the job is in.
func (j *job) pool() pool { return pool{j.place.project, j.facts.open()} }

// slots is the quota of one pool.
type slots struct {
	active  int
	waiting []*job // oldest first
}

// tunedModel is a model that jobs made; versions[i] made version i+1.
type tunedModel struct {
	id       string
	place    place
	versions []*job
}

// effects is what moving the jobs on asks of the engine.
type effects struct {
	read     []*job // begin to read the dataset
	admitted []*job // got a slot
}

func newBoard(limit int) *board {
	return &board{
		limit: limit, byID: map[string]*job{}, byPlace: map[place][]*job{},
		pools: map[pool]*slots{}, models: map[string]*tunedModel{},
	}
}

func (b *board) slots(p pool) *slots {
	s := b.pools[p]
	if s == nil {
		s = &slots{}
		b.pools[p] = s
	}
	return s
}

func (b *board) full(p pool) bool { return b.slots(p).active >= b.limit }

// add takes in a job; one without a slot waits for it.
func (b *board) add(j *job) {
	j.seq = len(b.jobs)
	b.jobs = append(b.jobs, j)
	b.byID[j.id] = j
	b.byPlace[j.place] = append(b.byPlace[j.place], j)
	s := b.slots(j.pool())
	if j.admitted.IsZero() {
		s.waiting = append(s.waiting, j)
		return
	}
	s.active++
	b.wake(j, j.start())
}

func (b *board) cancel(j *job, at time.Time) {
	j.cancelled = at
	b.wakeAtEnd(j)
}

func (b *board) finishReading(j *job, o *outcome) {
	j.outcome = o
	b.wakeAtEnd(j)
}

func (b *board) wakeAtEnd(j *job) {
	end, _ := j.end()
	b.wake(j, end)
}

func (b *board) wake(j *job, at time.Time) { heap.Push(&b.wakes, wake{at: at, job: j}) }

// advance moves all jobs on to now, in the order in which things happened.
func (b *board) advance(now time.Time) effects {
	var e effects
	for len(b.wakes) > 0 && !b.wakes[0].at.After(now) {
		w := heap.Pop(&b.wakes).(wake) //nolint:forcetypeassert // it holds nothing else
		j := w.job
		end, state, over := j.ended(w.at)
		switch {
		case j.settled:
		case over:
			b.settle(j, end, state, &e)
		case j.started(w.at) && j.outcome == nil && j.cancelled.IsZero():
			e.read = append(e.read, j)
		}
	}
	return e
}

func (b *board) settle(j *job, end time.Time, state pb.JobState, e *effects) {
	j.settled = true
	if state == pb.JobState_JOB_STATE_SUCCEEDED {
		m := b.models[j.modelID]
		if m == nil {
			m = &tunedModel{id: j.modelID, place: j.place}
			b.models[j.modelID] = m
		}
		m.versions = append(m.versions, j)
		j.version = len(m.versions)
	}
	if !j.admitted.IsZero() {
		b.slots(j.pool()).active--
	}
	b.admit(j.pool(), end, e)
}

// admit gives free slots to the jobs that have waited longest.
func (b *board) admit(p pool, at time.Time, e *effects) {
	s := b.slots(p)
	for s.active < b.limit && len(s.waiting) > 0 {
		j := s.waiting[0]
		s.waiting = s.waiting[1:]
		if j.cancelled.IsZero() && j.admitted.IsZero() {
			b.giveSlot(j, later(at, j.created.Add(time.Microsecond)))
			e.admitted = append(e.admitted, j)
		}
	}
}

func (b *board) giveSlot(j *job, at time.Time) {
	j.admitted = at
	b.slots(j.pool()).active++
	b.wake(j, j.start())
}

// wake is a time at which a job may need attention. Wakes that time has passed by are harmless.
type wake struct {
	at  time.Time
	job *job
}

// wakes is a heap, earliest first; equal times go by age so that replay settles jobs in the same order.
type wakes []wake

func (w wakes) Len() int { return len(w) }
func (w wakes) Less(a, b int) bool {
	if w[a].at.Equal(w[b].at) {
		return w[a].job.seq < w[b].job.seq
	}
	return w[a].at.Before(w[b].at)
}
func (w wakes) Swap(a, b int) { w[a], w[b] = w[b], w[a] }
func (w *wakes) Push(x any)   { *w = append(*w, x.(wake)) } //nolint:forcetypeassert // only wake pushes
func (w *wakes) Pop() any {
	last := (*w)[len(*w)-1]
	*w = (*w)[:len(*w)-1]
	return last
}
