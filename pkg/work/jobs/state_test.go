// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package jobs_test

import (
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

type fields = map[string]any

// message writes one message with its related one. An empty role means that there is no related
// message.
func (w *world) message(t *testing.T, id, session, role, text, relatedRole, relatedText string) {
	t.Helper()
	doc := fields{"content": text, "role": role, "session_id": session}
	if relatedRole != "" {
		doc["related_message"] = fields{"content": relatedText, "role": relatedRole}
	}
	w.Put(t, "messages/"+id, doc)
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
		if _, err := w.Firestore.Doc("messages/" + session + n).Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// dataset reads the training data of a job.
func (w *world) dataset(t *testing.T, job tuning.Job) string {
	t.Helper()
	bucket, name, _ := tuning.ParseURI(job.TrainingData)
	content, attrs := w.Object(t, bucket, name)
	if attrs == nil {
		t.Fatalf("there is no %s", job.TrainingData)
	}
	return content
}

// named counts the objects whose names have the prefix.
func (w *world) named(t *testing.T, prefix string) int {
	t.Helper()
	return len(w.List(t, bucket, prefix))
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
	return w.Record(t, job)
}

// onlyRecord fails the test unless there is exactly one record, which it returns.
func (w *world) onlyRecord(t *testing.T) store.Record {
	t.Helper()
	records := w.Recorded(t)
	if len(records) != 1 {
		t.Fatalf("%d records, want one", len(records))
	}
	return w.Read(t, records[0].ID)
}

// one fails the test unless there is exactly one record and one job on Vertex AI, and both belong
// together.
func (w *world) one(t *testing.T) store.Record {
	t.Helper()
	record, seen := w.onlyRecord(t), w.OnVertex(t)
	if len(seen) != 1 {
		t.Fatalf("%d jobs on Vertex AI, want one", len(seen))
	}
	if record.Name != seen[0].Name || seen[0].Label != record.ID {
		t.Fatalf("the record names %q, Vertex AI %q of %q", record.Name, seen[0].Name, seen[0].Label)
	}
	return record
}
