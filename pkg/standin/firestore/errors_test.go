// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"fmt"
	"strings"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/genproto/googleapis/type/latlng"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// decode reads a message in text form in which $D is the database and $N the
// root of its documents. Requests that the official client would not send can
// only be written in the protocol itself.
func decode(t *testing.T, s *session, text string, into proto.Message) {
	t.Helper()
	text = strings.NewReplacer("$D", s.database, "$N", s.database+"/documents").Replace(text)
	must(t, "decode "+text, prototext.Unmarshal([]byte(text), into))
}

func TestWriteCodes(t *testing.T) {
	t.Parallel()
	long, nested := strings.Repeat("x", 1501), strings.Repeat(`map_value{fields{key:"a" value{`, 21)+strings.Repeat("}", 63)
	megabyte := strings.Repeat("x", 1<<20)
	tests := []struct {
		name, write string
		code        codes.Code
	}{
		{"empty", ``, codes.InvalidArgument},
		{"no_name", `update{}`, codes.InvalidArgument},
		{"collection_name", `update{name:"$N/c"}`, codes.InvalidArgument},
		{"deep_collection_name", `update{name:"$N/c/d/e"}`, codes.InvalidArgument},
		{"not_below_documents", `update{name:"$D/c/d"}`, codes.InvalidArgument},
		{"empty_segment", `update{name:"$N/c//d/e"}`, codes.InvalidArgument},
		{"dot", `update{name:"$N/c/."}`, codes.InvalidArgument},
		{"dots", `update{name:"$N/c/.."}`, codes.InvalidArgument},
		{"reserved_id", `update{name:"$N/c/__d__"}`, codes.InvalidArgument},
		{"reserved_collection", `update{name:"$N/__c__/d"}`, codes.InvalidArgument},
		{"half_reserved_id", `update{name:"$N/c/__d"}`, codes.OK},
		{"long_id", `update{name:"$N/c/` + long + `"}`, codes.InvalidArgument},
		{"longest_id", `update{name:"$N/c/` + long[1:] + `"}`, codes.OK},
		{"reserved_field", `update{name:"$N/c/d" fields{key:"__a__" value{null_value:0}}}`, codes.InvalidArgument},
		{"reserved_field_in_map", `update{name:"$N/c/d" fields{key:"m" value{map_value{fields{key:"__a__" value{null_value:0}}}}}}`, codes.InvalidArgument},
		{"empty_field_name", `update{name:"$N/c/d" fields{key:"" value{null_value:0}}}`, codes.InvalidArgument},
		{"long_field_name", `update{name:"$N/c/d" fields{key:"` + long + `" value{null_value:0}}}`, codes.InvalidArgument},
		{"unset_value", `update{name:"$N/c/d" fields{key:"a"}}`, codes.InvalidArgument},
		{"array_in_array", `update{name:"$N/c/d" fields{key:"a" value{array_value{values{array_value{}}}}}}`, codes.InvalidArgument},
		{"too_deep", `update{name:"$N/c/d" fields{key:"a" value{` + nested + `}}}`, codes.InvalidArgument},
		{"bad_time", `update{name:"$N/c/d" fields{key:"a" value{timestamp_value{nanos:1000000000}}}}`, codes.InvalidArgument},
		{"bad_reference", `update{name:"$N/c/d" fields{key:"a" value{reference_value:"c/d"}}}`, codes.InvalidArgument},
		{"too_big", `update{name:"$N/c/d" fields{key:"a" value{string_value:"` + megabyte + `"}}}`, codes.InvalidArgument},
		{"big", `update{name:"$N/c/d" fields{key:"a" value{string_value:"` + megabyte[200:] + `"}}}`, codes.OK},
		{"mask_on_delete", `delete:"$N/c/d" update_mask{}`, codes.InvalidArgument},
		{"transform_on_delete", `delete:"$N/c/d" update_transforms{field_path:"a" increment{integer_value:1}}`, codes.InvalidArgument},
		{"fine_precondition_time", `delete:"$N/c/d" current_document{update_time{seconds:1 nanos:1}}`, codes.InvalidArgument},
		{"increment_by_string", `update{name:"$N/c/d"} update_transforms{field_path:"a" increment{string_value:"1"}}`, codes.InvalidArgument},
		{"empty_transform", `update{name:"$N/c/d"} update_transforms{field_path:"a"}`, codes.InvalidArgument},
		{"unknown_server_value", `update{name:"$N/c/d"} update_transforms{field_path:"a" set_to_server_value:SERVER_VALUE_UNSPECIFIED}`, codes.InvalidArgument},
		{"transform_of_reserved", `update{name:"$N/c/d"} update_transforms{field_path:"__a__" increment{integer_value:1}}`, codes.InvalidArgument},
	}
	for _, path := range []string{
		"", "a..b", ".a", "a.", "1a", "a-b", "ü", "`a", "`a\\", "``", "`a`b", "__a__", "a.__b__", "a.__name__",
	} {
		bad := fmt.Sprintf(`update{name:"$N/c/d"} update_mask{field_paths:%q}`, path)
		tests = append(tests, struct {
			name, write string
			code        codes.Code
		}{"mask_of_" + path, bad, codes.InvalidArgument})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *session) {
				w := &pb.Write{}
				decode(t, s, tt.write, w)
				wantCode(t, "commit", errorOf(s.raw.Commit(s.ctx, &pb.CommitRequest{Database: s.database, Writes: []*pb.Write{w}})), tt.code)
			})
		})
	}
}

