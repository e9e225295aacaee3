// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package firestore is a stand-in for Cloud Firestore in Native mode: a gRPC
// server on the loopback interface that the official clients talk to through
// FIRESTORE_EMULATOR_HOST.
//
// It is small but exact. Commits with preconditions, masks and transforms,
// transactions, queries and aggregations answer as the real service does, down
// to the status codes; whatever it does not do is refused as Unimplemented, by
// name. The contract tests and the randomised comparison of this package hold
// it against Google's own emulator.
//
// Documents are immutable and the collections that hold them are persistent
// trees, so every read and every transaction works on a snapshot that costs
// nothing to take, and no lock is held while results are sent.
package firestore

import (
	"errors"
	"fmt"
	"net"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
)

// gracePeriod is how long Close waits for calls under way before it cuts them.
const gracePeriod = 3 * time.Second

// maxMessageBytes is what the transport accepts. It is above the limit of the
// service, so that the service's own answer is seen rather than the transport's
// ResourceExhausted, which clients retry.
const maxMessageBytes = 64 << 20

// Config says how a Server listens, where it keeps its documents and who
// watches it.
type Config struct {
	// Addr is the TCP address to listen on; port 0 picks a free one.
	Addr string

	// Dir is the folder of the journal, made when it does not exist. Empty
	// keeps everything in memory. A folder belongs to one Server at a time.
	Dir string

	// UnaryInterceptor and StreamInterceptor see every call before it is
	// served: they count calls and inject faults. Both may be nil.
	UnaryInterceptor  grpc.UnaryServerInterceptor
	StreamInterceptor grpc.StreamServerInterceptor

	// OnQuery hears of every query that is served, also those inside
	// aggregations. It runs on the goroutine of the call. It may be nil.
	OnQuery func(Shape)
}

// Server is a running stand-in.
type Server struct {
	grpc     *grpc.Server
	listener net.Listener
	store    *store
	done     chan error
}

// Start opens the journal, listens and serves until Close. It fails when the
// journal cannot be read or written, or the address cannot be had.
func Start(cfg Config) (*Server, error) {
	store, err := openStore(cfg.Dir)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen for firestore on %s: %w", cfg.Addr, err), store.close())
	}

	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(maxMessageBytes)}
	if cfg.UnaryInterceptor != nil {
		options = append(options, grpc.UnaryInterceptor(cfg.UnaryInterceptor))
	}
	if cfg.StreamInterceptor != nil {
		options = append(options, grpc.StreamInterceptor(cfg.StreamInterceptor))
	}
	s := &Server{
		grpc:     grpc.NewServer(options...),
		listener: listener,
		store:    store,
		done:     make(chan error, 1),
	}
	pb.RegisterFirestoreServer(s.grpc, &service{store: store, onQuery: cfg.OnQuery})
	go func() {
		err := s.grpc.Serve(listener)
		if errors.Is(err, grpc.ErrServerStopped) {
			err = nil // closed before it came to serve
		}
		s.done <- err
	}()
	return s, nil
}

// Addr returns the address that the server listens on, as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Close lets calls under way finish for a short while, stops the server and
// closes the journal. It must be called once.
func (s *Server) Close() error {
	cut := time.AfterFunc(gracePeriod, s.grpc.Stop)
	s.grpc.GracefulStop()
	cut.Stop()
	return errors.Join(<-s.done, s.store.close())
}
