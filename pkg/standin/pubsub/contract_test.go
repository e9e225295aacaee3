// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestPublishAndPull(t *testing.T) {
	contract(t, func(t *testing.T, c *client.Client, name string) {
		topic := createTopic(t, c, name)
		first := subscribe(t, c, name+"-1", &pb.Subscription{Topic: topic})
		second := subscribe(t, c, name+"-2", &pb.Subscription{Topic: topic})
		before := time.Now().Add(-time.Second)
		id := publish(t, c, topic, &client.Message{Data: []byte("hello"), Attributes: map[string]string{"k": "v"}})

		for _, sub := range []string{first, second} {
			got := pull(t, c, sub)
			if diff := cmp.Diff([]any{id, "hello", map[string]string{"k": "v"}},
				[]any{got.Message.MessageId, string(got.Message.Data), got.Message.Attributes}); diff != "" {
				t.Errorf("%s: message (-want +got)\n%s", sub, diff)
			}
			if at := got.Message.PublishTime.AsTime(); at.Before(before) || at.After(time.Now().Add(time.Second)) {
				t.Errorf("published at %v, want about now", at)
			}
			wantEmpty(t, c, sub) // leased
			ack(t, c, sub, got)
			wantEmpty(t, c, sub)
		}
	})
}

func TestNack_delivers_again(t *testing.T) {
	contract(t, func(t *testing.T, c *client.Client, name string) {
		topic := createTopic(t, c, name)
		sub := subscribe(t, c, name, &pb.Subscription{Topic: topic})
		id := publish(t, c, topic, &client.Message{Data: []byte("again")})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var mu sync.Mutex
		var got []string
		err := c.Subscriber(sub).Receive(ctx, func(_ context.Context, m *client.Message) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, m.ID)
			if len(got) < 3 {
				m.Nack()
				return
			}
			m.Ack()
			cancel()
		})
		if err != nil {
			t.Fatalf("Receive: %v", err)
		}
		if diff := cmp.Diff([]string{id, id, id}, got); diff != "" {
			t.Errorf("deliveries (-want +got)\n%s", diff)
		}
		wantEmpty(t, c, sub)
	})
}

func TestOrderingKeys(t *testing.T) {
	contract(t, func(t *testing.T, c *client.Client, name string) {
		topic := createTopic(t, c, name)
		sub := subscribe(t, c, name, &pb.Subscription{Topic: topic, EnableMessageOrdering: true})
		want := map[string][]string{}
		for i := range 30 {
			key, data := fmt.Sprintf("key-%d", i%3), fmt.Sprint(i)
			want[key] = append(want[key], data)
			publish(t, c, topic, &client.Message{Data: []byte(data), OrderingKey: key})
		}
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		defer cancel()
		var mu sync.Mutex
		got, n := map[string][]string{}, 0
		err := c.Subscriber(sub).Receive(ctx, func(_ context.Context, m *client.Message) {
			mu.Lock()
			defer mu.Unlock()
			got[m.OrderingKey] = append(got[m.OrderingKey], string(m.Data))
			m.Ack()
			if n++; n == 30 {
				cancel()
			}
		})
		if err != nil {
			t.Fatalf("Receive: %v", err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("messages by key (-want +got)\n%s", diff)
		}
	})
}

func TestDeleted_topic_leaves_backlog(t *testing.T) {
	contract(t, func(t *testing.T, c *client.Client, name string) {
		topic := createTopic(t, c, name)
		sub := subscribe(t, c, name, &pb.Subscription{Topic: topic})
		publish(t, c, topic, &client.Message{Data: []byte("left")})
		if err := c.TopicAdminClient.DeleteTopic(t.Context(), &pb.DeleteTopicRequest{Topic: topic}); err != nil {
			t.Fatalf("DeleteTopic: %v", err)
		}
		config, err := c.SubscriptionAdminClient.GetSubscription(t.Context(), &pb.GetSubscriptionRequest{Subscription: sub})
		if err != nil {
			t.Fatalf("GetSubscription: %v", err)
		}
		if config.Topic != "_deleted-topic_" {
			t.Errorf("topic is %q, want that of a deleted topic", config.Topic)
		}
		ack(t, c, sub, pull(t, c, sub))
	})
}

func TestErrors(t *testing.T) {
	contract(t, func(t *testing.T, c *client.Client, name string) {
		topic := createTopic(t, c, name)
		sub := subscribe(t, c, name, &pb.Subscription{Topic: topic})
		missing, missingSub := topic+"-missing", sub+"-missing"
		admin, subs, ctx := c.TopicAdminClient, c.SubscriptionAdminClient, t.Context()
		receive := func(context.Context, *client.Message) {}
		for name, test := range map[string]struct {
			err  error
			want codes.Code
		}{
			"topic_exists":            {only(admin.CreateTopic(ctx, &pb.Topic{Name: topic})), codes.AlreadyExists},
			"topic_missing":           {only(admin.GetTopic(ctx, &pb.GetTopicRequest{Topic: missing})), codes.NotFound},
			"publish_to_missing":      {only(c.Publisher(missing).Publish(ctx, &client.Message{Data: []byte("x")}).Get(ctx)), codes.NotFound},
			"subscription_exists":     {only(subs.CreateSubscription(ctx, &pb.Subscription{Name: sub, Topic: topic})), codes.AlreadyExists},
			"subscription_to_missing": {only(subs.CreateSubscription(ctx, &pb.Subscription{Name: missingSub, Topic: missing})), codes.NotFound},
			"pull_missing":            {only(subs.Pull(ctx, &pb.PullRequest{Subscription: missingSub, MaxMessages: 1})), codes.NotFound},
			"receive_missing":         {c.Subscriber(missingSub).Receive(ctx, receive), codes.NotFound},
		} {
			if got := status.Code(test.err); got != test.want {
				t.Errorf("%s: code %v, want %v", name, got, test.want)
			}
		}
	})
}

// TestMemory_is_bounded publishes more messages than the server keeps. The only one that a
// subscription has not acknowledged is delivered again.
func TestMemory_is_bounded(t *testing.T) {
	t.Parallel()
	s := start(t, Config{})
	c := dial(t, s.Addr())
	topic := createTopic(t, c, "topic")
	sub := subscribe(t, c, "sub", &pb.Subscription{Topic: topic})
	publish(t, c, topic, &client.Message{Data: []byte("kept"), Attributes: map[string]string{"k": "v"}})
	pull(t, c, sub) // leased, and not acknowledged
	other := createTopic(t, c, "nobody-subscribes")
	for range 5 {
		_, err := c.TopicAdminClient.Publish(t.Context(), &pb.PublishRequest{
			Topic: other, Messages: slices.Repeat([]*pb.PubsubMessage{{Data: []byte("x")}}, slack),
		})
		if err != nil {
			t.Fatalf("publish %d messages: %v", slack, err)
		}
	}
	if n := len(s.fake.Messages()); n > 3*slack {
		t.Errorf("the server keeps %d messages, want at most %d", n, 3*slack)
	}
	got := pull(t, c, sub)
	if string(got.Message.Data) != "kept" || got.Message.Attributes["k"] != "v" {
		t.Errorf("got %v, want the message that was not acknowledged", got.Message)
	}
	ack(t, c, sub, got)
	wantEmpty(t, c, sub)
}
