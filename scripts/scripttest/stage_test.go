// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// stage is a project and what stands around it.
type stage struct {
	dir     string // holds a copy of the scripts, which write beside themselves
	file    string // of the world
	env     []string
	storage string // addresses of what runs here
	local   string
}

// setUp puts the scripts into a folder of their own, and the stubs on the path.
func setUp(t *testing.T, w world) *stage {
	t.Helper()
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("skipped: " + tool + ": not installed")
		}
	}
	s := &stage{dir: t.TempDir()}
	for _, name := range []string{"scripts/deploy", "scripts/release", "scripts/rollback", "scripts/smoke", "terraform/outputs.tf"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(s.dir, name), string(text))
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, tool := range []string{"gcloud", "terraform"} {
		if err := os.Symlink(self, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	s.file = filepath.Join(bin, "world.json")
	s.env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "CURL_HOME="+bin, worldVariable+"="+s.file, "DEPLOY_PAUSE=0", "STORAGE_EMULATOR_HOST=")
	s.set(t, &w)
	return s
}

// withFunctions starts the functions as the local command does, and puts them where Cloud Run would have them:
// curl goes there wherever it is sent.
func (s *stage) withFunctions(t *testing.T) *stage {
	t.Helper()
	s.startLocal(t)
	front := httptest.NewTLSServer(s.front(t))
	t.Cleanup(front.Close)
	port := front.URL[strings.LastIndexByte(front.URL, ':')+1:]
	write(t, filepath.Join(filepath.Dir(s.file), ".curlrc"), "connect-to = \"::127.0.0.1:"+port+"\"\ninsecure\n")
	w := s.world(t)
	w.Storage = s.storage
	s.set(t, w)
	return s
}

func (s *stage) set(t *testing.T, w *world) {
	t.Helper()
	w.file = s.file
	if err := w.save(); err != nil {
		t.Fatal(err)
	}
}

func (s *stage) world(t *testing.T) *world {
	t.Helper()
	w, err := load(s.file)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

// front answers for the addresses of the services. A broken one takes no traffic well, but its candidate does.
func (s *stage) front(t *testing.T) http.Handler {
	target, err := url.Parse(s.local)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w, err := load(s.file)
		if err != nil || w.Broken && !strings.HasPrefix(r.Host, "candidate---") {
			http.Error(rw, "broken", http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(rw, r)
	})
}

var (
	functionsLine = regexp.MustCompile(`functions +(http://[^/]+)`)
	storageLine   = regexp.MustCompile(`STORAGE_EMULATOR_HOST=(\S+)`)
)

// localBinary is the local command, once it is built.
var localBinary string

var buildLocal = sync.OnceValue(func() error {
	dir, err := os.MkdirTemp("", "scripttest")
	if err != nil {
		return err
	}
	localBinary = filepath.Join(dir, "local")
	if out, err := exec.Command("go", "build", "-o", localBinary, "../../functions/local").CombinedOutput(); err != nil {
		return fmt.Errorf("build the local command: %w\n%s", err, out)
	}
	return nil
})

func (s *stage) startLocal(t *testing.T) {
	t.Helper()
	if err := buildLocal(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), localBinary, "-port", "0", "-token", "secret", "-job-duration", "1s", "-poll-interval", "200ms")
	cmd.Dir, cmd.Env = s.dir, []string{"HOME=" + s.dir}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := functionsLine.FindStringSubmatch(lines.Text()); m != nil {
			s.local = m[1]
		}
		if m := storageLine.FindStringSubmatch(lines.Text()); m != nil {
			s.storage = m[1]
		}
		if lines.Text() == "ready" {
			return
		}
	}
	t.Fatal("the local command ended before it was ready")
}

// run runs a script and returns what it said and the world after it.
func (s *stage) run(t *testing.T, script string, args ...string) (string, *world, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.dir, "scripts", script), args...)
	cmd.Env = s.env
	said, err := cmd.CombinedOutput()
	return string(said), s.world(t), err
}

// serving is the revision of each function that has the traffic, then those that have tags.
func serving(w *world) []string {
	var all []string
	for _, f := range []string{"api", "convert", "poll"} {
		s := w.Services["vertextune-"+f]
		all = append(all, fmt.Sprintf("%s %s previous %s candidate %s", f, s.serving(), s.tagged("previous"), s.tagged("candidate")))
	}
	return all
}

func wantServing(t *testing.T, w *world, now, previous int) {
	t.Helper()
	var want []string
	for _, f := range []string{"api", "convert", "poll"} {
		before := ""
		if previous > 0 {
			before = fmt.Sprintf("vertextune-%s-%05d", f, previous)
		}
		want = append(want, fmt.Sprintf("%s vertextune-%s-%05d previous %s candidate ", f, f, now, before))
	}
	if diff := cmp.Diff(want, serving(w)); diff != "" {
		t.Errorf("traffic (-want +got):\n%s", diff)
	}
}
