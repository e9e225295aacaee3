// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	cloudstorage "cloud.google.com/go/storage"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// TestRestart starts servers on what a kill leaves: what was acknowledged is there, whole, and
// nothing else.
func TestRestart(t *testing.T) {
	t.Parallel()
	cfg := storage.Config{Dir: t.TempDir()}
	s := start(t, cfg)
	c := client(t, s)
	b := c.Bucket(testBucket)
	kept := mustWrite(t, b.Object("kept"), pattern(1000), func(w *cloudstorage.Writer) { w.Metadata = map[string]string{"a": "1"} })
	mustWrite(t, b.Object("replaced"), []byte("old"))
	mustWrite(t, b.Object("replaced"), []byte("new"))
	mustWrite(t, b.Object("deleted"), []byte("x"))
	last := mustWrite(t, b.Object("deleted-last"), []byte("x")).Generation
	for _, name := range []string{"deleted", "deleted-last"} {
		if err := b.Object(name).Delete(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	finished := begin(t, s, "name=finished")
	step{"", []byte("done"), "", 200, ""}.run(t, finished)
	open := begin(t, s, "name=open&ifGenerationMatch=0", "X-Upload-Content-Type: text/x")
	all := pattern(2*quantum + 10)
	step{"", all[:quantum], "Content-Range: bytes 0-262143/*", 308, "bytes=0-262143"}.run(t, open)

	for range 2 { // the second start reads what the first has written anew
		old := s.URL()
		cfg.Dir = killed(t, cfg.Dir)
		s = start(t, cfg)
		c = client(t, s)
		b = c.Bucket(testBucket)
		open, finished = strings.Replace(open, old, s.URL(), 1), strings.Replace(finished, old, s.URL(), 1)
		got, err := b.Object("kept").Attrs(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got.MediaLink = kept.MediaLink // names the port
		diff(t, "attrs", kept, got)
		same(t, "kept", pattern(1000), mustRead(t, b.Object("kept")))
		same(t, "replaced", []byte("new"), mustRead(t, b.Object("replaced")))
		for _, name := range []string{"deleted", "open"} {
			_, err = b.Object(name).Attrs(t.Context())
			diff(t, name, http.StatusNotFound, statusOf(t, err))
		}
		step{"", []byte("done"), "", 200, ""}.run(t, finished)
		step{"", nil, "Content-Range: bytes */*", 308, "bytes=0-262143"}.run(t, open)
	}
	step{"", all[quantum:], fmt.Sprintf("Content-Range: bytes 262144-%d/%d", len(all)-1, len(all)), 200, ""}.run(t, open)
	same(t, "resumed", all, mustRead(t, b.Object("open")))
	if g := mustWrite(t, b.Object("next"), nil).Generation; g <= last {
		t.Errorf("generation %d after a restart, %d before", g, last)
	}
	for folder, want := range map[string]int{"blobs": 5, "uploads": 0, "tmp": 0} {
		diff(t, folder, want, len(entries(t, filepath.Join(cfg.Dir, folder))))
	}
}

// killed returns what is left of a folder if its server is killed: a copy, with the files of writes
// that were not recorded.
func killed(t *testing.T, dir string) string {
	t.Helper()
	left := t.TempDir()
	err := os.CopyFS(left, os.DirFS(dir))
	for _, name := range []string{"blobs/99", "uploads/x", "tmp/x"} {
		err = errors.Join(err, os.WriteFile(filepath.Join(left, name), []byte("unrecorded"), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	return left
}

func entries(t *testing.T, dir string) []os.DirEntry {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestFolder_is_locked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, storage.Config{Dir: dir})
	if s, err := storage.Start(storage.Config{Dir: dir}); err == nil {
		_ = s.Close()
		t.Error("two servers share a folder")
	}
}
