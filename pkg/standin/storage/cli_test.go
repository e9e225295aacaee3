// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package storage_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vertextune/vertextune/pkg/standin/storage"
)

// tool runs one of the Google Cloud CLI's programs against a server, in a home
// of its own.
type tool struct {
	name string
	args []string
	env  []string
}

func (c tool) run(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.name, append(append([]string{}, c.args...), args...)...)
	cmd.Env = append(os.Environ(), c.env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", c.name, args, err, stderr.String())
	}
	return string(out)
}

// exercise takes a small and a large file through the program and back.
func (c tool) exercise(t *testing.T, s *storage.Server) {
	t.Helper()
	dir := t.TempDir()
	big := pattern(9 << 20) // more than either program sends in one piece
	for name, content := range map[string][]byte{"small": []byte("hello"), "big": big} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const small = "gs://" + testBucket + "/dir/a b%ü.txt"
	c.run(t, "cp", "-J", filepath.Join(dir, "small"), small) // compressed for the way
	c.run(t, "cp", filepath.Join(dir, "big"), "gs://"+testBucket+"/big")
	diff(t, "cat", "hello", c.run(t, "cat", small))
	diff(t, "ls", "gs://"+testBucket+"/big\n"+small+"\n", c.run(t, "ls", "gs://"+testBucket+"/**"))
	c.run(t, "cp", "gs://"+testBucket+"/big", filepath.Join(dir, "back"))
	back, err := os.ReadFile(filepath.Join(dir, "back"))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "what came back", big, back)
	c.run(t, "rm", "-r", "gs://"+testBucket+"/dir")
	diff(t, "after rm", 404, request(t, "GET", s.URL()+"/"+testBucket+"/dir/a%20b%25%C3%BC.txt", nil).Status)
}

// The Google Cloud CLI's programs take seconds to start: few calls, and none
// in short mode.
func TestCommandLineTools(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: gcloud and gsutil are slow to start")
	}
	for _, name := range []string{"gcloud", "gsutil"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(name); err != nil {
				t.Skipf("skipped: gcloud (%v)", err)
			}
			s := start(t, storage.Config{})
			host, port, err := net.SplitHostPort(s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			home := t.TempDir()
			c := tool{name: name, env: []string{
				"HOME=" + home,
				"CLOUDSDK_CONFIG=" + filepath.Join(home, "gcloud"),
				"CLOUDSDK_CORE_PROJECT=local",
				"CLOUDSDK_CORE_DISABLE_PROMPTS=1",
				"CLOUDSDK_CORE_DISABLE_USAGE_REPORTING=true",
				"CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true",
				"CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE=" + s.URL() + "/storage/v1/",
				"BOTO_CONFIG=" + os.DevNull,
			}}
			if name == "gcloud" {
				c.args = []string{"storage"}
			} else {
				c.args = []string{
					"-o", "Credentials:gs_json_host=" + host, "-o", "Credentials:gs_json_port=" + port,
					"-o", "Boto:https_validate_certificates=False",
					"-o", "GSUtil:state_dir=" + filepath.Join(home, "gsutil"),
				}
			}
			c.exercise(t, s)
		})
	}
}
