// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package firestore is a stand-in for Cloud Firestore in Native mode: a gRPC server on the loopback
// interface that the official clients reach through FIRESTORE_EMULATOR_HOST.
//
// It implements what this project calls, exactly: commits with preconditions, masks and transforms,
// transactions, queries and counts answer as the real service does, down to the status codes. It
// refuses everything else as Unimplemented, by name. The contract tests and the randomised
// comparison of this package compare it with Google's own emulator.
//
// Documents are immutable and the collections that hold them are persistent trees, so that every
// read and every transaction works on a snapshot that costs nothing to take, and no lock is held
// while results are sent.
package firestore

import (
	"errors"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/standin/grpcserver"
)

// maxMessageBytes is what the transport accepts. It is above the limit of the service, so that
// clients get the service's own answer and not the transport's ResourceExhausted, which they retry.
const maxMessageBytes = 64 << 20

// Config says how a Server listens, where it keeps its documents and who watches it.
type Config struct {
	// Addr is the TCP address to listen on; port 0 picks a free port.
	Addr string

	// Dir is the folder of the journal, which is made if missing. Empty keeps everything in memory.
	// A folder belongs to one Server at a time.
	Dir string

	// UnaryInterceptor and StreamInterceptor see every call before it is served, to count calls and
	// to inject faults. Both may be nil.
	UnaryInterceptor  grpc.UnaryServerInterceptor
	StreamInterceptor grpc.StreamServerInterceptor

	// OnQuery is called with every query that is served, also with those inside aggregations, on
	// the goroutine of the call. It may be nil.
	OnQuery func(Shape)
}

// Server is a running stand-in.
type Server struct {
	*grpcserver.Server
	store *store
}

// Start opens the journal, listens and serves until Close.
func Start(cfg Config) (*Server, error) {
	store, err := openStore(cfg.Dir)
	if err != nil {
		return nil, err
	}
	server, err := grpcserver.Start(grpcserver.Config{
		Service: "Firestore", Addr: cfg.Addr, MaxRequestBytes: maxMessageBytes,
		UnaryInterceptor: cfg.UnaryInterceptor, StreamInterceptor: cfg.StreamInterceptor,
	}, func(r grpc.ServiceRegistrar) {
		pb.RegisterFirestoreServer(r, &service{store: store, onQuery: cfg.OnQuery})
	})
	if err != nil {
		return nil, errors.Join(err, store.close())
	}
	return &Server{Server: server, store: store}, nil
}

// Close ends all calls and closes the journal. It must be called once.
func (s *Server) Close() error { return errors.Join(s.Server.Close(), s.store.close()) }
