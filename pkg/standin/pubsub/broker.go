// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"sync"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/standin/journal"
)

// deletedTopic is the topic that a subscription has when its own is gone.
const deletedTopic = "_deleted-topic_"

// broker is the whole state. Every change to what must outlive the process is a record, which is
// one of the service's own messages. Only apply changes that state, so that a restart is the
// records applied again.
type broker struct {
	mu      sync.Mutex
	journal *journal.Journal // of records, each packed into an Any; nil keeps nothing
	topics  map[string]*pb.Topic
	queues  map[string]*queue // by subscription name
	lastID  int64
}

// openBroker restores the broker of a directory; an empty dir means memory.
func openBroker(dir string) (*broker, error) {
	b := &broker{
		topics: map[string]*pb.Topic{},
		queues: map[string]*queue{},
		// Starting from the clock keeps ids unique across restarts, although acknowledged messages are
		// forgotten, and their ids with them.
		lastID: time.Now().UnixNano(),
	}
	var err error
	if b.journal, err = journal.Open(dir, b.replay); err != nil {
		return nil, err
	}
	if err := b.journal.Rewrite(b.encoded()); err != nil {
		return nil, errors.Join(err, b.journal.Close())
	}
	return b, nil
}

func (b *broker) close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.journal.Close()
}

// commit makes a record durable and then applies it. The caller holds the lock and has checked that
// it applies.
func (b *broker) commit(record proto.Message) error {
	encoded, err := encode(record)
	if err == nil {
		err = b.journal.Append(encoded)
	}
	if err == nil {
		err = b.apply(record)
	}
	if err == nil && b.journal.Overgrown() {
		err = b.journal.Rewrite(b.encoded())
	}
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return nil
}

func encode(record proto.Message) ([]byte, error) {
	packed, err := anypb.New(record)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return proto.Marshal(packed)
}

func (b *broker) replay(encoded []byte) error {
	var packed anypb.Any
	if err := proto.Unmarshal(encoded, &packed); err != nil {
		return fmt.Errorf("decode record: %w", err)
	}
	record, err := packed.UnmarshalNew()
	if err != nil {
		return fmt.Errorf("decode record: %w", err)
	}
	return b.apply(record)
}

// apply changes the state by one record. A message that it keeps must not be changed afterwards.
func (b *broker) apply(record proto.Message) error {
	switch r := record.(type) {
	case *pb.Topic:
		b.topics[r.Name] = r
	case *pb.DeleteTopicRequest:
		delete(b.topics, r.Topic)
		for q := range b.attached(r.Topic) {
			q.config = proto.CloneOf(q.config)
			q.config.Topic = deletedTopic
		}
	case *pb.Subscription:
		b.queues[r.Name] = newQueue(r)
	case *pb.PublishRequest:
		return b.applyPublish(r)
	case *pb.AcknowledgeRequest:
		if q := b.queues[r.Subscription]; q != nil {
			for _, id := range r.AckIds {
				q.remove(id)
			}
			q.notify()
		}
	default:
		return fmt.Errorf("unknown record %T", record)
	}
	return nil
}

// applyPublish adds messages to every subscription of the topic. The records of a backlog name a
// subscription instead of the topic: after a rewrite, other subscriptions of the topic may have
// acknowledged the same message.
func (b *broker) applyPublish(r *pb.PublishRequest) error {
	for _, m := range r.Messages {
		id, err := strconv.ParseInt(m.MessageId, 10, 64)
		if err != nil {
			return fmt.Errorf("message id %q is not a number", m.MessageId)
		}
		b.lastID = max(b.lastID, id)
	}
	if q := b.queues[r.Topic]; q != nil {
		q.add(r.Messages)
		return nil
	}
	for q := range b.attached(r.Topic) {
		q.add(r.Messages)
	}
	return nil
}

// attached yields the queues of a topic's subscriptions.
func (b *broker) attached(topic string) iter.Seq[*queue] {
	return func(yield func(*queue) bool) {
		for _, q := range b.queues {
			if q.config.Topic == topic && !yield(q) {
				return
			}
		}
	}
}

func (b *broker) encoded() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for record := range b.records() {
			if !yield(encode(record)) {
				return
			}
		}
	}
}

// records yields the shortest journal that leads to the present state.
func (b *broker) records() iter.Seq[proto.Message] {
	return func(yield func(proto.Message) bool) {
		for _, t := range b.topics {
			if !yield(t) {
				return
			}
		}
		for name, q := range b.queues {
			if !yield(q.config) {
				return
			}
			for m := range q.backlog() {
				if !yield(&pb.PublishRequest{Topic: name, Messages: []*pb.PubsubMessage{m}}) {
					return
				}
			}
		}
	}
}

// publish gives messages their ids and time. It takes them over.
func (b *broker) publish(topic string, messages []*pb.PubsubMessage) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.topics[topic] == nil {
		return nil, notFound("topic", topic)
	}
	now := timestamppb.Now()
	for _, m := range messages {
		b.lastID++
		m.MessageId = strconv.FormatInt(b.lastID, 10)
		m.PublishTime = now
	}
	if err := b.commit(&pb.PublishRequest{Topic: topic, Messages: messages}); err != nil {
		return nil, err
	}
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.MessageId
	}
	return ids, nil
}

// delivery is what a consumer gets from one look at a queue: messages, or the two events after
// which looking again makes sense.
type delivery struct {
	messages []*pb.ReceivedMessage
	changed  <-chan struct{}
	due      time.Time // zero if nothing is waiting
	ordered  bool
}

// lease takes up to n messages of a subscription for the consumer with the window w.
func (b *broker) lease(subscription string, n int, w *window) (delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[subscription]
	if q == nil {
		return delivery{}, notFound("subscription", subscription)
	}
	now := time.Now()
	q.settle(now)
	return delivery{
		messages: q.lease(now, n, w),
		changed:  q.changed,
		due:      q.due(),
		ordered:  q.config.EnableMessageOrdering,
	}, nil
}

// acknowledge removes messages. Late acknowledgements count, as the service allows: they save a
// delivery.
func (b *broker) acknowledge(subscription string, ackIDs []string) error {
	ids := make([]string, len(ackIDs))
	for i, ackID := range ackIDs {
		id, _, err := splitAckID(ackID)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[subscription]
	if q == nil {
		return notFound("subscription", subscription)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return q.entries[id] == nil })
	if len(ids) == 0 {
		return nil
	}
	return b.commit(&pb.AcknowledgeRequest{Subscription: subscription, AckIds: ids})
}

// modifyDeadline ends each lease d from now; 0 is a nack.
func (b *broker) modifyDeadline(subscription string, ackIDs []string, d time.Duration) error {
	if d < 0 || d > maxAckDeadline {
		return status.Errorf(codes.InvalidArgument, "ack deadline %v is not between 0 and %v", d, maxAckDeadline)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	q := b.queues[subscription]
	if q == nil {
		return notFound("subscription", subscription)
	}
	now := time.Now()
	for _, ackID := range ackIDs {
		id, attempt, err := splitAckID(ackID)
		if err != nil {
			return err
		}
		q.modify(id, attempt, now, d)
	}
	q.notify()
	return nil
}

func notFound(kind, name string) error {
	return status.Errorf(codes.NotFound, "Resource not found (resource=%s): %s does not exist", name, kind)
}