func TestQueryCodes(t *testing.T) {
	t.Parallel()
	values := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "values{integer_value:%d}", i)
		}
		return b.String()
	}
	field := func(op, value string) string {
		return fmt.Sprintf(`field_filter{field{field_path:"v"} op:%s value{%s}}`, op, value)
	}
	both := func(a, b string) string {
		return fmt.Sprintf(`where{composite_filter{op:AND filters{%s} filters{%s}}}`, a, b)
	}
	in6 := field("IN", "array_value{"+values(6)+"}")
	in6w := strings.Replace(in6, `"v"`, `"w"`, 1)
	tests := []struct {
		name  string
		query string
		code  codes.Code
	}{
		{"two_collections", `from{collection_id:"d"}`, codes.InvalidArgument},
		{"negative_limit", `limit{value:-1}`, codes.InvalidArgument},
		{"zero_limit", `limit{}`, codes.OK},
		{"empty_filter", `where{}`, codes.InvalidArgument},
		{"empty_and", `where{composite_filter{op:AND}}`, codes.OK},
		{"no_composite_operator", `where{composite_filter{filters{` + in6 + `}}}`, codes.InvalidArgument},
		{"no_operator", `where{` + field("OPERATOR_UNSPECIFIED", "integer_value:1") + `}`, codes.InvalidArgument},
		{"no_field", `where{field_filter{op:EQUAL value{null_value:0}}}`, codes.InvalidArgument},
		{"no_value", `where{` + field("EQUAL", "") + `}`, codes.InvalidArgument},
		{"in_scalar", `where{` + field("IN", "integer_value:1") + `}`, codes.InvalidArgument},
		{"in_nothing", `where{` + field("IN", "array_value{}") + `}`, codes.InvalidArgument},
		{"in_30", `where{` + field("IN", "array_value{"+values(30)+"}") + `}`, codes.OK},
		{"in_31", `where{` + field("IN", "array_value{"+values(31)+"}") + `}`, codes.InvalidArgument},
		{"36_disjunctions", both(in6, in6w), codes.InvalidArgument},
		{"two_array_contains", both(field("ARRAY_CONTAINS", "integer_value:1"), field("ARRAY_CONTAINS", "integer_value:2")), codes.InvalidArgument},
		{"name_equals_string", `where{field_filter{field{field_path:"__name__"} op:EQUAL value{string_value:"d"}}}`, codes.InvalidArgument},
		{"order_twice", strings.Repeat(`order_by{field{field_path:"v"}} `, 2), codes.InvalidArgument},
		{"order_after_name", `order_by{field{field_path:"__name__"}} order_by{field{field_path:"v"}}`, codes.InvalidArgument},
		{"inequality_after_name", `where{` + field("LESS_THAN", "integer_value:1") + `} order_by{field{field_path:"__name__"}}`, codes.InvalidArgument},
		{"name_down", `order_by{field{field_path:"__name__"} direction:DESCENDING}`, codes.FailedPrecondition},
		{"bad_direction", `order_by{field{field_path:"v"} direction:9}`, codes.InvalidArgument},
		{"bad_path", `order_by{field{field_path:"v."}}`, codes.InvalidArgument},
		{"cursor_past_the_order", `order_by{field{field_path:"v"}} start_at{values{integer_value:1} values{reference_value:"$N/c/d"}}`, codes.InvalidArgument},
		{"cursor_without_order", `start_at{values{reference_value:"$N/c/d"}}`, codes.InvalidArgument},
		{"cursor_name_as_string", `order_by{field{field_path:"__name__"}} start_at{values{string_value:"d"}}`, codes.InvalidArgument},
		{"cursor_prefix", `order_by{field{field_path:"v"}} order_by{field{field_path:"w"}} start_at{values{integer_value:1}}`, codes.OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *session) {
				q := &pb.StructuredQuery{}
				decode(t, s, `from{collection_id:"c"} `+tt.query, q)
				wantCode(t, "query", drain(s, q), tt.code)
			})
		})
	}
}

