// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/vertextune/vertextune/pkg/standin/emulator"
)

const project = "projects/test-project"

// contract runs a test against the stand-in and, where it is installed,
// against Google's emulator. Both get a name to keep resources apart.
func contract(t *testing.T, test func(t *testing.T, c *client.Client, name string)) {
	t.Helper()
	t.Parallel()
	// The emulator outlives a test that is run again (-count).
	name := fmt.Sprintf("%s-%d", t.Name(), runs.Add(1))
	t.Run("standin", func(t *testing.T) {
		t.Parallel()
		test(t, dial(t, start(t, Config{}).Addr()), name)
	})
	t.Run("google", func(t *testing.T) {
		t.Parallel()
		test(t, dial(t, emulator.PubSub(t)), name)
	})
}

var runs atomic.Int64

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(cfg)
	if err != nil {
		t.Fatalf("Start(%+v): %v", cfg, err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func dial(t *testing.T, addr string) *client.Client {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatalf("dial %s: %v", addr, err)
	}
	c, err := client.NewClient(t.Context(), "test-project", option.WithGRPCConn(conn))
	if err != nil {
		t.Fatalf("client for %s: %v", addr, err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// only drops the answer of a call.
func only[T any](_ T, err error) error { return err }

func createTopic(t *testing.T, c *client.Client, name string) string {
	t.Helper()
	topic, err := c.TopicAdminClient.CreateTopic(t.Context(), &pb.Topic{Name: project + "/topics/" + name})
	if err != nil {
		t.Fatalf("create topic %s: %v", name, err)
	}
	return topic.Name
}

func subscribe(t *testing.T, c *client.Client, name string, config *pb.Subscription) string {
	t.Helper()
	config.Name = project + "/subscriptions/" + name
	s, err := c.SubscriptionAdminClient.CreateSubscription(t.Context(), config)
	if err != nil {
		t.Fatalf("create subscription %s: %v", name, err)
	}
	return s.Name
}

// publish sends one message and returns its id.
func publish(t *testing.T, c *client.Client, topic string, m *client.Message) string {
	t.Helper()
	p := c.Publisher(topic)
	p.EnableMessageOrdering = m.OrderingKey != ""
	defer p.Stop()
	id, err := p.Publish(t.Context(), m).Get(t.Context())
	if err != nil {
		t.Fatalf("publish to %s: %v", topic, err)
	}
	return id
}

// pull waits for one message.
func pull(t *testing.T, c *client.Client, sub string) *pb.ReceivedMessage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		r, err := c.SubscriptionAdminClient.Pull(ctx, &pb.PullRequest{Subscription: sub, MaxMessages: 1})
		if err != nil {
			t.Fatalf("pull %s: %v", sub, err)
		}
		if len(r.ReceivedMessages) > 0 {
			return r.ReceivedMessages[0]
		}
	}
}

// wantEmpty fails if a message is ready now.
func wantEmpty(t *testing.T, c *client.Client, sub string) {
	t.Helper()
	r, err := c.SubscriptionAdminClient.Pull(t.Context(), &pb.PullRequest{
		Subscription: sub,
		MaxMessages:  100,
		//lint:ignore SA1019 the only way to ask without waiting
		ReturnImmediately: true,
	})
	if err != nil {
		t.Fatalf("pull %s: %v", sub, err)
	}
	if len(r.ReceivedMessages) > 0 {
		t.Errorf("%s has %v, want nothing", sub, r.ReceivedMessages)
	}
}

func ack(t *testing.T, c *client.Client, sub string, m *pb.ReceivedMessage) {
	t.Helper()
	err := c.SubscriptionAdminClient.Acknowledge(t.Context(),
		&pb.AcknowledgeRequest{Subscription: sub, AckIds: []string{m.AckId}})
	if err != nil {
		t.Fatalf("acknowledge %s: %v", m.AckId, err)
	}
}
