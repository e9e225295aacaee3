// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"
)

// argsVariable names the variable with the command's arguments. If it is set, this test binary runs
// the command instead of the tests. The tests need a separate process that they can kill, and the
// framework can serve only once in a process.
const argsVariable = "VERTEXTUNE_LOCAL_TEST_ARGS"

func TestMain(m *testing.M) {
	if args := os.Getenv(argsVariable); args != "" {
		os.Args = append(os.Args[:1], strings.Fields(args)...)
		main()
		os.Exit(0)
	}
	// Killed commands leave files, and running ones find each other through this folder.
	dir, err := os.MkdirTemp("", "localtest")
	if err == nil {
		err = os.Setenv("TMPDIR", dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir) // the system cleans its temporary folder too
	os.Exit(code)
}

func command(t *testing.T, args string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Dir = t.TempDir() // a folder without the developer's .env
	cmd.Env = []string{argsVariable + "=" + args, "HOME=" + t.TempDir(), "TMPDIR=" + os.TempDir()}
	return cmd
}

// running is a started local command.
type running struct {
	*exec.Cmd
	url, storage, firestore, pubsub, vertex string
	banner                                  string
}

var (
	urlLine  = regexp.MustCompile(`functions +(http://\S+)`)
	hostLine = regexp.MustCompile(`(\w+)_EMULATOR_HOST=(\S+)`)
)

func launch(t *testing.T, args string, environment ...string) running {
	t.Helper()
	r := running{Cmd: command(t, args)}
	r.Env = append(r.Env, environment...)
	r.Stderr = t.Output()
	out, err := r.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.Process.Kill()
		_, _ = r.Process.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if m := urlLine.FindStringSubmatch(lines.Text()); m != nil {
			r.url = m[1]
		}
		r.banner += lines.Text() + "\n"
		for _, m := range hostLine.FindAllStringSubmatch(lines.Text(), -1) {
			switch m[1] {
			case "STORAGE":
				r.storage = m[2]
			case "FIRESTORE":
				r.firestore = m[2]
			case "PUBSUB":
				r.pubsub = m[2]
			case "VERTEX_AI":
				r.vertex = m[2]
			}
		}
		if lines.Text() == "ready" {
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return r
		}
	}
	t.Fatal("the command ended before it was ready")
	return r
}

// ask sends a request with the token and decodes the answer. It returns false if the status is not
// 200.
func ask(t *testing.T, method, url, body string, answer any) bool {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer secret")
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return false
	}
	if err := json.NewDecoder(response.Body).Decode(answer); err != nil {
		t.Fatal(err)
	}
	return true
}

// waitFor waits for a condition, and fails the test if the condition is not met within 30 seconds.
func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !met(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited 30 s for %s", what)
		}
	}
}

