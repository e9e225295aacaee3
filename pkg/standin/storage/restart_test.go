// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	cloudstorage "cloud.google.com/go/storage"
	"google.golang.org/api/iterator"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

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
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		old := s.URL()
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
	diff(t, "blobs", 5, len(entries(t, filepath.Join(cfg.Dir, "blobs"))))
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

const victimDir = "STORAGE_STANDIN_VICTIM_DIR"

// TestMain turns the test binary into the server that TestKill kills.
func TestMain(m *testing.M) {
	dir := os.Getenv(victimDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	s, err := storage.Start(storage.Config{Dir: dir, Buckets: []string{testBucket}, Notify: []string{testBucket}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(s.URL())
	select {}
}

// victim starts a server process on dir and returns its URL and its death.
func victim(t *testing.T, dir string) (url string, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err := errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill() // SIGKILL
		_ = cmd.Wait()
	})
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server process says nothing: %v", err)
	}
	return strings.TrimSpace(line), kill
}

// Whatever moment the process is killed at: what was acknowledged is there
// after it, whole and to be delivered, and nothing is there in part.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acknowledged := map[string][]byte{}
	for round := range 3 {
		url, kill := victim(t, dir)
		var mu sync.Mutex
		var count atomic.Int64
		var wg sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		for worker := range 4 {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					name := fmt.Sprintf("%d/%d/%d", round, worker, i)
					content := append(pattern(300<<10), name...)
					upload := url + "/upload/storage/v1/b/" + testBucket + "/o?uploadType=media&name=" + name
					req, err := http.NewRequestWithContext(ctx, http.MethodPost, upload, strings.NewReader(string(content)))
					if err != nil {
						t.Error(err)
						return
					}
					res, err := plainClient.Do(req)
					if err != nil {
						return // killed
					}
					_ = res.Body.Close()
					mu.Lock()
					acknowledged[name] = content
					mu.Unlock()
					if count.Add(1) == 40 {
						kill()
					}
				}
			})
		}
		wg.Wait()
		cancel()
		kill()
	}
	s := start(t, storage.Config{Dir: dir, Notify: []string{testBucket}})
	b := client(t, s).Bucket(testBucket)
	for name, content := range acknowledged {
		same(t, name, content, mustRead(t, b.Object(name)))
	}
	live := 0
	for it := b.Objects(t.Context(), nil); ; live++ {
		o, err := it.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		same(t, o.Name, append(pattern(300<<10), o.Name...), mustRead(t, b.Object(o.Name)))
	}
	if live < len(acknowledged) || len(acknowledged) < 3*40 {
		t.Errorf("%d objects, %d acknowledged", live, len(acknowledged))
	}
	diff(t, "pending", live, s.Pending(testBucket))
	diff(t, "blobs", live, len(entries(t, filepath.Join(dir, "blobs"))))
	diff(t, "temporary files", 0, len(entries(t, filepath.Join(dir, "tmp"))))
}
