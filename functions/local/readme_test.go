// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shell returns the simplest shell of this machine, so that the tested lines run everywhere.
func shell() string {
	if path, err := exec.LookPath("dash"); err == nil {
		return path
	}
	return "sh"
}

// reportCodes makes curl write the status and the address of each answer to standard error.
const reportCodes = `set -eu
curl() { command curl -w '%{stderr}%{http_code} %{url_effective}\n' "$@"; }
`

// refused lists the calls in the READMEs and the banner that may fail, and their codes. The READMEs
// start a job that is too expensive and a job on a retired model. A report may not exist yet, and a
// job may have ended before it is cancelled, or still run when it is to be repeated or promoted.
// The job of these tests has no data to evaluate it with. Another README may have promoted a model.
var refused = map[string][]string{
	"/start": {"400"}, "report.json": {"404"}, "/cancel/": {"400", "409"}, "/evaluations": {"400", "404"}, "/retune": {"400"},
	"/models/": {"400", "404", "409"},
}

// runScript runs lines against a started command and checks the status of each answer. It returns
// the number of answers and the number of refused starts.
func runScript(t *testing.T, script string, environment ...string) (answers, refusedStarts int) {
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
			refusedStarts++
		}
		if !allowed {
			t.Errorf("%s\n%s", line, out.String())
		}
	}
	return answers, refusedStarts
}

// tuned starts a command, tunes a model, and returns the running command.
func tuned(t *testing.T) running {
	t.Helper()
	r := launch(t, "-port 0 -token secret -job-duration 500ms -poll-interval 100ms")
	var started struct {
		Job job `json:"job_info"`
	}
	if !ask(t, http.MethodPost, r.url+"/start", `{"session_id": "support-1"}`, &started) {
		t.Fatal("the job was not started")
	}
	waitFor(t, "the end of the job", func() bool {
		var now job
		return ask(t, http.MethodGet, r.url+"/job-status/"+started.Job.Name, "", &now) && now.Status == "PIPELINE_STATE_SUCCEEDED"
	})
	return r
}

// readmes returns the text of each README, by its path.
func readmes(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "testdata", "terraform"}, entry.Name()):
			return fs.SkipDir // Terraform's README is for bash and Google Cloud
		case entry.Name() == "README.md":
			text, err := fs.ReadFile(root, path)
			all[path] = string(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// blocks returns the code blocks of a language in a text.
func blocks(text, language string) (all []string) {
	for _, block := range regexp.MustCompile("(?ms)^```"+language+"\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		all = append(all, block[1])
	}
	return all
}

// local returns the environment that the lines of the READMEs need.
func (r running) local() []string {
	base, _, _ := strings.Cut(r.url, "/api/")
	return []string{"VT_URL=" + base, "VT_TOKEN=secret", "VT_STORAGE=" + r.storage}
}

// TestREADME runs the shell blocks of the READMEs unchanged, each README in one shell. The blocks
// for Google Cloud are only parsed.
func TestREADME(t *testing.T) {
	t.Parallel()
	r := tuned(t)
	answers, refusedStarts := 0, 0
	for path, text := range readmes(t) {
		var script strings.Builder
		for _, block := range blocks(text, "sh") {
			check := exec.CommandContext(t.Context(), shell(), "-n")
			check.Stdin = strings.NewReader(block)
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: parse: %v\n%s\n%s", path, err, out, block)
			}
			if !strings.Contains(block, "gcloud") && !strings.Contains(block, "scripts/") {
				script.WriteString(block)
			}
		}
		n, refused := runScript(t, script.String(), r.local()...)
		t.Logf("%s: %d answers", path, n)
		answers, refusedStarts = answers+n, refusedStarts+refused
	}
	if answers < 30 || refusedStarts != 2 {
		t.Errorf("%d answers, %d starts refused, want 2", answers, refusedStarts)
	}
}

// TestREADME_clients runs the clients in the READMEs. Each of them follows a job until it ends.
func TestREADME_clients(t *testing.T) {
	t.Parallel()
	r := tuned(t)
	for language, command := range map[string][]string{
		"python": {"python3", "client.py"}, "javascript": {"node", "client.mjs"}, "go": {"go", "run", "client.go"},
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skipf("skipped: %s: not installed", command[0])
			}
			clients := 0
			for path, text := range readmes(t) {
				for _, client := range blocks(text, language) {
					clients++
					cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
					cmd.Dir = t.TempDir()
					if err := os.WriteFile(filepath.Join(cmd.Dir, command[len(command)-1]), []byte(client), 0o600); err != nil {
						t.Fatal(err)
					}
					cmd.Env = append(os.Environ(), r.local()...)
					if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "PIPELINE_STATE_SUCCEEDED") {
						t.Errorf("%s: %v\n%s", path, err, out)
					}
				}
			}
			if clients == 0 {
				t.Errorf("no README has a client in %s", language)
			}
		})
	}
}

// TestBanner runs the lines that the command prints, and checks that each endpoint has one.
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
	if n, refused := runScript(t, strings.ReplaceAll(script.String(), "JOB_NAME", name)); n < 10 || refused > 0 {
		t.Errorf("%d answers, %d starts refused", n, refused)
	}

	base, _, _ := strings.Cut(r.url, "/api/")
	var document struct {
		Paths map[string]json.RawMessage `json:"paths"`
	}
	if !ask(t, http.MethodGet, base+"/openapi.json", "", &document) || len(document.Paths) == 0 {
		t.Fatal("the description of the API has no paths")
	}
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	names := map[string]string{"{id}": "EVALUATION_ID", "{model_id}": "MODEL_ID"}
	for path := range document.Paths {
		if strings.HasPrefix(path, "/v1/") && path != "/v1/models" {
			continue // OpenAI's clients call these, see pkg/entry/openai/README.md
		}
		if want := parameter.ReplaceAllStringFunc(path, func(p string) string { return cmp.Or(names[p], "JOB_NAME") }); !strings.Contains(r.banner, "$VT_URL"+want) {
			t.Errorf("the banner has no line for %s", path)
		}
	}
	if !strings.Contains(r.banner, `"dry_run": true`) {
		t.Error("the banner has no dry run")
	}
}
