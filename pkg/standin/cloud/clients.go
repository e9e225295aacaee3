// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"context"
	"fmt"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// The clients below are the official ones. They get their addresses by options: environment
// variables belong to the whole process, and tests in parallel use different clouds. The caller
// closes them.

// Bystander is the user agent of a client that is a part of the cloud, or of a test that observes
// it.
const Bystander = "vertextune-bystander"

// StorageOptions are the options of a client of Cloud Storage. There is no method that returns the
// client, so that only those who use it pay for its type: see gcs.Store.
func (c *Cloud) StorageOptions(more ...option.ClientOption) []option.ClientOption {
	return append([]option.ClientOption{option.WithEndpoint(c.StorageURL() + "/storage/v1/"), option.WithoutAuthentication()}, more...)
}

// FirestoreClient returns a client of the default database of the project.
func (c *Cloud) FirestoreClient(ctx context.Context, more ...option.ClientOption) (*firestore.Client, error) {
	client, err := firestore.NewClient(ctx, c.project, unencrypted(c.Addresses.Firestore, more)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Firestore at %s: %w", c.Addresses.Firestore, err)
	}
	return client, nil
}

// PubSubClient returns a client of Pub/Sub in the project.
func (c *Cloud) PubSubClient(ctx context.Context, more ...option.ClientOption) (*pubsub.Client, error) {
	client, err := pubsub.NewClient(ctx, c.project, unencrypted(c.Addresses.PubSub, more)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Pub/Sub at %s: %w", c.Addresses.PubSub, err)
	}
	return client, nil
}

// TuningClient returns a client of Vertex AI's tuning service.
func (c *Cloud) TuningClient(ctx context.Context, more ...option.ClientOption) (*aiplatform.GenAiTuningClient, error) {
	client, err := aiplatform.NewGenAiTuningClient(ctx, unencrypted(c.Addresses.Vertex, more)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Vertex AI at %s: %w", c.Addresses.Vertex, err)
	}
	return client, nil
}

// unencrypted are the options for a gRPC server without encryption.
func unencrypted(address string, more []option.ClientOption) []option.ClientOption {
	return append([]option.ClientOption{
		option.WithEndpoint(address),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}, more...)
}
