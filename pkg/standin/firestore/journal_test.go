// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gcf "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/vertextune/vertextune/pkg/standin/firestore"
)

// serveDirVariable makes this test binary serve the folder that it names until
// it is killed, so that a kill can be tested on a process.
const serveDirVariable = "FIRESTORE_STANDIN_TEST_DIR"

func serveUntilKilled(dir string) {
	server, err := firestore.Start(firestore.Config{Addr: "127.0.0.1:0", Dir: dir})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("listening", server.Addr())
	select {}
}

// dump reads every document of a collection with its times.
func dump(t *testing.T, s *session, collection string) []*pb.Document {
	t.Helper()
	list, err := s.raw.ListDocuments(s.ctx, &pb.ListDocumentsRequest{
		Parent: s.database + "/documents", CollectionId: collection, PageSize: 10_000,
	})
	must(t, "list", err)
	return list.GetDocuments()
}

// fill writes, rewrites and deletes some documents.
func fill(t *testing.T, s *session, n int) {
	t.Helper()
	for i := range n {
		doc := s.client.Collection("c").Doc(fmt.Sprintf("d%03d", i))
		_, err := doc.Set(s.ctx, fields{"n": i, "m": fields{"x": []any{nil, 1.5}}})
		must(t, "set", err)
		if i%3 == 0 {
			_, err := doc.Update(s.ctx, []gcf.Update{{Path: "n", Value: gcf.Increment(1000)}})
			must(t, "update", err)
		}
		if i%5 == 0 {
			_, err := doc.Delete(s.ctx)
			must(t, "delete", err)
		}
	}
}

func TestJournalReopens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	const project = "journal"
	var want []*pb.Document
	// The first reopening reads the journal as it was written, later ones what
	// compaction left of it.
	for round := range 4 {
		server, err := firestore.Start(firestore.Config{Addr: "127.0.0.1:0", Dir: dir})
		must(t, "start", err)
		s := connectTo(t, server.Addr(), project)
		if diff := cmp.Diff(want, dump(t, s, "c"), protocmp.Transform()); diff != "" {
			t.Errorf("round %d (-want +got):\n%s", round, diff)
		}
		if round%2 == 0 {
			fill(t, s, 20)
		}
		want = dump(t, s, "c")
		must(t, "close", server.Close())
	}
}

func TestJournalIsCompacted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server := startIn(t, dir)
	s := connectTo(t, server.Addr(), "compacted")
	for i := range 100 {
		_, err := s.client.Doc("c/d").Set(s.ctx, fields{"n": i})
		must(t, "set", err)
	}
	last, err := s.client.Doc("c/d").Get(s.ctx)
	must(t, "get", err)
	must(t, "close", server.Close())
	before := journalSize(t, dir)

	again := startIn(t, dir)
	after := journalSize(t, dir)
	if after*10 > before {
		t.Errorf("the journal of one document went from %d to %d bytes", before, after)
	}
	s = connectTo(t, again.Addr(), "compacted")
	_, err = s.client.Doc("c/d").Update(s.ctx, []gcf.Update{{Path: "n", Value: -1}}, gcf.LastUpdateTime(last.UpdateTime))
	must(t, "update after compaction", err)
	must(t, "close", again.Close())

	s = connectTo(t, start(t, firestore.Config{Dir: dir}).Addr(), "compacted")
	if diff := cmp.Diff(fields{"n": int64(-1)}, data(t, s.client.Doc("c/d"), s)); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestTornTail(t *testing.T) {
	t.Parallel()
	master := t.TempDir()
	server := startIn(t, master)
	s := connectTo(t, server.Addr(), "torn")
	fill(t, s, 3)
	whole := dump(t, s, "c")
	keep := journalSize(t, master)
	_, err := s.client.Doc("c/last").Set(s.ctx, fields{"text": strings.Repeat("x", 200)})
	must(t, "set", err)
	must(t, "close", server.Close())
	content, err := os.ReadFile(filepath.Join(master, "firestore.journal"))
	must(t, "read journal", err)

	flipped := append([]byte(nil), content...)
	flipped[len(flipped)-20] ^= 1
	tails := map[string][]byte{
		"nothing":        content[:keep],
		"half_a_header":  content[:keep+5],
		"header_only":    content[:keep+8],
		"half_a_record":  content[:keep+100],
		"all_but_a_byte": content[:len(content)-1],
		"flipped_bit":    flipped,
		"zeros":          append(content[:keep:keep], make([]byte, 4096)...),
	}
	for name, tail := range tails {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			must(t, "write journal", os.WriteFile(filepath.Join(dir, "firestore.journal"), tail, 0o600))
			for range 2 { // the second start finds what was written after the cut
				server := startIn(t, dir)
				s := connectTo(t, server.Addr(), "torn")
				if diff := cmp.Diff(whole, dump(t, s, "c"), protocmp.Transform()); diff != "" {
					t.Errorf("documents (-want +got):\n%s", diff)
				}
				_, err := s.client.Doc("other/d").Set(s.ctx, fields{"x": time.Now()})
				must(t, "set after the cut", err)
				must(t, "close", server.Close())
			}
			s := connectTo(t, start(t, firestore.Config{Dir: dir}).Addr(), "torn")
			if got := len(dump(t, s, "other")); got != 1 {
				t.Errorf("got %d documents that were written after the cut, want 1", got)
			}
		})
	}
}

