// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve_test

import (
	"bufio"
	"bytes"
	"context"
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

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/entry/serve"
)

// childVariable makes this test binary run as a deployable of the kind that the variable names.
const childVariable = "SERVE_TEST_CHILD"

func TestMain(m *testing.M) {
	switch kind := os.Getenv(childVariable); kind {
	case "":
		os.Exit(m.Run())
	case "http":
		serve.Main(openHTTP)
	case "event":
		serve.Main(openEvent)
	case "guarded":
		serve.Main(func(ctx context.Context, environment map[string]string) (*serve.Function, error) {
			fn, err := openEvent(ctx, environment)
			fn.Admit = func(r *http.Request) error {
				if r.Header.Get("Authorization") != "Bearer good" {
					return fault.New(fault.PermissionDenied, "Not you.")
				}
				return nil
			}
			return fn, err
		})
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

// mark begins the lines that the child prints itself, to distinguish them from its log.
const mark = "test: "

func printLine(words ...any) { fmt.Fprint(os.Stdout, mark, fmt.Sprintln(words...)) }

func closing() error { printLine("closed"); return nil }

// openHTTP answers with the request's body when it has read all of it, or reports why it stopped.
func openHTTP(_ context.Context, environment map[string]string) (*serve.Function, error) {
	printLine("opened", environment["TRICKY"])
	return &serve.Function{Close: closing, HTTP: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		printLine("begun", r.URL.Path)
		if r.URL.Path == "/for/ever" {
			<-r.Context().Done()
			printLine("cut off")
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Context().Err() != nil {
			printLine("failed", err, r.Context().Err())
			return
		}
		rw.Header().Set("X-Path", r.URL.Path)
		_, _ = rw.Write(append([]byte("got "), body...))
	})}, nil
}

func openEvent(context.Context, map[string]string) (*serve.Function, error) {
	return &serve.Function{Close: closing, Event: func(_ context.Context, e cloudevents.Event) error {
		printLine("event", e.ID(), e.Type(), string(e.Data()))
		if e.ID() == "bad" {
			return errors.New("not now")
		}
		return nil
	}}, nil
}

// browser is the client that calls the children.
var browser = &http.Client{Timeout: time.Minute}

// child is a running deployable.
type child struct {
	t      *testing.T
	cmd    *exec.Cmd
	url    string
	lines  chan string // lines of its standard output
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

// wantLine waits for the child's next line and checks it.
func (c *child) wantLine(want string) {
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

// listens waits until the child accepts connections.
func (c *child) listens() {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
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

// ends waits for the child's exit and checks its exit code.
func (c *child) ends(code int) {
	c.t.Helper()
	for line := range c.lines { // Wait would close the pipe before everything is read
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
