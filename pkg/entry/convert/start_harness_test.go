// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package convert_test

import (
	"encoding/json"
	"testing"

	gcf "cloud.google.com/go/firestore"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/entry/convert"
)

// wishes returns metadata that ask for a start, with additional entries.
func wishes(more ...string) map[string]string {
	all := map[string]string{"fine-tune": "start"}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
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

// put writes a document.
func (w *world) put(t testing.TB, path string, fields map[string]any) {
	t.Helper()
	if _, err := w.docs.Doc(path).Set(t.Context(), fields); err != nil {
		t.Fatal(err)
	}
}

// jobs returns all recorded jobs, oldest first.
func (w *world) jobs(t testing.TB) (all []tuning.Job) {
	t.Helper()
	docs, err := w.docs.Collection("tuning_jobs").OrderBy("created_at", gcf.Asc).Documents(t.Context()).GetAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		job := tuning.Job{ID: doc.Ref.ID}
		if err := doc.DataTo(&job); err != nil {
			t.Fatal(err)
		}
		all = append(all, job)
	}
	return all
}

// one fails the test unless there is exactly one recorded job, which it returns.
func (w *world) one(t testing.TB) tuning.Job {
	t.Helper()
	all := w.jobs(t)
	if len(all) != 1 {
		t.Fatalf("%d jobs are recorded, want one", len(all))
	}
	return all[0]
}

// tick runs a tick of the poller.
func (w *world) tick(t testing.TB) {
	t.Helper()
	if err := w.poller.Tick(t.Context()); err != nil {
		t.Fatalf("Tick: %v", err)
	}
}

// onVertex counts the jobs on Vertex AI by the generation of the file on which they train,
// according to their records.
func (w *world) onVertex(t testing.TB) map[int64]int {
	t.Helper()
	generations := map[string]int64{}
	for _, job := range w.jobs(t) {
		for _, source := range job.Lineage.Sources {
			generations[job.ID] = source.Generation
		}
	}
	count := map[int64]int{}
	if _, err := w.vertex.List(t.Context(), location, 10, func(page []tuning.Observation) bool {
		for _, seen := range page {
			count[generations[seen.Label]]++
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return count
}
