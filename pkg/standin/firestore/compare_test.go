// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/standin/emulator"
	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

var (
	compareSeed       = flag.Uint64("compare.seed", 1, "seed of the comparison with Google's emulator")
	compareOperations = flag.Int("compare.operations", 1500, "operations that the comparison sends to both")
)

// TestCompare sends one random sequence of requests to the stand-in and to
// Google's emulator and compares every answer: documents, their order, which
// commit wrote them, and status codes. Where the emulator is known to differ
// from the service, the generator says so and stays away.
func TestCompare(t *testing.T) {
	t.Parallel()
	const project = "compare"
	ours := &side{session: connectTo(t, start(t, firestore.Config{}).Addr(), project)}
	theirs := &side{session: connectTo(t, emulator.Firestore(t), project)}
	g := newGenerator(*compareSeed, ours.database)
	tally := map[string]int{}
	for i := range *compareOperations {
		op := g.next()
		got, want := ours.run(t, op), theirs.run(t, op)
		if diff := cmp.Diff(want.lines(), got.lines()); diff != "" {
			t.Fatalf("seed %d, operation %d: %T %v\nerrors: %v | %v\nanswers (-google +stand-in):\n%s",
				*compareSeed, i, op, op, want.err, got.err, diff)
		}
		g.learn(op, got)
		tally[fmt.Sprintf("%T %v", op, got.code)]++
	}
	t.Logf("seed %d: %v", *compareSeed, tally)
}

// answer is what a request came to, in the same words for both servers.
type answer struct {
	messages []proto.Message
	code     codes.Code
	err      error // the words of which are each server's own
}

// lines are what is compared: the messages in text form, which tells NaN from
// null and -0 from 0, and the code.
func (a answer) lines() []string {
	out := []string{a.code.String()}
	for _, m := range a.messages {
		out = append(out, prototext.MarshalOptions{}.Format(m))
	}
	return out
}

// side is one of the two servers and the times that its clock gave to commits.
type side struct {
	*session
	commits     []*timestamppb.Timestamp
	transaction []byte
}

// commitTime returns the time of the commit with a number, a time long ago for
// numbers that no commit has.
func (s *side) commitTime(number int) *timestamppb.Timestamp {
	if number < 0 || number >= len(s.commits) {
		return &timestamppb.Timestamp{Seconds: 1}
	}
	return s.commits[number]
}

// run sends one request, with a clone so that the other side gets the same.
func (s *side) run(t *testing.T, op proto.Message) answer {
	t.Helper()
	op = proto.Clone(op)
	s.localize(op.ProtoReflect())
	var responses []proto.Message
	err := s.send(op, func(m proto.Message) { responses = append(responses, m) })
	for _, m := range responses {
		s.normalize(m.ProtoReflect())
	}
	return answer{messages: responses, code: status.Code(err), err: err}
}

// markSeconds are the seconds of a timestamp whose nanoseconds are the number
// of a commit rather than a part of a second.
const markSeconds = 4_000_000_000

// localize puts this side's times and transaction where a request has marks.
func (s *side) localize(m protoreflect.Message) {
	visit(m, func(m protoreflect.Message, field protoreflect.FieldDescriptor, v protoreflect.Value) {
		switch {
		case field.Name() == "transaction":
			m.Set(field, protoreflect.ValueOfBytes(s.transaction))
		case field.Name() == "update_time" && m.Descriptor().Name() == "Precondition":
			at := v.Message().Interface().(*timestamppb.Timestamp)
			m.Set(field, protoreflect.ValueOfMessage(s.commitTime(int(at.Nanos)).ProtoReflect()))
		}
	})
}

