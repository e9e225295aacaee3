// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

type fields = map[string]any

// data reads a document back, nil when there is none.
func data(t *testing.T, doc *gcf.DocumentRef, s *session) fields {
	t.Helper()
	snapshot, err := doc.Get(s.ctx)
	if snapshot == nil || !snapshot.Exists() {
		wantCode(t, "get of a missing document", err, codes.NotFound)
		return nil
	}
	must(t, "get", err)
	return snapshot.Data()
}

// past is before every commit.
var past = time.Unix(1_000_000_000, 0)

type (
	operation func(*gcf.DocumentRef, *session) (*gcf.WriteResult, error)
	updates   = []gcf.Update
)

func create(v fields) operation {
	return func(d *gcf.DocumentRef, s *session) (*gcf.WriteResult, error) { return d.Create(s.ctx, v) }
}

func set(v fields, opts ...gcf.SetOption) operation {
	return func(d *gcf.DocumentRef, s *session) (*gcf.WriteResult, error) { return d.Set(s.ctx, v, opts...) }
}

func update(u updates, only ...gcf.Precondition) operation {
	return func(d *gcf.DocumentRef, s *session) (*gcf.WriteResult, error) { return d.Update(s.ctx, u, only...) }
}

func remove(only ...gcf.Precondition) operation {
	return func(d *gcf.DocumentRef, s *session) (*gcf.WriteResult, error) { return d.Delete(s.ctx, only...) }
}

var writeTests = []struct {
	name  string
	seed  fields // nil: the document does not exist
	write operation
	code  codes.Code
	want  fields // nil: the document does not exist
}{
	{"create", nil, create(fields{"a": 1}), codes.OK, fields{"a": int64(1)}},
	{"create_existing", fields{"a": 1}, create(fields{"a": 2}), codes.AlreadyExists, fields{"a": int64(1)}},
	{"set_replaces", fields{"a": 1, "b": 2}, set(fields{"a": 3}), codes.OK, fields{"a": int64(3)}},
	{"set_empty", fields{"a": 1}, set(fields{}), codes.OK, fields{}},
	{"merge_all", fields{"a": 1, "m": fields{"x": 1, "y": 1}}, set(fields{"m": fields{"y": 2, "z": 3}}, gcf.MergeAll), codes.OK, fields{"a": int64(1), "m": fields{"x": int64(1), "y": int64(2), "z": int64(3)}}},
	{"merge_paths", fields{"a": 1}, set(fields{"m": fields{"y": 2, "z": 3}}, gcf.Merge([]string{"m", "y"})), codes.OK, fields{"a": int64(1), "m": fields{"y": int64(2)}}},
	{"merge_missing_document", nil, set(fields{"m": fields{"y": 2}}, gcf.MergeAll), codes.OK, fields{"m": fields{"y": int64(2)}}},
	{"merge_empty_keeps", fields{"a": 1}, set(fields{}, gcf.MergeAll), codes.OK, fields{"a": int64(1)}},
	{"merge_over_scalar", fields{"m": 1}, set(fields{"m": fields{"y": 2}}, gcf.MergeAll), codes.OK, fields{"m": fields{"y": int64(2)}}},
	{"update_one_path", fields{"a": 1, "m": fields{"x": 1, "y": 1}}, update(updates{{Path: "m.x", Value: 5}}), codes.OK, fields{"a": int64(1), "m": fields{"x": int64(5), "y": int64(1)}}},
	{"update_deletes", fields{"a": 1, "m": fields{"x": 1}}, update(updates{{Path: "m.x", Value: gcf.Delete}, {Path: "no.such", Value: gcf.Delete}}), codes.OK, fields{"a": int64(1), "m": fields{}}},
	{"update_quoted_path", fields{"a.b": 1, "`": 1, "\\": 1}, update(updates{
		{FieldPath: gcf.FieldPath{"a.b"}, Value: 2},
		{FieldPath: gcf.FieldPath{"`"}, Value: gcf.Delete},
		{FieldPath: gcf.FieldPath{"ü ", "\\`."}, Value: 3},
	}), codes.OK, fields{"a.b": int64(2), "\\": int64(1), "ü ": fields{"\\`.": int64(3)}}},
	{"update_missing", nil, update(updates{{Path: "a", Value: 5}}), codes.NotFound, nil},
	{"update_at_wrong_time", fields{"a": 1}, update(updates{{Path: "a", Value: 5}}, gcf.LastUpdateTime(past)), codes.FailedPrecondition, fields{"a": int64(1)}},
	{"update_missing_at_time", nil, update(updates{{Path: "a", Value: 5}}, gcf.LastUpdateTime(past)), codes.FailedPrecondition, nil},
	{"delete", fields{"a": 1}, remove(), codes.OK, nil},
	{"delete_missing", nil, remove(), codes.OK, nil},
	{"delete_missing_that_must_exist", nil, remove(gcf.Exists), codes.NotFound, nil},
	{"delete_at_wrong_time", fields{"a": 1}, remove(gcf.LastUpdateTime(past)), codes.FailedPrecondition, fields{"a": int64(1)}},
}

