// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package eventarc

import (
	"context"
	"encoding/json"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
)

const subscription = "projects/test/subscriptions/eventarc-poll-ticks"

func push(t *testing.T, c *client.Client, trigger *Trigger) (stop func()) {
	t.Helper()
	return run(t, func(ctx context.Context) error { return trigger.Push(ctx, c, topic) })
}

// ensure returns a trigger whose topic and subscription exist, so that nothing is published too
// early.
func ensure(t *testing.T, c *client.Client, url string) *Trigger {
	t.Helper()
	trigger := &Trigger{Name: "poll", URL: url}
	if _, err := trigger.Ensure(t.Context(), c, topic); err != nil {
		t.Fatal(err)
	}
	return trigger
}

// backlog is what the trigger's subscription still has.
func backlog(t *testing.T, c *client.Client) []*pb.ReceivedMessage {
	t.Helper()
	r, err := c.SubscriptionAdminClient.Pull(t.Context(), &pb.PullRequest{
		Subscription: subscription,
		MaxMessages:  100,
		//lint:ignore SA1019 the only way to ask without waiting
		ReturnImmediately: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r.ReceivedMessages
}

func TestPush(t *testing.T) {
	t.Parallel()
	c := cloudtest.Start(t).PubSub
	url, events := collect(t)
	trigger := ensure(t, c, url)
	stop := push(t, c, trigger)
	id := publish(t, c, &client.Message{
		Data: []byte("hello"), Attributes: map[string]string{"k": "v"}, OrderingKey: "key",
	})
	e := next(t, events)
	if got := []string{e.Type(), e.Source(), e.ID(), e.DataContentType()}; !cmp.Equal(got, []string{
		"google.cloud.pubsub.topic.v1.messagePublished", "//pubsub.googleapis.com/" + topic, id, "application/json",
	}) {
		t.Errorf("attributes %q", got)
	}
	var got map[string]any
	if err := json.Unmarshal(e.Data(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"message": map[string]any{
			"data":        "aGVsbG8=",
			"attributes":  map[string]any{"k": "v"},
			"messageId":   id,
			"orderingKey": "key",
			"publishTime": e.Time().Format(time.RFC3339Nano),
		},
		"subscription": subscription,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("data (-want +got)\n%s", diff)
	}
	stop()
	if left := backlog(t, c); len(left) > 0 {
		t.Errorf("not acknowledged: %v", left)
	}

	// A second start finds topic and subscription and what came meanwhile.
	id = publish(t, c, &client.Message{Data: []byte("meanwhile")})
	push(t, c, trigger)
	if got := next(t, events).ID(); got != id {
		t.Errorf("event %s after the restart, want %s", got, id)
	}
}

// TestPush_retries has one message that fails for a while among many that do not wait for it. All
// are delivered one at a time.
func TestPush_retries(t *testing.T) {
	t.Parallel()
	c := cloudtest.Start(t).PubSub
	ids := make(chan string, 1000)
	good := make(chan struct{})
	var open atomic.Int32
	url := function(t, func(e cloudevents.Event) error {
		if n := open.Add(1); n > 1 {
			t.Errorf("%d requests at a time", n)
		}
		runtime.Gosched()
		defer open.Add(-1)
		var data published
		if err := e.DataAs(&data); err != nil {
			t.Errorf("decode: %v", err)
		}
		ids <- e.ID()
		select {
		case <-good:
			return nil
		default:
		}
		if string(data.Message.Data) == "poison" {
			return errors.New("not yet")
		}
		return nil
	})
	trigger := ensure(t, c, url)
	poison := publish(t, c, &client.Message{Data: []byte("poison")})
	others := map[string]bool{}
	for range 50 {
		others[publish(t, c, &client.Message{Data: []byte("good")})] = true
	}
	stop := push(t, c, trigger)
	for attempts := 0; attempts < 3 || len(others) > 0; {
		if id := next(t, ids); id == poison {
			attempts++
		} else {
			delete(others, id)
		}
	}
	close(good)
	for id := ""; id != poison; {
		id = next(t, ids)
	}
	stop()
	if left := backlog(t, c); len(left) > 0 {
		t.Errorf("not acknowledged: %v", left)
	}
}

func TestPush_finishes_what_is_in_hand(t *testing.T) {
	t.Parallel()
	c := cloudtest.Start(t).PubSub
	began, finish := make(chan struct{}), make(chan struct{})
	url := function(t, func(cloudevents.Event) error {
		close(began)
		<-finish
		return nil
	})
	trigger := ensure(t, c, url)
	publish(t, c, &client.Message{Data: []byte("slow")})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- trigger.Push(ctx, c, topic) }()
	next(t, began)
	cancel()
	close(finish)
	if err := next(t, ended); err != nil {
		t.Errorf("Push: %v", err)
	}
	if left := backlog(t, c); len(left) > 0 {
		t.Errorf("not acknowledged: %v", left)
	}
}

func TestPush_refuses_orphaned_subscription(t *testing.T) {
	t.Parallel()
	c := cloudtest.Start(t).PubSub
	trigger := ensure(t, c, "")
	if err := c.TopicAdminClient.DeleteTopic(t.Context(), &pb.DeleteTopicRequest{Topic: topic}); err != nil {
		t.Fatal(err)
	}
	if err := trigger.Push(t.Context(), c, topic); err == nil {
		t.Error("Push took a subscription whose topic is gone")
	}
	if err := trigger.Push(t.Context(), c, "ticks"); err == nil {
		t.Error("Push took a short topic name")
	}
}

func TestTick(t *testing.T) {
	t.Parallel()
	c := cloudtest.Start(t).PubSub
	p := c.Publisher(topic)
	t.Cleanup(p.Stop)
	run(t, func(ctx context.Context) error { // fails until there is a topic
		Tick(ctx, p, 10*time.Millisecond, []byte("tick"))
		return nil
	})
	url, events := collect(t)
	push(t, c, &Trigger{Name: "poll", URL: url})
	for range 3 {
		var data published
		if e := next(t, events); e.DataAs(&data) != nil || string(data.Message.Data) != "tick" {
			t.Errorf("event %v, want a tick", e)
		}
	}
}
