// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	cloudstorage "cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// lockedBuffer is a log that tests can read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

type fields = map[string]any

func (w *world) put(t *testing.T, path string, data any) {
	t.Helper()
	if _, err := w.docs.Doc(path).Set(t.Context(), data); err != nil {
		t.Fatalf("put %s: %v", path, err)
	}
}

// message writes one message with its related one. An empty role means that there is no related
// message.
func (w *world) message(t *testing.T, id, session, role, text, relatedRole, relatedText string) {
	t.Helper()
	doc := fields{"content": text, "role": role, "session_id": session}
	if relatedRole != "" {
		doc["related_message"] = fields{"content": relatedText, "role": relatedRole}
	}
	w.put(t, "messages/"+id, doc)
}

// conversation writes a session of three valid pairs.
func (w *world) conversation(t *testing.T, session string) {
	t.Helper()
	for _, n := range []string{"1", "2", "3"} {
		w.message(t, session+n, session, "user", "question "+n, "assistant", "answer "+n)
	}
}

// forget deletes a session's three messages.
func (w *world) forget(t *testing.T, session string) {
	t.Helper()
	for _, n := range []string{"1", "2", "3"} {
		if _, err := w.docs.Doc("messages/" + session + n).Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// dataset reads the training data of a job.
func (w *world) dataset(t *testing.T, job tuning.Job) string {
	t.Helper()
	in, name, _ := tuning.ParseURI(job.TrainingData)
	r, err := w.objects.Bucket(in).Object(name).NewReader(t.Context())
	if err != nil {
		t.Fatalf("read %s: %v", job.TrainingData, err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func (w *world) upload(t *testing.T, name, content string) {
	t.Helper()
	up := w.objects.Bucket(bucket).Object(name).NewWriter(t.Context())
	if _, err := io.WriteString(up, content); err != nil {
		t.Fatal(err)
	}
	if err := up.Close(); err != nil {
		t.Fatal(err)
	}
}

// named counts the objects whose names have the prefix.
func (w *world) named(t *testing.T, prefix string) (n int) {
	t.Helper()
	it := w.objects.Bucket(bucket).Objects(t.Context(), &cloudstorage.Query{Prefix: prefix})
	for {
		_, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return n
		}
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
}

// jobs returns all records with all fields, newest first. They are for reading only: writes through
// them fail.
func (w *world) jobs(t *testing.T) (all []store.Record) {
	t.Helper()
	docs, err := w.docs.Collection("tuning_jobs").OrderBy("created_at", gcf.Desc).Documents(t.Context()).GetAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range docs {
		var r store.Record
		if err := doc.DataTo(&r.Job); err != nil {
			t.Fatal(err)
		}
		r.ID = doc.Ref.ID
		all = append(all, r)
	}
	return all
}

// read returns the record of a job as it is now.
func (w *world) read(t *testing.T, id string) store.Record {
	t.Helper()
	r, err := w.records.Job(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// onVertex returns the jobs that there are on Vertex AI.
func (w *world) onVertex(t *testing.T) (all []tuning.Observation) {
	t.Helper()
	if _, err := w.vertex.List(t.Context(), location, 10, func(page []tuning.Observation) bool {
		all = append(all, page...)
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// record writes a confirmed record that no start has made, after change has edited it.
func (w *world) record(t *testing.T, change func(*tuning.Job)) store.Record {
	t.Helper()
	now := w.Now().UTC().Truncate(time.Microsecond)
	job := tuning.Job{
		ID: tuning.NewID(now), Location: location, DisplayName: "a job", BaseModel: baseModel, StartedBy: "ci", CreatedAt: now, UpdatedAt: now,
	}
	job.Request = tuning.Request{SessionID: "s"}.Encode()
	job = job.MarkRecorded(now.Add(w.Config.Lease)).KeepAnswer()
	change(&job)
	r, err := w.records.CreateJob(t.Context(), job, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// only fails the test unless there is exactly one record, which it returns.
func (w *world) only(t *testing.T) store.Record {
	t.Helper()
	records := w.jobs(t)
	if len(records) != 1 {
		t.Fatalf("%d records, want one", len(records))
	}
	return w.read(t, records[0].ID)
}

// one fails the test unless there is exactly one record and one job on Vertex AI, and both belong
// together.
func (w *world) one(t *testing.T) store.Record {
	t.Helper()
	record, seen := w.only(t), w.onVertex(t)
	if len(seen) != 1 {
		t.Fatalf("%d jobs on Vertex AI, want one", len(seen))
	}
	if record.Name != seen[0].Name || seen[0].Label != record.ID {
		t.Fatalf("the record names %q, Vertex AI %q of %q", record.Name, seen[0].Name, seen[0].Label)
	}
	return record
}
