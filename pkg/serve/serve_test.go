// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/serve"
)

// childVariable makes this binary a deployable of the kind that it names, as the framework keeps its functions in a
// table of the process.
const childVariable = "SERVE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch kind := os.Getenv(childVariable); kind {
	case "":
		os.Exit(m.Run())
	case "http":
		serve.Main(openHTTP)
	case "event":
		serve.Main(openEvent)
	case "broken":
		serve.Main(func(context.Context, map[string]string) (*serve.Function, error) {
			return nil, errors.New("no such \"bucket\"")
		})
	case "broken_close":
		serve.Main(func(context.Context, map[string]string) (*serve.Function, error) {
			return &serve.Function{HTTP: http.NotFoundHandler(), Close: func() error { return errors.New("not closed") }}, nil
		})
	}
}

// mark sets what the child says apart from what the framework does.
const mark = "test: "

func say(words ...any) { fmt.Fprint(os.Stdout, mark, fmt.Sprintln(words...)) }

func closing() error { say("closed"); return nil }

// openHTTP answers with what it was sent, once all of it is there, or says why it gave up.
func openHTTP(_ context.Context, environment map[string]string) (*serve.Function, error) {
	say("opened", environment["TRICKY"])
	return &serve.Function{Close: closing, HTTP: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		say("begun", r.URL.Path)
		if r.URL.Path == "/for/ever" {
			<-r.Context().Done()
			say("cut off")
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Context().Err() != nil {
			say("failed", err, r.Context().Err())
			return
		}
		rw.Header().Set("X-Path", r.URL.Path)
		_, _ = rw.Write(append([]byte("got "), body...))
	})}, nil
}

func openEvent(context.Context, map[string]string) (*serve.Function, error) {
	return &serve.Function{Close: closing, Event: func(_ context.Context, e cloudevents.Event) error {
		say("event", e.ID(), e.Type(), string(e.Data()))
		if e.ID() == "bad" {
			return errors.New("not now")
		}
		return nil
	}}, nil
}

// child is a running deployable.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	lines  chan string // of its standard output
	stderr *bytes.Buffer
}

func startChild(t *testing.T, kind, port string) *child {
	t.Helper()
	c := &child{t: t, url: "http://127.0.0.1:" + port, lines: make(chan string, 100), stderr: &bytes.Buffer{}}
	c.cmd = exec.CommandContext(t.Context(), os.Args[0])
	c.cmd.Env = append(os.Environ(), childVariable+"="+kind, "PORT="+port, "TRICKY=a=b c")
	c.cmd.Stderr = c.stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.lines)
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			if line, ok := strings.CutPrefix(scanner.Text(), mark); ok {
				c.lines <- line
			}
		}
	}()
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	return c
}

// says waits for the next line of the child's.
func (c *child) says(want string) {
	c.t.Helper()
	select {
	case got, ok := <-c.lines:
		if !ok || got != want {
			c.t.Fatalf("the child says %q (%v), want %q\n%s", got, ok, want, c.stderr)
		}
	case <-time.After(30 * time.Second):
		c.t.Fatalf("the child does not say %q", want)
	}
}

// listens waits until the child takes connections.
func (c *child) listens() {
	c.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.Dial("tcp", strings.TrimPrefix(c.url, "http://"))
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("the child does not listen: %v\n%s", err, c.stderr)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (c *child) stop() {
	c.t.Helper()
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Fatal(err)
	}
}

