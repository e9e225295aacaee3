// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"

	"google.golang.org/api/iterator"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// asked records the calls that reached Vertex AI.
type asked struct {
	mu      sync.Mutex
	calls   int
	creates []create
}

// create is one call that creates a job: the version of the service, and the request.
type create struct {
	Version string
	Request map[string]any
}

func (a *asked) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	service, method, _ := strings.Cut(strings.TrimPrefix(info.FullMethod, "/google.cloud.aiplatform."), ".GenAiTuningService/")
	a.mu.Lock()
	a.calls++
	if message, ok := request.(proto.Message); ok && method == "CreateTuningJob" {
		text, err := protojson.Marshal(message)
		if err != nil {
			panic(err) // a message that was received can always be encoded
		}
		a.creates = append(a.creates, create{service, jsonObject(text)})
	}
	a.mu.Unlock()
	return next(ctx, request)
}

// only returns the one create since the last call of only. It fails if there is not exactly one.
func (a *asked) only(t *testing.T) create {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.creates) != 1 {
		t.Fatalf("Vertex AI was asked for %d jobs, want 1", len(a.creates))
	}
	one := a.creates[0]
	a.creates = nil
	return one
}

// idle fails the test if Vertex AI was called at all.
func (a *asked) idle(t *testing.T) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls != 0 {
		t.Errorf("Vertex AI was called %d times", a.calls)
	}
}

// The parts of a request that differ between two starts: the job's ID and the default display name.
var (
	ourID   = regexp.MustCompile(`vt-[0-9]{8}-[0-9]{6}-[a-z2-7]{10}`)
	ourName = regexp.MustCompile(`fine_tuned_model_[0-9]{8}_[0-9]{6}`)
)

// jsonObject decodes a JSON object, after it has replaced IDs and default names with fixed ones.
func jsonObject(text []byte) (m map[string]any) {
	text = ourName.ReplaceAll(ourID.ReplaceAll(text, []byte("JOB")), []byte("NAME"))
	if err := json.Unmarshal(text, &m); err != nil {
		panic(err) // the test or protojson wrote the text
	}
	return m
}

// everything returns the content of Firestore and Cloud Storage: the documents with their fields,
// and the objects with their generations.
func (s *system) everything(t *testing.T) map[string]any {
	t.Helper()
	all := map[string]any{}
	collections, err := s.firestore.Collections(t.Context()).GetAll()
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
		objects := s.storage.Bucket(bucket).Objects(t.Context(), nil)
		for {
			attrs, err := objects.Next()
			if errors.Is(err, iterator.Done) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			all["gs://"+bucket+"/"+attrs.Name] = attrs.Generation
		}
	}
	return all
}
