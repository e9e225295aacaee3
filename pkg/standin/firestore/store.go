// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"errors"
	"iter"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/vertextune/vertextune/pkg/standin/journal"
)

// store holds the databases, the clock and the open transactions. Its lock is held to commit and to
// take a state, never while a state is read.
type store struct {
	mu           sync.Mutex
	databases    map[string]state
	journal      *journal.Journal // of records, each one commit; nil keeps everything in memory
	clock        int64            // latest time given out, in microseconds
	transactions transactions
}

func openStore(dir string) (*store, error) {
	s := &store{databases: map[string]state{}, transactions: newTransactions()}
	var err error
	if s.journal, err = journal.Open(dir, s.replay); err != nil {
		return nil, err
	}
	if err := s.journal.Rewrite(s.records()); err != nil {
		return nil, errors.Join(err, s.journal.Close())
	}
	return s, nil
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.Close()
}

// replay applies one record of the journal.
func (s *store) replay(encoded []byte) error {
	r, err := parseRecord(encoded)
	if err != nil {
		return err
	}
	s.clock = max(s.clock, r.time)
	if len(r.changes) > 0 {
		s.databases[r.database] = r.apply(s.databases[r.database])
	}
	return nil
}

// now returns the time of a read, no earlier than any commit before it.
func (s *store) now() *timestamppb.Timestamp {
	s.clock = max(s.clock, time.Now().UnixMicro())
	return timestamppb.New(time.UnixMicro(s.clock))
}

// tick returns the time of a commit, later than any time given out before it.
func (s *store) tick() *timestamppb.Timestamp {
	s.clock = max(s.clock+1, time.Now().UnixMicro())
	return timestamppb.New(time.UnixMicro(s.clock))
}

// commit applies all writes, or none of them if it returns an error. The id of a transaction ends
// that transaction, whether the commit succeeds or not; an empty id means no transaction.
func (s *store) commit(database string, writes []*write, transaction []byte) (*pb.CommitResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.databases[database]
	if len(transaction) > 0 {
		tx, err := s.transactions.end(database, transaction)
		if err != nil {
			return nil, err
		}
		if err := tx.check(next, len(writes) > 0); err != nil {
			return nil, err
		}
	}
	now := s.tick()
	r := record{time: s.clock, database: database}
	resp := &pb.CommitResponse{CommitTime: now}
	for _, w := range writes {
		old := next.document(w.target)
		doc, results, err := w.apply(old, now)
		if err != nil {
			return nil, err
		}
		if doc != old {
			next = next.withDocument(w.target, doc)
			r.changes = append(r.changes, change{target: w.target, doc: doc})
		}
		resp.WriteResults = append(resp.WriteResults, &pb.WriteResult{UpdateTime: doc.GetUpdateTime(), TransformResults: results})
	}
	if len(r.changes) > 0 {
		if err := s.append(r); err != nil {
			return nil, status.Errorf(codes.Internal, "the commit could not be made durable: %v", err)
		}
	}
	s.databases[database] = next
	return resp, nil
}

// documents yields every document of every database.
func (s *store) documents() iter.Seq2[resource, *pb.Document] {
	return func(yield func(resource, *pb.Document) bool) {
		for database, state := range s.databases {
			for key, c := range state.collections.from("") {
				for id, doc := range c.from("") {
					if !yield(resource{database: database, path: collectionPath(key) + "/" + id}, doc) {
						return
					}
				}
			}
		}
	}
}

// append makes a commit durable.
func (s *store) append(r record) error {
	if s.journal == nil {
		return nil
	}
	encoded, err := r.encode()
	if err != nil {
		return err
	}
	return s.journal.Append(encoded)
}

// records yields a journal of the documents as they are: one record for each document, so that no
// record grows too large, then one that keeps the time of the latest commit.
func (s *store) records() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for target, doc := range s.documents() {
			r := record{time: s.clock, database: target.database, changes: []change{{target, doc}}}
			if !yield(r.encode()) {
				return
			}
		}
		yield(record{time: s.clock}.encode())
	}
}
