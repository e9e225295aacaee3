// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// TestBeyondTheEmulator compares the stand-in with the service where Google's emulator is known to
// differ from the service.
func TestBeyondTheEmulator(t *testing.T) {
	t.Parallel()
	increment := `update_transforms{field_path:"a" increment{integer_value:1}}`
	tests := []struct {
		name  string
		write string
		code  codes.Code
	}{
		// The emulator writes to the other database.
		{"other_database", `delete:"projects/p/databases/other/documents/c/d"`, codes.InvalidArgument},
		// The emulator has no limit.
		{"transforms", `update{name:"$N/c/d"} ` + strings.Repeat(increment, 500), codes.OK},
		{"too_many_transforms", `update{name:"$N/c/d"} ` + strings.Repeat(increment, 501), codes.InvalidArgument},
		{"deep_name", `update{name:"$N` + strings.Repeat("/c/d", 100) + `"}`, codes.OK},
		{"too_deep_name", `update{name:"$N` + strings.Repeat("/c/d", 101) + `"}`, codes.InvalidArgument},
		// The emulator and the service take them.
		{"numeric_id", `update{name:"$N/c/__id7__"}`, codes.Unimplemented},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := connect(t, start(t, firestore.Config{}).Addr())
			w := &pb.Write{}
			decode(t, s, tt.write, w)
			wantCode(t, "commit", only(s.raw.Commit(s.ctx, &pb.CommitRequest{Database: s.database, Writes: []*pb.Write{w}})), tt.code)
		})
	}
}

// TestRequestSize sends more than the emulator's transport takes, and more than
// the service does.
func TestRequestSize(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{}).Addr())
	for megabytes, want := range map[int]codes.Code{10: codes.OK, 12: codes.InvalidArgument} {
		req := &pb.CommitRequest{Database: s.database}
		for i := range megabytes {
			doc := &pb.Document{Name: s.name("c/" + strings.Repeat("x", i+1)), Fields: map[string]*pb.Value{"a": text(strings.Repeat("x", 1e6))}}
			req.Writes = append(req.Writes, &pb.Write{Operation: &pb.Write_Update{Update: doc}})
		}
		wantCode(t, "commit", only(s.raw.Commit(s.ctx, req)), want)
	}
}

// TestEmptyProjection: it is of every field; the emulator gives none.
func TestEmptyProjection(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{}).Addr())
	must(t, "set", setDoc("c/d", 1)(s))
	q := &pb.StructuredQuery{}
	decode(t, s, `from{collection_id:"c"} select{}`, q)
	var got []int64
	must(t, "query", each(s, q, func(r *pb.RunQueryResponse) { got = append(got, r.GetDocument().GetFields()["n"].GetIntegerValue()) }))
	if diff := cmp.Diff([]int64{1}, got); diff != "" {
		t.Errorf("field of the documents (-want +got):\n%s", diff)
	}
}

// TestSame_document_twice writes one document more than once in a commit. The
// emulator merges the writes first.
func TestSame_document_twice(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{}).Addr())
	req := &pb.CommitRequest{}
	decode(t, s, `database:"$D"
		writes{update{name:"$N/c/d" fields{key:"a" value{integer_value:1}}} current_document{exists:false}}
		writes{update{name:"$N/c/d"} update_mask{} update_transforms{field_path:"a" increment{integer_value:2}} current_document{exists:true}}
		writes{delete:"$N/c/d"}
		writes{update{name:"$N/c/d" fields{key:"b" value{integer_value:1}}} current_document{exists:false}}`, req)
	must(t, "commit", only(s.raw.Commit(s.ctx, req)))
	if diff := cmp.Diff(fields{"b": int64(1)}, data(t, s.client.Doc("c/d"), s)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// TestManyAggregations: five at most; the emulator breaks on six.
func TestManyAggregations(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{}).Addr())
	for n, want := range map[int]codes.Code{5: codes.OK, 6: codes.InvalidArgument} {
		q := s.client.Collection("c").NewAggregationQuery()
		for i := range n {
			q = q.WithCount(strings.Repeat("n", i+1))
		}
		wantCode(t, "aggregations", only(q.Get(s.ctx)), want)
	}
}
