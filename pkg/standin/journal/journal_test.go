// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package journal_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/standin/journal"
)

func open(t *testing.T, dir string) (*journal.Journal, []string) {
	t.Helper()
	var got []string
	j, err := journal.Open(dir, func(record []byte) error {
		got = append(got, string(record))
		return nil
	})
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = j.Close() }) // a test may have closed it
	return j, got
}

func appendAll(t *testing.T, j *journal.Journal, records ...string) {
	t.Helper()
	for _, r := range records {
		if err := j.Append([]byte(r)); err != nil {
			t.Fatalf("Append: %v", err)
		}
	}
}

func wantRecords(t *testing.T, dir string, want ...string) *journal.Journal {
	t.Helper()
	j, got := open(t, dir)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	return j
}

func seq(records ...string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, r := range records {
			if !yield([]byte(r), nil) {
				return
			}
		}
	}
}

func path(dir string) string { return filepath.Join(dir, "journal") }

func TestReopen(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	appendAll(t, wantRecords(t, dir), "a", "\x00\xff\n")
	appendAll(t, wantRecords(t, dir, "a", "\x00\xff\n"), "c")
	j := wantRecords(t, dir, "a", "\x00\xff\n", "c")
	if err := j.Rewrite(seq("x", "y")); err != nil {
		t.Fatalf("Rewrite: %v", err)
	}
	appendAll(t, j, "z")
	j = wantRecords(t, dir, "x", "y", "z")

	failed := errors.New("no record")
	if err := j.Rewrite(func(yield func([]byte, error) bool) { yield(nil, failed) }); !errors.Is(err, failed) {
		t.Errorf("Rewrite = %v, want %v", err, failed)
	}
	if err := j.Append(nil); err == nil {
		t.Error("an empty record is accepted")
	}
	appendAll(t, j, "still appended")
	j = wantRecords(t, dir, "x", "y", "z", "still appended")
	if err := errors.Join(j.Close(), j.Append([]byte("late"))); err == nil {
		t.Error("a closed journal accepts a record")
	}
}

func TestNil_keeps_nothing(t *testing.T) {
	t.Parallel()
	j := wantRecords(t, "")
	if j != nil {
		t.Fatalf("Open without a folder = %v", j)
	}
	appendAll(t, j, "a")
	if err := errors.Join(j.Rewrite(seq("b")), j.Close()); err != nil || j.Overgrown() {
		t.Errorf("error %v, overgrown %t", err, j.Overgrown())
	}
}

func TestOvergrown(t *testing.T) {
	t.Parallel()
	j := wantRecords(t, t.TempDir())
	record := strings.Repeat("x", 1<<20)
	for n := 0; !j.Overgrown(); n++ {
		if n > 5 {
			t.Fatal("a journal of 5 MB without content is not overgrown")
		}
		appendAll(t, j, record)
	}
	if err := j.Rewrite(seq(record)); err != nil || j.Overgrown() {
		t.Errorf("after the rewrite: error %v, overgrown %t", err, j.Overgrown())
	}
}

// TestTorn cuts a journal at every position and opens it. The journal must return the complete
// records and accept new ones.
func TestTorn(t *testing.T) {
	t.Parallel()
	master := t.TempDir()
	j := wantRecords(t, master)
	all := []string{"first", "second", "third"}
	var ends []int // where each record ends
	for _, r := range all {
		appendAll(t, j, r)
		info, err := os.Stat(path(master))
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int(info.Size()))
	}
	whole, err := os.ReadFile(path(master))
	if err != nil {
		t.Fatal(err)
	}
	check := func(content []byte, want []string) {
		dir := t.TempDir()
		if err := os.WriteFile(path(dir), content, 0o600); err != nil {
			t.Fatal(err)
		}
		appendAll(t, wantRecords(t, dir, want...), "new")
		wantRecords(t, dir, append(slices.Clip(want), "new")...)
	}
	for length := range len(whole) + 1 {
		var want []string
		for i, end := range ends {
			if end <= length {
				want = all[:i+1]
			}
		}
		check(whole[:length], want)
	}
	check(append(bytes.Clone(whole), make([]byte, 4096)...), all)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)-2] ^= 1
	check(flipped, all[:2])
}

// TestRefused checks that Open fails for files that the journal did not write or that are damaged.
func TestRefused(t *testing.T) {
	t.Parallel()
	master := t.TempDir()
	appendAll(t, wantRecords(t, master), "first", "second")
	damaged, err := os.ReadFile(path(master))
	if err != nil {
		t.Fatal(err)
	}
	damaged[bytes.Index(damaged, []byte("first"))] ^= 1
	const old = "older version"
	for _, tt := range []struct{ name, file, content, want string }{
		{"damage in the middle", "journal", string(damaged), "checksum"},
		{"Cloud Storage before", "journal", `1234abcd {"op":"clock"}` + "\n", old},
		{"Cloud Storage before, torn", "journal", "1", old},
		{"Firestore before", "firestore.journal", "", old},
		{"Vertex AI before", "tuning-jobs.jsonl", "", old},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, tt.file), []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := journal.Open(dir, func([]byte) error { return nil })
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open = %v, want an error about %q", err, tt.want)
			}
		})
	}
	unfit := errors.New("does not fit")
	if _, err := journal.Open(master, func([]byte) error { return unfit }); !errors.Is(err, unfit) {
		t.Errorf("Open = %v, want %v", err, unfit)
	}
	if _, err := journal.Open(path(master), nil); err == nil {
		t.Error("a file is accepted as the folder")
	}
}

// folderVariable names an environment variable with a folder. If it is set, the test binary only
// writes to the journal in that folder.
const folderVariable = "JOURNAL_TEST_DIR"

func TestMain(m *testing.M) {
	dir := os.Getenv(folderVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	fmt.Fprintln(os.Stderr, write(dir))
	os.Exit(1)
}

// write appends records, and prints each one that was accepted, until the process is killed.
func write(dir string) error {
	last := 0
	j, err := journal.Open(dir, func([]byte) error { last++; return nil })
	for n := last; err == nil; n++ {
		record := fmt.Sprintf("%d %s", n, strings.Repeat("x", 1000))
		if err = j.Append([]byte(record)); err == nil {
			fmt.Println(record)
		}
		if err == nil && n%500 == 499 {
			err = j.Rewrite(seq(record))
		}
	}
	return err
}

// TestKill kills a process that appends to a journal and rewrites it. The journal must then contain
// the last record that was accepted, and at most one more.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env, cmd.Stderr = append(os.Environ(), folderVariable+"="+dir), os.Stderr
		out, err := cmd.StdoutPipe()
		if err := errors.Join(err, cmd.Start()); err != nil {
			t.Fatal(err)
		}
		accepted, last := bufio.NewScanner(out), ""
		for n := 0; accepted.Scan(); n++ {
			last = accepted.Text()
			if n == 1200 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // the error only says that the process was killed
		j, got := open(t, dir)
		if n := len(got); n == 0 || got[n-1] != last && (n < 2 || got[n-2] != last) {
			t.Fatalf("%d records, want the last accepted one and at most one more", n)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
