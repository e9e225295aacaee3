// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloud

import (
	"context"
	"fmt"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/storage"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// The clients below are the official ones, told where to go by options: environment variables belong to the
// whole process, and tests that run at the same time use clouds of their own. The caller closes them.

// StorageClient returns a client of Cloud Storage.
func (c *Cloud) StorageClient(ctx context.Context) (*storage.Client, error) {
	client, err := storage.NewClient(ctx, option.WithEndpoint(c.StorageURL()+"/storage/v1/"),
		option.WithoutAuthentication())
	if err != nil {
		return nil, fmt.Errorf("connect to Cloud Storage at %s: %w", c.StorageURL(), err)
	}
	return client, nil
}

// FirestoreClient returns a client of the default database of the project.
func (c *Cloud) FirestoreClient(ctx context.Context) (*firestore.Client, error) {
	client, err := firestore.NewClient(ctx, c.project, plain(c.Addresses.Firestore)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Firestore at %s: %w", c.Addresses.Firestore, err)
	}
	return client, nil
}

// PubSubClient returns a client of Pub/Sub in the project.
func (c *Cloud) PubSubClient(ctx context.Context) (*pubsub.Client, error) {
	client, err := pubsub.NewClient(ctx, c.project, plain(c.Addresses.PubSub)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Pub/Sub at %s: %w", c.Addresses.PubSub, err)
	}
	return client, nil
}

// plain are the options for a gRPC server without encryption.
func plain(address string) []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(address),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}