// normalize puts marks where an answer has this side's times and transaction.
func (s *side) normalize(m protoreflect.Message) {
	visit(m, func(m protoreflect.Message, field protoreflect.FieldDescriptor, v protoreflect.Value) {
		switch field.Name() {
		case "transaction":
			s.transaction = v.Bytes()
			m.Clear(field)
		case "read_time", "explain_metrics", "next_page_token":
			m.Clear(field)
		case "commit_time":
			s.commits = append(s.commits, proto.CloneOf(v.Message().Interface().(*timestamppb.Timestamp)))
			m.Clear(field)
		}
		m.SetUnknown(nil) // the emulator's protocol is older or newer than ours
	})
	visit(m, func(m protoreflect.Message, field protoreflect.FieldDescriptor, v protoreflect.Value) {
		switch field.Name() {
		case "update_time", "create_time":
			m.Set(field, protoreflect.ValueOfMessage(s.mark(v.Message().Interface().(*timestamppb.Timestamp)).ProtoReflect()))
		case "timestamp_value": // a request time; the generator's own are older
			if v.Message().Interface().(*timestamppb.Timestamp).Seconds > lastGeneratedSecond {
				m.Set(field, protoreflect.ValueOfMessage((&timestamppb.Timestamp{Seconds: markSeconds}).ProtoReflect()))
			}
		}
	})
}

func (s *side) mark(at *timestamppb.Timestamp) *timestamppb.Timestamp {
	for number, commit := range s.commits {
		if proto.Equal(at, commit) {
			return &timestamppb.Timestamp{Seconds: markSeconds, Nanos: int32(number)}
		}
	}
	return &timestamppb.Timestamp{Seconds: markSeconds, Nanos: -1}
}

// visit calls f for every field that is set, outer ones first. Timestamps are
// leaves.
func visit(m protoreflect.Message, f func(protoreflect.Message, protoreflect.FieldDescriptor, protoreflect.Value)) {
	if m.Descriptor().FullName() == "google.protobuf.Timestamp" {
		return
	}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		f(m, field, v)
		switch {
		case field.Message() == nil || !m.Has(field):
		case field.IsList():
			for i := range v.List().Len() {
				visit(v.List().Get(i).Message(), f)
			}
		case field.IsMap():
			if field.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool {
					visit(v.Message(), f)
					return true
				})
			}
		default:
			visit(m.Get(field).Message(), f)
		}
		return true
	})
}

// send makes the call that belongs to a request and hands over each answer.
func (s *side) send(op proto.Message, answer func(proto.Message)) error {
	switch r := op.(type) {
	case *pb.CommitRequest:
		return unary(s.raw.Commit(s.ctx, r))(answer)
	case *pb.BatchWriteRequest:
		resp, err := s.raw.BatchWrite(s.ctx, r)
		for _, st := range resp.GetStatus() {
			st.Message = ""
		}
		return unary(resp, err)(answer)
	case *pb.BeginTransactionRequest:
		return unary(s.raw.BeginTransaction(s.ctx, r))(answer)
	case *pb.RollbackRequest:
		return unary(s.raw.Rollback(s.ctx, r))(answer)
	case *pb.ListCollectionIdsRequest:
		return unary(s.raw.ListCollectionIds(s.ctx, r))(answer)
	case *pb.BatchGetDocumentsRequest:
		stream, err := s.raw.BatchGetDocuments(s.ctx, r)
		return streamed(stream, err, answer)
	case *pb.RunQueryRequest:
		stream, err := s.raw.RunQuery(s.ctx, r)
		return streamed(stream, err, answer)
	case *pb.RunAggregationQueryRequest:
		stream, err := s.raw.RunAggregationQuery(s.ctx, r)
		return streamed(stream, err, answer)
	default:
		return fmt.Errorf("no call takes a %T", op)
	}
}

func unary[M proto.Message](resp M, err error) func(func(proto.Message)) error {
	return func(answer func(proto.Message)) error {
		if err == nil {
			answer(resp)
		}
		return err
	}
}

func streamed[M proto.Message](stream interface{ Recv() (M, error) }, err error, answer func(proto.Message)) error {
	for err == nil {
		var m M
		if m, err = stream.Recv(); err == nil {
			answer(m)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
