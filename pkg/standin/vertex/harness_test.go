// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package vertex_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	aiplatform "cloud.google.com/go/aiplatform/apiv1"
	pb "cloud.google.com/go/aiplatform/apiv1/aiplatformpb"
	"cloud.google.com/go/storage"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	standin "github.com/vertextune/vertextune/pkg/standin/storage"
	"github.com/vertextune/vertextune/pkg/standin/vertex"
)

const (
	project  = "acme"
	location = "us-central1"
	parent   = "projects/" + project + "/locations/" + location
	training = "gs://data/train.jsonl"
	duration = 100 * time.Second
	goodLine = `{"contents":[{"role":"user","parts":[{"text":"Hello?"}]},{"role":"model","parts":[{"text":"Hello."}]}]}` + "\n"
)

// clock is a clock that tests move by hand.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	latest time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	if c.now.After(c.latest) {
		c.latest = c.now
	}
}

// catchUp undoes steps back. The stand-in does not let time go back while it runs; across a restart
// it has only the journal and the clock.
func (c *clock) catchUp() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.latest.After(c.now) {
		c.now = c.latest
	}
}

// objects is the Cloud Storage that datasets are in: the bucket is "data", a name is
// "bucket/object".
type objects struct {
	t       *testing.T
	options []option.ClientOption
	client  *storage.Client

	mu     sync.Mutex
	denied map[string]bool
	reads  int
	gate   chan struct{} // reads of content wait until it is closed; nil is open
}

func newObjects(t *testing.T) *objects {
	t.Helper()
	o := &objects{t: t, denied: map[string]bool{}}
	server, err := standin.Start(standin.Config{Buckets: []string{"data"}, Wrap: o.wrap})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	o.options = []option.ClientOption{option.WithEndpoint(server.URL() + "/storage/v1/"), option.WithoutAuthentication(), storage.WithJSONReads()}
	o.client, err = storage.NewClient(t.Context(), o.options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.client.Close() })
	return o
}

func (o *objects) handle(name string) *storage.ObjectHandle {
	bucket, object, _ := strings.Cut(name, "/")
	return o.client.Bucket(bucket).Object(object)
}

func (o *objects) put(name, data string) {
	o.t.Helper()
	w := o.handle(name).NewWriter(o.t.Context())
	_, err := io.WriteString(w, data)
	if err := errors.Join(err, w.Close()); err != nil {
		o.t.Fatal(err)
	}
}

func (o *objects) remove(name string) {
	o.t.Helper()
	if err := o.handle(name).Delete(o.t.Context()); err != nil {
		o.t.Fatal(err)
	}
}

// wrap denies, counts and holds up what reaches the storage server.
func (o *objects) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.Replace(strings.TrimPrefix(r.URL.Path, "/storage/v1/b/"), "/o/", "/", 1)
		content := r.URL.Query().Get("alt") == "media"
		o.mu.Lock()
		denied, gate := o.denied[name], o.gate
		if content {
			o.reads++
		}
		o.mu.Unlock()
		if denied {
			http.Error(w, `{"error":{"code":403,"message":"denied"}}`, http.StatusForbidden)
			return
		}
		if content && gate != nil {
			select {
			case <-gate:
			case <-r.Context().Done():
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// world is a stand-in with everything around it.
type world struct {
	t       *testing.T
	clock   *clock
	objects *objects
	cfg     vertex.Config
	server  *vertex.Server
	client  *aiplatform.GenAiTuningClient
}

// newWorld starts a stand-in with a good training set of 20 examples, on a clock that stands still.
func newWorld(t *testing.T, change func(*vertex.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), objects: newObjects(t)}
	w.objects.put("data/train.jsonl", strings.Repeat(goodLine, 20))
	w.cfg = vertex.Config{Storage: w.objects.options, Project: project, JobDuration: duration, ConcurrentJobs: 100, Now: w.clock.Now}
	if change != nil {
		change(&w.cfg)
	}
	w.start()
	return w
}

func (w *world) start() {
	w.t.Helper()
	server, err := vertex.Start(w.cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.server = server
	w.t.Cleanup(func() { _ = server.Close() })
	w.client = newClient(w.t, server.Addr())
}

func (w *world) restart() {
	w.t.Helper()
	if err := w.server.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.start()
}

// at are the options of a client.
func at(addr string) []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(addr), option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

func newClient(t *testing.T, addr string) *aiplatform.GenAiTuningClient {
	t.Helper()
	client, err := aiplatform.NewGenAiTuningClient(t.Context(), at(addr)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// newJob is a request for a job that nothing is wrong with.
func newJob(change ...func(*pb.TuningJob)) *pb.TuningJob {
	job := &pb.TuningJob{
		SourceModel:           &pb.TuningJob_BaseModel{BaseModel: "gemini-3.1-flash-lite"},
		TunedModelDisplayName: "support bot",
		TuningSpec: &pb.TuningJob_SupervisedTuningSpec{SupervisedTuningSpec: &pb.SupervisedTuningSpec{
			TrainingDatasetUri: training,
			HyperParameters:    &pb.SupervisedHyperParameters{EpochCount: 4},
		}},
	}
	for _, c := range change {
		c(job)
	}
	return job
}

func (w *world) create(change ...func(*pb.TuningJob)) (*pb.TuningJob, error) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	return w.client.CreateTuningJob(ctx, &pb.CreateTuningJobRequest{Parent: parent, TuningJob: newJob(change...)})
}

func (w *world) mustCreate(change ...func(*pb.TuningJob)) *pb.TuningJob {
	w.t.Helper()
	job, err := w.create(change...)
	if err != nil {
		w.t.Fatal(err)
	}
	return job
}

func (w *world) get(name string) *pb.TuningJob {
	w.t.Helper()
	job, err := w.client.GetTuningJob(w.t.Context(), &pb.GetTuningJobRequest{Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	return job
}

func (w *world) cancel(name string) error {
	return w.client.CancelTuningJob(w.t.Context(), &pb.CancelTuningJobRequest{Name: name})
}

// waitFor waits for a condition of a job that does not depend on the clock.
func (w *world) waitFor(name, what string, ok func(*pb.TuningJob) bool) *pb.TuningJob {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if job := w.get(name); ok(job) {
			return job
		}
	}
	w.t.Fatalf("waited too long until %s: %v", what, w.get(name))
	return nil
}

// run brings a job to where its dataset has been read.
func (w *world) run(name string) *pb.TuningJob {
	w.t.Helper()
	w.clock.add(duration / 10)
	return w.waitFor(name, "the dataset is read", datasetRead)
}

func datasetRead(job *pb.TuningJob) bool {
	return job.GetTuningDataStats() != nil || job.GetState() == pb.JobState_JOB_STATE_FAILED
}

// finish brings a job to its end.
func (w *world) finish(name string) *pb.TuningJob {
	w.t.Helper()
	w.run(name)
	w.clock.add(duration)
	return w.get(name)
}
