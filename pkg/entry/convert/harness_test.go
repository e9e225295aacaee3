// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	cloudstorage "cloud.google.com/go/storage"
	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/google/gcs"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/google/vertex"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
	"github.com/vertextune/vertextune/pkg/standin/eventarc"
	"github.com/vertextune/vertextune/pkg/work/backend"
	"github.com/vertextune/vertextune/pkg/work/jobevents"
	"github.com/vertextune/vertextune/pkg/work/jobs"
	"github.com/vertextune/vertextune/pkg/work/jobview"
)

const (
	inbox = "test-inbox"
	data  = "test-data"

	location  = "us-central1"
	baseModel = "gemini-3.1-flash-lite"

	good    = `[{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"a <b> & c"}]}]}]`
	goodOut = `{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"a <b> & c"}]}]}` + "\n"
	better  = `{"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"text":"A"}]}]}`
	bad     = `[{"contents":[{"role":"nobody","parts":[{"text":"<q>"}]}]}]`
)

// world is a local cloud for one test, with a converter.
type world struct {
	*convert.Converter
	starter  *jobs.Service // the converter's
	prepares *jobs.Service // the poller's
	poller   *poll.Poller
	records  *store.Store
	vertex   *vertex.Client
	docs     *gcf.Client
	client   *cloudstorage.Client
	wrap     atomic.Pointer[func(http.ResponseWriter, *http.Request, http.Handler)]
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{}
	c, err := cloud.Start(t.Context(), cloud.Config{
		Project: "test", Inbox: inbox, Data: data, JobDuration: time.Hour, ConcurrentJobs: 100,
		StorageWrap: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if wrap := w.wrap.Load(); wrap != nil {
					(*wrap)(rw, r, next)
					return
				}
				next.ServeHTTP(rw, r)
			})
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close the cloud: %v", err)
		}
	})
	if w.client, err = c.StorageClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	objects := gcs.New(w.client)
	t.Cleanup(func() {
		if err := objects.Close(); err != nil {
			t.Errorf("close the client: %v", err)
		}
	})
	w.serve(t, c, objects)
	return w
}

// serve creates a converter on the cloud, and a poller that continues the starts that it records.
func (w *world) serve(t *testing.T, c *cloud.Cloud, objects *gcs.Store) {
	t.Helper()
	var err error
	if w.docs, err = c.FirestoreClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	topics, err := c.PubSubClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := topics.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/test/topics/events"}); err != nil {
		t.Fatal(err)
	}
	w.records, w.vertex = store.New(w.docs), vertex.New("test", vertex.Config{EmulatorHost: c.Addresses.Vertex})
	w.records.Log = slog.New(slog.DiscardHandler)
	events := jobevents.New(topics, "test", "events")
	t.Cleanup(func() {
		if err := errors.Join(events.Close(), w.vertex.Close(), w.records.Close()); err != nil {
			t.Errorf("close the clients: %v", err)
		}
	})
	known, err := cloud.LoadFacts()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	config := backend.Config{Project: "test", Location: location, Jobs: jobs.Config{
		DataBucket: data, BaseModel: baseModel, Lease: 30 * time.Second, CreateTimeout: 20 * time.Second, MaxQueuedJobs: 1000,
	}}
	starter := func() *jobs.Service { return backend.New(config, w.records, objects, known, log).Jobs }
	w.Converter = &convert.Converter{
		Config:  convert.Config{Config: config, InboxBucket: inbox, DropStarts: true},
		Objects: objects, Catalogue: known, Log: log,
	}
	w.starter, w.prepares = starter(), starter()
	w.Jobs, w.prepares.Vertex = w.starter, w.vertex
	w.poller = &poll.Poller{
		Records: w.records, Vertex: w.vertex, Jobs: w.prepares, Events: events, Now: time.Now, Log: log,
		Reports: &jobview.Presenter{Objects: objects, Catalogue: known, Bucket: data, Log: log},
	}
}

// intercept sets the handler of Cloud Storage's requests.
func (w *world) intercept(f func(http.ResponseWriter, *http.Request, http.Handler)) { w.wrap.Store(&f) }

// drop writes a file to the inbox and returns the source in its event.
func (w *world) drop(t testing.TB, name, content string) convert.Source {
	t.Helper()
	return w.dropWith(t, name, content, nil)
}

