// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	"cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/storage"
	"google.golang.org/api/option"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
)

const (
	project      = "test"
	location     = "us-central1"
	inbox        = "test-inbox"
	data         = "test-data"
	events       = "projects/test/topics/events"
	subscription = "projects/test/subscriptions/published"
	token        = "s3cr3t"
	baseModel    = "gemini-3.1-flash-lite"

	// jobDuration is how long Vertex AI takes for a job, unless a scenario sets another time.
	jobDuration = 100 * time.Millisecond
	// createTimeout is long compared with the pauses of a process on a busy machine. If a create
	// arrives more than a quarter of it late, no function expects it any more.
	createTimeout = 2 * time.Second
	// hold is the longest delay of an answer. It is longer than a function waits.
	hold = 4 * time.Second
)

// world is a cloud with the functions, and the clients with which the test inspects it.
type world struct {
	scenario scenario
	cloud    *cloud.Cloud
	faults   *faults.Injector

	// The second processes get what is sent twice at the same time.
	api, poll, poll2, convert, convert2 *process

	docs    *firestore.Client
	objects *storage.Client
	pubsub  *pubsub.Client
	vertex  *aiplatform.GenAiTuningClient

	own int64 // generation of the file own.jsonl

	// old are the jobs of earlier runs. They cannot be deleted from Vertex AI.
	old map[string]bool
}

// functions is the environment of the functions; a scenario may replace settings.
var functions = map[string]string{
	"GOOGLE_CLOUD_PROJECT":  project,
	"GOOGLE_CLOUD_LOCATION": location,
	"INBOX_BUCKET":          inbox,
	"DATA_BUCKET":           data,
	"BASE_MODEL":            baseModel,
	"API_TOKENS":            "ann:" + auth.Hash(token),
	"EVENTS_TOPIC":          "events",
	"STATUS_MAX_AGE":        "1ms",
	"START_RATE_PER_MINUTE": "0", // no limit
	"START_LEASE":           startLease.String(),
	"CREATE_TIMEOUT":        createTimeout.String(),
	"COUNT_TOKENS":          "false", // the calls are those of two scenarios
	// These settings limit how long a call takes, as Google's clients retry some calls until a
	// deadline.
	"REQUEST_TIMEOUT":           "3s",
	"CLOUD_RUN_TIMEOUT_SECONDS": "3",
}

func newWorld(ctx context.Context, s scenario) (_ *world, err error) {
	w := &world{scenario: s, old: map[string]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	var config cloud.Config
	w.faults, config = faults.Watch(cloud.Config{
		Project: project, Inbox: inbox, Data: data, JobDuration: max(s.jobDuration, jobDuration), ConcurrentJobs: max(s.quota, 1),
	})
	if w.cloud, err = cloud.Start(ctx, config); err != nil {
		return nil, err
	}
	for _, p := range []struct {
		is     **process
		binary string
	}{{&w.api, "api"}, {&w.poll, "poll"}, {&w.poll2, "poll"}, {&w.convert, "convert"}, {&w.convert2, "convert"}} {
		*p.is = &process{binary: p.binary}
		for _, settings := range []map[string]string{functions, s.settings, w.cloud.Variables()} {
			for name, value := range settings {
				(*p.is).env = append((*p.is).env, name+"="+value) // the last value of a name applies
			}
		}
	}
	return w, w.furnish(ctx)
}

// furnish connects the test's own clients and creates what the functions expect to find.
func (w *world) furnish(ctx context.Context) (err error) {
	outside := option.WithUserAgent(faults.Bystander)
	if w.docs, err = w.cloud.FirestoreClient(ctx, outside); err != nil {
		return err
	}
	if w.objects, err = storage.NewClient(ctx, w.cloud.StorageOptions(outside)...); err != nil {
		return err
	}
	if w.pubsub, err = w.cloud.PubSubClient(ctx, outside); err != nil {
		return err
	}
	if w.vertex, err = w.cloud.TuningClient(ctx, outside); err != nil {
		return err
	}
	if _, err := w.pubsub.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: events}); err != nil {
		return fmt.Errorf("create the topic: %w", err)
	}
	_, err = w.pubsub.SubscriptionAdminClient.CreateSubscription(ctx, &pubsubpb.Subscription{
		Name: subscription, Topic: events, EnableMessageOrdering: true, AckDeadlineSeconds: 600,
	})
	if err != nil {
		return fmt.Errorf("create the subscription: %w", err)
	}
	for id, session := range messages {
		if err := w.writeMessage(ctx, id, session); err != nil {
			return err
		}
	}
	if err := w.furnishModel(ctx); err != nil {
		return err
	}
	own, err := w.put(ctx, data, "own.jsonl", examples(max(w.scenario.examples, 2)), nil)
	if err == nil {
		w.own = own.Generation
	}
	return err
}

// put writes an object and returns its attributes.
func (w *world) put(ctx context.Context, bucket, name, content string, metadata map[string]string) (*storage.ObjectAttrs, error) {
	up := w.objects.Bucket(bucket).Object(name).NewWriter(ctx)
	up.Metadata = metadata
	_, err := io.WriteString(up, content)
	if err = errors.Join(err, up.Close()); err != nil {
		return nil, fmt.Errorf("put %s: %w", name, err)
	}
	return up.Attrs(), nil
}

// examples returns n training examples.
func examples(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"contents":[{"role":"user","parts":[{"text":"Question %d"}]},{"role":"model","parts":[{"text":"b"}]}]}`+"\n", i)
	}
	return b.String()
}

func (w *world) processes() []*process {
	return []*process{w.api, w.poll, w.poll2, w.convert, w.convert2}
}

// kill kills all functions at the same time.
func (w *world) kill() {
	for _, p := range w.processes() {
		p.kill()
	}
}

// logs returns the functions' recent log lines.
func (w *world) logs() string {
	var b strings.Builder
	for _, p := range w.processes() {
		if text := p.log.String(); text != "" {
			fmt.Fprintf(&b, "--- %s\n%s", p.binary, text)
		}
	}
	return b.String()
}

func (w *world) close() error {
	if w.cloud == nil {
		return nil
	}
	w.kill()
	var all []error
	for _, c := range []interface{ Close() error }{w.docs, w.objects, w.pubsub, w.vertex, w.cloud} {
		all = append(all, c.Close())
	}
	return errors.Join(all...)
}

// reset removes what a run left behind.
func (w *world) reset(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	bulk := w.docs.BulkWriter(ctx)
	for _, collection := range []string{"tuning_jobs", "start_keys", "tuning_control", "evaluations"} {
		docs, err := w.docs.Collection(collection).Select().Documents(ctx).GetAll()
		if err != nil {
			t.Fatalf("list %s: %v", collection, err)
		}
		for _, doc := range docs {
			if _, err := bulk.Delete(doc.Ref); err != nil {
				t.Fatalf("delete %s: %v", doc.Ref.Path, err)
			}
		}
	}
	for _, change := range changes {
		if _, err := bulk.Delete(w.docs.Doc("messages/" + change.id)); err != nil {
			t.Fatalf("delete message %s: %v", change.id, err)
		}
	}
	bulk.End()
	if err := w.furnishModel(ctx); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(w.names(t, data), w.names(t, inbox)...) {
		bucket, name, _ := strings.Cut(name, "/")
		if name != "own.jsonl" {
			if err := w.objects.Bucket(bucket).Object(name).Delete(ctx); err != nil {
				t.Fatalf("delete %s: %v", name, err)
			}
		}
	}
	for _, p := range w.processes() {
		p.log.reset()
	}
}
