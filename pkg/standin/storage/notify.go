// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	deliveryWorkers = 4
	firstRetry      = 100 * time.Millisecond
	lastRetry       = 10 * time.Second
)

// queue holds a bucket's finalized objects that are not delivered yet, oldest
// first. The store's lock guards it.
type queue struct {
	events   []*event
	isServed bool          // a Finalized loop serves it
	wake     chan struct{} // holds a value after a change
}

type event struct {
	object  *Object
	running bool
	tries   int
	nextTry time.Time
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

func (q *queue) notify() {
	select {
	case q.wake <- struct{}{}:
	default: // the loop has not looked since the last time
	}
}

func (q *queue) remove(generation int64) {
	q.events = slices.DeleteFunc(q.events, func(ev *event) bool { return ev.object.Generation == generation })
}

// next picks the oldest event that is due. Without one it says how long to
// wait for it; ok is false when none is waiting for its time.
func (q *queue) next(now time.Time) (ev *event, wait time.Duration, ok bool) {
	for _, ev := range q.events {
		if ev.running {
			continue
		}
		left := ev.nextTry.Sub(now)
		if left <= 0 {
			return ev, 0, true
		}
		if !ok || left < wait {
			wait, ok = left, true
		}
	}
	return nil, wait, ok
}

// enqueue adds an event where the bucket notifies. The caller holds the lock.
func (st *store) enqueue(o *Object) {
	if q := st.queues[o.Bucket]; q != nil {
		q.events = append(q.events, &event{object: o})
		q.notify()
	}
}

// Pending is the number of the bucket's finalized objects that are not
// delivered yet.
func (s *Server) Pending(bucket string) int {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if q := s.store.queues[bucket]; q != nil {
		return len(q.events)
	}
	return 0
}

// Finalized calls deliver with every object that is finalized in bucket, which must be one of
// Config.Notify, beginning with those that an earlier process left. It returns nil when ctx ends or
// the Server closes, after the open calls.
//
// Deliveries start in the order of finalization, a few at a time. An object is delivered when
// deliver returns nil; otherwise it is delivered again, with a growing back-off, and again after a
// restart. So each is delivered at least once. An object may have been replaced or deleted by the
// time it is delivered.
//
// A bucket has one Finalized loop at a time; a second is an error.
func (s *Server) Finalized(ctx context.Context, bucket string, deliver func(context.Context, Object) error) error {
	if !s.begin() {
		return fmt.Errorf("finalized objects of %q: %w", bucket, errStopping)
	}
	defer s.busy.Done()
	q, err := s.store.takeQueue(bucket)
	if err != nil {
		return fmt.Errorf("finalized objects of %q: %w", bucket, err)
	}
	defer s.store.releaseQueue(q)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	done := make(chan struct{}, deliveryWorkers)
	running := 0
	defer func() {
		for ; running > 0; running-- {
			<-done
		}
	}()
	for {
		var ev *event
		var wait <-chan time.Time
		if running < deliveryWorkers && ctx.Err() == nil {
			ev, wait = s.store.nextEvent(q)
		}
		if ev != nil {
			running++
			go func() {
				s.store.settle(ctx, ev, deliver(ctx, ev.object.resource(s.URL())))
				done <- struct{}{}
			}()
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-done:
			running--
		case <-q.wake:
		case <-wait:
		}
	}
}

func (st *store) takeQueue(bucket string) (*queue, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	q := st.queues[bucket]
	switch {
	case q == nil:
		return nil, fmt.Errorf("the bucket is not in Config.Notify")
	case q.isServed:
		return nil, fmt.Errorf("another loop serves the bucket")
	}
	q.isServed = true
	return q, nil
}

func (st *store) releaseQueue(q *queue) {
	st.mu.Lock()
	defer st.mu.Unlock()
	q.isServed = false
}

// nextEvent takes the next event to deliver, or returns a channel that fires
// when one falls due.
func (st *store) nextEvent(q *queue) (*event, <-chan time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	ev, wait, ok := q.next(time.Now())
	if ev != nil {
		ev.running = true
		return ev, nil
	}
	if ok {
		return nil, time.After(wait)
	}
	return nil, nil
}

// settle marks an event as done, or says when to try again.
func (st *store) settle(ctx context.Context, ev *event, failure error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	ev.running = false
	if failure == nil {
		// If the journal fails the event stays, to be delivered once more.
		failure = st.commit(&record{Op: opDelivered, Name: ev.object.Bucket, Generation: ev.object.Generation})
	}
	if failure == nil || ctx.Err() != nil {
		return
	}
	ev.nextTry = time.Now().Add(min(firstRetry<<min(ev.tries, 10), lastRetry))
	ev.tries++
}
