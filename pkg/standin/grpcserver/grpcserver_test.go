// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package grpcserver_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/grpcserver"
)

func TestServer(t *testing.T) {
	t.Parallel()
	seen := make(chan string, 10)
	s, err := grpcserver.Start(grpcserver.Config{
		Service: "Health",
		UnaryInterceptor: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			seen <- info.FullMethod
			return next(ctx, req)
		},
		StreamInterceptor: func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			seen <- info.FullMethod
			return next(srv, stream)
		},
	}, func(r grpc.ServiceRegistrar) { healthpb.RegisterHealthServer(r, health.NewServer()) })
	if err != nil {
		t.Fatal(err)
	}
	if other, err := grpcserver.Start(grpcserver.Config{Service: "Health", Addr: s.Addr()}, nil); err == nil ||
		!strings.Contains(err.Error(), "listen for Health on "+s.Addr()) {
		t.Errorf("Start on an address in use: %v, %v", other, err)
	}
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	client := healthpb.NewHealthClient(conn)
	if _, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil {
		t.Errorf("Check: %v", err)
	}
	err = conn.Invoke(t.Context(), "/other.Service/Method", &healthpb.HealthCheckRequest{}, &healthpb.HealthCheckResponse{})
	if status.Code(err) != codes.Unimplemented || !strings.Contains(err.Error(), "/other.Service/Method") {
		t.Errorf("unknown method: %v, want Unimplemented with the name", err)
	}
	watch, err := client.Watch(t.Context(), &healthpb.HealthCheckRequest{}) // it does not end by itself
	if err == nil {
		_, err = watch.Recv()
	}
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := s.Close(); err != nil || time.Since(began) > 30*time.Second {
		t.Errorf("Close: %v after %v", err, time.Since(began))
	}
	if _, err := net.DialTimeout("tcp", s.Addr(), time.Second); err == nil {
		t.Error("a closed server accepts connections")
	}
	close(seen)
	got := ""
	for method := range seen {
		got += method + " "
	}
	const want = "/grpc.health.v1.Health/Check /other.Service/Method /grpc.health.v1.Health/Watch "
	if got != want {
		t.Errorf("the interceptors saw %q, want %q", got, want)
	}
}
