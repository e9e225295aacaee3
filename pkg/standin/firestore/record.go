// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"encoding/binary"
	"errors"
	"fmt"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
)

// record is what one commit did: the documents as they are after it.
type record struct {
	time     int64 // of the commit, in microseconds
	database string
	changes  []change
}

// change is one document after a commit, nil when it is gone.
type change struct {
	target resource
	doc    *pb.Document
}

func (r record) apply(s state) state {
	for _, c := range r.changes {
		s = s.withDocument(c.target, c.doc)
	}
	return s
}

const timeBytes = 8

// encode gives the time, then the changes as a commit request whose documents
// carry their times.
func (r record) encode() ([]byte, error) {
	request := &pb.CommitRequest{Database: r.database}
	for _, c := range r.changes {
		w := &pb.Write{Operation: &pb.Write_Delete{Delete: c.target.name()}}
		if c.doc != nil {
			w.Operation = &pb.Write_Update{Update: c.doc}
		}
		request.Writes = append(request.Writes, w)
	}
	payload, err := proto.MarshalOptions{}.MarshalAppend(binary.LittleEndian.AppendUint64(nil, uint64(r.time)), request)
	if err != nil {
		return nil, fmt.Errorf("encode commit: %w", err)
	}
	return payload, nil
}

func parseRecord(payload []byte) (record, error) {
	if len(payload) < timeBytes {
		return record{}, errors.New("too short for a commit")
	}
	var request pb.CommitRequest
	if err := proto.Unmarshal(payload[timeBytes:], &request); err != nil {
		return record{}, fmt.Errorf("decode commit: %w", err)
	}
	r := record{time: int64(binary.LittleEndian.Uint64(payload)), database: request.GetDatabase()}
	for _, w := range request.GetWrites() {
		doc, name := w.GetUpdate(), w.GetDelete()
		if doc != nil {
			name = doc.GetName()
			if doc.Fields == nil {
				doc.Fields = map[string]*pb.Value{}
			}
		}
		target, err := parseDocument("Document", name)
		if err != nil {
			return record{}, fmt.Errorf("read commit: %w", err)
		}
		r.changes = append(r.changes, change{target: target, doc: doc})
	}
	return r, nil
}
