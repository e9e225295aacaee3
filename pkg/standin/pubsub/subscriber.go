// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

// subscriber answers for subscriptions.
type subscriber struct {
	pb.UnimplementedSubscriberServer
	broker *broker
}

func (s *subscriber) CreateSubscription(_ context.Context, c *pb.Subscription) (*pb.Subscription, error) {
	if err := checkName("subscriptions", c.Name); err != nil {
		return nil, err
	}
	if err := normalizeSubscription(c); err != nil {
		return nil, err
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	if s.broker.queues[c.Name] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "Resource already exists in the project (resource=%s).", c.Name)
	}
	if s.broker.topics[c.Topic] == nil {
		return nil, notFound("topic", c.Topic)
	}
	return c, s.broker.commit(c)
}

func (s *subscriber) GetSubscription(_ context.Context, r *pb.GetSubscriptionRequest) (*pb.Subscription, error) {
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	if q := s.broker.queues[r.Subscription]; q != nil {
		return q.config, nil
	}
	return nil, notFound("subscription", r.Subscription)
}

func (s *subscriber) Acknowledge(_ context.Context, r *pb.AcknowledgeRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, s.broker.acknowledge(r.Subscription, r.AckIds)
}

func (s *subscriber) ModifyAckDeadline(_ context.Context, r *pb.ModifyAckDeadlineRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, s.broker.modifyDeadline(r.Subscription, r.AckIds, seconds(r.AckDeadlineSeconds))
}
