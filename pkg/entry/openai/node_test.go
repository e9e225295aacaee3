// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package openai_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// npmClient is the version of OpenAI's client for Node that is tested.
const npmClient = "openai@6.49.0"

// TestNode drives OpenAI's client for Node: with a program that makes every call, and with the one
// in the guide.
func TestNode(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("skipped: %s: not installed", program)
		}
	}
	guide, err := os.ReadFile("README.md")
	check(t, err)
	example := regexp.MustCompile("(?s)\n```js\n(.*?)\n```").FindSubmatch(guide)
	every, err := os.ReadFile("testdata/client.mjs")
	check(t, err)
	dir := t.TempDir()
	install, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(install, "npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", npmClient)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("skipped: npm registry: %v: %s", err, strings.TrimSpace(string(out)))
	}
	for name, text := range map[string][]byte{"every.mjs": every, "guide.mjs": example[1]} {
		s := newSystem(t, quick)
		check(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
		cmd := exec.CommandContext(t.Context(), "node", name)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "OPENAI_BASE_URL="+s.url+"/v1", "OPENAI_API_KEY="+token, "OPENAI_ORG_ID=org-old", "OPENAI_PROJECT_ID=proj-old")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "succeeded projects/") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
