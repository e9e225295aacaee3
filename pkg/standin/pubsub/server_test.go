// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestUnsupported_is_refused_by_name(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t, Config{}).Addr())
	topic := createTopic(t, c, "topic")
	sub := subscribe(t, c, "sub", &pb.Subscription{Topic: topic})
	subs, ctx := c.SubscriptionAdminClient, t.Context()
	create := func(s *pb.Subscription) error {
		s.Name, s.Topic = sub+"-other", topic
		return only(subs.CreateSubscription(ctx, s))
	}
	for name, err := range map[string]error{
		"push_config":                  create(&pb.Subscription{PushConfig: &pb.PushConfig{PushEndpoint: "http://x"}}),
		"enable_exactly_once_delivery": create(&pb.Subscription{EnableExactlyOnceDelivery: true}),
		"retain_acked_messages":        create(&pb.Subscription{RetainAckedMessages: true}),
		"filter":                       create(&pb.Subscription{Filter: "attributes:a"}),
		"dead_letter_policy":           create(&pb.Subscription{DeadLetterPolicy: &pb.DeadLetterPolicy{MaxDeliveryAttempts: 5}}),
		"retry_policy":                 create(&pb.Subscription{RetryPolicy: &pb.RetryPolicy{MinimumBackoff: durationpb.New(time.Second)}}),
		"schema_settings":              only(c.TopicAdminClient.CreateTopic(ctx, &pb.Topic{Name: topic + "-other", SchemaSettings: &pb.SchemaSettings{Schema: "s"}})),
		"Seek":                         only(subs.Seek(ctx, &pb.SeekRequest{Subscription: sub})),
		"CreateSnapshot":               only(subs.CreateSnapshot(ctx, &pb.CreateSnapshotRequest{Name: "projects/p/snapshots/s", Subscription: sub})),
		"ModifyPushConfig":             subs.ModifyPushConfig(ctx, &pb.ModifyPushConfigRequest{Subscription: sub}),
	} {
		if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v, want Unimplemented with the name", name, err)
		}
	}
}

// TestFlowControl has one consumer that takes a message and keeps it; the
// others of the backlog go to its neighbour.
func TestFlowControl(t *testing.T) {
	t.Parallel()
	c := dial(t, start(t, Config{}).Addr())
	topic := createTopic(t, c, "topic")
	sub := subscribe(t, c, "sub", &pb.Subscription{Topic: topic})
	const messages = 20
	for range messages {
		publish(t, c, topic, &client.Message{Data: []byte("x")})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	holding, release, held := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	slow := c.Subscriber(sub)
	slow.ReceiveSettings.MaxOutstandingMessages = 1
	go func() {
		first := true // one callback at a time, as it may hold one message
		held <- slow.Receive(ctx, func(_ context.Context, m *client.Message) {
			if first {
				first = false
				close(holding)
				<-release
			}
			m.Ack()
		})
	}()
	<-holding
	fastCtx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	var got atomic.Int32
	err := c.Subscriber(sub).Receive(fastCtx, func(_ context.Context, m *client.Message) {
		m.Ack()
		if got.Add(1) == messages-1 {
			stop()
		}
	})
	if err != nil || got.Load() != messages-1 {
		t.Errorf("the neighbour got %d messages, %v, want %d", got.Load(), err, messages-1)
	}
	close(release)
	cancel()
	if err := <-held; err != nil {
		t.Errorf("Receive: %v", err)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	message := func(m *pb.PubsubMessage) *pb.PublishRequest {
		return &pb.PublishRequest{Messages: []*pb.PubsubMessage{m}}
	}
	tests := map[string]struct {
		err  error
		want codes.Code
	}{
		"no_messages":        {checkPublish(&pb.PublishRequest{}), codes.InvalidArgument},
		"too_many_messages":  {checkPublish(&pb.PublishRequest{Messages: make([]*pb.PubsubMessage, 1001)}), codes.InvalidArgument},
		"too_big":            {checkPublish(message(&pb.PubsubMessage{Data: make([]byte, 10<<20)})), codes.InvalidArgument},
		"long_ordering_key":  {checkPublish(message(&pb.PubsubMessage{Data: []byte("x"), OrderingKey: strings.Repeat("k", 1025)})), codes.InvalidArgument},
		"reserved_attribute": {checkPublish(message(&pb.PubsubMessage{Attributes: map[string]string{"goog-x": ""}})), codes.InvalidArgument},
		"attributes_only":    {checkPublish(message(&pb.PubsubMessage{Attributes: map[string]string{"x": ""}})), codes.OK},
		"name":               {checkName("topics", "projects/p/topics/abc"), codes.OK},
		"name_of_other_kind": {checkName("topics", "projects/p/subscriptions/abc"), codes.InvalidArgument},
		"name_reserved":      {checkName("topics", "projects/p/topics/google"), codes.InvalidArgument},
		"name_short":         {checkName("topics", "projects/p/topics/ab"), codes.InvalidArgument},
	}
	got, want := map[string]codes.Code{}, map[string]codes.Code{}
	for name, test := range tests {
		got[name], want[name] = status.Code(test.err), test.want
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("codes (-want +got)\n%s", diff)
	}
}
