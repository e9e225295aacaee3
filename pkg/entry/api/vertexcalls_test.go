// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/vertextune/vertextune/pkg/standin/faults"
)

// createCalls holds the calls that created jobs on Vertex AI since the last call of the method
// only.
type createCalls struct {
	mu      sync.Mutex
	creates []create
}

// create is one call that creates a job: the version of the service, and the request.
type create struct {
	Version string
	Request map[string]any
}

// recordCreate is the hook of CreateTuningJob.
func (s *system) recordCreate(ctx context.Context, c faults.Call, do faults.Do) error {
	message := c.Request.(proto.Message)
	text, err := protojson.Marshal(message)
	if err != nil {
		return err
	}
	version := strings.Split(string(message.ProtoReflect().Descriptor().FullName()), ".")[3] // after google.cloud.aiplatform
	s.created.mu.Lock()
	s.created.creates = append(s.created.creates, create{version, jsonObject(text)})
	s.created.mu.Unlock()
	return s.meet(ctx, c, do)
}

// onlyCreate returns the call that created a job since the last call of only. It fails the test
// unless there was exactly one.
func (s *system) onlyCreate(t *testing.T) create {
	t.Helper()
	s.created.mu.Lock()
	defer s.created.mu.Unlock()
	if len(s.created.creates) != 1 {
		t.Fatalf("Vertex AI was called to create %d jobs, want 1", len(s.created.creates))
	}
	one := s.created.creates[0]
	s.created.creates = nil
	return one
}

// vertexCalls returns the number of calls to Vertex AI.
func (s *system) vertexCalls() (n int) {
	for _, c := range s.Calls() {
		if c.Service == faults.Vertex {
			n++
		}
	}
	return n
}

// wantNoVertexCalls fails the test if Vertex AI was called at all.
func (s *system) wantNoVertexCalls(t *testing.T) {
	t.Helper()
	if n := s.vertexCalls(); n != 0 {
		t.Errorf("Vertex AI was called %d times", n)
	}
}

// These are the parts of a request that differ between two starts: the job's ID and the default
// display name.
var (
	ourID   = regexp.MustCompile(`vt-[0-9]{8}-[0-9]{6}-[a-z2-7]{10}`)
	ourName = regexp.MustCompile(`fine_tuned_model_[0-9]{8}_[0-9]{6}`)
)

// jsonObject replaces IDs and default names in a JSON text with fixed ones, and decodes the text.
func jsonObject(text []byte) (m map[string]any) {
	text = ourName.ReplaceAll(ourID.ReplaceAll(text, []byte("JOB")), []byte("NAME"))
	if err := json.Unmarshal(text, &m); err != nil {
		panic(err) // the test or protojson wrote the text
	}
	return m
}

// storedState returns the content of Firestore and Cloud Storage: the documents with their fields,
// and the objects with their generations.
func (s *system) storedState(t *testing.T) map[string]any {
	t.Helper()
	all := map[string]any{}
	collections, err := s.Firestore.Collections(t.Context()).GetAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, collection := range collections {
		docs, err := collection.Documents(t.Context()).GetAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			all[doc.Ref.Path] = doc.Data()
		}
	}
	for _, bucket := range []string{inbox, data} {
		for _, attrs := range s.List(t, bucket, "") {
			all["gs://"+bucket+"/"+attrs.Name] = attrs.Generation
		}
	}
	return all
}
