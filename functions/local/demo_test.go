// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestDemo(t *testing.T) {
	t.Parallel()
	out, err := command(t, "demo -job-duration 1s -poll-interval 200ms").CombinedOutput()
	if err != nil {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	if !bytes.HasPrefix(out, []byte("1. Drop ")) {
		t.Errorf("something else is printed before the demo:\n%s", out)
	}
	for _, want := range []string{
		"100 training examples", "69 pairs", "PIPELINE_STATE_RUNNING", "elapsed, about 1s left", "100 %  PIPELINE_STATE_SUCCEEDED", "tuned model projects/",
		"   loss        ", "in 27 steps", "tuned is better than base", "for each point", "version 1 is active", "Done.",
	} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("the demo does not show %q:\n%s", want, out)
		}
	}
	if bytes.ContainsAny(out, "\r\x1b") || bytes.Count(out, []byte("\n")) > 40 {
		t.Errorf("a pipe gets what is for a terminal:\n%q", out)
	}
}

// TestInterrupt checks that Ctrl-C ends the demo.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	cmd := command(t, "demo -job-duration 1h -poll-interval 100ms")
	var output strings.Builder
	cmd.Stderr = &output
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sent := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !sent && strings.Contains(lines.Text(), "PIPELINE_STATE_") {
			sent = true // a second interrupt would end it without waiting
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // the exit code says more
	if got := output.String(); cmd.ProcessState.ExitCode() != 130 || got != "The demo was stopped before its end.\n" {
		t.Errorf("exit code %d, %q", cmd.ProcessState.ExitCode(), got)
	}
}

// TestProgress checks the progress line of a terminal: it has at most 80 columns, and its bar is
// full only at the end.
func TestProgress(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	began := time.Now()
	p := progress{out: &out, redraw: true, expected: 20 * time.Second, began: began}
	p.show("PIPELINE_STATE_RUNNING", began.Add(5*time.Second))
	p.show("PIPELINE_STATE_CANCELLING", began.Add(25*time.Second))
	p.show("PIPELINE_STATE_SUCCEEDED", began.Add(26*time.Second))
	p.end()
	p.end()
	want := "\r   [##........]  25 %  PIPELINE_STATE_RUNNING    5s elapsed, about 15s left\x1b[K" +
		"\r   [#########.]  99 %  PIPELINE_STATE_CANCELLING 25s elapsed, almost done\x1b[K" +
		"\r   [##########] 100 %  PIPELINE_STATE_SUCCEEDED  26s elapsed\x1b[K\n"
	if out.String() != want {
		t.Errorf("drawn %q\n want %q", out.String(), want)
	}
}
