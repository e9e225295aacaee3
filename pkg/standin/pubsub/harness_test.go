// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "cloud.google.com/go/pubsub/v2"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const project = "projects/test-project"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		serveForParent(dir)
		return
	}
	code := m.Run()
	google.stop()
	os.Exit(code)
}

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
		test(t, dial(t, google.address(t)), name)
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
	if left := ready(t, c, sub); len(left) > 0 {
		t.Errorf("%s has %v, want nothing", sub, left)
	}
}

// ready leases what is ready now.
func ready(t *testing.T, c *client.Client, sub string) []*pb.ReceivedMessage {
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
	return r.ReceivedMessages
}

func ack(t *testing.T, c *client.Client, sub string, m *pb.ReceivedMessage) {
	t.Helper()
	err := c.SubscriptionAdminClient.Acknowledge(t.Context(),
		&pb.AcknowledgeRequest{Subscription: sub, AckIds: []string{m.AckId}})
	if err != nil {
		t.Fatalf("acknowledge %s: %v", m.AckId, err)
	}
}

func modify(t *testing.T, c *client.Client, sub string, m *pb.ReceivedMessage, seconds int32) {
	t.Helper()
	err := c.SubscriptionAdminClient.ModifyAckDeadline(t.Context(), &pb.ModifyAckDeadlineRequest{
		Subscription: sub, AckIds: []string{m.AckId}, AckDeadlineSeconds: seconds,
	})
	if err != nil {
		t.Fatalf("modify deadline of %s: %v", m.AckId, err)
	}
}

// google is Google's emulator, started at its first use.
var google emulator

type emulator struct {
	once    sync.Once
	addr    string
	skipped string
	process *exec.Cmd
}

func (e *emulator) address(t *testing.T) string {
	t.Helper()
	e.once.Do(func() {
		if err := e.start(); err != nil {
			e.skipped = err.Error()
		}
	})
	if e.skipped != "" {
		t.Skip("skipped: Google's Pub/Sub emulator: " + e.skipped)
	}
	return e.addr
}

func (e *emulator) start() error {
	root, err := exec.Command("gcloud", "info", "--format=value(installation.sdk_root)").Output()
	if err != nil {
		return fmt.Errorf("gcloud is not installed: %w", err)
	}
	pattern := filepath.Join(strings.TrimSpace(string(root)), "platform/pubsub-emulator/lib/*.jar")
	jars, err := filepath.Glob(pattern)
	if err != nil || len(jars) == 0 {
		return fmt.Errorf("%s is not there", pattern)
	}
	lis, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.addr = lis.Addr().String()
	_ = lis.Close() // the emulator does not report a port of its own choice
	_, port, _ := net.SplitHostPort(e.addr)
	e.process = exec.Command("java", "-jar", jars[0], "--host=127.0.0.1", "--port="+port)
	if err := e.process.Start(); err != nil {
		e.process = nil
		return fmt.Errorf("start java: %w", err)
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if conn, err := net.Dial("tcp", e.addr); err == nil {
			return conn.Close()
		}
	}
	return fmt.Errorf("no answer on %s within a minute", e.addr)
}

func (e *emulator) stop() {
	if e.process != nil {
		_ = e.process.Process.Kill()
		_ = e.process.Wait()
	}
}
