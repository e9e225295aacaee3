// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"crypto/rand"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// maxTransactionAge is when a transaction expires.
const maxTransactionAge = 270 * time.Second

// transaction reads from one snapshot, which its first read takes, and remembers what it read. A
// commit with writes is refused if any of that has changed since, which makes transactions
// serializable without locks.
type transaction struct {
	database string
	readOnly bool
	begunAt  time.Time

	mu       sync.Mutex // guards what follows: reads may run in parallel
	started  bool
	snapshot state
	at       *timestamppb.Timestamp
	lookups  []resource
	queries  []*query
}

// check reports whether the transaction may commit onto the latest state.
func (t *transaction) check(latest state, writing bool) error {
	if !writing {
		return nil // it read from one snapshot, which is all that it needs
	}
	if t.readOnly {
		return invalid("Cannot modify entities in a read-only transaction.")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.lookups {
		if t.snapshot.document(r) != latest.document(r) {
			return contention()
		}
	}
	for _, q := range t.queries {
		if !q.sameResults(t.snapshot, latest) {
			return contention()
		}
	}
	return nil
}

func contention() error {
	return status.Error(codes.Aborted, "Too much contention on these documents. Please try again.")
}

// transactions are the open ones. An id holds a mark of this process, so that ids from before a
// restart are recognized.
type transactions struct {
	process [8]byte
	last    uint64
	open    map[uint64]*transaction
}

func newTransactions() transactions {
	t := transactions{open: map[uint64]*transaction{}}
	_, _ = rand.Read(t.process[:]) // never fails, says crypto/rand
	return t
}

// begin starts a transaction and removes those that have expired.
func (t *transactions) begin(database string, options *pb.TransactionOptions) ([]byte, error) {
	tx := &transaction{database: database, begunAt: time.Now()}
	switch mode := options.GetMode().(type) {
	case *pb.TransactionOptions_ReadOnly_:
		if mode.ReadOnly.GetConsistencySelector() != nil {
			return nil, unimplemented("read_time")
		}
		tx.readOnly = true
	case *pb.TransactionOptions_ReadWrite_:
		if retry := mode.ReadWrite.GetRetryTransaction(); len(retry) > 0 {
			if _, err := t.number(retry); err != nil {
				return nil, err
			}
		}
	}
	for number, old := range t.open {
		if time.Since(old.begunAt) > maxTransactionAge {
			delete(t.open, number)
		}
	}
	t.last++
	t.open[t.last] = tx
	return binary.BigEndian.AppendUint64(slices.Clone(t.process[:]), t.last), nil
}

// number reads an id that this process has issued.
func (t *transactions) number(id []byte) (uint64, error) {
	if len(id) != 16 || [8]byte(id) != t.process {
		return 0, invalid("Invalid transaction.")
	}
	number := binary.BigEndian.Uint64(id[8:])
	if number == 0 || number > t.last {
		return 0, invalid("Invalid transaction.")
	}
	return number, nil
}

func (t *transactions) find(database string, id []byte) (*transaction, error) {
	number, err := t.number(id)
	if err != nil {
		return nil, err
	}
	tx, ok := t.open[number]
	if !ok || tx.database != database || time.Since(tx.begunAt) > maxTransactionAge {
		return nil, invalid("The referenced transaction has expired or is no longer valid.")
	}
	return tx, nil
}

// end removes a transaction from the open ones.
func (t *transactions) end(database string, id []byte) (*transaction, error) {
	tx, err := t.find(database, id)
	if err != nil {
		return nil, err
	}
	number, err := t.number(id)
	delete(t.open, number)
	return tx, err
}

func (s *store) begin(database string, options *pb.TransactionOptions) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transactions.begin(database, options)
}

// rollback ends a transaction. One that has ended already is no error.
func (s *store) rollback(database string, id []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.transactions.number(id); err != nil {
		return err
	}
	_, _ = s.transactions.end(database, id)
	return nil
}

// view is a snapshot to read from. In a transaction it records what is read.
type view struct {
	state
	at *timestamppb.Timestamp
	tx *transaction // nil outside of transactions
}

// consistency is what a request says about the snapshot to read from: a transaction's id, options
// to begin a transaction, a time, or nothing.
type consistency struct {
	transaction []byte
	begin       *pb.TransactionOptions
	readTime    *timestamppb.Timestamp
}

// view opens the snapshot.
func (s *store) view(database string, c consistency) (view, error) {
	if c.readTime != nil {
		return view{}, unimplemented("read_time")
	}
	if c.begin != nil {
		return view{}, unimplemented("new_transaction")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(c.transaction) == 0 {
		return view{state: s.databases[database], at: s.now()}, nil
	}
	tx, err := s.transactions.find(database, c.transaction)
	if err != nil {
		return view{}, err
	}
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if !tx.started {
		tx.started, tx.snapshot, tx.at = true, s.databases[database], s.now()
	}
	return view{state: tx.snapshot, at: tx.at, tx: tx}, nil
}

func (v view) lookup(r resource) *pb.Document {
	if v.tx != nil && !v.tx.readOnly {
		v.tx.mu.Lock()
		v.tx.lookups = append(v.tx.lookups, r)
		v.tx.mu.Unlock()
	}
	return v.document(r)
}

func (v view) note(q *query) {
	if v.tx != nil && !v.tx.readOnly {
		v.tx.mu.Lock()
		v.tx.queries = append(v.tx.queries, q)
		v.tx.mu.Unlock()
	}
}