// ends waits for the child's end and checks its exit code.
func (c *child) ends(code int) {
	c.t.Helper()
	for line := range c.lines { // Wait would close the pipe under the reader
		c.t.Errorf("the child says %q", line)
	}
	err := c.cmd.Wait()
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("exit code %d (%v), want %d\n%s", got, err, code, c.stderr)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func TestMainServesAndStops(t *testing.T) {
	t.Parallel()
	c := startChild(t, "http", freePort(t))
	c.says("opened a=b c")
	c.listens()
	res, err := http.Post(c.url+"/a/b%2Fc", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if string(body) != "got hello" || res.Header.Get("X-Path") != "/a/b/c" {
		t.Errorf("answer %q to %q", body, res.Header.Get("X-Path"))
	}
	c.says("begun /a/b/c")
	c.stop()
	c.says("closed")
	c.ends(0)
}

// TestWorkInHandFinishes: a request that began before SIGTERM gets its answer, and clients are closed after it.
func TestWorkInHandFinishes(t *testing.T) {
	t.Parallel()
	c := startChild(t, "http", freePort(t))
	c.says("opened a=b c")
	c.listens()
	body, rest := io.Pipe()
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		res, err := http.Post(c.url+"/slow", "text/plain", body)
		if err != nil {
			answers <- answer{err: err}
			return
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		answers <- answer{string(text), err}
	}()
	if _, err := io.WriteString(rest, "first, "); err != nil {
		t.Fatal(err)
	}
	c.says("begun /slow")
	c.stop()
	// The child is stopping now; it must not while its request has not ended.
	select {
	case line := <-c.lines:
		t.Fatalf("the child says %q while a request is in hand", line)
	case <-time.After(200 * time.Millisecond):
	}
	if _, err := io.WriteString(rest, "last"); err != nil {
		t.Fatal(err)
	}
	if err := rest.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-answers; got.err != nil || got.text != "got first, last" {
		t.Errorf("answer %q, %v", got.text, got.err)
	}
	c.says("closed")
	c.ends(0)
}

// TestWorkThatDoesNotEndIsCutOff: Cloud Run gives ten seconds.
func TestWorkThatDoesNotEndIsCutOff(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("skipped: takes nine seconds of waiting")
	}
	c := startChild(t, "http", freePort(t))
	c.says("opened a=b c")
	c.listens()
	go func() {
		if res, err := http.Get(c.url + "/for/ever"); err == nil {
			_ = res.Body.Close()
		}
	}()
	c.says("begun /for/ever")
	stopped := time.Now()
	c.stop()
	c.says("cut off")
	c.says("closed")
	c.ends(0)
	if took := time.Since(stopped); took < 5*time.Second || took > 10*time.Second {
		t.Errorf("it took %v, want most of the ten seconds that there are", took)
	}
}

func TestMainServesEvents(t *testing.T) {
	t.Parallel()
	c := startChild(t, "event", freePort(t))
	c.listens()
	for id, want := range map[string]int{"good": http.StatusOK, "bad": http.StatusInternalServerError} {
		req, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(`{"n":1}`))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range map[string]string{
			"Ce-Id": id, "Ce-Type": "test", "Ce-Source": "//test", "Ce-Specversion": "1.0", "Content-Type": "application/json",
		} {
			req.Header.Set(name, value)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		c.says("event " + id + ` test {"n":1}`)
		if res.StatusCode != want {
			t.Errorf("event %s: %s, want %d", id, res.Status, want)
		}
	}
	c.stop()
	c.says("closed")
	c.ends(0)
}

func TestMainFails(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	tests := []struct {
		name, kind, port string
		says             []string
		stop             bool
		want             string // of the error
	}{
		{"function_does_not_open", "broken", freePort(t), nil, false, `start: no such "bucket"`},
		{"port_is_taken", "http", port, []string{"opened a=b c", "closed"}, false, "address already in use"},
		{"port_is_none", "http", "x", []string{"opened a=b c", "closed"}, false, "x"},
		{"function_does_not_close", "broken_close", freePort(t), nil, true, "not closed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := startChild(t, tt.kind, tt.port)
			if tt.stop {
				c.listens()
				c.stop()
			}
			for _, line := range tt.says {
				c.says(line)
			}
			c.ends(1)
			lines := strings.Split(strings.TrimSpace(c.stderr.String()), "\n")
			var entry map[string]any
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &entry); err != nil {
				t.Fatalf("the log is not JSON: %s", c.stderr)
			}
			if entry["severity"] != "ERROR" || entry["message"] != "stopped" || !strings.Contains(fmt.Sprint(entry["error"]), tt.want) {
				t.Errorf("the log says %v, want %q", entry, tt.want)
			}
		})
	}
}

func TestServeRefusesAnAddress(t *testing.T) {
	t.Parallel()
	if err := serve.Serve(t.Context(), "no port", nil); err == nil || !strings.Contains(err.Error(), "no port") {
		t.Errorf("Serve = %v", err)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	type inner struct {
		Project string `env:"PROJECT,required,notEmpty"`
	}
	type config struct {
		Inner    inner
		Bucket   string        `env:"BUCKET,required,notEmpty"`
		Age      time.Duration `env:"AGE" envDefault:"30s"`
		Parallel int           `env:"PARALLEL"`
	}
	got, err := serve.Config[config](map[string]string{"PROJECT": "p", "BUCKET": "b", "PARALLEL": "4"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config{inner{"p"}, "b", 30 * time.Second, 4}, got); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
	_, err = serve.Config[config](map[string]string{"BUCKET": "", "AGE": "old", "PARALLEL": "many"})
	for _, want := range []string{"PROJECT", "BUCKET", "Age", "Parallel"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Config = %v, does not name %s", err, want)
		}
	}
	// The process's own environment is not looked at.
	if _, err := serve.Config[struct {
		Path string `env:"PATH,required"`
	}](map[string]string{}); err == nil {
		t.Error("Config read the environment of the process")
	}
}
