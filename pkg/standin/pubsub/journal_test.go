// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
)

// TestKilled_server_loses_nothing restarts from a copy of the folder of a running server, which is
// what a kill would leave.
func TestKilled_server_loses_nothing(t *testing.T) {
	t.Parallel()
	dir, killed := t.TempDir(), t.TempDir()
	c := dial(t, start(t, Config{Dir: dir}).Addr())
	topic := createTopic(t, c, "topic")
	one := subscribe(t, c, "one", &pb.Subscription{Topic: topic, EnableMessageOrdering: true})
	two := subscribe(t, c, "two", &pb.Subscription{Topic: topic})

	for i := range 20 {
		publish(t, c, topic, &client.Message{
			Data: fmt.Append(nil, i), OrderingKey: "key", Attributes: map[string]string{"i": fmt.Sprint(i)},
		})
	}
	want := map[string]map[string]*pb.PubsubMessage{one: {}, two: {}}
	r, err := c.SubscriptionAdminClient.Pull(t.Context(), &pb.PullRequest{Subscription: two, MaxMessages: 20})
	if err != nil || len(r.ReceivedMessages) != 20 {
		t.Fatalf("pulled %d messages, want 20: %v", len(r.ReceivedMessages), err)
	}
	for i, m := range r.ReceivedMessages {
		want[one][m.Message.MessageId] = m.Message
		if i%2 == 0 {
			ack(t, c, two, m)
		} else {
			want[two][m.Message.MessageId] = m.Message
		}
	}
	if err := os.CopyFS(killed, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}

	c = dial(t, start(t, Config{Dir: killed}).Addr())
	for sub, messages := range want {
		if diff := cmp.Diff(messages, drain(t, c, sub), protocmp.Transform()); diff != "" {
			t.Errorf("%s after the restart (-want +got)\n%s", sub, diff)
		}
	}
	fresh := publish(t, c, topic, &client.Message{Data: []byte("after")})
	if want[one][fresh] != nil {
		t.Errorf("message id %s was given twice", fresh)
	}
}

// drain acknowledges and returns everything that is ready, by id.
func drain(t *testing.T, c *client.Client, sub string) map[string]*pb.PubsubMessage {
	t.Helper()
	got := map[string]*pb.PubsubMessage{}
	for {
		messages := ready(t, c, sub)
		if len(messages) == 0 {
			return got
		}
		for _, m := range messages {
			got[m.Message.MessageId] = m.Message
			ack(t, c, sub, m)
		}
	}
}

func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Start(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s.Addr())
	topic, gone := createTopic(t, c, "topic"), createTopic(t, c, "gone")
	sub := subscribe(t, c, "sub", &pb.Subscription{Topic: topic})
	orphan := subscribe(t, c, "orphan", &pb.Subscription{Topic: gone})
	publish(t, c, gone, &client.Message{Data: []byte("left")})
	if err := c.TopicAdminClient.DeleteTopic(t.Context(), &pb.DeleteTopicRequest{Topic: gone}); err != nil {
		t.Fatal(err)
	}
	publish(t, c, topic, &client.Message{Data: []byte("kept")})
	if err := s.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	c = dial(t, start(t, Config{Dir: dir}).Addr())
	createTopic(t, c, "gone") // a new topic of the old name, without its subscriptions
	publish(t, c, gone, &client.Message{Data: []byte("not for the orphan")})
	for sub, want := range map[string]string{sub: "kept", orphan: "left"} {
		m := pull(t, c, sub)
		if got := string(m.Message.Data); got != want {
			t.Errorf("%s has %q, want %q", sub, got, want)
		}
		wantEmpty(t, c, sub)
	}
}

// TestReceive_outlives_restart has a consumer that is connected all the time,
// while the server closes and comes back on the same address.
func TestReceive_outlives_restart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Start(Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, s.Addr())
	topic := createTopic(t, c, "topic")
	sub := subscribe(t, c, "sub", &pb.Subscription{Topic: topic})
	ctx, cancel := context.WithCancel(t.Context())
	received, ended := make(chan string, 10), make(chan error, 1)
	go func() {
		ended <- c.Subscriber(sub).Receive(ctx, func(_ context.Context, m *client.Message) {
			received <- string(m.Data)
			m.Ack()
		})
	}()
	for _, data := range []string{"before", "after"} {
		publish(t, c, topic, &client.Message{Data: []byte(data)})
		for got := ""; got != data; { // an acknowledgement may be lost with the server
			select {
			case got = <-received:
			case <-time.After(30 * time.Second):
				t.Fatalf("%q did not come", data)
			}
		}
		if data == "before" {
			if err := s.Close(); err != nil {
				t.Fatalf("Close: %v", err)
			}
			start(t, Config{Addr: s.Addr(), Dir: dir})
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Receive: %v", err)
	}
}

func TestJournal_and_memory_are_bounded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := start(t, Config{Dir: dir})
	c := dial(t, s.Addr())
	topic := createTopic(t, c, "topic")
	sub := subscribe(t, c, "sub", &pb.Subscription{Topic: topic})
	for range 40 { // 40 MB in all
		publish(t, c, topic, &client.Message{Data: make([]byte, 1<<20)})
		ack(t, c, sub, pull(t, c, sub))
	}
	info, err := os.Stat(filepath.Join(dir, "journal"))
	if err != nil {
		t.Fatal(err)
	}
	if limit := int64(6 << 20); info.Size() > limit {
		t.Errorf("the journal has %d bytes, more than %d", info.Size(), limit)
	}
	s.broker.mu.Lock()
	defer s.broker.mu.Unlock()
	q := s.broker.queues[sub]
	if n := len(q.entries) + q.all.Len() + q.ready.Len() + q.leased.Len() + len(q.keys); n != 0 {
		t.Errorf("%d traces of acknowledged messages are left", n)
	}
}