// drain runs a query to its end and returns why it ended, nil if it was whole.
func drain(s *session, q *pb.StructuredQuery) error {
	return each(s, q, func(*pb.RunQueryResponse) {})
}

// each runs a query, and visits its answers.
func each(s *session, q *pb.StructuredQuery, visit func(*pb.RunQueryResponse)) error {
	stream, err := s.raw.RunQuery(s.ctx, &pb.RunQueryRequest{
		Parent:    s.database + "/documents",
		QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: q},
	})
	return streamed(stream, err, func(m proto.Message) { visit(m.(*pb.RunQueryResponse)) })
}

// TestRefused names what clients may ask for and the stand-in does not implement.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{}).Addr())
	query := func(text string) error {
		q := &pb.StructuredQuery{}
		decode(t, s, text, q)
		return drain(s, q)
	}
	set := func(value any) error {
		return errorOf(s.client.Doc("c/d").Set(s.ctx, fields{"v": value}))
	}
	// The client's Snapshots hides the status if the server ends the stream before the request is
	// sent.
	listener, listenErr := s.raw.Listen(s.ctx)
	if listenErr == nil {
		_, listenErr = listener.Recv()
	}

	for _, tt := range []struct {
		err  error
		name string
	}{
		{errorOf(s.raw.GetDocument(s.ctx, &pb.GetDocumentRequest{Name: s.name("c/d")})), "GetDocument"},
		{listenErr, "Listen"},
		{errorOf(s.raw.ListCollectionIds(s.ctx, &pb.ListCollectionIdsRequest{Parent: s.name("c/d"), ConsistencySelector: &pb.ListCollectionIdsRequest_ReadTime{}})), "read_time"},
		{errorOf(s.raw.ListDocuments(s.ctx, &pb.ListDocumentsRequest{Parent: s.name("c/d"), CollectionId: "c"})), "ListDocuments"},
		{errorOf(s.client.Collection("c").NewAggregationQuery().WithSum("v", "sum").Get(s.ctx)), "Sum"},
		{set(gcf.Vector64{1, 2}), "vector values"},
		{set(&latlng.LatLng{}), "geo points"},
		{set(gcf.ArrayUnion(1)), "AppendMissingElements"},
		{query(`from{collection_id:"c"} find_nearest{}`), "find_nearest"},
		{query(`from{collection_id:"c"} offset:1`), "offset"},
		{query(`from{all_descendants:true}`), "without a collection id"},
		{query(`from{collection_id:"c" all_descendants:true}`), "collection group"},
		{query(`from{collection_id:"c"} where{composite_filter{op:OR}}`), "OR"},
		{query(`from{collection_id:"c"} where{field_filter{field{field_path:"v"} op:NOT_EQUAL value{integer_value:1}}}`), "NOT_EQUAL"},
		{query(`from{collection_id:"c"} where{unary_filter{field{field_path:"v"} op:IS_NULL}}`), "IS_NULL"},
	} {
		wantCode(t, tt.name, tt.err, codes.Unimplemented)
		if !strings.Contains(fmt.Sprint(tt.err), tt.name) {
			t.Errorf("%v does not name %q", tt.err, tt.name)
		}
	}
}
