// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package scripttest

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

// stage is a project and its environment.
type stage struct {
	dir     string // holds a copy of the scripts, which write into their own folder
	file    string // the file of the world
	env     []string
	storage string // addresses of the local servers
	local   string
}

// setUp copies the scripts into a separate folder, and puts the stubs on the path.
func setUp(t *testing.T, w world) *stage {
	t.Helper()
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("skipped: " + tool + ": not installed")
		}
	}
	s := &stage{dir: t.TempDir()}
	for _, pattern := range []string{"scripts/*", "terraform/*.tf", "terraform/README.md", "terraform/tests/grants.tftest.hcl"} {
		files, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || info.IsDir() {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(s.dir, strings.TrimPrefix(file, "../../")), string(text))
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	for _, tool := range []string{"gcloud", "terraform", "go"} {
		if err := os.Symlink(self, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	s.file = filepath.Join(bin, "world.json")
	// Without this GORACE, a binary with the race detector sleeps for a second before it ends.
	s.env = append(os.Environ(), "GORACE=atexit_sleep_ms=0", "PATH="+bin+":"+os.Getenv("PATH"), "CURL_HOME="+bin, worldVariable+"="+s.file, "DEPLOY_PAUSE=0", "RELEASE_PAUSE=0", "STORAGE_EMULATOR_HOST=")
	s.set(t, &w)
	return s
}

// withFunctions starts the functions as the local command does. Curl reaches them at the addresses
// that Cloud Run would give them.
func (s *stage) withFunctions(t *testing.T) *stage {
	t.Helper()
	s.startLocal(t)
	return s.withFront(t)
}

func (s *stage) withFront(t *testing.T) *stage {
	t.Helper()
	front, metadata := httptest.NewTLSServer(s.front(t)), httptest.NewServer(http.HandlerFunc(s.metadata))
	t.Cleanup(front.Close)
	t.Cleanup(metadata.Close)
	write(t, filepath.Join(filepath.Dir(s.file), ".curlrc"), fmt.Sprintf("connect-to = \"metadata.google.internal:80:%s\"\nconnect-to = \"::%s\"\ninsecure\n",
		strings.TrimPrefix(metadata.URL, "http://"), strings.TrimPrefix(front.URL, "https://")))
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

var (
	functionsLine = regexp.MustCompile(`functions +(http://[^/]+)`)
	storageLine   = regexp.MustCompile(`STORAGE_EMULATOR_HOST=(\S+)`)
)

// localBinary is the path of the local command once it is built.
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
	cmd.Dir, cmd.Env = s.dir, []string{"HOME=" + s.dir, "TMPDIR=" + s.dir}
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

// run runs a script and returns its output and the world after it.
func (s *stage) run(t *testing.T, script string, args ...string) (string, *world, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.dir, "scripts", script), args...)
	cmd.Env = s.env
	said, err := cmd.CombinedOutput()
	return string(said), s.world(t), err
}

// configure writes terraform.tfvars.
func (s *stage) configure(t *testing.T, variables string) {
	t.Helper()
	write(t, filepath.Join(s.dir, "terraform/terraform.tfvars"), variables)
}

// release returns the number of the build of a revision's image; 0 is the placeholder.
func (s *service) release(revision string) int {
	n := -1
	if s.Revisions[revision].Image == placeholder {
		return 0
	}
	_, digest, _ := strings.Cut(s.Revisions[revision].Image, "@sha256:")
	_, _ = fmt.Sscanf(digest, "%d", &n)
	return n
}

// wantServing checks that all functions of a deployment serve release now, and that
// scripts/rollback would return to release previous, which is -1 if there is none.
func wantServing(t *testing.T, w *world, name string, now, previous int) {
	t.Helper()
	for _, f := range []string{"api", "convert", "poll"} {
		s := w.Services[name+"-"+f]
		if got := s.release(s.serving()); got != now {
			t.Errorf("%s: release %d has the traffic, want %d: %+v", f, got, now, s.Parts)
		}
		if got := s.release(s.tagged("previous")); got != previous {
			t.Errorf("%s: release %d is the one before, want %d: %+v", f, got, previous, s.Parts)
		}
	}
}

// withoutSmoke replaces the smoke test by one that succeeds, for tests of other parts.
func (s *stage) withoutSmoke(t *testing.T) *stage {
	t.Helper()
	write(t, filepath.Join(s.dir, "scripts/smoke"), "#!/bin/sh\necho smoke \"$@\"\n")
	s.storage, s.local = "http://127.0.0.1:1", "http://127.0.0.1:1"
	return s.withFront(t)
}

// terraform runs a Terraform command directly, with the variables of a first deployment.
func (s *stage) terraform(t *testing.T, command string) (string, *world, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(filepath.Dir(s.file), "terraform"), "-chdir=terraform", command,
		"-var=project_id=my-project", "-var=region=us-central1", "-var=name=vertextune")
	cmd.Dir, cmd.Env = s.dir, append(slices.Clip(s.env), "GOOGLE_OAUTH_ACCESS_TOKEN=access/")
	said, err := cmd.CombinedOutput()
	return string(said), s.world(t), err
}
