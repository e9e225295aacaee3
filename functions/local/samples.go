// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	cloudstorage "cloud.google.com/go/storage"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/testdata"
)

// sampleSession is a session of the sample messages; sampleFile is a file of training examples.
const (
	sampleSession = "support-1"
	sampleMessage = "msg-01-user"
	sampleFile    = "testdata/samples/conversations.json"
)

// catalogueFile is the catalogue of base models in the data bucket.
const catalogueFile = "catalogue.json"

// writtenBy is the metadata key that marks a catalogue as written by this command. A user has
// edited a catalogue without this mark, so the command keeps it.
const (
	writtenBy = "written-by"
	writer    = "vertextune-local"
)

// loadCatalogue writes the catalogue that describes the stand-ins, unless the bucket has an edited
// one. If the functions could not start with an edited catalogue, loadCatalogue copies it to
// another name and replaces it.
func loadCatalogue(ctx context.Context, client *cloudstorage.Client) error {
	object := client.Bucket(data).Object(catalogueFile)
	attrs, err := object.Attrs(ctx)
	switch {
	case errors.Is(err, cloudstorage.ErrObjectNotExist):
	case err != nil:
		return fmt.Errorf("look for the catalogue: %w", err)
	case attrs.Metadata[writtenBy] != writer:
		usable, err := keepCatalogue(ctx, client, object)
		if usable || err != nil {
			return err
		}
	}
	text, err := cloud.Catalogue()
	if err != nil {
		return err
	}
	out := object.NewWriter(ctx)
	out.ContentType = "application/json"
	out.Metadata = map[string]string{writtenBy: writer}
	_, err = out.Write(text)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write the catalogue: %w", err)
	}
	return nil
}

// keepCatalogue reports whether an edited catalogue is usable. If it is not, keepCatalogue copies
// it to another name.
func keepCatalogue(ctx context.Context, client *cloudstorage.Client, object *cloudstorage.ObjectHandle) (usable bool, err error) {
	r, err := object.NewReader(ctx)
	if err != nil {
		return false, fmt.Errorf("read the edited catalogue: %w", err)
	}
	defer func() { _ = r.Close() }() // the content was read, so a failing close loses nothing
	text, err := io.ReadAll(r)
	if err != nil {
		return false, fmt.Errorf("read the edited catalogue: %w", err)
	}
	log := slog.Default().With("object", "gs://"+data+"/"+catalogueFile)
	if _, err := catalogue.Load(text); err != nil {
		const aside = "catalogue-not-valid.json"
		to := client.Bucket(data).Object(aside).NewWriter(ctx)
		_, writeErr := to.Write(text)
		if err := errors.Join(writeErr, to.Close()); err != nil {
			return false, fmt.Errorf("copy the edited catalogue to another name: %w", err)
		}
		log.ErrorContext(ctx, "the edited catalogue is not valid and was replaced", "moved_to", "gs://"+data+"/"+aside, "error", err)
		return false, nil
	}
	log.InfoContext(ctx, "the edited catalogue is kept")
	return true, nil
}

// ensureBucket creates a bucket if it does not exist, for example in an emulator that is not ours.
func ensureBucket(ctx context.Context, client *cloudstorage.Client, name string) error {
	bucket := client.Bucket(name)
	_, err := bucket.Attrs(ctx)
	if errors.Is(err, cloudstorage.ErrBucketNotExist) {
		err = bucket.Create(ctx, project, nil)
	}
	if err != nil {
		return fmt.Errorf("create bucket %s: %w", name, err)
	}
	return nil
}

// ensureTopic creates a topic and a subscription of the same name, from which the published
// messages can be read.
func ensureTopic(ctx context.Context, client *pubsub.Client, name string) error {
	topic := &pubsubpb.Topic{Name: fmt.Sprintf("projects/%s/topics/%s", project, name)}
	if _, err := client.TopicAdminClient.CreateTopic(ctx, topic); err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("create topic %s: %w", name, err)
	}
	_, err := client.SubscriptionAdminClient.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: fmt.Sprintf("projects/%s/subscriptions/%s", project, name), Topic: topic.GetName(), EnableMessageOrdering: true,
	})
	if err != nil && status.Code(err) != codes.AlreadyExists {
		return fmt.Errorf("create subscription %s: %w", name, err)
	}
	return nil
}

// loadMessages writes the sample messages that Firestore does not have yet.
func loadMessages(ctx context.Context, c *cloud.Cloud) error {
	text, err := testdata.Samples.ReadFile("samples/messages.json")
	if err != nil {
		return fmt.Errorf("read the sample messages: %w", err)
	}
	var messages []map[string]any
	if err := json.Unmarshal(text, &messages); err != nil {
		return fmt.Errorf("decode the sample messages: %w", err)
	}
	client, err := c.FirestoreClient(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }() // all calls have ended by then
	for _, m := range messages {
		id, _ := m["id"].(string)
		delete(m, "id")
		if text, ok := m["created_at"].(string); ok {
			if m["created_at"], err = time.Parse(time.RFC3339, text); err != nil {
				return fmt.Errorf("sample message %s: %w", id, err)
			}
		}
		_, err := client.Collection("messages").Doc(id).Create(ctx, m)
		if err != nil && status.Code(err) != codes.AlreadyExists {
			return fmt.Errorf("write sample message %s to Firestore at %s: %w", id, c.Addresses.Firestore, err)
		}
	}
	return nil
}
