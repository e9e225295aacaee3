// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/core/dataset"
	"github.com/vertextune/vertextune/pkg/entry/convert"
	"github.com/vertextune/vertextune/pkg/entry/poll"
	"github.com/vertextune/vertextune/pkg/google/store"
	"github.com/vertextune/vertextune/pkg/standin/cloudtest"
	"github.com/vertextune/vertextune/pkg/standin/eventarc"
	"github.com/vertextune/vertextune/pkg/work/jobs"
)

const (
	inbox = cloudtest.Inbox
	data  = cloudtest.Data

	location  = cloudtest.Location
	baseModel = "gemini-3.1-flash-lite"

	good   = `[{"contents":[{"role":"user","parts":[{"text":"q"}]},{"role":"model","parts":[{"text":"a <b> & c"}]}]}]`
	better = `{"contents":[{"role":"user","parts":[{"text":"Q"}]},{"role":"model","parts":[{"text":"A"}]}]}`
	bad    = `[{"contents":[{"role":"nobody","parts":[{"text":"<q>"}]}]}]`
)

// world is a local cloud for one test, with a converter, and a poller that continues the starts
// that the converter records.
type world struct {
	*cloudtest.Cloud
	*convert.Converter
	poller *poll.Poller
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Cloud: cloudtest.Start(t)}
	config := jobs.Config{BaseModel: baseModel, MaxQueuedJobs: 1000}
	w.poller = w.NewPoller(t, w.NewBackend(config))
	back := w.NewBackend(config)
	back.Jobs.Vertex = nil // function convert does not link its client
	w.Converter = &convert.Converter{
		Config:  convert.Config{Config: back.Config, InboxBucket: inbox, DropStarts: true},
		Objects: back.Objects, Catalogue: back.Catalogue, Log: back.Log, Jobs: back.Jobs,
	}
	return w
}

// drop writes a file to the inbox and returns the source in its event.
func (w *world) drop(t testing.TB, name, content string) convert.Source {
	t.Helper()
	return w.dropWith(t, name, content, nil)
}

// dropWith writes a file with metadata to the inbox.
func (w *world) dropWith(t testing.TB, name, content string, metadata map[string]string) convert.Source {
	t.Helper()
	attrs := w.Upload(t, inbox, name, content, metadata)
	return convert.Source{Bucket: inbox, Name: name, Generation: attrs.Generation, Size: attrs.Size}
}

// convert drops a file and converts it.
func (w *world) convert(t *testing.T, name, content string) (convert.Source, convert.Outcome) {
	t.Helper()
	source := w.drop(t, name, content)
	return source, w.handle(t, source)
}

// handle delivers the event of an object, which must be handled without an error.
func (w *world) handle(t testing.TB, source convert.Source) convert.Outcome {
	t.Helper()
	outcome, err := w.Convert(t.Context(), source)
	if err != nil {
		t.Fatalf("Convert %s: %v", source.Name, err)
	}
	return outcome
}

// tick runs a tick of the poller.
func (w *world) tick(t testing.TB) {
	t.Helper()
	if err := w.poller.Tick(t.Context()); err != nil {
		t.Fatalf("Tick: %v", err)
	}
}

// stored is a stored object.
type stored struct {
	Content, ContentType string
	Source               int64 // generation of the source
}

// output returns an object of the data bucket about a file, or nil.
func (w *world) output(t testing.TB, source, name string) *stored {
	t.Helper()
	content, attrs := w.Object(t, data, "drops/"+source+"/"+name)
	if attrs == nil {
		return nil
	}
	generation, _ := strconv.ParseInt(attrs.Metadata["source-generation"], 10, 64)
	return &stored{content, attrs.ContentType, generation}
}

func (w *world) dataset(t testing.TB, source string) *stored {
	t.Helper()
	return w.output(t, source, "dataset.jsonl")
}

func (w *world) report(t testing.TB, source string) *stored {
	t.Helper()
	return w.output(t, source, "report.json")
}

func (w *world) text(t testing.TB, source string) *stored {
	t.Helper()
	return w.output(t, source, "report.md")
}

// holds fails the test unless the dataset and the reports belong to this generation.
func (w *world) holds(t testing.TB, source convert.Source, content string) {
	t.Helper()
	var out bytes.Buffer
	limits := w.Cloud.Catalogue.Current(t.Context()).Lookup(baseModel).Limits()
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

// wishes returns metadata that ask for a start, with additional entries.
func wishes(more ...string) map[string]string {
	all := map[string]string{"fine-tune": "start"}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// whole returns the report on a file.
func (w *world) whole(t testing.TB, name string) (r convert.Report) {
	t.Helper()
	object := w.report(t, name)
	if object == nil {
		t.Fatalf("there is no report on %s", name)
	}
	if err := json.Unmarshal([]byte(object.Content), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// reportedStart returns the start in the report on a file.
func (w *world) reportedStart(t testing.TB, name string) *convert.Start {
	t.Helper()
	return w.whole(t, name).Start
}

// one fails the test unless there is exactly one recorded job, which it returns.
func (w *world) one(t testing.TB) store.Record {
	t.Helper()
	all := w.Recorded(t)
	if len(all) != 1 {
		t.Fatalf("%d jobs are recorded, want one", len(all))
	}
	return all[0]
}

// generations counts the jobs on Vertex AI by the generation of the file on which they train,
// according to their records.
func (w *world) generations(t testing.TB) map[int64]int {
	t.Helper()
	generations := map[string]int64{}
	for _, job := range w.Recorded(t) {
		for _, source := range job.Lineage.Sources {
			generations[job.ID] = source.Generation
		}
	}
	count := map[int64]int{}
	for _, seen := range w.OnVertex(t) {
		count[generations[seen.Label]]++
	}
	return count
}
