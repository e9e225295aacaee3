// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package binarytest tests the functions as they are deployed: their binaries in an empty root,
// their memory under the limits that Terraform sets, and their settings against those that
// Terraform passes to them.
package binarytest

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// maxBinary catches libraries that are linked by mistake. scripts/release checks the growth from
// release to release, so that a few bytes do not block an urgent fix here.
const maxBinary = 64e6

// TestBinaries builds the functions as ko does, and runs each as in its image: in a root with only
// the binary and CA certificates, as an unprivileged user.
func TestBinaries(t *testing.T) {
	t.Parallel()
	c, err := cloud.Start(t.Context(), cloud.Config{Project: "p", Inbox: "the-inbox", Data: "the-data"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	object := `{"bucket": "the-inbox", "name": "no.such.jsonl", "generation": "1", "size": "1"}`
	for _, tt := range []struct {
		function, path, kind, body string
		want                       int
	}{
		{"api", "/health", "", "", http.StatusOK},
		{"api", "/api/v1/fine-tuning/jobs", "", "", http.StatusOK}, // this request reads Firestore
		{"convert", "/", "google.cloud.storage.object.v1.finalized", object, http.StatusOK},
		{"poll", "/", "google.cloud.pubsub.topic.v1.messagePublished", `{"message": {}}`, http.StatusOK},
	} {
		t.Run(tt.function+strings.ReplaceAll(tt.path, "/", "_"), func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			build(t, "../../functions/"+tt.function, filepath.Join(root, "function"))
			static(t, filepath.Join(root, "function"))
			address := start(t, root, c)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+tt.path, http.NoBody)
			if tt.kind != "" {
				request, err = event(t.Context(), "http://"+address, tt.kind, tt.body)
			}
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer test")
			response, err := (&http.Client{Timeout: time.Minute}).Do(request)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			if response.StatusCode != tt.want {
				t.Errorf("%s %s: %s, want %d", tt.function, tt.path, response.Status, tt.want)
			}
		})
	}
}

func event(ctx context.Context, url, kind, data string) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(data))
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"Ce-Id": "1", "Ce-Type": kind, "Ce-Source": "//test", "Ce-Specversion": "1.0", "Content-Type": "application/json",
	} {
		request.Header.Set(name, value)
	}
	return request, nil
}

// koFlags returns the flags of .ko.yaml, so that this test builds what is deployed.
func koFlags(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile("../../.ko.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if list, ok := strings.CutPrefix(strings.TrimSpace(line), name+": ["); ok {
			return strings.Split(strings.ReplaceAll(strings.TrimSuffix(list, "]"), `"`, ""), ", ")
		}
	}
	t.Fatalf(".ko.yaml has no %s", name)
	return nil
}

func build(t *testing.T, source, binary string) {
	t.Helper()
	args := slices.Concat([]string{"build"}, koFlags(t, "defaultFlags"),
		[]string{"-ldflags", strings.Join(koFlags(t, "defaultLdflags"), " "), "-o", binary, source})
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", source, err, out)
	}
}

// static checks what an empty root requires of a binary: it needs no interpreter and no libraries.
// It also checks maxBinary.
func static(t *testing.T, binary string) {
	t.Helper()
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxBinary {
		t.Errorf("%d bytes, want at most %d", info.Size(), int(maxBinary))
	}
	f, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if libraries, err := f.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("needs libraries %v (%v)", libraries, err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("needs an interpreter")
		}
	}
}

// start runs the function in root, and returns its address when it listens.
func start(t *testing.T, root string, c *cloud.Cloud) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("skipped: empty root: only root may change into one")
	}
	certificates, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil {
		t.Skip("skipped: CA certificates: not installed")
	}
	bundle := filepath.Join(root, "etc/ssl/certs/ca-certificates.crt")
	if err := errors.Join(os.MkdirAll(filepath.Dir(bundle), 0o755), os.WriteFile(bundle, certificates, 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "/function")
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: 65532, Gid: 65532}}
	return run(t, cmd, &said, c)
}

// run runs a function, with the environment that it needs, until the test ends. It returns the
// function's address when it listens.
func run(t *testing.T, cmd *exec.Cmd, said *bytes.Buffer, c *cloud.Cloud) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()

	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = said, said
	cmd.Env = append(cmd.Env,
		"PORT="+strconv.Itoa(port), "GOOGLE_CLOUD_PROJECT=p", "GOOGLE_CLOUD_LOCATION=us-central1", "INBOX_BUCKET=the-inbox", "DATA_BUCKET=the-data",
		"BASE_MODEL=m", "EVENTS_TOPIC=events", "API_TOKENS=test:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	)
	for name, value := range c.Variables() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }() // the process state has the result
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			return address
		}
		select {
		case <-ended:
			t.Fatalf("ended before it listened: %v\n%s", cmd.ProcessState, said)
		default:
		}
	}
	t.Fatal("does not listen")
	return ""
}
