// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package vertex calls Vertex AI through the official clients. These support gRPC only, and have no
// default deadline and no default retries. So every call here has a deadline, and a create is never
// retried.
package vertex

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/vertextune/vertextune/pkg/core/endpoint"
	"github.com/vertextune/vertextune/pkg/google/gcperr"
)

const service = "Vertex AI"

// Deadlines of a single call. createTimeout applies only if the caller has set no deadline.
const (
	createTimeout = 60 * time.Second
	readTimeout   = 20 * time.Second
	listTimeout   = 30 * time.Second
)

// Config holds the settings of the client.
type Config struct {
	// EmulatorHost is the host:port of a stand-in that accepts gRPC without TLS. The official
	// client has no variable for it; the name follows those of Firestore, Storage and Pub/Sub.
	EmulatorHost string `env:"VERTEX_AI_EMULATOR_HOST"`
}

// Client creates and reads tuning jobs, and asks models. A job exists in one region, and a model is
// served at some locations, each with a host of its own. So the client has one connection for each
// location, opened at its first use.
type Client struct {
	project string
	config  Config

	mu      sync.Mutex
	regions map[string]*aiplatform.GenAiTuningClient
	models  map[string]*aiplatform.PredictionClient
	counts  map[string]*aiplatform.LlmUtilityClient
}

// New returns a client for the jobs of a project. It connects at its first call.
func New(project string, config Config) *Client {
	return &Client{
		project: project, config: config,
		regions: map[string]*aiplatform.GenAiTuningClient{}, models: map[string]*aiplatform.PredictionClient{},
		counts: map[string]*aiplatform.LlmUtilityClient{},
	}
}

// Close closes the connections.
func (c *Client) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []error
	for _, region := range c.regions {
		all = append(all, region.Close())
	}
	for _, location := range c.models {
		all = append(all, location.Close())
	}
	for _, location := range c.counts {
		all = append(all, location.Close())
	}
	clear(c.regions)
	clear(c.models)
	clear(c.counts)
	return errors.Join(all...)
}

// region returns the connection to a location that has jobs.
func (c *Client) region(ctx context.Context, location string) (*aiplatform.GenAiTuningClient, error) {
	return connected(ctx, c, c.regions, location, aiplatform.NewGenAiTuningClient)
}

// connected returns the connection to a location, and opens it if there is none.
func connected[C any](ctx context.Context, c *Client, all map[string]C, location string, open func(context.Context, ...option.ClientOption) (C, error)) (C, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if client, ok := all[location]; ok {
		return client, nil
	}
	// The connection outlives the call that opens it.
	client, err := open(context.WithoutCancel(ctx), c.options(location)...)
	if err != nil {
		return client, fmt.Errorf("connect to Vertex AI in %s: %w", location, err)
	}
	all[location] = client
	return client, nil
}

func (c *Client) options(location string) []option.ClientOption {
	version := option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(sendBeta))
	if c.config.EmulatorHost != "" {
		return []option.ClientOption{
			version,
			option.WithEndpoint(c.config.EmulatorHost),
			option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
		}
	}
	// The client's default is the global host, which refuses the jobs of a region.
	return []option.ClientOption{version, option.WithEndpoint(endpoint.Host(location) + ":443")}
}

func (c *Client) parent(location string) string {
	return fmt.Sprintf("projects/%s/locations/%s", c.project, location)
}

func wrap(err error, doing string, named ...string) error {
	return gcperr.Fault(err, service, doing, named...)
}