// TestKill kills a serving process while it is written to, and wants every
// commit that was answered to be there afterwards, whole.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for round := range 3 {
		child, addr := serveChild(t, dir)
		s := connectTo(t, addr, "killed")
		var answered atomic.Int64
		done := make(chan int64)
		go func() {
			// Two documents in one commit: both are there or neither.
			n := int64(round * 1_000_000)
			for ; ; n++ {
				a, b := s.name(fmt.Sprintf("c/a%08d", n)), s.name(fmt.Sprintf("c/b%08d", n))
				_, err := s.raw.Commit(s.ctx, &pb.CommitRequest{Database: s.database, Writes: []*pb.Write{
					{Operation: &pb.Write_Update{Update: &pb.Document{Name: a}}},
					{Operation: &pb.Write_Update{Update: &pb.Document{Name: b}}},
				}})
				if err != nil {
					done <- n
					return
				}
				answered.Add(1)
			}
		}()
		for answered.Load() < 200 {
			time.Sleep(time.Millisecond)
		}
		must(t, "kill", child.Process.Kill())
		_ = child.Wait() // it was killed, which is an error to Wait
		next := <-done

		server := startIn(t, dir)
		s = connectTo(t, server.Addr(), "killed")
		for n := int64(round * 1_000_000); n <= next; n++ {
			_, errA := s.client.Doc(fmt.Sprintf("c/a%08d", n)).Get(s.ctx)
			_, errB := s.client.Doc(fmt.Sprintf("c/b%08d", n)).Get(s.ctx)
			if (errA == nil) != (errB == nil) {
				t.Fatalf("commit %d is half there: %v, %v", n, errA, errB)
			}
			if n < next && errA != nil {
				t.Fatalf("commit %d was answered and is lost: %v", n, errA)
			}
		}
		must(t, "close", server.Close())
	}
}

// serveChild starts this binary as a server of the folder.
func serveChild(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), serveDirVariable+"="+dir)
	out, err := child.StdoutPipe()
	must(t, "pipe", err)
	must(t, "start child", child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, "read the child's address", err)
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	if !ok {
		t.Fatalf("the child says %q", line)
	}
	return child, addr
}

func TestJournalRefusesNonsense(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	must(t, "write", os.WriteFile(file, nil, 0o600))
	if _, err := firestore.Start(firestore.Config{Addr: "127.0.0.1:0", Dir: file}); err == nil {
		t.Error("start with a file as the folder succeeded")
	}
	if _, err := firestore.Start(firestore.Config{Addr: "nowhere.invalid:0"}); err == nil {
		t.Error("start on an address that is not ours succeeded")
	}
}

func TestMemoryForgets(t *testing.T) {
	t.Parallel()
	for range 2 {
		server := startIn(t, "")
		s := connectTo(t, server.Addr(), "memory")
		_, err := s.client.Doc("c/d").Create(s.ctx, fields{})
		wantCode(t, "create in a fresh memory", err, codes.OK)
		must(t, "close", server.Close())
	}
}

// startIn starts a stand-in that the test closes itself.
func startIn(t *testing.T, dir string) *firestore.Server {
	t.Helper()
	server, err := firestore.Start(firestore.Config{Addr: "127.0.0.1:0", Dir: dir})
	must(t, "start", err)
	return server
}

func journalSize(t *testing.T, dir string) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "firestore.journal"))
	must(t, "stat journal", err)
	return info.Size()
}
