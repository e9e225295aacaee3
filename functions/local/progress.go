// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progress shows how a job advances. In a terminal it redraws one line; elsewhere it prints a line
// for each new state and each tenth of the expected time.
type progress struct {
	out      io.Writer
	redraw   bool
	expected time.Duration
	began    time.Time

	drawn  bool // the terminal shows a line without a line end
	status string
	tenth  int
}

func (p *progress) show(status string, now time.Time) {
	elapsed := now.Sub(p.began)
	percent := min(int(100*elapsed/p.expected), 99)
	if status == "PIPELINE_STATE_SUCCEEDED" {
		percent = 100
	}
	line := fmt.Sprintf("%3d %%  %-25s %s elapsed%s", percent, status, elapsed.Round(time.Second), p.timeLeft(percent, elapsed))
	switch {
	case p.redraw:
		const width = 10 // with this width the line fits into 80 columns
		full := width * percent / 100
		fmt.Fprintf(p.out, "\r   [%s%s] %s\x1b[K", strings.Repeat("#", full), strings.Repeat(".", width-full), line)
		p.drawn = true
	case status != p.status || percent/10 != p.tenth:
		fmt.Fprintf(p.out, "   %s\n", line)
	}
	p.status, p.tenth = status, percent/10
}

// timeLeft returns the estimated time that remains.
func (p *progress) timeLeft(percent int, elapsed time.Duration) string {
	switch remaining := (p.expected - elapsed).Round(time.Second); {
	case percent == 100:
		return ""
	case remaining < time.Second:
		return ", almost done"
	default:
		return fmt.Sprintf(", about %s left", remaining)
	}
}

// end finishes the line that was redrawn.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprintln(p.out)
		p.drawn = false
	}
}
