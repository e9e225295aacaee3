// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package pubsub is a Pub/Sub for one machine: a gRPC server that the official
// client reaches through PUBSUB_EMULATOR_HOST.
//
// It has topics, pull subscriptions (unary and streaming, with flow control),
// acknowledgement deadlines, nacks, retry policies, ordering keys, filters,
// dead letters and retention. Delivery is at least once. With a directory, all
// of it outlives the process, except leases and delivery counts: after a
// restart what was not acknowledged is delivered again at once, as a first
// attempt. Memory is bounded by what is not acknowledged.
//
// Everything else (push endpoints, exactly-once delivery, schemas, snapshots,
// seek, transforms, exports) is refused as Unimplemented, by name. Expiration
// policies are kept and never acted on.
//
// It is not built on the client's own fake (pstest), which forgets a message
// after ten minutes, keeps every payload for ever and repeats dead letters
// that were acknowledged.
package pubsub

import (
	"errors"
	"fmt"
	"net"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
)

// maxRequestBytes is what the service accepts in one request, plus room for
// framing.
const maxRequestBytes = 10<<20 + 1<<16

// Config says where a [Server] listens and what it keeps. The zero value is a
// server in memory on a free port of 127.0.0.1.
type Config struct {
	// Addr is the host:port to listen on, "127.0.0.1:0" if empty.
	Addr string
	// Dir keeps topics, subscriptions and unacknowledged messages across
	// restarts, kill -9 included. Empty means memory only. One server at a
	// time may use a directory.
	Dir string
	// UnaryInterceptor and StreamInterceptor see every call first: to count
	// calls and to inject faults. Either may be nil.
	UnaryInterceptor  grpc.UnaryServerInterceptor
	StreamInterceptor grpc.StreamServerInterceptor
}

// Server is a running stand-in.
type Server struct {
	listener net.Listener
	grpc     *grpc.Server
	broker   *broker
	done     chan error
}

// Start restores what cfg.Dir holds and serves until [Server.Close].
func Start(cfg Config) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	b, err := openBroker(cfg.Dir)
	if err != nil {
		return nil, err
	}
	lis, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", cfg.Addr, err), b.close())
	}
	opts := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxRequestBytes),
		grpc.WaitForHandlers(true), // no handler may outlive the journal
	}
	if cfg.UnaryInterceptor != nil {
		opts = append(opts, grpc.UnaryInterceptor(cfg.UnaryInterceptor))
	}
	if cfg.StreamInterceptor != nil {
		opts = append(opts, grpc.StreamInterceptor(cfg.StreamInterceptor))
	}
	s := &Server{listener: lis, grpc: grpc.NewServer(opts...), broker: b, done: make(chan error, 1)}
	pb.RegisterPublisherServer(s.grpc, &publisher{broker: b})
	pb.RegisterSubscriberServer(s.grpc, &subscriber{broker: b})
	go func() {
		err := s.grpc.Serve(lis)
		if errors.Is(err, grpc.ErrServerStopped) {
			err = nil // closed before it came to serve
		}
		s.done <- err
	}()
	return s, nil
}

// Addr is the host:port the server listens on, the value of
// PUBSUB_EMULATOR_HOST.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close ends all calls, open streams too, and closes the journal. A call that
// was answered is in the journal. Close must be called once.
func (s *Server) Close() error {
	s.grpc.Stop()
	return errors.Join(<-s.done, s.broker.close())
}
