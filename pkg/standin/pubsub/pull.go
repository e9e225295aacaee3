// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"errors"
	"io"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

const (
	// pullWait is how long a unary pull waits for a message.
	pullWait = 5 * time.Second
	// maxPullMessages is the most that one response holds.
	maxPullMessages = 1000
)

// Pull answers with what is ready, and waits for it a while unless it must
// not. No message at all is an answer too.
func (s *subscriber) Pull(ctx context.Context, r *pb.PullRequest) (*pb.PullResponse, error) {
	if r.MaxMessages <= 0 {
		return nil, invalid("max_messages must be positive, not %d", r.MaxMessages)
	}
	c, err := s.GetSubscription(ctx, &pb.GetSubscriptionRequest{Subscription: r.Subscription})
	if err != nil {
		return nil, err
	}
	w := &window{deadline: seconds(c.AckDeadlineSeconds)}
	patience := time.NewTimer(pullWait)
	defer patience.Stop()
	//lint:ignore SA1019 return_immediately is deprecated, and still sent by real clients
	for last := r.ReturnImmediately; ; {
		d, err := s.broker.lease(r.Subscription, int(min(r.MaxMessages, maxPullMessages)), w)
		if err != nil {
			return nil, err
		}
		if len(d.messages) > 0 || last {
			return &pb.PullResponse{ReceivedMessages: d.messages}, nil
		}
		due := alarm(d.due)
		select {
		case <-d.changed:
		case <-due.C:
		case <-patience.C:
			last = true
		case <-ctx.Done():
			due.Stop()
			return nil, ctx.Err()
		}
		due.Stop()
	}
}

// StreamingPull sends messages as they become ready, until the client closes
// its side.
func (s *subscriber) StreamingPull(stream pb.Subscriber_StreamingPullServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	w := &window{
		deadline:    seconds(first.StreamAckDeadlineSeconds),
		maxMessages: first.MaxOutstandingMessages,
		maxBytes:    first.MaxOutstandingBytes,
	}
	if w.deadline < minAckDeadline || w.deadline > maxAckDeadline {
		return invalid("stream_ack_deadline_seconds is %d, not between 10 and 600", first.StreamAckDeadlineSeconds)
	}
	pings, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() { ended <- s.receive(stream, first, w, pings) }()
	for {
		d, err := s.broker.lease(first.Subscription, maxPullMessages, w)
		if err != nil {
			return err
		}
		if len(d.messages) > 0 {
			if err := stream.Send(response(d)); err != nil {
				return err
			}
			d.changed = happened // there may be more, unless the client has ended
		}
		due := alarm(d.due)
		select {
		case err := <-ended:
			due.Stop()
			return err
		case <-pings:
			err = stream.Send(&pb.StreamingPullResponse{})
		case <-due.C:
		case <-d.changed:
		}
		due.Stop()
		if err != nil {
			return err
		}
	}
}

// happened is a change that is over.
var happened = func() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// receive handles what the client sends on its stream, from the first request
// on. A request with nothing in it is a sign of life that newer clients want
// answered.
func (s *subscriber) receive(stream pb.Subscriber_StreamingPullServer, r *pb.StreamingPullRequest, w *window, pings chan<- struct{}) error {
	name, version := r.Subscription, r.ProtocolVersion
	for first := true; ; first = false {
		if err := s.settle(name, r, w); err != nil {
			return err
		}
		if idle := len(r.AckIds) == 0 && len(r.ModifyDeadlineAckIds) == 0; idle && !first && version >= 1 {
			select {
			case pings <- struct{}{}:
			default: // an answer is under way
			}
		}
		var err error
		if r, err = stream.Recv(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func (s *subscriber) settle(name string, r *pb.StreamingPullRequest, w *window) error {
	if len(r.ModifyDeadlineAckIds) != len(r.ModifyDeadlineSeconds) {
		return invalid("modify_deadline_ack_ids and modify_deadline_seconds differ in length")
	}
	if d := seconds(r.StreamAckDeadlineSeconds); d >= minAckDeadline && d <= maxAckDeadline {
		s.broker.mu.Lock()
		w.deadline = d
		s.broker.mu.Unlock()
	}
	if err := s.broker.acknowledge(name, r.AckIds); err != nil {
		return err
	}
	for i, id := range r.ModifyDeadlineAckIds {
		if err := s.broker.modifyDeadline(name, []string{id}, seconds(r.ModifyDeadlineSeconds[i])); err != nil {
			return err
		}
	}
	return nil
}

func response(d delivery) *pb.StreamingPullResponse {
	return &pb.StreamingPullResponse{
		ReceivedMessages: d.messages,
		SubscriptionProperties: &pb.StreamingPullResponse_SubscriptionProperties{
			MessageOrderingEnabled: d.ordered,
		},
	}
}

// alarm rings at t, or never for the zero time. The caller stops it.
func alarm(t time.Time) *time.Timer {
	if t.IsZero() {
		timer := time.NewTimer(time.Hour)
		timer.Stop()
		return timer
	}
	return time.NewTimer(time.Until(t))
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }
