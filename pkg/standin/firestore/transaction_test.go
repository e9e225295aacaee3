// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

func TestTransaction(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		c := s.client.Collection("c")
		a, b := c.Doc("a"), c.Doc("b")
		must(t, "set", errorOf(a.Set(s.ctx, fields{"n": 1})))
		err := s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
			docs, err := tx.GetAll([]*gcf.DocumentRef{a, b})
			if err != nil {
				return err
			}
			if !docs[0].Exists() || docs[1].Exists() {
				return fmt.Errorf("got %v, %v", docs[0].Exists(), docs[1].Exists())
			}
			if err := tx.Create(b, fields{"n": docs[0].Data()["n"]}); err != nil {
				return err
			}
			return tx.Delete(a)
		})
		must(t, "transaction", err)
		if got := data(t, a, s); got != nil {
			t.Errorf("a is still there: %v", got)
		}
		if diff := cmp.Diff(fields{"n": int64(1)}, data(t, b, s)); diff != "" {
			t.Errorf("b (-want +got):\n%s", diff)
		}

		stop := errors.New("stop")
		err = s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
			return errors.Join(tx.Delete(b), stop)
		})
		if !errors.Is(err, stop) {
			t.Errorf("got %v, want %v", err, stop)
		}
		err = s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
			return errors.Join(tx.Delete(b), tx.Create(b, fields{}), tx.Create(a, fields{}), tx.Update(c.Doc("no"), []gcf.Update{{Path: "n", Value: 1}}))
		})
		wantCode(t, "commit with a failing write", err, codes.NotFound)
		if diff := cmp.Diff(fields{"n": int64(1)}, data(t, b, s)); diff != "" {
			t.Errorf("b after transactions that failed (-want +got):\n%s", diff)
		}
		if got := data(t, a, s); got != nil {
			t.Errorf("a after a transaction that failed: %v", got)
		}
	})
}

func TestReadOnlyTransaction(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		doc := s.client.Doc("c/d")
		must(t, "set", errorOf(doc.Set(s.ctx, fields{"n": 1})))
		err := s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
			if _, err := tx.Get(doc); err != nil {
				return err
			}
			if _, err := doc.Set(s.ctx, fields{"n": 2}); err != nil {
				return err
			}
			// The snapshot is of the first read, also for what is read later.
			again, err := tx.Get(doc)
			if err != nil {
				return err
			}
			found, err := tx.Documents(s.client.Collection("c").Where("n", "==", 1)).GetAll()
			if err != nil {
				return err
			}
			if again.Data()["n"] != int64(1) || len(found) != 1 {
				return fmt.Errorf("saw %v and %d documents", again.Data(), len(found))
			}
			return nil
		}, gcf.ReadOnly)
		must(t, "read-only transaction", err)

		begun, err := s.raw.BeginTransaction(s.ctx, &pb.BeginTransactionRequest{
			Database: s.database,
			Options:  &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{ReadOnly: &pb.TransactionOptions_ReadOnly{}}},
		})
		must(t, "begin", err)
		_, err = s.raw.Commit(s.ctx, &pb.CommitRequest{
			Database: s.database, Transaction: begun.Transaction,
			Writes: []*pb.Write{{Operation: &pb.Write_Delete{Delete: s.name("c/d")}}},
		})
		wantCode(t, "write in a read-only transaction", err, codes.InvalidArgument)
	})
}

func TestTransactionIDs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		commit := func(id []byte) error {
			_, err := s.raw.Commit(s.ctx, &pb.CommitRequest{Database: s.database, Transaction: id})
			return err
		}
		rollback := func(id []byte) error {
			_, err := s.raw.Rollback(s.ctx, &pb.RollbackRequest{Database: s.database, Transaction: id})
			return err
		}
		begin := func() []byte {
			begun, err := s.raw.BeginTransaction(s.ctx, &pb.BeginTransactionRequest{Database: s.database})
			must(t, "begin", err)
			return begun.GetTransaction()
		}
		wantCode(t, "commit of nonsense", commit([]byte("nonsense")), codes.InvalidArgument)
		wantCode(t, "rollback of nonsense", rollback([]byte("nonsense")), codes.InvalidArgument)
		id := begin()
		wantCode(t, "commit", commit(id), codes.OK)
		wantCode(t, "commit again", commit(id), codes.InvalidArgument)
		id = begin()
		wantCode(t, "rollback", rollback(id), codes.OK)
		wantCode(t, "commit after rollback", commit(id), codes.InvalidArgument)
		gets, err := s.raw.BatchGetDocuments(s.ctx, &pb.BatchGetDocumentsRequest{
			Database: s.database, Documents: []string{s.name("c/d")},
			ConsistencySelector: &pb.BatchGetDocumentsRequest_Transaction{Transaction: id},
		})
		must(t, "batch get", err)
		wantCode(t, "read after rollback", errorOf(gets.Recv()), codes.InvalidArgument)
	})
}

