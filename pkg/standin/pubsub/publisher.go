// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"maps"
	"slices"
	"strings"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
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

func (p *publisher) UpdateTopic(_ context.Context, r *pb.UpdateTopicRequest) (*pb.Topic, error) {
	if err := checkMask(r.UpdateMask.GetPaths(), "labels"); err != nil {
		return nil, err
	}
	p.broker.mu.Lock()
	defer p.broker.mu.Unlock()
	old := p.broker.topics[r.Topic.GetName()]
	if old == nil {
		return nil, notFound("topic", r.Topic.GetName())
	}
	t := proto.CloneOf(old)
	copyFields(t, r.Topic, r.UpdateMask.Paths)
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

func (p *publisher) ListTopics(_ context.Context, r *pb.ListTopicsRequest) (*pb.ListTopicsResponse, error) {
	p.broker.mu.Lock()
	defer p.broker.mu.Unlock()
	topics, next := page(p.broker.topics, inProject[*pb.Topic](r.Project), r.PageSize, r.PageToken)
	return &pb.ListTopicsResponse{Topics: topics, NextPageToken: next}, nil
}

func (p *publisher) ListTopicSubscriptions(_ context.Context, r *pb.ListTopicSubscriptionsRequest) (*pb.ListTopicSubscriptionsResponse, error) {
	p.broker.mu.Lock()
	defer p.broker.mu.Unlock()
	if p.broker.topics[r.Topic] == nil {
		return nil, notFound("topic", r.Topic)
	}
	attached := func(_ string, q *queue) bool { return q.config.Topic == r.Topic }
	queues, next := page(p.broker.queues, attached, r.PageSize, r.PageToken)
	res := &pb.ListTopicSubscriptionsResponse{NextPageToken: next}
	for _, q := range queues {
		res.Subscriptions = append(res.Subscriptions, q.config.Name)
	}
	return res, nil
}

func inProject[V any](project string) func(string, V) bool {
	return func(name string, _ V) bool { return strings.HasPrefix(name, project+"/") }
}

// page returns values in the order of their names. The token is the last name
// of the page before, so changes between two pages do no harm.
func page[V any](all map[string]V, keep func(string, V) bool, size int32, token string) (values []V, next string) {
	const defaultSize = 1000
	if size <= 0 || size > defaultSize {
		size = defaultSize
	}
	last := ""
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if name <= token || !keep(name, all[name]) {
			continue
		}
		if len(values) == int(size) {
			return values, last
		}
		values = append(values, all[name])
		last = name
	}
	return values, ""
}
