// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shell is the plainest one there is, so that what runs here runs everywhere.
func shell() string {
	if path, err := exec.LookPath("dash"); err == nil {
		return path
	}
	return "sh"
}

// reportCodes has curl write the code and the address of each answer to standard error.
const reportCodes = `set -eu
curl() { command curl -w '%{stderr}%{http_code} %{url_effective}\n' "$@"; }
`

// refused are the calls of README.md and the banner that need not succeed: data that are wrong, a start that is
// too dear and one on a retired model, as examples; a report that is not there yet; a job that has ended meanwhile.
var refused = map[string][]string{
	"/validate-data": {"400"}, "/start": {"400"}, "report.json": {"404"}, "/cancel/": {"400", "409"},
}

// runScript runs lines against a started command and checks the code of each answer, and how many starts are refused.
func runScript(t *testing.T, script string, refusedStarts int, environment ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), shell(), "-c", reportCodes+script)
	cmd.Dir = t.TempDir()
	samples, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(samples, filepath.Join(cmd.Dir, "testdata")); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir}, environment...)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, said.String(), out.String())
	}
	answers, starts := 0, 0
	for line := range strings.Lines(said.String()) {
		code, address, _ := strings.Cut(strings.TrimSpace(line), " ")
		answers++
		if strings.HasPrefix(code, "2") {
			continue
		}
		allowed := false
		for part, list := range refused {
			allowed = allowed || strings.Contains(address, part) && slices.Contains(list, code)
		}
		if strings.Contains(address, "/start") {
			starts++
		}
		if !allowed {
			t.Errorf("%s\n%s", line, out.String())
		}
	}
	if answers < 10 || starts != refusedStarts {
		t.Errorf("%d answers, %d starts refused, want %d:\n%s%s", answers, starts, refusedStarts, said.String(), out.String())
	}
}

// tuned starts a command that has a tuned model.
func tuned(t *testing.T) running {
	t.Helper()
	r := launch(t, "-port 0 -token secret -job-duration 500ms -poll-interval 100ms")
	var started struct {
		Job job `json:"job_info"`
	}
	if !ask(t, http.MethodPost, r.url+"/start", `{"session_id": "support-1"}`, &started) {
		t.Fatal("the job was not started")
	}
	until(t, "the end of the job", func() bool {
		var now job
		return ask(t, http.MethodGet, r.url+"/job-status/"+started.Job.Name, "", &now) && now.Status == "PIPELINE_STATE_SUCCEEDED"
	})
	return r
}

// TestREADME runs the blocks of shell in README.md as they stand, in one shell; those for Google Cloud are only
// parsed.
func TestREADME(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var script, all strings.Builder
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```").FindAllStringSubmatch(string(text), -1) { //nolint:gocritic // with (?m) the second ^ is the start of a line
		all.WriteString(block[1])
		if !strings.Contains(block[1], "gcloud") && !strings.Contains(block[1], "scripts/") {
			script.WriteString(block[1])
		}
	}
	check := exec.CommandContext(t.Context(), shell(), "-n")
	check.Stdin = strings.NewReader(all.String())
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("parse: %v\n%s", err, out)
	}
	r := tuned(t)
	base, _, _ := strings.Cut(r.url, "/api/")
	runScript(t, script.String(), 2, "VT_URL="+base, "VT_TOKEN=secret", "VT_STORAGE="+r.storage)
}

// TestBanner runs the lines that the command prints, and has one for each endpoint.
func TestBanner(t *testing.T) {
	t.Parallel()
	r := tuned(t)
	var list struct {
		Jobs []job `json:"jobs"`
	}
	if !ask(t, http.MethodGet, r.url+"/jobs", "", &list) || len(list.Jobs) != 1 {
		t.Fatalf("jobs: %+v", list)
	}
	name := list.Jobs[0].Name[strings.LastIndexByte(list.Jobs[0].Name, '/')+1:]
	var script strings.Builder
	for line := range strings.Lines(r.banner) {
		if strings.HasPrefix(line, "export ") || strings.HasPrefix(line, "curl ") || strings.HasPrefix(line, "#") {
			script.WriteString(line)
		}
	}
	runScript(t, strings.ReplaceAll(script.String(), "JOB_NAME", name), 0)

	base, _, _ := strings.Cut(r.url, "/api/")
	var document struct {
		Paths map[string]json.RawMessage `json:"paths"`
	}
	if !ask(t, http.MethodGet, base+"/openapi.json", "", &document) || len(document.Paths) == 0 {
		t.Fatal("no document")
	}
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for path := range document.Paths {
		if want := parameter.ReplaceAllString(path, "JOB_NAME"); !strings.Contains(r.banner, "$VT_URL"+want) {
			t.Errorf("the banner has no line for %s", path)
		}
	}
	if !strings.Contains(r.banner, `"dry_run": true`) {
		t.Error("the banner has no dry run")
	}
}
