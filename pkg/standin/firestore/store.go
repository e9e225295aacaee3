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
)

// store holds the databases, the clock and the transactions under way. Its lock
// is held to commit and to pick up a state, never while a state is read.
type store struct {
	mu           sync.Mutex
	databases    map[string]state
	journal      *journal // nil keeps everything in memory
	clock        int64    // latest time given out, in microseconds
	transactions transactions
}

func openStore(dir string) (*store, error) {
	s := &store{databases: map[string]state{}, transactions: newTransactions()}
	if dir == "" {
		return s, nil
	}
	var err error
	versions := 0 // of documents, that the journal holds
	if s.journal, err = openJournal(dir, func(r record) {
		versions += len(r.changes)
		s.replay(r)
	}); err != nil {
		return nil, err
	}
	if versions > compactAbove*s.size() {
		if err := s.journal.compact(s.records()); err != nil {
			return nil, errors.Join(err, s.journal.close())
		}
	}
	return s, nil
}

func (s *store) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.journal == nil {
		return nil
	}
	return s.journal.close()
}

// replay takes one record of the journal over.
func (s *store) replay(r record) {
	s.clock = max(s.clock, r.time)
	if len(r.changes) > 0 {
		s.databases[r.database] = r.apply(s.databases[r.database])
	}
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

// commit carries all writes out, or none and says why. It returns the state after
// them too. A transaction's id ends
// that transaction, whatever comes of the commit; empty is no transaction.
func (s *store) commit(database string, writes []*write, transaction []byte) (*pb.CommitResponse, state, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.databases[database]
	if len(transaction) > 0 {
		tx, err := s.transactions.end(database, transaction)
		if err != nil {
			return nil, state{}, err
		}
		if err := tx.check(next, len(writes) > 0); err != nil {
			return nil, state{}, err
		}
	}
	now := s.tick()
	r := record{time: s.clock, database: database}
	resp := &pb.CommitResponse{CommitTime: now}
	for _, w := range writes {
		old := next.document(w.target)
		doc, results, err := w.apply(old, now)
		if err != nil {
			return nil, state{}, err
		}
		if doc != old {
			next = next.with(w.target, doc)
			r.changes = append(r.changes, change{target: w.target, doc: doc})
		}
		resp.WriteResults = append(resp.WriteResults, &pb.WriteResult{UpdateTime: doc.GetUpdateTime(), TransformResults: results})
	}
	if s.journal != nil && len(r.changes) > 0 {
		if err := s.journal.append(r); err != nil {
			return nil, state{}, status.Errorf(codes.Internal, "the commit could not be made durable: %v", err)
		}
	}
	s.databases[database] = next
	return resp, next, nil
}

// documents yields every document of every database.
func (s *store) documents() iter.Seq2[resource, *pb.Document] {
	return func(yield func(resource, *pb.Document) bool) {
		for database, state := range s.databases {
			for path, c := range state.below("") {
				for id, doc := range c.from("") {
					if !yield(resource{database: database, path: path + "/" + id}, doc) {
						return
					}
				}
			}
		}
	}
}

// size is the number of documents.
func (s *store) size() int {
	n := 0
	for range s.documents() {
		n++
	}
	return n
}

// records yields a journal of the documents as they are: one record for each,
// so that a record stays within its bounds, then one that keeps the time of the
// latest commit.
func (s *store) records() iter.Seq[record] {
	return func(yield func(record) bool) {
		for target, doc := range s.documents() {
			if !yield(record{time: s.clock, database: target.database, changes: []change{{target, doc}}}) {
				return
			}
		}
		yield(record{time: s.clock})
	}
}
