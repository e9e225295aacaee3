// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"os"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestAppendFails takes the journal's file away, as a full disk would: commits
// are refused and leave no trace, neither in memory nor in the journal.
func TestAppendFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := openStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	const database = "projects/p/databases/d"
	kept, refused := resource{database, "c/kept"}, resource{database, "c/refused"}
	if _, _, err := s.commit(database, []*write{{target: kept}}, nil); err != nil {
		t.Fatal(err)
	}
	file := s.journal.file
	if s.journal.file, err = os.Open(file.Name()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.commit(database, []*write{{target: refused}}, nil); status.Code(err) != codes.Internal {
		t.Errorf("commit without a journal: %v", err)
	}
	if err := s.journal.file.Close(); err != nil {
		t.Fatal(err)
	}
	// The file could not be cut back, so nothing may follow in it.
	s.journal.file = file
	if _, _, err := s.commit(database, []*write{{target: refused}}, nil); status.Code(err) != codes.Internal {
		t.Errorf("commit to a broken journal: %v", err)
	}
	for range 2 { // in memory, then from the journal
		latest := s.databases[database]
		if latest.document(kept) == nil || latest.document(refused) != nil {
			t.Errorf("kept %v, refused %v", latest.document(kept), latest.document(refused))
		}
		if err := s.close(); err != nil {
			t.Fatal(err)
		}
		if s, err = openStore(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
}
