// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/emulator"
)

// world is a topic with two subscriptions. The second one, ordered, delivers messages with the same
// ordering key in order.
type world struct {
	*client.Client
	t                   *testing.T
	topic, sub, ordered string
}

var runs atomic.Int64

func connect(t *testing.T, addr string) *world {
	t.Helper()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t}
	if w.Client, err = client.NewClient(t.Context(), "test", option.WithGRPCConn(conn)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	id := fmt.Sprintf("name-%d", runs.Add(1)) // tests share an emulator
	w.topic = w.createTopic("projects/test/topics/" + id)
	w.sub, w.ordered = "projects/test/subscriptions/"+id, "projects/test/subscriptions/ordered-"+id
	for _, s := range []*pb.Subscription{{Name: w.sub}, {Name: w.ordered, EnableMessageOrdering: true}} {
		s.Topic = w.topic
		if _, err := w.SubscriptionAdminClient.CreateSubscription(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func (w *world) createTopic(name string) string {
	w.t.Helper()
	if _, err := w.TopicAdminClient.CreateTopic(w.t.Context(), &pb.Topic{Name: name}); err != nil {
		w.t.Fatal(err)
	}
	return name
}

func (w *world) publish(topic string, messages ...*pb.PubsubMessage) (ids []string) {
	w.t.Helper()
	r, err := w.TopicAdminClient.Publish(w.t.Context(), &pb.PublishRequest{Topic: topic, Messages: messages})
	if err != nil {
		w.t.Fatalf("publish: %v", err)
	}
	return r.MessageIds
}

// ready leases the messages that a subscription can deliver now.
func (w *world) ready(sub string) []*pb.ReceivedMessage {
	w.t.Helper()
	r, err := w.SubscriptionAdminClient.Pull(w.t.Context(), &pb.PullRequest{
		Subscription: sub, MaxMessages: 100,
		//lint:ignore SA1019 no other option pulls without waiting
		ReturnImmediately: true,
	})
	if err != nil {
		w.t.Fatalf("pull %s: %v", sub, err)
	}
	return r.ReceivedMessages
}

// pull waits for one message, and acknowledges it if ack is set. It fails the test if there are
// more messages.
func (w *world) pull(sub string, ack bool) *pb.ReceivedMessage {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		all := w.ready(sub)
		if len(all) == 0 {
			continue
		}
		if more := slices.Concat(all[1:], w.ready(sub)); len(more) > 0 {
			w.t.Errorf("%s also has %v", sub, more)
		}
		if ack {
			if err := w.SubscriptionAdminClient.Acknowledge(w.t.Context(), &pb.AcknowledgeRequest{Subscription: sub, AckIds: []string{all[0].AckId}}); err != nil {
				w.t.Fatalf("acknowledge: %v", err)
			}
			if left := w.ready(sub); len(left) > 0 {
				w.t.Errorf("%s still has %v", sub, left)
			}
		}
		return all[0]
	}
	w.t.Fatalf("%s has no message", sub)
	return nil
}

// receive receives n messages with the official client. Messages for which handle returns false are
// delivered again.
func (w *world) receive(sub string, n int, handle func(*client.Message) bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 60*time.Second)
	defer cancel()
	subscriber := w.Subscriber(sub)
	subscriber.ReceiveSettings.MaxOutstandingMessages = 1 // handle need not lock
	err := subscriber.Receive(ctx, func(_ context.Context, m *client.Message) {
		if n--; n == 0 {
			cancel()
		}
		if handle(m) {
			m.Ack()
		} else {
			m.Nack()
		}
	})
	if err != nil || n > 0 {
		w.t.Errorf("Receive: %v, with %d messages missing", err, n)
	}
}

func start(t *testing.T) *Server {
	t.Helper()
	s, err := Start(Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

// TestContract checks what the product and its tests rely on, against the stand-in and, where it is
// installed, against Google's emulator.
func TestContract(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*world){
		"pull": pulled, "nack": nacked, "order": ordered, "deleted_topic": deletedTopic, "errors": refused,
	} {
		t.Run(name+"/standin", func(t *testing.T) {
			t.Parallel()
			test(connect(t, start(t).Addr()))
		})
		t.Run(name+"/google", func(t *testing.T) {
			t.Parallel()
			test(connect(t, emulator.PubSub(t)))
		})
	}
}

func pulled(w *world) {
	before := time.Now().Add(-time.Second)
	id := w.publish(w.topic, &pb.PubsubMessage{Data: []byte("hello"), Attributes: map[string]string{"k": "v"}})[0]
	for _, sub := range []string{w.sub, w.ordered} {
		got := w.pull(sub, true).Message
		if diff := cmp.Diff([]any{id, "hello", map[string]string{"k": "v"}}, []any{got.MessageId, string(got.Data), got.Attributes}); diff != "" {
			w.t.Errorf("%s: message (-want +got)\n%s", sub, diff)
		}
		if at := got.PublishTime.AsTime(); at.Before(before) || at.After(time.Now().Add(time.Second)) {
			w.t.Errorf("published at %v, want about now", at)
		}
	}
}

func nacked(w *world) {
	id := w.publish(w.topic, &pb.PubsubMessage{Data: []byte("again")})[0]
	var got []string
	w.receive(w.sub, 3, func(m *client.Message) bool {
		got = append(got, m.ID)
		return len(got) == 3
	})
	if diff := cmp.Diff([]string{id, id, id}, got); diff != "" {
		w.t.Errorf("deliveries (-want +got)\n%s", diff)
	}
	if left := w.ready(w.sub); len(left) > 0 {
		w.t.Errorf("these messages were acknowledged but are still delivered: %v", left)
	}
}

func ordered(w *world) {
	want, got := map[string][]string{}, map[string][]string{}
	for i := range 30 {
		key, data := fmt.Sprintf("key-%d", i%3), fmt.Sprint(i)
		want[key] = append(want[key], data)
		w.publish(w.topic, &pb.PubsubMessage{Data: []byte(data), OrderingKey: key})
	}
	w.receive(w.ordered, 30, func(m *client.Message) bool {
		got[m.OrderingKey] = append(got[m.OrderingKey], string(m.Data))
		return true
	})
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("messages by key (-want +got)\n%s", diff)
	}
}

// deletedTopic checks that subscriptions keep their messages when their topic is deleted.
func deletedTopic(w *world) {
	w.publish(w.topic, &pb.PubsubMessage{Data: []byte("left")})
	if err := w.TopicAdminClient.DeleteTopic(w.t.Context(), &pb.DeleteTopicRequest{Topic: w.topic}); err != nil {
		w.t.Fatal(err)
	}
	s, err := w.SubscriptionAdminClient.GetSubscription(w.t.Context(), &pb.GetSubscriptionRequest{Subscription: w.sub})
	if err != nil || s.Topic != "_deleted-topic_" {
		w.t.Errorf("the subscription's topic is %q: %v", s.GetTopic(), err)
	}
	w.pull(w.sub, true)
}

func refused(w *world) {
	admin, subs, ctx := w.TopicAdminClient, w.SubscriptionAdminClient, w.t.Context()
	missing, missingSub := w.topic+"-missing", w.sub+"-missing"
	for name, test := range map[string]struct {
		err  error
		want codes.Code
	}{
		"topic_exists":            {errorOf(admin.CreateTopic(ctx, &pb.Topic{Name: w.topic})), codes.AlreadyExists},
		"topic_missing":           {errorOf(admin.GetTopic(ctx, &pb.GetTopicRequest{Topic: missing})), codes.NotFound},
		"publish_to_missing":      {errorOf(w.Publisher(missing).Publish(ctx, &client.Message{Data: []byte("x")}).Get(ctx)), codes.NotFound},
		"subscription_exists":     {errorOf(subs.CreateSubscription(ctx, &pb.Subscription{Name: w.sub, Topic: w.topic})), codes.AlreadyExists},
		"subscription_to_missing": {errorOf(subs.CreateSubscription(ctx, &pb.Subscription{Name: missingSub, Topic: missing})), codes.NotFound},
		"pull_missing":            {errorOf(subs.Pull(ctx, &pb.PullRequest{Subscription: missingSub, MaxMessages: 1})), codes.NotFound},
		"receive_missing":         {w.Subscriber(missingSub).Receive(ctx, func(context.Context, *client.Message) {}), codes.NotFound},
	} {
		if got := status.Code(test.err); got != test.want {
			w.t.Errorf("%s: code %v, want %v", name, got, test.want)
		}
	}
}

// errorOf returns the error of a call and drops the response.
func errorOf[T any](_ T, err error) error { return err }

// TestMemory_is_bounded publishes more messages than the server keeps. It checks that the one
// unacknowledged message is delivered again.
func TestMemory_is_bounded(t *testing.T) {
	t.Parallel()
	s := start(t)
	w := connect(t, s.Addr())
	w.publish(w.topic, &pb.PubsubMessage{Data: []byte("kept"), Attributes: map[string]string{"k": "v"}})
	w.pull(w.sub, false)
	w.pull(w.ordered, true)
	other := w.createTopic(w.topic + "-without-subscriptions")
	batch := make([]*pb.PubsubMessage, keepLimit)
	for i := range batch {
		batch[i] = &pb.PubsubMessage{Data: []byte("x")}
	}
	for range 5 {
		w.publish(other, batch...)
	}
	if n := len(s.fake.Messages()); n > 3*keepLimit {
		t.Errorf("the server keeps %d messages, want at most %d", n, 3*keepLimit)
	}
	if got := w.pull(w.sub, true).Message; string(got.Data) != "kept" || got.Attributes["k"] != "v" {
		t.Errorf("got %v, want the message that was not acknowledged", got)
	}
}
