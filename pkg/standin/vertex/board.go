// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"container/heap"
	"time"

	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
)

// board holds all jobs and advances them. It does no I/O; who holds the engine's lock owns it.
type board struct {
	limit   int // unfinished jobs a pool may have
	jobs    []*job
	byID    map[string]*job
	byPlace map[place][]*job
	active  map[pool]int // unfinished jobs
	models  map[string]*tunedModel
	wakes   wakes
}

// pool is what a quota applies to: a project's jobs on Gemini, or those on open models.
type pool struct {
	project string
	open    bool
}

// pool returns the pool of the job.
func (j *job) pool() pool { return pool{j.place.project, j.facts.open()} }

// tunedModel is a model that jobs made; versions[i] made version i+1.
type tunedModel struct {
	id       string
	place    place
	versions []*job
}

func newBoard(limit int) *board {
	return &board{
		limit: limit, byID: map[string]*job{}, byPlace: map[place][]*job{},
		active: map[pool]int{}, models: map[string]*tunedModel{},
	}
}

func (b *board) full(p pool) bool { return b.active[p] >= b.limit }

func (b *board) add(j *job) {
	j.seq = len(b.jobs)
	b.jobs = append(b.jobs, j)
	b.byID[j.id] = j
	b.byPlace[j.place] = append(b.byPlace[j.place], j)
	b.active[j.pool()]++
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

// advance moves all jobs to now, in the order in which things happened. It returns those that begin
// to run, whose datasets are to be read.
func (b *board) advance(now time.Time) (read []*job) {
	for len(b.wakes) > 0 && !b.wakes[0].at.After(now) {
		w := heap.Pop(&b.wakes).(wake) //nolint:forcetypeassert // it holds nothing else
		j := w.job
		_, state, over := j.ended(w.at)
		switch {
		case j.settled:
		case over:
			b.settle(j, state)
		case j.started(w.at) && j.outcome == nil && j.cancelled.IsZero():
			read = append(read, j)
		}
	}
	return read
}

func (b *board) settle(j *job, state pb.JobState) {
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
	b.active[j.pool()]--
}

// wake is a time at which a job may need attention. A wake that is late is harmless.
type wake struct {
	at  time.Time
	job *job
}

// wakes is a heap, earliest first, and oldest job first at equal times, so that replay settles jobs
// in the same order.
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
