// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloudtest

import (
	"errors"
	"io"
	"testing"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// Example is a training example in one line.
const Example = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}` + "\n"

func (c *Cloud) topic() string        { return "projects/" + c.config.Project + "/topics/" + Topic }
func (c *Cloud) subscription() string { return "projects/" + c.config.Project + "/subscriptions/all" }

// Put writes a document of Firestore.
func (c *Cloud) Put(t testing.TB, path string, fields any) {
	t.Helper()
	if _, err := c.Firestore.Doc(path).Set(t.Context(), fields); err != nil {
		t.Fatalf("put %s: %v", path, err)
	}
}

// Upload writes an object with its metadata, given as names and values, and returns its attributes.
func (c *Cloud) Upload(t testing.TB, bucket, name, content string, metadata map[string]string) *storage.ObjectAttrs {
	t.Helper()
	up := StorageClient(c).Bucket(bucket).Object(name).NewWriter(t.Context())
	up.Metadata = metadata
	_, err := io.WriteString(up, content)
	if err = errors.Join(err, up.Close()); err != nil {
		t.Fatalf("upload %s: %v", name, err)
	}
	return up.Attrs()
}

// Object reads an object as it is stored, with its attributes, which are nil if there is none.
func (c *Cloud) Object(t testing.TB, bucket, name string) (content string, attrs *storage.ObjectAttrs) {
	t.Helper()
	handle := StorageClient(c).Bucket(bucket).Object(name)
	attrs, err := handle.Attrs(t.Context())
	if errors.Is(err, storage.ErrObjectNotExist) {
		return "", nil
	}
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	r, err := handle.Generation(attrs.Generation).ReadCompressed(true).NewReader(t.Context())
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return string(text), attrs
}

// List returns the attributes of the objects whose names begin with a prefix.
func (c *Cloud) List(t testing.TB, bucket, prefix string) (all []*storage.ObjectAttrs) {
	t.Helper()
	objects := StorageClient(c).Bucket(bucket).Objects(t.Context(), &storage.Query{Prefix: prefix})
	for {
		attrs, err := objects.Next()
		if errors.Is(err, iterator.Done) {
			return all
		}
		if err != nil {
			t.Fatalf("list %s: %v", bucket, err)
		}
		all = append(all, attrs)
	}
}

// Remove deletes an object.
func (c *Cloud) Remove(t testing.TB, bucket, name string) {
	t.Helper()
	if err := StorageClient(c).Bucket(bucket).Object(name).Delete(t.Context()); err != nil {
		t.Fatalf("delete %s: %v", name, err)
	}
}

// Recorded returns the records of all jobs with all their fields, oldest first. They are for
// reading only, as they have no version.
func (c *Cloud) Recorded(t testing.TB) (all []store.Record) {
	t.Helper()
	docs, err := c.Firestore.Collection("tuning_jobs").OrderBy("created_at", firestore.Asc).Documents(t.Context()).GetAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		r := store.Record{Job: tuning.Job{ID: doc.Ref.ID}}
		if err := doc.DataTo(&r.Job); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// Record writes the record of a job.
func (c *Cloud) Record(t testing.TB, job tuning.Job) store.Record {
	t.Helper()
	r, err := c.Records.CreateJob(t.Context(), job, nil)
	if err != nil {
		t.Fatalf("record job %s: %v", job.ID, err)
	}
	return r
}

// Read returns the record of a job as it is now.
func (c *Cloud) Read(t testing.TB, id string) store.Record {
	t.Helper()
	r, err := c.Records.Job(t.Context(), id)
	if err != nil {
		t.Fatalf("read job %s: %v", id, err)
	}
	return r
}

// OnVertex returns the jobs of Vertex AI, newest first.
func (c *Cloud) OnVertex(t testing.TB) (all []tuning.Observation) {
	t.Helper()
	if _, err := c.Vertex.List(t.Context(), Location, 10, func(page []tuning.Observation) bool {
		all = append(all, page...)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// Received returns the messages that were published since it was called last, in their order.
func (c *Cloud) Received(t testing.TB) (all []*pubsubpb.PubsubMessage) {
	t.Helper()
	for {
		pulled, err := c.PubSub.SubscriptionAdminClient.Pull(t.Context(), &pubsubpb.PullRequest{
			Subscription: c.subscription(), MaxMessages: 1000,
			//lint:ignore SA1019 there is nothing to wait for
			ReturnImmediately: true,
		})
		if err != nil {
			t.Fatalf("pull: %v", err)
		}
		if len(pulled.ReceivedMessages) == 0 {
			return all
		}
		var ids []string
		for _, m := range pulled.ReceivedMessages {
			all, ids = append(all, m.Message), append(ids, m.AckId)
		}
		if err := c.PubSub.SubscriptionAdminClient.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{
			Subscription: c.subscription(), AckIds: ids,
		}); err != nil {
			t.Fatalf("acknowledge: %v", err)
		}
	}
}
