// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package cloud_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/faults"
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

// clients are the official clients of a cloud, and ours of Vertex AI.
type clients struct {
	objects *storage.Client
	docs    *firestore.Client
	topics  *pubsub.Client
	jobs    *vertex.Client
}

func connect(t *testing.T, c *cloud.Cloud) clients {
	t.Helper()
	objects, objectsErr := storage.NewClient(t.Context(), c.StorageOptions()...)
	docs, docsErr := c.FirestoreClient(t.Context())
	topics, topicsErr := c.PubSubClient(t.Context())
	if err := errors.Join(objectsErr, docsErr, topicsErr); err != nil {
		t.Fatal(err)
	}
	jobs := vertex.New("test", vertex.Config{EmulatorHost: c.Addresses.Vertex})
	t.Cleanup(func() { _, _, _, _ = objects.Close(), docs.Close(), topics.Close(), jobs.Close() })
	return clients{objects, docs, topics, jobs}
}

const topic = "projects/test/topics/ticks"

// use writes a little to each service.
func use(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	ctx, to := t.Context(), connect(t, c)
	const line = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}`
	up := to.objects.Bucket("test-data").Object("x.jsonl").NewWriter(ctx)
	_, err := io.WriteString(up, strings.Repeat(line+"\n", 20))
	if err = errors.Join(err, up.Close()); err != nil {
		t.Errorf("Cloud Storage: %v", err)
	}
	if _, err := to.docs.Doc("a/b").Set(ctx, map[string]int{"n": 1}); err != nil {
		t.Errorf("Firestore: %v", err)
	}
	if _, err := to.topics.TopicAdminClient.CreateTopic(ctx, &pubsubpb.Topic{Name: topic}); err != nil {
		t.Errorf("Pub/Sub: %v", err)
	}
	// It finds the dataset in Cloud Storage.
	if _, err := to.jobs.Create(ctx, tuning.Job{
		ID: tuning.NewID(time.Now()), Location: "us-central1", BaseModel: "gemini-1.5-flash-001", TrainingData: "gs://test-data/x.jsonl",
	}); err != nil {
		t.Errorf("Vertex AI: %v", err)
	}
}

// used fails the test unless the services that keep data have what use wrote.
func used(t *testing.T, c *cloud.Cloud) {
	t.Helper()
	ctx, from := t.Context(), connect(t, c)
	if _, err := from.objects.Bucket("test-data").Object("x.jsonl").Attrs(ctx); err != nil {
		t.Errorf("Cloud Storage: %v", err)
	}
	if _, err := from.docs.Doc("a/b").Get(ctx); err != nil {
		t.Errorf("Firestore: %v", err)
	}
	n := 0
	if _, err := from.jobs.List(ctx, "us-central1", 1, func(page []tuning.Observation) bool { n += len(page); return true }); err != nil || n != 1 {
		t.Errorf("Vertex AI: %d jobs, %v", n, err)
	}
}

func TestStart(t *testing.T) {
	t.Parallel()
	calls, cfg := faults.Watch(cloud.Config{JobDuration: time.Hour})
	c := start(t, cfg)
	use(t, c)
	seen := map[string]bool{}
	for _, call := range calls.Calls() {
		seen[call.Service] = true
	}
	want := map[string]bool{faults.Storage: true, faults.Firestore: true, faults.PubSub: true, faults.Vertex: true}
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

// free fails the test if a server still listens on the address.
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
	if _, err := connect(t, others).docs.Doc("a/b").Get(t.Context()); err != nil {
		t.Errorf("the foreign Firestore does not have what was written: %v", err)
	}
}

// TestDir checks that all data that were written are there again after a restart.
func TestDir(t *testing.T) {
	t.Parallel()
	cfg := cloud.Config{Dir: t.TempDir(), JobDuration: time.Hour}
	c := start(t, cfg)
	use(t, c)
	stop(t, c)
	c = start(t, cfg)
	defer stop(t, c)
	used(t, c)
}

// TestStart_fails: if one of them does not start, none runs, and none keeps its folder.
func TestStart_fails(t *testing.T) {
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

// The contract's model can be tuned by the catalogue of the stand-ins and by it alone; all others
// are as they were.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	text, err := cloud.Catalogue()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Load(text)
	if err != nil {
		t.Fatal(err)
	}
	const contract = "gemini-1.5-flash-001"
	request := catalogue.Request{
		BaseModel: contract, Location: "us-central1", Today: time.Now(), Modalities: []catalogue.Modality{catalogue.Text},
		Hyperparameters: catalogue.Hyperparameters{EpochCount: new(int64(3)), BatchSize: new(int64(4)), LearningRate: new(0.0001)},
	}
	v := c.Check(request)
	if diff := cmp.Diff([]string{"learning_rate", "batch_size"}, v.Unsupported); diff != "" || v.Err() != nil || len(v.Warnings) != 2 {
		t.Errorf("%v, warnings %v, not taken (-want +got):\n%s", v.Err(), v.Texts(), diff)
	}
	if catalogue.Default().Check(request).Err() == nil {
		t.Error("the program's own catalogue takes it too")
	}
	if len(c.Models) != len(catalogue.Default().Models) {
		t.Fatalf("%d models, want %d", len(c.Models), len(catalogue.Default().Models))
	}
	for i, m := range catalogue.Default().Models {
		if m.ID != contract && !cmp.Equal(m, c.Models[i]) {
			t.Errorf("%s has changed", m.ID)
		}
	}
}
