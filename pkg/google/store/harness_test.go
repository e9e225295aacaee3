// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/emulator"
	"github.com/vertextune/vertextune/pkg/standin/faults"
	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// lastProject numbers the projects, so that tests that share a server do not see each other's
// documents.
var lastProject atomic.Int64

// world is a project on one server, with our store and the official client. The injector sees all
// their calls.
type world struct {
	*store.Store
	*faults.Injector
	client *gcf.Client
	log    *cloudtest.Log
}

// onBoth runs a test on the stand-in and on Google's emulator.
func onBoth(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	t.Run("stand_in", func(t *testing.T) {
		t.Parallel()
		test(t, connect(t, startFirestore(t, indexed(t))))
	})
	t.Run("google_emulator", func(t *testing.T) {
		t.Parallel()
		test(t, connect(t, emulator.Firestore(t)))
	})
}

// startFirestore returns the address of a stand-in, which calls onQuery for each query.
func startFirestore(t *testing.T, onQuery func(firestore.Shape)) string {
	t.Helper()
	return cloudtest.Start(t, func(c *cloud.Config) { c.OnQuery = onQuery }).Run.Addresses.Firestore
}

func connect(t *testing.T, addr string) *world {
	t.Helper()
	w := &world{Injector: faults.New(), log: &cloudtest.Log{}}
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(owner{}), grpc.WithUnaryInterceptor(w.Client(faults.Firestore)))
	if err != nil {
		t.Fatal(err)
	}
	w.client, err = gcf.NewClient(t.Context(), fmt.Sprintf("store-%d", lastProject.Add(1)), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	w.Store = store.New(w.client)
	w.Log = slog.New(slog.NewTextHandler(w.log, nil))
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// owner is the credential that the official client sends to an emulator.
type owner struct{}

func (owner) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer owner"}, nil
}

func (owner) RequireTransportSecurity() bool { return false }

type fields = map[string]any

func (w *world) put(t *testing.T, path string, data any) {
	t.Helper()
	if _, err := w.client.Doc(path).Set(t.Context(), data); err != nil {
		t.Fatalf("put %s: %v", path, err)
	}
}

// data reads a document without our store; nil means that there is none.
func (w *world) data(t *testing.T, path string) fields {
	t.Helper()
	doc, err := w.client.Doc(path).Get(t.Context())
	if status.Code(err) == codes.NotFound {
		return nil
	}
	if err != nil {
		t.Fatalf("get %s: %v", path, err)
	}
	return doc.Data()
}

func (w *world) create(t *testing.T, job tuning.Job) store.Record {
	t.Helper()
	record, err := w.CreateJob(t.Context(), job, nil)
	if err != nil {
		t.Fatalf("CreateJob %s: %v", job.ID, err)
	}
	return record
}

func (w *world) read(t *testing.T, id string) store.Record {
	t.Helper()
	record, err := w.Job(t.Context(), id)
	if err != nil {
		t.Fatalf("Job %s: %v", id, err)
	}
	return record
}

// update replaces the present version of a job by next.
func (w *world) update(t *testing.T, next tuning.Job) store.Record {
	t.Helper()
	record, err := w.UpdateJob(t.Context(), w.read(t, next.ID), next)
	if err != nil {
		t.Fatalf("UpdateJob %s: %v", next.ID, err)
	}
	return record
}

// count returns how many documents a collection has.
func (w *world) count(t *testing.T, collection string) int {
	t.Helper()
	docs, err := w.client.Collection(collection).Select().Documents(t.Context()).GetAll()
	if err != nil {
		t.Fatalf("list %s: %v", collection, err)
	}
	return len(docs)
}

// jobID returns a legal ID with a chosen number.
func jobID(n int) string { return fmt.Sprintf("vt-20261123-120000-%s", letters(n)) }

func letters(n int) string {
	b := []byte("aaaaaaaaaa")
	for i := len(b) - 1; n > 0; i, n = i-1, n/26 {
		b[i] += byte(n % 26)
	}
	return string(b)
}

// newJob returns a confirmed job that has not been prepared yet.
func newJob(n int) tuning.Job { return tentativeJob(n).KeepAnswer() }

// tentativeJob returns a job in the form of its first record.
func tentativeJob(n int) tuning.Job {
	return tuning.Job{
		ID: jobID(n), Location: "us-central1", DisplayName: "a job", BaseModel: "gemini-3.1-flash-lite",
		StartedBy: "ci", Request: []byte(`{"session_id":"s"}`), CreatedAt: noon, UpdatedAt: noon,
	}.MarkRecorded(noon.Add(30 * time.Second))
}

// waitingJob returns a queued job, whose dataset is written.
func waitingJob(n int) tuning.Job {
	job := newJob(n)
	job.TrainingData, job.Pairs = "gs://b/x.jsonl", 7
	return job.MarkWaiting()
}

func jobName(n int) string {
	return fmt.Sprintf("projects/store/locations/us-central1/tuningJobs/%d", n)
}

// seen returns Vertex AI's description of job n at a time after noon.
func seen(n int, vertexState string, seconds int) tuning.Observation {
	return tuning.Observation{
		Name: jobName(n), Label: jobID(n), VertexState: vertexState, UpdatedAt: noon.Add(time.Duration(seconds) * time.Second),
	}
}

// same compares two jobs; empty and nil lists are equal.
func same(t *testing.T, what string, want, got tuning.Job) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
