// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package cloud starts the stand-ins for Google Cloud together, wired as the services are: Vertex
// AI reads its datasets from Cloud Storage. Each except Vertex AI can be replaced by another
// emulator.
package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/api/option"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
	"github.com/vertextune/vertextune/pkg/standin/pubsub"
	"github.com/vertextune/vertextune/pkg/standin/storage"
	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

// Addresses are host:port, one a service.
type Addresses struct {
	Storage, Firestore, PubSub, Vertex string
}

// Config says what to start.
type Config struct {
	// Project is the only one that Vertex AI knows.
	Project string
	// Inbox and Data are the buckets. Finalized objects of the inbox are kept until they were
	// delivered.
	Inbox, Data string
	// Listen gives each stand-in its address; an empty one is a free port.
	Listen Addresses
	// Foreign gives the addresses of emulators to be used in place of ours; Vertex AI has none.
	Foreign Addresses
	// Dir keeps everything across restarts, except what Pub/Sub has. Empty keeps nothing.
	Dir string
	// JobDuration and ConcurrentJobs are Vertex AI's, see its Config.
	JobDuration    time.Duration
	ConcurrentJobs int

	// The interceptors see every call of their service, to count calls and to inject faults.
	StorageWrap                              func(http.Handler) http.Handler
	FirestoreUnary, PubSubUnary, VertexUnary grpc.UnaryServerInterceptor
	FirestoreStream, PubSubStream            grpc.StreamServerInterceptor
	// OnQuery is called for every query that Firestore answers.
	OnQuery func(firestore.Shape)
}

// Cloud is the running stand-ins; those that are foreign are nil.
type Cloud struct {
	Storage   *storage.Server
	Firestore *firestore.Server
	PubSub    *pubsub.Server
	Vertex    *vertex.Server
	// Addresses are those to use, foreign ones included.
	Addresses Addresses

	project string
}

// Start starts what is not foreign. If one fails to start, none runs.
func Start(ctx context.Context, cfg Config) (_ *Cloud, err error) {
	c := &Cloud{project: cfg.Project, Addresses: cfg.Foreign}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	for _, start := range []func(context.Context, Config) error{
		c.startStorage, c.startFirestore, c.startPubSub, c.startVertex,
	} {
		if err := start(ctx, cfg); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func (c *Cloud) startStorage(_ context.Context, cfg Config) (err error) {
	if cfg.Foreign.Storage != "" {
		return nil
	}
	c.Storage, err = storage.Start(storage.Config{
		Addr: cfg.Listen.Storage, Dir: cfg.dir("storage"), Wrap: cfg.StorageWrap,
		Buckets: []string{cfg.Inbox, cfg.Data}, Notify: []string{cfg.Inbox},
	})
	if err != nil {
		return fmt.Errorf("start the stand-in for Cloud Storage: %w", err)
	}
	c.Addresses.Storage = c.Storage.Addr()
	return nil
}

func (c *Cloud) startFirestore(_ context.Context, cfg Config) (err error) {
	if cfg.Foreign.Firestore != "" {
		return nil
	}
	c.Firestore, err = firestore.Start(firestore.Config{
		Addr: cfg.Listen.Firestore, Dir: cfg.dir("firestore"),
		UnaryInterceptor: cfg.FirestoreUnary, StreamInterceptor: cfg.FirestoreStream, OnQuery: cfg.OnQuery,
	})
	if err != nil {
		return fmt.Errorf("start the stand-in for Firestore: %w", err)
	}
	c.Addresses.Firestore = c.Firestore.Addr()
	return nil
}

func (c *Cloud) startPubSub(_ context.Context, cfg Config) (err error) {
	if cfg.Foreign.PubSub != "" {
		return nil
	}
	c.PubSub, err = pubsub.Start(pubsub.Config{
		Addr: cfg.Listen.PubSub, UnaryInterceptor: cfg.PubSubUnary, StreamInterceptor: cfg.PubSubStream,
	})
	if err != nil {
		return fmt.Errorf("start the stand-in for Pub/Sub: %w", err)
	}
	c.Addresses.PubSub = c.PubSub.Addr()
	return nil
}

func (c *Cloud) startVertex(_ context.Context, cfg Config) (err error) {
	c.Vertex, err = vertex.Start(vertex.Config{
		Addr: cfg.Listen.Vertex, Dir: cfg.dir("vertex"), Project: cfg.Project, Storage: c.StorageOptions(option.WithUserAgent(Bystander)),
		JobDuration: cfg.JobDuration, ConcurrentJobs: cfg.ConcurrentJobs,
		UnaryInterceptor: cfg.VertexUnary,
	})
	if err != nil {
		return fmt.Errorf("start the stand-in for Vertex AI: %w", err)
	}
	c.Addresses.Vertex = c.Vertex.Addr()
	return nil
}

func (cfg Config) dir(name string) string {
	if cfg.Dir == "" {
		return ""
	}
	return filepath.Join(cfg.Dir, name)
}

// Variables are the environment variables by which clients find the services. The first three are
// those that the official clients read.
func (c *Cloud) Variables() map[string]string {
	return map[string]string{
		"STORAGE_EMULATOR_HOST":   c.StorageURL(),
		"FIRESTORE_EMULATOR_HOST": c.Addresses.Firestore,
		"PUBSUB_EMULATOR_HOST":    c.Addresses.PubSub,
		"VERTEX_AI_EMULATOR_HOST": c.Addresses.Vertex,
	}
}

// StorageURL is the address of Cloud Storage with its scheme, which clients in some languages need.
func (c *Cloud) StorageURL() string {
	if strings.Contains(c.Addresses.Storage, "://") {
		return strings.TrimSuffix(c.Addresses.Storage, "/")
	}
	return "http://" + c.Addresses.Storage
}

// Close stops the stand-ins, readers before what they read.
func (c *Cloud) Close() error {
	var all []error
	if c.Vertex != nil {
		all = append(all, c.Vertex.Close())
	}
	if c.PubSub != nil {
		all = append(all, c.PubSub.Close())
	}
	if c.Firestore != nil {
		all = append(all, c.Firestore.Close())
	}
	if c.Storage != nil {
		all = append(all, c.Storage.Close())
	}
	return errors.Join(all...)
}
