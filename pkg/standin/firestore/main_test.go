// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/standin/emulator"
	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// lastProject numbers the projects, so that tests do not see each other's
// documents in a server that they share.
var lastProject atomic.Int64

// session is one project on one server, through the official client and
// through the bare protocol.
type session struct {
	client   *gcf.Client
	raw      pb.FirestoreClient
	ctx      context.Context
	database string
	google   bool // Google's emulator rather than the stand-in
}

// name gives the full name of a document.
func (s *session) name(path string) string { return s.database + "/documents/" + path }

// ownerCreds are what the official client sends to an emulator.
type ownerCreds struct{}

func (ownerCreds) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

func (ownerCreds) RequireTransportSecurity() bool { return false }

// connect opens a fresh project on the server at an address.
func connect(t testing.TB, addr string) *session {
	t.Helper()
	return connectTo(t, addr, fmt.Sprintf("project-%d", lastProject.Add(1)))
}

func connectTo(t testing.TB, addr, project string) *session {
	t.Helper()
	conn, err := grpc.NewClient(addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(ownerCreds{}))
	if err != nil {
		t.Fatalf("dial %s: %v", addr, err)
	}
	client, err := gcf.NewClient(t.Context(), project, option.WithGRPCConn(conn))
	if err != nil {
		t.Fatalf("new client: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &session{
		client:   client,
		raw:      pb.NewFirestoreClient(conn),
		ctx:      t.Context(),
		database: "projects/" + project + "/databases/(default)",
	}
}

// start runs a stand-in for the length of a test.
func start(t testing.TB, cfg firestore.Config) *firestore.Server {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	server, err := firestore.Start(cfg)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return server
}

// onBoth runs a contract test on the stand-in and on Google's emulator.
func onBoth(t *testing.T, test func(*testing.T, *session)) {
	t.Run("stand_in", func(t *testing.T) {
		t.Parallel()
		test(t, connect(t, start(t, firestore.Config{}).Addr()))
	})
	t.Run("google_emulator", func(t *testing.T) {
		t.Parallel()
		s := connect(t, emulator.Firestore(t))
		s.google = true
		test(t, s)
	})
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("%s: got %v (%v), want %v", what, got, err, want)
	}
}

// errorOf drops the answer of a call.
func errorOf[T any](_ T, err error) error { return err }

func must(t testing.TB, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// setAll writes documents, given by their full names, in one commit.
func setAll(t testing.TB, s *session, docs map[string]fields) {
	t.Helper()
	must(t, "set all", s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
		for name, values := range docs {
			if err := tx.Set(s.client.Doc(strings.TrimPrefix(name, s.name(""))), values); err != nil {
				return err
			}
		}
		return nil
	}))
}