// TestKilled drops a file, starts a job and kills the process at once. The next process must finish
// both.
func TestKilled(t *testing.T) {
	t.Parallel()
	args := "-port 0 -token secret -job-duration 1s -poll-interval 200ms -data " + t.TempDir()
	first := launch(t, args)
	var object map[string]any
	line := `{"contents":[{"role":"user","parts":[{"text":"a"}]},{"role":"model","parts":[{"text":"b"}]}]}` + "\n"
	if !ask(t, http.MethodPost, first.storage+"/upload/storage/v1/b/local-inbox/o?uploadType=media&name=a.jsonl", strings.Repeat(line, 50_000), &object) {
		t.Fatal("the file was not accepted")
	}
	var started struct {
		Job job `json:"job_info"`
	}
	if !ask(t, http.MethodPost, first.url+"/start", `{"session_id": "support-1"}`, &started) {
		t.Fatal("the job was not started")
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // the error says that it was killed

	second := launch(t, args)
	waitFor(t, "the report on the file", func() bool {
		var report struct {
			Outcome string `json:"outcome"`
		}
		return ask(t, http.MethodGet, second.storage+"/storage/v1/b/local-data/o/drops%2Fa.jsonl%2Freport.json?alt=media", "", &report) && report.Outcome == "CONVERTED"
	})
	var now job
	waitFor(t, "the end of the job", func() bool {
		return ask(t, http.MethodGet, second.url+"/job-status/"+started.Job.Name, "", &now) && now.Status == "PIPELINE_STATE_SUCCEEDED"
	})
	var list struct {
		Count int `json:"count"`
	}
	if !ask(t, http.MethodGet, second.url+"/jobs", "", &list) || list.Count != 1 {
		t.Errorf("%d jobs, want 1", list.Count)
	}
	if err := second.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}

// TestAuthMode sets the way of authentication in the environment. The flag -token then has no
// effect.
func TestAuthMode(t *testing.T) {
	t.Parallel()
	r := launch(t, "-port 0 -token secret", "AUTH_MODE=iam", "AUTH_IAM_PRIVATE=true", "AUTH_AUDIENCES=local", "AUTH_READERS=email:ann@example.com")
	if strings.Contains(r.banner, "\nexport VT_TOKEN=") || strings.Contains(r.banner, "secret") {
		t.Errorf("the banner has a token that gives no access:\n%s", r.banner)
	}
	encode := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"iss":"https://accounts.google.com","aud":"local","sub":"1","email":"ann@example.com","email_verified":true,"exp":%d}`,
		time.Now().Add(time.Hour).Unix())
	ann := encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + ".SIGNATURE_REMOVED_BY_GOOGLE"
	for token, want := range map[string]int{ann: http.StatusOK, "secret": http.StatusUnauthorized} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/jobs", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("token %.6s…: got %d, want %d", token, response.StatusCode, want)
		}
	}
}

// TestPort_taken checks that another server on the port is not mistaken for the functions.
func TestPort_taken(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for _, args := range []string{"-port " + port, "demo -port " + port} {
		said := fails(t, 1, args)
		if !strings.Contains(said, port+": bind") || !strings.Contains(said, "-port") || strings.Count(said, "bind") != 1 {
			t.Errorf("%s: %s", args, said)
		}
	}
}

// fails runs the command, which must end at once with this code and give the reason in one line.
// The line must not contain Go's error text about a context. It returns the line.
func fails(t *testing.T, code int, args string, environment ...string) string {
	t.Helper()
	cmd := command(t, args)
	cmd.Env = append(cmd.Env, environment...)
	var out, said strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	if cmd.ProcessState.ExitCode() != code {
		t.Errorf("%s: %v, want exit code %d\n%s", args, err, code, said.String())
	}
	if out.Len() > 0 || strings.Count(said.String(), "\n") != 1 || strings.Contains(said.String(), "context ") {
		t.Errorf("%s: the output is not one line: %s%s", args, out.String(), said.String())
	}
	return said.String()
}

// TestEmulator_unreachable checks that the command names the emulator that it cannot reach, says
// what to do, and does not wait.
func TestEmulator_unreachable(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"STORAGE_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"} {
		for _, address := range []string{"127.0.0.1:1", "http://localhost:1/"} {
			said := fails(t, 1, "-port 0", name+"="+address)
			for _, want := range []string{"nothing answers at " + name + "=" + address, "unset " + name} {
				if !strings.Contains(said, want) {
					t.Errorf("%s: %q is not in: %s", name, want, said)
				}
			}
		}
	}
}

// TestHangingEmulator uses an emulator that accepts connections and never answers.
func TestHangingEmulator(t *testing.T) {
	hangs, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = hangs.Close() }()
	for _, name := range []string{"STORAGE_EMULATOR_HOST", "FIRESTORE_EMULATOR_HOST", "PUBSUB_EMULATOR_HOST"} {
		given := map[string]string{name: hangs.Addr().String()}
		_, err := start(t.Context(), options{jobDuration: time.Second, concurrentJobs: 1, firstCallTimeout: 2 * time.Second}, given)
		if err == nil || !strings.Contains(err.Error(), hangs.Addr().String()) {
			t.Errorf("%s: start: %v", name, err)
		}
	}
}
