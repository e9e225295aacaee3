// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package serve_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func TestMain_serves_and_stops(t *testing.T) {
	t.Parallel()
	c := startChild(t, "http", freePort(t))
	c.wantLine("opened a=b c")
	c.listens()
	res, err := browser.Post(c.url+"/a/b%2Fc", "text/plain", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if string(body) != "got hello" || res.Header.Get("X-Path") != "/a/b/c" {
		t.Errorf("answer %q to %q", body, res.Header.Get("X-Path"))
	}
	c.wantLine("begun /a/b/c")
	c.stop()
	c.wantLine("closed")
	c.ends(0)
}

// TestWork_in_hand_finishes: a request that began before SIGTERM gets its response, and the clients
// are closed after that.
func TestWork_in_hand_finishes(t *testing.T) {
	t.Parallel()
	c := startChild(t, "http", freePort(t))
	c.wantLine("opened a=b c")
	c.listens()
	body, rest := io.Pipe()
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		res, err := browser.Post(c.url+"/slow", "text/plain", body)
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
	c.wantLine("begun /slow")
	c.stop()
	// The child is stopping now, but it must not exit before its request has ended.
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
	c.wantLine("closed")
	c.ends(0)
}

// TestWork_that_does_not_end_is_cut_off: a call that does not end is cancelled within the ten
// seconds that Cloud Run gives.
func TestWork_that_does_not_end_is_cut_off(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("slow: scripts/test all runs it")
	}
	c := startChild(t, "http", freePort(t))
	c.wantLine("opened a=b c")
	c.listens()
	go func() {
		if res, err := browser.Get(c.url + "/for/ever"); err == nil {
			_ = res.Body.Close()
		}
	}()
	c.wantLine("begun /for/ever")
	stopped := time.Now()
	c.stop()
	c.wantLine("cut off")
	c.wantLine("closed")
	c.ends(0)
	if took := time.Since(stopped); took < 5*time.Second || took > 10*time.Second {
		t.Errorf("it took %v, want most of the ten seconds that there are", took)
	}
}

func TestMain_serves_events(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"event", "guarded"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := startChild(t, kind, freePort(t))
			c.listens()
			for id, want := range map[string]int{"good": http.StatusOK, "bad": http.StatusInternalServerError} {
				if got := c.event(id, "Bearer good"); got != want {
					t.Errorf("event %s: %d, want %d", id, got, want)
				}
				c.wantLine("event " + id + ` test {"n":1}`)
			}
			if kind == "guarded" {
				for _, authorization := range []string{"", "Bearer bad"} {
					if got := c.event("good", authorization); got != http.StatusForbidden {
						t.Errorf("with Authorization %q: %d, want 403", authorization, got)
					}
				}
			}
			c.stop()
			c.wantLine("closed") // no event was handled before that
			c.ends(0)
		})
	}
}

// event sends an event and returns the status code of the response.
func (c *child) event(id, authorization string) int {
	c.t.Helper()
	req, err := http.NewRequest(http.MethodPost, c.url, strings.NewReader(`{"n":1}`))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Ce-Id": id, "Ce-Type": "test", "Ce-Source": "//test", "Ce-Specversion": "1.0", "Content-Type": "application/json", "Authorization": authorization,
	} {
		req.Header.Set(name, value)
	}
	res, err := browser.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func TestMain_fails(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	port := strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)
	tests := []struct {
		name, kind, port string
		wantTexts        []string
		stop             bool
		want             string // part of the error
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
			for _, line := range tt.wantTexts {
				c.wantLine(line)
			}
			c.ends(1)
			lines := strings.Split(strings.TrimSpace(c.stderr.String()), "\n")
			var entry map[string]any
			if err := json.Unmarshal([]byte(lines[len(lines)-1]), &entry); err != nil {
				t.Fatalf("the log is not JSON: %s", c.stderr)
			}
			if entry["severity"] != "ERROR" || entry["message"] != "the function stopped with an error" || !strings.Contains(fmt.Sprint(entry["error"]), tt.want) {
				t.Errorf("the log says %v, want %q", entry, tt.want)
			}
		})
	}
}

func TestServe_refuses_an_address(t *testing.T) {
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
	for _, want := range []string{"PROJECT", "BUCKET", `AGE is "old", and must be a length of time such as`, `PARALLEL is "many", and must be a whole number`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Config = %v, does not name %s", err, want)
		}
	}
	// Config reads only the environment that it is given, not that of the process.
	if _, err := serve.Config[struct {
		Path string `env:"PATH,required"`
	}](map[string]string{}); err == nil {
		t.Error("Config read the environment of the process")
	}
}