// dropWith writes a file with metadata to the inbox.
func (w *world) dropWith(t testing.TB, name, content string, metadata map[string]string) convert.Source {
	t.Helper()
	up := w.client.Bucket(inbox).Object(name).NewWriter(t.Context())
	up.Metadata = metadata
	if _, err := io.WriteString(up, content); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Fatalf("drop %s: %v", name, err)
	}
	return convert.Source{Bucket: inbox, Name: name, Generation: up.Attrs().Generation, Size: up.Attrs().Size}
}

// convert drops a file and converts it.
func (w *world) convert(t *testing.T, name, content string) (convert.Source, convert.Outcome) {
	t.Helper()
	source := w.drop(t, name, content)
	outcome, err := w.Convert(t.Context(), source)
	if err != nil {
		t.Fatalf("Convert %s: %v", name, err)
	}
	return source, outcome
}

// stored is a stored object.
type stored struct {
	Content, ContentType string
	Source               int64 // generation of the source
}

// read returns an object of the data bucket, or nil.
func (w *world) read(t testing.TB, name string) *stored {
	t.Helper()
	handle := w.client.Bucket(data).Object(name)
	attrs, err := handle.Attrs(t.Context())
	if errors.Is(err, cloudstorage.ErrObjectNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := handle.Generation(attrs.Generation).NewReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	source, _ := strconv.ParseInt(attrs.Metadata["source-generation"], 10, 64)
	return &stored{string(content), attrs.ContentType, source}
}

func (w *world) dataset(t testing.TB, source string) *stored {
	t.Helper()
	return w.read(t, "drops/"+source+"/dataset.jsonl")
}

func (w *world) report(t testing.TB, source string) *stored {
	t.Helper()
	return w.read(t, "drops/"+source+"/report.json")
}

func (w *world) text(t testing.TB, source string) *stored {
	t.Helper()
	return w.read(t, "drops/"+source+"/report.md")
}

// holds fails the test unless the dataset and the reports belong to this generation.
func (w *world) holds(t testing.TB, source convert.Source, content string) {
	t.Helper()
	var out bytes.Buffer
	limits := w.Catalogue.Current(t.Context()).Lookup(baseModel).Limits()
	result, err := dataset.Convert(t.Context(), &out, bytes.NewReader([]byte(content)), dataset.Options{Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	wantText := fmt.Sprintf("%s\nThe file:\n\n    gs://%s/%s#%d\n\nIt was checked against the limits of "+"`"+baseModel+"`.\n",
		result.Markdown(), source.Bucket, source.Name, source.Generation)
	if diff := cmp.Diff(&stored{wantText, "text/markdown; charset=utf-8", source.Generation}, w.text(t, source.Name)); diff != "" {
		t.Errorf("report for people on %s (-want +got):\n%s", source.Name, diff)
	}
	report := convert.Report{Source: source, Outcome: convert.Refused, Reason: result.Refusal(), LimitsOf: baseModel, Result: result}
	var wantDataset *stored
	if result.Errors == 0 {
		report.Outcome, report.Dataset = convert.Converted, "gs://test-data/drops/"+source.Name+"/dataset.jsonl"
		wantDataset = &stored{out.String(), "application/jsonl", source.Generation}
	}
	if diff := cmp.Diff(wantDataset, w.dataset(t, source.Name)); diff != "" {
		t.Errorf("dataset of %s (-want +got):\n%s", source.Name, diff)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(report); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&stored{text.String(), "application/json", source.Generation}, w.report(t, source.Name)); diff != "" {
		t.Errorf("report of %s (-want +got):\n%s", source.Name, diff)
	}
}

// event returns the Eventarc event for a source.
func event(t *testing.T, source convert.Source) cloudevents.Event {
	t.Helper()
	resource, err := json.Marshal(map[string]any{
		"kind": "storage#object", "bucket": source.Bucket, "name": source.Name, "metageneration": "1",
		"generation": strconv.FormatInt(source.Generation, 10), "size": strconv.FormatInt(source.Size, 10),
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := eventarc.FinalizedEvent(resource)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// cut returns a context that is cancelled at the n-th call made under it (before the call takes
// effect, or after), and a function that returns the number of calls.
func cut(ctx context.Context, w *world, n int64, after bool) (context.Context, func() int64) {
	ctx, cancel := context.WithCancel(ctx)
	var calls atomic.Int64
	w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) {
		if calls.Add(1) != n {
			next.ServeHTTP(rw, r)
			return
		}
		if after {
			next.ServeHTTP(discard{http.Header{}}, r)
		}
		cancel()
		panic(http.ErrAbortHandler)
	})
	return ctx, calls.Load
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
