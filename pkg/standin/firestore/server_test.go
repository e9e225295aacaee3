// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

func TestOnQuery(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []string
	s := connect(t, start(t, firestore.Config{OnQuery: func(q firestore.Shape) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, q.Collection)
	}}).Addr())
	must(t, "query", errorOf(s.client.Collection("a").Documents(s.ctx).GetAll()))
	must(t, "count", errorOf(s.client.Collection("b").NewAggregationQuery().WithCount("n").Get(s.ctx)))
	wantCode(t, "query with a negative limit", errorOf(s.client.Collection("c").Limit(-1).Documents(s.ctx).GetAll()), codes.InvalidArgument)
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

func TestBatchWrite(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		must(t, "seed", setDoc("c/there", 1)(s))
		bulk := s.client.BulkWriter(s.ctx)
		want := map[string]codes.Code{"there": codes.AlreadyExists, "new": codes.OK}
		jobs := map[string]*gcf.BulkWriterJob{}
		for id := range want {
			job, err := bulk.Create(s.client.Doc("c/"+id), fields{})
			must(t, "enqueue", err)
			jobs[id] = job
		}
		bulk.End()
		for id, job := range jobs {
			_, err := job.Results()
			// The client loses the code and keeps the text.
			if (err == nil) != (want[id] == codes.OK) {
				t.Errorf("%s: got %v, want %v", id, err, want[id])
			}
		}
		w := &pb.Write{Operation: &pb.Write_Delete{Delete: s.name("c/new")}}
		wantCode(t, "one document twice", errorOf(s.raw.BatchWrite(s.ctx, &pb.BatchWriteRequest{Database: s.database, Writes: []*pb.Write{w, w}})), codes.InvalidArgument)
	})
}

// TestSlowReader leaves a stream unread while everything is written anew: no
// writer waits for it, and it then sees what was there when it began.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{}).Addr())
	const n = 2000
	write := func(value string) {
		docs := map[string]fields{}
		for i := range n {
			docs[s.name(fmt.Sprintf("c/%04d", i))] = fields{"v": value}
		}
		setAll(t, s, docs)
	}
	write(strings.Repeat("a", 1000))
	reader := s.client.Collection("c").OrderBy("v", gcf.Asc).Documents(s.ctx)
	defer reader.Stop()
	first, err := reader.Next()
	must(t, "next", err)
	write("b")
	rest, err := reader.GetAll()
	must(t, "rest", err)
	if len(rest) != n-1 {
		t.Errorf("got %d documents, want %d", len(rest)+1, n)
	}
	for _, doc := range rest {
		if doc.Data()["v"] != first.Data()["v"] || !doc.ReadTime.Equal(first.ReadTime) {
			t.Fatalf("%s is of another snapshot than %s", doc.Ref.ID, first.Ref.ID)
		}
	}
}
