// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// BenchmarkHundredThousand writes 100,000 documents of the shape of a message
// to a journal, in commits of 500, and streams the half that belongs to one
// session back, in the order of their times.
func BenchmarkHundredThousand(b *testing.B) {
	const documents, perCommit = 100_000, 500
	for b.Loop() {
		s := connect(b, start(b, firestore.Config{Dir: b.TempDir()}).Addr())
		begin := time.Now()
		for first := 0; first < documents; first += perCommit {
			req := &pb.CommitRequest{Database: s.database}
			for i := first; i < first+perCommit; i++ {
				req.Writes = append(req.Writes, &pb.Write{Operation: &pb.Write_Update{Update: message(s, i)}})
			}
			_, err := s.raw.Commit(s.ctx, req)
			must(b, "commit", err)
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s/write")

		begin = time.Now()
		stream, err := s.raw.RunQuery(s.ctx, &pb.RunQueryRequest{
			Parent:    s.database + "/documents",
			QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: sessionQuery()},
		})
		must(b, "query", err)
		got := 0
		for {
			resp, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				break
			}
			must(b, "receive", err)
			if resp.Document != nil {
				got++
			}
		}
		if got != documents/2 {
			b.Fatalf("got %d documents, want %d", got, documents/2)
		}
		b.ReportMetric(time.Since(begin).Seconds(), "s/stream")
	}
}

func message(s *session, i int) *pb.Document {
	return &pb.Document{Name: s.name(fmt.Sprintf("messages/%08d", i)), Fields: map[string]*pb.Value{
		"session": text(fmt.Sprint(i % 2)),
		"created": integer(int64(i * 7919 % 1_000_003)),
		"role":    text("user"),
		"text":    text("What is the capital of the country that I asked about before?"),
	}}
}

func sessionQuery() *pb.StructuredQuery {
	return &pb.StructuredQuery{
		From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "messages"}},
		Where: &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{
			FieldFilter: &pb.StructuredQuery_FieldFilter{
				Field: ref("session"), Op: pb.StructuredQuery_FieldFilter_EQUAL, Value: text("1"),
			},
		}},
		OrderBy: []*pb.StructuredQuery_Order{{Field: ref("created")}},
	}
}
