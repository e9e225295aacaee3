// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"

	v1 "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	pb "cloud.google.com/go/aiplatform/apiv1beta1/aiplatformpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Server is a running stand-in.
type Server struct {
	listener net.Listener
	grpc     *grpc.Server
	engine   *engine
	served   chan error
	close    func() error
}

// Start listens and serves until Close. It fails when the configuration is incomplete, the address is
// taken, or the journal cannot be read.
func Start(cfg Config) (*Server, error) {
	facts, err := loadCatalogue()
	if err != nil {
		return nil, err
	}
	if cfg, err = cfg.withDefaults(facts); err != nil {
		return nil, err
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", cfg.Addr, err)
	}
	engine, err := newEngine(cfg, facts)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	options := []grpc.ServerOption{grpc.UnknownServiceHandler(refuse), grpc.WaitForHandlers(true)}
	if cfg.UnaryInterceptor != nil {
		options = append(options, grpc.UnaryInterceptor(cfg.UnaryInterceptor))
	}
	s := &Server{listener: listener, grpc: grpc.NewServer(options...), engine: engine, served: make(chan error, 1)}
	pb.RegisterGenAiTuningServiceServer(s.grpc, &service{engine: engine, facts: facts, cfg: cfg, beta: true})
	v1.RegisterGenAiTuningServiceServer(s.grpc, &serviceV1{service: &service{engine: engine, facts: facts, cfg: cfg}})
	s.close = sync.OnceValue(s.shutDown)
	go func() {
		err := s.grpc.Serve(listener)
		if errors.Is(err, grpc.ErrServerStopped) {
			err = nil // closed before it came to serve
		}
		s.served <- err
	}()
	return s, nil
}

// refuse answers every method that is not served, by its name.
func refuse(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	return status.Errorf(codes.Unimplemented, "%s is not implemented by the local stand-in for Vertex AI", method)
}

// Addr is the host and port that Start listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close stops serving at once, as a kill would, and waits until nothing runs any more. Further calls
// return what the first did.
func (s *Server) Close() error { return s.close() }

func (s *Server) shutDown() error {
	s.grpc.Stop()
	return errors.Join(<-s.served, s.engine.close())
}

// Jobs returns every job in every project and location as it is now and as v1 shows it, newest first.
func (s *Server) Jobs() []*v1.TuningJob {
	s.engine.mu.Lock()
	defer s.engine.mu.Unlock()
	now := s.engine.now()
	var out []*v1.TuningJob
	for _, j := range slices.Backward(s.engine.board.jobs) {
		out = append(out, jobV1(j.view(now)))
	}
	return out
}
