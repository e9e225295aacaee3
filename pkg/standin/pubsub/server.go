// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package pubsub is a stand-in for Pub/Sub: a gRPC server that the official client reaches through
// PUBSUB_EMULATOR_HOST.
//
// It has topics, pull subscriptions (unary and streaming, with flow control), acknowledgement
// deadlines, nacks, ordering keys and retention. It delivers messages at least once. With a folder,
// all of it outlives the process, except leases and delivery counts: after a restart, every message
// that was not acknowledged is delivered again at once. Memory is bounded by what is not
// acknowledged. It refuses everything else as Unimplemented, by name.
//
// The fake of the client library (pstest) cannot replace it: it keeps nothing across restarts, and
// it forgets a message after ten minutes while it keeps every payload.
package pubsub

import (
	"errors"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/standin/grpcserver"
)

// maxRequestBytes is the service's limit for one request, plus room for framing.
const maxRequestBytes = 10<<20 + 1<<16

// Config says where a [Server] listens and what it keeps. The zero value is a server in memory on a
// free port of 127.0.0.1.
type Config struct {
	// Addr is the host:port to listen on, "127.0.0.1:0" if empty.
	Addr string
	// Dir keeps topics, subscriptions and unacknowledged messages across restarts, kill -9 included.
	// Empty keeps everything in memory. One server at a time may use a folder.
	Dir string
	// UnaryInterceptor and StreamInterceptor see every call before it is served, to count calls and to
	// inject faults. Both may be nil.
	UnaryInterceptor  grpc.UnaryServerInterceptor
	StreamInterceptor grpc.StreamServerInterceptor
}

// Server is a running stand-in.
type Server struct {
	*grpcserver.Server
	broker *broker
}

// Start restores what cfg.Dir holds and serves until [Server.Close].
func Start(cfg Config) (*Server, error) {
	b, err := openBroker(cfg.Dir)
	if err != nil {
		return nil, err
	}
	server, err := grpcserver.Start(grpcserver.Config{
		Service: "Pub/Sub", Addr: cfg.Addr, MaxRequestBytes: maxRequestBytes,
		UnaryInterceptor: cfg.UnaryInterceptor, StreamInterceptor: cfg.StreamInterceptor,
	}, func(r grpc.ServiceRegistrar) {
		pb.RegisterPublisherServer(r, &publisher{broker: b})
		pb.RegisterSubscriberServer(r, &subscriber{broker: b})
	})
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return &Server{Server: server, broker: b}, nil
}

// Close ends all calls, open streams too, and closes the journal. A call that was answered is in
// the journal. Close must be called once.
func (s *Server) Close() error { return errors.Join(s.Server.Close(), s.broker.close()) }
