// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"container/heap"
	"container/list"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// maxBatchBytes ends a batch early: the client accepts 20 MiB in one response, and a single message
// may have 10.
const maxBatchBytes = 4 << 20

// entry is one message in one subscription. It is in exactly one place: the ready heap, the leased
// heap, or behind another message of its ordering key.
type entry struct {
	message  *pb.PubsubMessage
	place    *list.Element // in queue.all
	seq      int64
	attempts int32
	until    time.Time // end of the lease
	window   *window   // who holds the lease, nil if nobody does
	heap     *entryHeap
	index    int // in heap
}

// queue is the backlog of one subscription. The broker's lock guards it.
type queue struct {
	config  *pb.Subscription
	entries map[string]*entry // by message id
	all     *list.List        // of *entry, oldest first
	ready   entryHeap         // by age
	leased  entryHeap         // by end of lease
	keys    map[string][]*entry
	seq     int64
	changed chan struct{} // closed at the next change
}

func newQueue(config *pb.Subscription) *queue {
	return &queue{
		config:  config,
		entries: map[string]*entry{},
		all:     list.New(),
		ready:   entryHeap{less: func(a, b *entry) bool { return a.seq < b.seq }},
		leased:  entryHeap{less: func(a, b *entry) bool { return a.until.Before(b.until) }},
		keys:    map[string][]*entry{},
		changed: make(chan struct{}),
	}
}

// notify wakes all who wait for this queue.
func (q *queue) notify() {
	close(q.changed)
	q.changed = make(chan struct{})
}

// add appends messages.
func (q *queue) add(messages []*pb.PubsubMessage) {
	for _, m := range messages {
		if q.entries[m.MessageId] != nil {
			continue
		}
		q.seq++
		e := &entry{message: m, seq: q.seq}
		e.place = q.all.PushBack(e)
		q.entries[m.MessageId] = e
		if key := q.key(e); key != "" {
			q.keys[key] = append(q.keys[key], e)
			if len(q.keys[key]) > 1 {
				continue // its turn comes when those before it are gone
			}
		}
		q.ready.push(e)
	}
	q.notify()
}

func (q *queue) key(e *entry) string {
	if !q.config.EnableMessageOrdering {
		return ""
	}
	return e.message.OrderingKey
}

// remove removes a message for good and makes the next one of its key ready.
func (q *queue) remove(id string) {
	e := q.entries[id]
	if e == nil {
		return
	}
	delete(q.entries, id)
	q.all.Remove(e.place)
	e.leave()
	e.release()
	key := q.key(e)
	if key == "" {
		return
	}
	line := q.keys[key]
	first := line[0] == e
	line = slices.DeleteFunc(line, func(d *entry) bool { return d == e })
	if len(line) == 0 {
		delete(q.keys, key)
		return
	}
	q.keys[key] = line
	if first {
		q.ready.push(line[0])
	}
}

// settle brings the queue up to now: it removes messages past their retention, and makes messages
// whose leases have ended ready again.
func (q *queue) settle(now time.Time) {
	retention := q.config.MessageRetentionDuration.AsDuration()
	for front := q.all.Front(); front != nil; front = q.all.Front() {
		m := entryOf(front).message
		if now.Sub(m.PublishTime.AsTime()) <= retention {
			break
		}
		q.remove(m.MessageId)
	}
	for q.leased.Len() > 0 && !q.leased.entries[0].until.After(now) {
		q.endLease(q.leased.entries[0])
	}
}

// endLease ends a lease without an acknowledgement.
func (q *queue) endLease(e *entry) {
	e.leave()
	e.release()
	q.ready.push(e)
}

// lease takes up to n ready messages, the oldest first, as far as w has room.
func (q *queue) lease(now time.Time, n int, w *window) []*pb.ReceivedMessage {
	var batch []*pb.ReceivedMessage
	for size := 0; len(batch) < n && size < maxBatchBytes && q.ready.Len() > 0 && !w.full(); {
		e := q.ready.entries[0]
		e.leave()
		e.attempts++
		e.window = w
		w.take(e.message)
		e.until = now.Add(w.deadline)
		q.leased.push(e)

		batch = append(batch, &pb.ReceivedMessage{AckId: ackID(e), Message: e.message})
		size += proto.Size(e.message)
	}
	return batch
}

// modify moves the end of a lease. It changes nothing if the lease has ended already, or if the
// message was leased again since.
func (q *queue) modify(id string, attempt int32, now time.Time, d time.Duration) {
	e := q.entries[id]
	if e == nil || e.window == nil || e.attempts != attempt {
		return
	}
	if d == 0 {
		q.endLease(e)
		return
	}
	e.until = now.Add(d)
	heap.Fix(&q.leased, e.index)
}

// due is when settle has something to do next, zero if never.
func (q *queue) due() time.Time {
	if q.leased.Len() == 0 {
		return time.Time{}
	}
	return q.leased.entries[0].until
}

func (q *queue) backlog() iter.Seq[*pb.PubsubMessage] {
	return func(yield func(*pb.PubsubMessage) bool) {
		for el := q.all.Front(); el != nil; el = el.Next() {
			if !yield(entryOf(el).message) {
				return
			}
		}
	}
}

func entryOf(el *list.Element) *entry {
	e, _ := el.Value.(*entry)
	return e
}

// leave takes the entry out of the heap it is in, if any.
func (e *entry) leave() {
	if e.heap != nil {
		heap.Remove(e.heap, e.index)
	}
}

// release gives the room back that the entry took in its consumer's window.
func (e *entry) release() {
	if e.window != nil {
		e.window.give(e.message)
		e.window = nil
	}
}

// ackID names one delivery attempt of a message.
func ackID(e *entry) string {
	return e.message.MessageId + ":" + strconv.Itoa(int(e.attempts))
}

func splitAckID(s string) (id string, attempt int32, err error) {
	id, n, _ := strings.Cut(s, ":")
	a, err := strconv.ParseInt(n, 10, 32)
	if err != nil {
		return "", 0, status.Errorf(codes.InvalidArgument, "malformed ack id %q", s)
	}
	return id, int32(a), nil
}
