// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Push delivers every message of a topic (projects/P/topics/T) as an event until ctx is done, and
// then returns nil when open deliveries have ended. It creates the topic and the trigger's
// subscription if they are missing. It delivers a message again, after a back-off, if the function
// does not accept it.
func (t *Trigger) Push(ctx context.Context, c *pubsub.Client, topic string) error {
	subscription, err := t.Ensure(ctx, c, topic)
	if err != nil {
		return err
	}
	p := &pusher{trigger: t, topic: topic, subscription: subscription, failures: map[string]int{}}
	working, cancel := drain(ctx)
	defer cancel()
	receive := func(stopping context.Context, m *pubsub.Message) { p.handle(stopping, working, m) }
	if err := c.Subscriber(subscription).Receive(ctx, receive); err != nil {
		return fmt.Errorf("receive from %s: %w", subscription, err)
	}
	return nil
}

// Ensure creates the topic and the trigger's subscription unless they exist, and returns the
// subscription's name. What is published from then on will be delivered.
func (t *Trigger) Ensure(ctx context.Context, c *pubsub.Client, topic string) (subscription string, err error) {
	parts := strings.Split(topic, "/")
	if len(parts) != 4 {
		return "", fmt.Errorf("topic %q is not of the form projects/P/topics/T", topic)
	}
	subscription = fmt.Sprintf("projects/%s/subscriptions/eventarc-%s-%s", parts[1], t.Name, parts[3])
	_, err = c.TopicAdminClient.CreateTopic(ctx, &pb.Topic{Name: topic})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return "", fmt.Errorf("create topic %s: %w", topic, err)
	}
	_, err = c.SubscriptionAdminClient.CreateSubscription(ctx, &pb.Subscription{Name: subscription, Topic: topic})
	if err == nil {
		return subscription, nil
	}
	if status.Code(err) != codes.AlreadyExists {
		return "", fmt.Errorf("create subscription %s: %w", subscription, err)
	}
	old, err := c.SubscriptionAdminClient.GetSubscription(ctx, &pb.GetSubscriptionRequest{Subscription: subscription})
	if err != nil {
		return "", fmt.Errorf("get subscription %s: %w", subscription, err)
	}
	if old.Topic != topic { // its topic was deleted: nothing would ever come
		return "", fmt.Errorf("subscription %s is of topic %s, not %s: delete it", subscription, old.Topic, topic)
	}
	return subscription, nil
}

// pusher handles the messages of one Push.
type pusher struct {
	trigger             *Trigger
	topic, subscription string

	mu       sync.Mutex
	failures map[string]int // by message id, of those that failed last time
}

// handle delivers one message. It acknowledges what the function accepted. What the function did
// not accept goes back after the back-off, which happens here because emulators ignore retry
// policies.
func (p *pusher) handle(stopping, working context.Context, m *pubsub.Message) {
	e, err := publishedEvent(p.topic, p.subscription, m)
	if err == nil {
		err = p.trigger.deliver(stopping, working, e)
	}
	if err == nil {
		p.count(m.ID, false)
		m.Ack()
		return
	}
	attempt := p.count(m.ID, true)
	logFailure(stopping, p.trigger, e, attempt, err)
	sleep(stopping, backoff(attempt))
	m.Nack()
}

// count keeps the number of failures in a row.
func (p *pusher) count(id string, failed bool) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !failed {
		delete(p.failures, id)
		return 0
	}
	p.failures[id]++
	return p.failures[id]
}