// TestConflicts has one transaction read, another writer change what was read,
// and the transaction write something else. Only the stand-in: Google's
// emulator, which locks, makes the other writer wait for the transaction.
func TestConflicts(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		read  func(*gcf.Transaction, *session) error
		other func(*session) error
		code  codes.Code
	}{
		{"read_document_changed", getDoc("c/1"), setDoc("c/1", 9), codes.Aborted},
		{"read_document_deleted", getDoc("c/1"), deleteDoc("c/1"), codes.Aborted},
		{"missing_document_created", getDoc("c/9"), setDoc("c/9", 9), codes.Aborted},
		{"other_document_changed", getDoc("c/1"), setDoc("c/2", 9), codes.OK},
		{"read_document_written_the_same", getDoc("c/1"), setDoc("c/1", 1), codes.OK},
		{"result_changed", findDocs(2), setDoc("c/2", 3), codes.Aborted},
		{"result_grew", findDocs(1), setDoc("c/9", 5), codes.Aborted},
		{"result_shrank", findDocs(1), setDoc("c/2", 0), codes.Aborted},
		{"result_untouched", findDocs(2), setDoc("c/1", 0), codes.OK},
		{"read_nothing", func(*gcf.Transaction, *session) error { return nil }, setDoc("c/1", 9), codes.OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := connect(t, start(t, firestore.Config{}).Addr())
			must(t, "seed", errors.Join(setDoc("c/1", 1)(s), setDoc("c/2", 2)(s)))
			err := s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
				if err := errors.Join(tt.read(tx, s), tt.other(s)); err != nil {
					return err
				}
				return tx.Set(s.client.Doc("out/1"), fields{})
			}, gcf.MaxAttempts(1))
			wantCode(t, "transaction", err, tt.code)
			if written := data(t, s.client.Doc("out/1"), s) != nil; written != (tt.code == codes.OK) {
				t.Errorf("written is %v with code %v", written, tt.code)
			}
		})
	}
}

func getDoc(path string) func(*gcf.Transaction, *session) error {
	return func(tx *gcf.Transaction, s *session) error {
		_, err := tx.Get(s.client.Doc(path))
		if status.Code(err) == codes.NotFound {
			return nil
		}
		return err
	}
}

func findDocs(least int) func(*gcf.Transaction, *session) error {
	return func(tx *gcf.Transaction, s *session) error {
		_, err := tx.Documents(s.client.Collection("c").Where("n", ">=", least)).GetAll()
		return err
	}
}

func setDoc(path string, n int) func(*session) error {
	return func(s *session) error {
		_, err := s.client.Doc(path).Set(s.ctx, fields{"n": n})
		return err
	}
}

func deleteDoc(path string) func(*session) error {
	return func(s *session) error {
		_, err := s.client.Doc(path).Delete(s.ctx)
		return err
	}
}

// TestContention has a few transactions increment one document. Every one that
// succeeds must count.
func TestContention(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		doc := s.client.Doc("c/d")
		must(t, "set", errorOf(doc.Set(s.ctx, fields{"n": 0})))
		results := make([]error, 4)
		var wg sync.WaitGroup
		for i := range results {
			wg.Go(func() {
				results[i] = s.client.RunTransaction(s.ctx, func(_ context.Context, tx *gcf.Transaction) error {
					snapshot, err := tx.Get(doc)
					if err != nil {
						return err
					}
					return tx.Set(doc, fields{"n": snapshot.Data()["n"].(int64) + 1})
				})
			})
		}
		wg.Wait()
		failed := 0
		for _, err := range results {
			if err != nil {
				wantCode(t, "transaction", err, codes.Aborted)
				failed++
			}
		}
		if diff := cmp.Diff(fields{"n": int64(len(results) - failed)}, data(t, doc, s)); diff != "" {
			t.Errorf("%d transactions failed; document (-want +got):\n%s", failed, diff)
		}
	})
}

func TestBatch_get_answers_once(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *session) {
		must(t, "seed", setDoc("c/d", 1)(s))
		gets, err := s.raw.BatchGetDocuments(s.ctx, &pb.BatchGetDocumentsRequest{
			Database: s.database, Documents: []string{s.name("c/d"), s.name("c/no"), s.name("c/d")},
		})
		var got []string
		must(t, "batch get", streamed(gets, err, func(m proto.Message) {
			resp := m.(*pb.BatchGetDocumentsResponse)
			got = append(got, resp.GetFound().GetName()+resp.GetMissing())
		}))
		slices.Sort(got)
		if diff := cmp.Diff([]string{s.name("c/d"), s.name("c/no")}, got); diff != "" {
			t.Errorf("documents (-want +got):\n%s", diff)
		}
	})
}
