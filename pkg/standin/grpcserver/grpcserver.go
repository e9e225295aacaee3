// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package grpcserver starts and stops the gRPC servers of the stand-ins.
package grpcserver

import (
	"context"
	"errors"
	"fmt"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Config says how a Server listens.
type Config struct {
	// Service names the service in errors.
	Service string
	// Addr is the TCP address to listen on, "127.0.0.1:0" if empty. Port 0 picks a free port.
	Addr string
	// MaxRequestBytes is the size of the largest request; 0 means gRPC's default.
	MaxRequestBytes int
	// UnaryInterceptor and StreamInterceptor see every call before it is served, to count calls and
	// to inject faults. Both may be nil.
	UnaryInterceptor  grpc.UnaryServerInterceptor
	StreamInterceptor grpc.StreamServerInterceptor
}

// Server is a running server.
type Server struct {
	listener net.Listener
	grpc     *grpc.Server
	served   chan error
}

// Start serves what register adds to the server, until Close. It answers other methods with
// Unimplemented and their name.
func Start(cfg Config, register func(grpc.ServiceRegistrar)) (*Server, error) {
	if cfg.Addr == "" {
		cfg.Addr = "127.0.0.1:0"
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen for %s on %s: %w", cfg.Service, cfg.Addr, err)
	}
	options := []grpc.ServerOption{
		grpc.WaitForHandlers(true), // no handler may outlive the state that it uses
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
			method, _ := grpc.MethodFromServerStream(stream)
			return status.Errorf(codes.Unimplemented, "%s is not implemented by the local stand-in for %s", method, cfg.Service)
		}),
	}
	if cfg.MaxRequestBytes > 0 {
		options = append(options, grpc.MaxRecvMsgSize(cfg.MaxRequestBytes))
	}
	if cfg.UnaryInterceptor != nil {
		options = append(options, grpc.UnaryInterceptor(cfg.UnaryInterceptor))
	}
	if cfg.StreamInterceptor != nil {
		options = append(options, grpc.StreamInterceptor(cfg.StreamInterceptor))
	}
	s := &Server{listener: listener, grpc: grpc.NewServer(options...), served: make(chan error, 1)}
	register(s.grpc)
	go func() {
		err := s.grpc.Serve(listener)
		if errors.Is(err, grpc.ErrServerStopped) {
			err = nil // Close came before Serve
		}
		s.served <- err
	}()
	return s, nil
}

// Addr is the address that the server listens on, as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close ends all calls immediately, as if the process were killed, and waits until no handler runs.
// It must be called only once.
func (s *Server) Close() error {
	s.grpc.Stop()
	return <-s.served
}
