// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"fmt"
	"os"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// dump reads every document of a collection with its times.
func dump(t *testing.T, s *session, collection string) (all []*pb.Document) {
	t.Helper()
	q := &pb.StructuredQuery{}
	decode(t, s, fmt.Sprintf("from{collection_id:%q}", collection), q)
	must(t, "query", each(s, q, func(r *pb.RunQueryResponse) {
		if r.GetDocument() != nil {
			all = append(all, r.GetDocument())
		}
	}))
	return all
}

// fill writes, rewrites and deletes some documents.
func fill(t *testing.T, s *session, n int) {
	t.Helper()
	for i := range n {
		doc := s.client.Collection("c").Doc(fmt.Sprintf("d%03d", i))
		must(t, "set", errorOf(doc.Set(s.ctx, fields{"n": i, "m": fields{"x": []any{nil, 1.5}}})))
		if i%3 == 0 {
			must(t, "update", errorOf(doc.Update(s.ctx, []gcf.Update{{Path: "n", Value: gcf.Increment(1000)}})))
		}
		if i%5 == 0 {
			must(t, "delete", errorOf(doc.Delete(s.ctx)))
		}
	}
}

func TestJournal_reopens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const project = "journal"
	var want []*pb.Document
	// The first reopening reads the journal as it was written, later ones what
	// compaction left of it.
	for round := range 4 {
		server, err := firestore.Start(firestore.Config{Dir: dir})
		must(t, "start", err)
		s := connectTo(t, server.Addr(), project)
		if diff := cmp.Diff(want, dump(t, s, "c"), protocmp.Transform()); diff != "" {
			t.Errorf("round %d (-want +got):\n%s", round, diff)
		}
		if round%2 == 0 {
			fill(t, s, 20)
		}
		want = dump(t, s, "c")
		// A copy of the folder is what a kill would leave now.
		killed := t.TempDir()
		must(t, "copy", os.CopyFS(killed, os.DirFS(dir)))
		must(t, "close", server.Close())
		dir = killed
	}
}
