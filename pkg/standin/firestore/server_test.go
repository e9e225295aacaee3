// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

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
	must(t, "query", only(s.client.Collection("a").Documents(s.ctx).GetAll()))
	must(t, "count", only(s.client.Collection("b").NewAggregationQuery().WithCount("n").Get(s.ctx)))
	wantCode(t, "query with a negative limit", only(s.client.Collection("c").Limit(-1).Documents(s.ctx).GetAll()), codes.InvalidArgument)
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff([]string{"a", "b"}, got); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

func TestDatabases_are_apart(t *testing.T) {
	t.Parallel()
	addr := start(t, firestore.Config{}).Addr()
	a, b := connect(t, addr), connect(t, addr)
	must(t, "set", setDoc("c/d", 1)(a))
	if got := data(t, b.client.Doc("c/d"), b); got != nil {
		t.Errorf("another project sees %v", got)
	}
	_, err := b.raw.Commit(b.ctx, &pb.CommitRequest{Database: b.database, Writes: []*pb.Write{
		{Operation: &pb.Write_Delete{Delete: a.name("c/d")}},
	}})
	wantCode(t, "write across databases", err, codes.InvalidArgument)
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
		wantCode(t, "one document twice", only(s.raw.BatchWrite(s.ctx, &pb.BatchWriteRequest{Database: s.database, Writes: []*pb.Write{w, w}})), codes.InvalidArgument)
	})
}

// TestConcurrency has writers, transactions and readers meet on a few documents.
// Each commit moves one unit between two of them, so every snapshot has the sum.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{Dir: t.TempDir()}).Addr())
	const documents, total = 4, 4000
	doc := func(i int) *gcf.DocumentRef { return s.client.Doc(fmt.Sprintf("c/%d", i%documents)) }
	for i := range documents {
		must(t, "seed", only(doc(i).Set(s.ctx, fields{"n": total / documents})))
	}
	move := func(i int) error {
		return s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
			docs, err := tx.GetAll([]*gcf.DocumentRef{doc(i), doc(i + 1)})
			if err != nil {
				return err
			}
			from, to := docs[0].Data()["n"].(int64), docs[1].Data()["n"].(int64)
			return errors.Join(
				tx.Set(docs[0].Ref, fields{"n": from - 1}),
				tx.Update(docs[1].Ref, []gcf.Update{{Path: "n", Value: to + 1}}))
		}, gcf.MaxAttempts(1))
	}
	var wg sync.WaitGroup
	var moved atomic.Int64
	for worker := range 4 {
		wg.Go(func() {
			for i := range 50 {
				err := move(worker + i)
				if err == nil {
					moved.Add(1)
				} else if status.Code(err) != codes.Aborted {
					t.Errorf("move: %v", err)
				}
			}
		})
		wg.Go(func() {
			for range 50 {
				docs, err := s.client.Collection("c").Documents(s.ctx).GetAll()
				sum := int64(0)
				for _, doc := range docs {
					sum += doc.Data()["n"].(int64)
				}
				if err != nil || sum != total {
					t.Errorf("a snapshot has %d, %v; want %d", sum, err, total)
				}
			}
		})
	}
	wg.Wait()
	if moved.Load() == 0 {
		t.Error("no transaction came through")
	}
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
