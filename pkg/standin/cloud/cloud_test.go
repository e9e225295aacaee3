// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloud_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

func start(t *testing.T, cfg cloud.Config) *cloud.Cloud {
	t.Helper()
	cfg.Project, cfg.Inbox, cfg.Data = "test", "test-inbox", "test-data"
	c, err := cloud.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func stop(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

const topic = "projects/test/topics/ticks"

// use writes a little to each service through its official client.
func use(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	ctx := t.Context()
	objects, err := c.StorageClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = objects.Close() }()
	const line = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}`
	up := objects.Bucket("test-data").Object("x.jsonl").NewWriter(ctx)
	if _, err := io.WriteString(up, strings.Repeat(line+"\n", 20)); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Errorf("Cloud Storage: %v", err)
	}
	docs, err := c.FirestoreClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = docs.Close() }()
	if _, err := docs.Doc("a/b").Set(ctx, map[string]int{"n": 1}); err != nil {
		t.Errorf("Firestore: %v", err)
	}
	topics, err := c.PubSubClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = topics.Close() }()
	if _, err := topics.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: topic}); err != nil {
		t.Errorf("Pub/Sub: %v", err)
	}
	jobs := vertex.New("test", vertex.Config{EmulatorHost: c.Addresses.Vertex})
	defer func() { _ = jobs.Close() }()
	// It finds the dataset in Cloud Storage.
	if _, err := jobs.Create(ctx, tuning.Job{
		ID: tuning.NewID(time.Now()), Location: "us-central1", BaseModel: "gemini-1.5-flash-001", TrainingData: "gs://test-data/x.jsonl",
	}); err != nil {
		t.Errorf("Vertex AI: %v", err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	seen := map[string]bool{}
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		seen[what] = true
	}
	unary := func(service string) grpc.UnaryServerInterceptor {
		return func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			note(service)
			return next(ctx, req)
		}
	}
	c := start(t, cloud.Config{
		JobDuration: time.Hour, FirestoreUnary: unary("Firestore"), PubSubUnary: unary("Pub/Sub"), VertexUnary: unary("Vertex AI"),
		StorageWrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { note("Cloud Storage"); next.ServeHTTP(rw, r) })
		},
	})
	use(t, c)
	want := map[string]bool{"Cloud Storage": true, "Firestore": true, "Pub/Sub": true, "Vertex AI": true}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("interceptors that saw a call (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{
		"STORAGE_EMULATOR_HOST": "http://" + c.Addresses.Storage, "FIRESTORE_EMULATOR_HOST": c.Addresses.Firestore,
		"PUBSUB_EMULATOR_HOST": c.Addresses.PubSub, "VERTEX_AI_EMULATOR_HOST": c.Addresses.Vertex,
	}, c.Variables()); diff != "" {
		t.Errorf("variables (-want +got):\n%s", diff)
	}
	stop(t, c)
	for _, address := range []string{c.Addresses.Storage, c.Addresses.Firestore, c.Addresses.PubSub, c.Addresses.Vertex} {
		free(t, address)
	}
}

// free fails the test if somebody still listens.
func free(t *testing.T, address string) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Errorf("after the end: %v", err)
		return
	}
	_ = l.Close()
}

func TestForeign(t *testing.T) {
	t.Parallel()
	others := start(t, cloud.Config{})
	defer stop(t, others)
	foreign := others.Addresses
	foreign.Vertex = ""
	foreign.Storage = others.StorageURL() + "/" // as some write it
	c := start(t, cloud.Config{Foreign: foreign, JobDuration: time.Hour})
	defer stop(t, c)
	if c.Storage != nil || c.Firestore != nil || c.PubSub != nil || c.Vertex == nil {
		t.Errorf("started %+v beside what is foreign", c)
	}
	if got, want := c.Variables()["STORAGE_EMULATOR_HOST"], others.StorageURL(); got != want {
		t.Errorf("STORAGE_EMULATOR_HOST = %q, want %q", got, want)
	}
	use(t, c)
	docs, err := others.FirestoreClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = docs.Close() }()
	if _, err := docs.Doc("a/b").Get(t.Context()); err != nil {
		t.Errorf("the foreign Firestore does not have what was written: %v", err)
	}
}

// TestDir: everything is there again after a restart, on the same addresses.
func TestDir(t *testing.T) {
	t.Parallel()
	cfg := cloud.Config{Dir: t.TempDir(), JobDuration: time.Hour}
	c := start(t, cfg)
	use(t, c)
	stop(t, c)
	cfg.Listen = c.Addresses
	c = start(t, cfg)
	defer stop(t, c)
	ctx := t.Context()
	objects, err := c.StorageClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = objects.Close() }()
	if _, err := objects.Bucket("test-data").Object("x.jsonl").Attrs(ctx); err != nil {
		t.Errorf("Cloud Storage: %v", err)
	}
	docs, err := c.FirestoreClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = docs.Close() }()
	if _, err := docs.Doc("a/b").Get(ctx); err != nil {
		t.Errorf("Firestore: %v", err)
	}
	topics, err := c.PubSubClient(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = topics.Close() }()
	if _, err := topics.TopicAdminClient.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: topic}); err != nil {
		t.Errorf("Pub/Sub: %v", err)
	}
	jobs := vertex.New("test", vertex.Config{EmulatorHost: c.Addresses.Vertex})
	defer func() { _ = jobs.Close() }()
	n := 0
	if _, err := jobs.List(ctx, "us-central1", 1, func(page []tuning.Observation) bool { n += len(page); return true }); err != nil || n != 1 {
		t.Errorf("Vertex AI: %d jobs, %v", n, err)
	}
}

// TestStartFails: if one of them does not start, none runs, and none keeps its folder.
func TestStartFails(t *testing.T) {
	t.Parallel()
	taken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(taken.Close)
	address := strings.TrimPrefix(taken.URL, "http://")
	for name, listen := range map[string]cloud.Addresses{
		"Cloud Storage": {Storage: address},
		"Firestore":     {Firestore: address},
		"Pub/Sub":       {PubSub: address},
		"Vertex AI":     {Vertex: address},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := cloud.Config{Project: "test", Inbox: "test-inbox", Data: "test-data", Listen: listen, Dir: t.TempDir()}
			_, err := cloud.Start(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "address already in use") {
				t.Errorf("Start = %v, want an error about %s", err, name)
			}
			c := start(t, cloud.Config{Dir: cfg.Dir, JobDuration: time.Hour})
			use(t, c)
			stop(t, c)
		})
	}
}