func TestWrite(t *testing.T) {
	t.Parallel()
	for _, tt := range writeTests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, s *session) {
				doc := s.client.Doc("c/" + tt.name)
				if tt.seed != nil {
					must(t, "seed", errorOf(doc.Create(s.ctx, tt.seed)))
				}
				wantCode(t, tt.name, errorOf(tt.write(doc, s)), tt.code)
				if diff := cmp.Diff(tt.want, data(t, doc, s)); diff != "" {
					t.Errorf("document (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestValues_come_back(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		doc := s.client.Doc("c/d")
		instant := time.Date(2026, 2, 3, 4, 5, 6, 123456789, time.UTC)
		_, err := doc.Set(s.ctx, fields{
			"null": nil, "bool": true, "int": math.MaxInt64, "float": 1.5, "inf": math.Inf(-1), "string": "héé",
			"bytes": []byte{0, 255}, "time": instant, "ref": s.client.Doc("x/y"),
			"array": []any{1, fields{"a": []any{}}}, "map": fields{},
		})
		must(t, "set", err)
		got := data(t, doc, s)
		if ref, ok := got["ref"].(*gcf.DocumentRef); !ok || ref.Path != s.name("x/y") {
			t.Errorf("ref: got %v", got["ref"])
		}
		delete(got, "ref")
		want := fields{
			"null": nil, "bool": true, "int": int64(math.MaxInt64), "float": 1.5, "inf": math.Inf(-1), "string": "héé",
			"bytes": []byte{0, 255}, "time": instant.Truncate(time.Microsecond),
			"array": []any{int64(1), fields{"a": []any{}}}, "map": fields{},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("document (-want +got):\n%s", diff)
		}
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		doc := s.client.Doc("c/d")
		before := time.Now().Add(-time.Second)
		first, err := doc.Create(s.ctx, fields{"a": 1})
		must(t, "create", err)
		second, err := doc.Set(s.ctx, fields{"a": 2})
		must(t, "set", err)
		same, err := doc.Set(s.ctx, fields{"a": 2})
		must(t, "set the same", err)
		other, err := doc.Set(s.ctx, fields{"a": 2.0})
		must(t, "set the same number as a double", err)

		if first.UpdateTime.Before(before) || first.UpdateTime.Nanosecond()%1000 != 0 {
			t.Errorf("create time %v: want now, in microseconds", first.UpdateTime)
		}
		if !second.UpdateTime.After(first.UpdateTime) || !other.UpdateTime.After(second.UpdateTime) {
			t.Errorf("update times %v, %v, %v do not increase", first.UpdateTime, second.UpdateTime, other.UpdateTime)
		}
		if !same.UpdateTime.Equal(second.UpdateTime) {
			t.Errorf("a write that changes nothing moved the update time from %v to %v", second.UpdateTime, same.UpdateTime)
		}
		got, err := doc.Get(s.ctx)
		must(t, "get", err)
		if !got.CreateTime.Equal(first.UpdateTime) || !got.UpdateTime.Equal(other.UpdateTime) || got.ReadTime.Before(got.UpdateTime) {
			t.Errorf("created %v, updated %v, read %v", got.CreateTime, got.UpdateTime, got.ReadTime)
		}
		if _, err := doc.Update(s.ctx, []gcf.Update{{Path: "a", Value: 3}}, gcf.LastUpdateTime(got.UpdateTime)); err != nil {
			t.Errorf("update at the right time: %v", err)
		}
		wantCode(t, "delete at the time before", errorOf(doc.Delete(s.ctx, gcf.LastUpdateTime(got.UpdateTime))), codes.FailedPrecondition)
	})
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
	must(t, "commit", errorOf(s.raw.Commit(s.ctx, req)))
	if diff := cmp.Diff(fields{"b": int64(1)}, data(t, s.client.Doc("c/d"), s)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

// TestRequestSize sends more than the emulator's transport takes, and more than the service does.
func TestRequestSize(t *testing.T) {
	t.Parallel()
	s := connect(t, start(t, firestore.Config{}).Addr())
	for megabytes, want := range map[int]codes.Code{10: codes.OK, 12: codes.InvalidArgument} {
		req := &pb.CommitRequest{Database: s.database}
		for i := range megabytes {
			doc := &pb.Document{Name: s.name(fmt.Sprint("c/", i)), Fields: map[string]*pb.Value{"a": text(strings.Repeat("x", 1e6))}}
			req.Writes = append(req.Writes, &pb.Write{Operation: &pb.Write_Update{Update: doc}})
		}
		wantCode(t, "commit", errorOf(s.raw.Commit(s.ctx, req)), want)
	}
}
