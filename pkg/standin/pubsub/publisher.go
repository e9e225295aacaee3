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

// publisher answers for topics.
type publisher struct {
	pb.UnimplementedPublisherServer
	broker *broker
}

func (p *publisher) CreateTopic(_ context.Context, t *pb.Topic) (*pb.Topic, error) {
	if err := checkName("topics", t.Name); err != nil {
		return nil, err
	}
	t.State = pb.Topic_STATE_UNSPECIFIED
	if err := checkFields(t, "name", "labels"); err != nil {
		return nil, err
	}
	t.State = pb.Topic_ACTIVE
	p.broker.mu.Lock()
	defer p.broker.mu.Unlock()
	if p.broker.topics[t.Name] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "Resource already exists in the project (resource=%s).", t.Name)
	}
	return t, p.broker.commit(t)
}

func (p *publisher) GetTopic(_ context.Context, r *pb.GetTopicRequest) (*pb.Topic, error) {
	p.broker.mu.Lock()
	defer p.broker.mu.Unlock()
	if t := p.broker.topics[r.Topic]; t != nil {
		return t, nil
	}
	return nil, notFound("topic", r.Topic)
}

func (p *publisher) DeleteTopic(_ context.Context, r *pb.DeleteTopicRequest) (*emptypb.Empty, error) {
	p.broker.mu.Lock()
	defer p.broker.mu.Unlock()
	if p.broker.topics[r.Topic] == nil {
		return nil, notFound("topic", r.Topic)
	}
	return &emptypb.Empty{}, p.broker.commit(r)
}

func (p *publisher) Publish(_ context.Context, r *pb.PublishRequest) (*pb.PublishResponse, error) {
	if err := checkPublish(r); err != nil {
		return nil, err
	}
	ids, err := p.broker.publish(r.Topic, r.Messages)
	if err != nil {
		return nil, err
	}
	return &pb.PublishResponse{MessageIds: ids}, nil
}
