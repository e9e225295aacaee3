// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// write is a checked request to change one document.
type write struct {
	target       resource
	precondition *pb.Precondition
	remove       bool
	fields       map[string]*pb.Value // owned by the write
	masked       bool                 // keep the fields that mask does not name
	mask         []fieldPath
	transforms   []transform
}

// parseWrite checks everything about a write that does not depend on what is stored. The write owns
// the request's values from then on.
func parseWrite(database string, w *pb.Write) (*write, error) {
	out := &write{precondition: w.GetCurrentDocument()}
	var name string
	transforms := w.GetUpdateTransforms()
	switch op := w.GetOperation().(type) {
	case *pb.Write_Update:
		name, out.fields = op.Update.GetName(), op.Update.GetFields()
		out.masked = w.UpdateMask != nil
	case *pb.Write_Delete:
		name, out.remove = op.Delete, true
		if w.UpdateMask != nil {
			return nil, invalid("a delete must not specify a document mask.")
		}
		if len(transforms) > 0 {
			return nil, invalid("a delete must not specify a update transform.")
		}
	case *pb.Write_Transform:
		return nil, unimplemented("a write that is only a transform")
	default:
		return nil, invalid("empty write operation")
	}

	var err error
	if out.target, err = parseDocument("Document", name); err != nil {
		return nil, err
	}
	if out.target.database != database {
		return nil, invalid("Document name %q is not in the database %q of the request.", name, database)
	}
	if err := checkPrecondition(out.precondition); err != nil {
		return nil, err
	}
	if err := normalizeFields(out.fields, 0); err != nil {
		return nil, err
	}
	if out.mask, err = parseFieldPaths(w.GetUpdateMask().GetFieldPaths()); err != nil {
		return nil, err
	}
	out.transforms, err = parseTransforms(transforms)
	return out, err
}

func checkPrecondition(p *pb.Precondition) error {
	if t := p.GetUpdateTime(); t.GetNanos()%nanosPerMicro != 0 {
		return invalid("timestamp cannot have more than microseconds precision")
	}
	return nil
}

// apply applies the write to the document, which is nil if it does not exist, at the commit time.
// It returns the document as it is afterwards (doc itself if nothing changed, nil if there is none)
// and the transforms' results.
func (w *write) apply(doc *pb.Document, now *timestamppb.Timestamp) (*pb.Document, []*pb.Value, error) {
	if err := w.checkPrecondition(doc); err != nil {
		return nil, nil, err
	}
	if w.remove {
		return nil, nil, nil
	}
	fields := w.merged(doc)
	var results []*pb.Value
	for _, t := range w.transforms {
		results = append(results, t.apply(fields, now))
	}
	if err := checkSize(w.target, fields); err != nil {
		return nil, nil, err
	}
	if doc != nil && identical(doc.Fields, fields) {
		return doc, results, nil
	}
	created := now
	if doc != nil {
		created = doc.CreateTime
	}
	return &pb.Document{Name: w.target.name(), Fields: fields, CreateTime: created, UpdateTime: now}, results, nil
}

// checkPrecondition checks the precondition.
func (w *write) checkPrecondition(doc *pb.Document) error {
	switch p := w.precondition.GetConditionType().(type) {
	case *pb.Precondition_Exists:
		if p.Exists && doc == nil {
			return status.Errorf(codes.NotFound, "No document to update: %s", w.target.name())
		}
		if !p.Exists && doc != nil {
			return status.Errorf(codes.AlreadyExists, "Document already exists: %s", w.target.name())
		}
	case *pb.Precondition_UpdateTime:
		if doc != nil && compareTimes(p.UpdateTime, doc.UpdateTime) > 0 {
			return invalid("Invalid base version, it is greater than the stored version: %s", w.target.name())
		}
		if doc == nil || compareTimes(doc.UpdateTime, p.UpdateTime) != 0 {
			return status.Errorf(codes.FailedPrecondition, "the stored version (%d) does not match the required base version (%d)",
				micros(doc.GetUpdateTime()), micros(p.UpdateTime))
		}
	}
	return nil
}

// merged returns the document's fields after the update, before its transforms.
func (w *write) merged(doc *pb.Document) map[string]*pb.Value {
	if !w.masked {
		if w.fields == nil {
			return map[string]*pb.Value{}
		}
		return w.fields
	}
	fields := proto.CloneOf(&pb.MapValue{Fields: doc.GetFields()}).GetFields()
	if fields == nil {
		fields = map[string]*pb.Value{}
	}
	for _, path := range w.mask {
		if path.isName() {
			continue
		}
		if value := lookup(w.fields, path); value != nil {
			assign(fields, path, value)
		} else {
			erase(fields, path)
		}
	}
	return fields
}

func micros(t *timestamppb.Timestamp) int64 {
	return t.GetSeconds()*1e6 + int64(t.GetNanos()/nanosPerMicro)
}
