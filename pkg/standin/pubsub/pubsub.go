// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package pubsub is a stand-in for Pub/Sub. It runs the fake server that Google's client library
// contains for tests, on an address and with interceptors that the caller chooses. The official
// client connects to it if PUBSUB_EMULATOR_HOST holds the address.
//
// Topics, subscriptions and messages are in memory only. A subscription gets each message at least
// once, unless it does not pull for ten minutes.
package pubsub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/grpcserver"
)

const (
	// maxRequestBytes is the service's limit for one request, plus room for framing.
	maxRequestBytes = 10<<20 + 1<<16
	// retention is how long the fake offers a message to a subscription.
	retention = 10 * time.Minute
	// keepLimit is how many messages the fake may keep before the acknowledged ones are removed.
	keepLimit = 1000
)

// Config says where a [Server] listens. The zero value is a server on a free port of 127.0.0.1.
type Config struct {
	// Addr is the host:port to listen on, "127.0.0.1:0" if empty.
	Addr string
	// UnaryInterceptor and StreamInterceptor see every call before it is served, to count calls and
	// to inject faults. Both may be nil.
	UnaryInterceptor  grpc.UnaryServerInterceptor
	StreamInterceptor grpc.StreamServerInterceptor
}

// Server is a running stand-in.
type Server struct {
	*grpcserver.Server
	fake *pstest.Server
}

// Start serves until [Server.Close].
func Start(cfg Config) (*Server, error) {
	// The fake also listens on a second port without interceptors. No client knows that port.
	fake := pstest.NewServerWithAddress("127.0.0.1:0")
	server, err := grpcserver.Start(grpcserver.Config{
		Service: "Pub/Sub", Addr: cfg.Addr, MaxRequestBytes: maxRequestBytes,
		UnaryInterceptor: cfg.UnaryInterceptor, StreamInterceptor: cfg.StreamInterceptor,
	}, func(r grpc.ServiceRegistrar) {
		pb.RegisterPublisherServer(r, &publisher{GServer: &fake.GServer, fake: fake, limit: keepLimit})
		pb.RegisterSubscriberServer(r, &fake.GServer)
	})
	if err != nil {
		return nil, errors.Join(err, fake.Close())
	}
	return &Server{Server: server, fake: fake}, nil
}

// Close ends all calls, open streams too. It must be called once.
func (s *Server) Close() error { return errors.Join(s.Server.Close(), s.fake.Close()) }

// publisher removes acknowledged messages from the fake. The fake itself never removes a message.
type publisher struct {
	*pstest.GServer
	fake *pstest.Server

	mu              sync.Mutex // no message may be published while others are removed
	messages, limit int        // messages in the fake, and the number at which some are removed
}

func (p *publisher) Publish(ctx context.Context, r *pb.PublishRequest) (*pb.PublishResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.messages >= p.limit {
		if err := p.removeAcknowledged(ctx); err != nil {
			return nil, err
		}
	}
	p.messages += len(r.Messages)
	return p.GServer.Publish(ctx, r)
}

// removeAcknowledged removes all messages, because the fake cannot remove single ones. It then
// publishes the messages again that a subscription may not have acknowledged yet.
func (p *publisher) removeAcknowledged(ctx context.Context) error {
	var unacknowledged []*pb.PublishRequest
	for _, m := range p.fake.Messages() {
		subscriptions, err := p.ListTopicSubscriptions(ctx, &pb.ListTopicSubscriptionsRequest{Topic: m.Topic})
		if err != nil {
			return fmt.Errorf("list the subscriptions of topic %s: %w", m.Topic, err)
		}
		if m.Acks < len(subscriptions.Subscriptions) && time.Since(m.PublishTime) < retention {
			unacknowledged = append(unacknowledged, &pb.PublishRequest{Topic: m.Topic, Messages: []*pb.PubsubMessage{
				{Data: m.Data, Attributes: m.Attributes, OrderingKey: m.OrderingKey},
			}})
		}
	}
	p.fake.ClearMessages()
	for _, r := range unacknowledged {
		_, err := p.GServer.Publish(ctx, r)
		if err != nil && status.Code(err) != codes.NotFound { // the topic may have been deleted
			return fmt.Errorf("publish a message to topic %s again: %w", r.Topic, err)
		}
	}
	p.messages, p.limit = len(unacknowledged), 2*len(unacknowledged)+keepLimit
	return nil
}
