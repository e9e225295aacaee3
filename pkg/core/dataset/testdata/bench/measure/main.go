// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Measure runs commands in turn over one file and compares what they took.
//
//	measure [-runs N] FILE name=command…
//
// Each command is given the file as standard input, and its output is thrown
// away. A command is split at spaces, and no shell reads it. Of each figure the
// best of all runs counts; the start of the process is in it, and the file is in
// the cache of the system from the second run on. The ratio is that of the
// processor time to the first command's, the speed that of the throughput by the
// clock on the wall.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	runs := flag.Int("runs", 3, "how often each command is run")
	flag.Parse()
	if flag.NArg() < 2 {
		flag.Usage()
		os.Exit(2)
	}
	if err := compare(os.Stdout, *runs, flag.Arg(0), flag.Args()[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// usage is what one run took.
type usage struct {
	cpu, wall time.Duration
	peakKiB   int64
}

func compare(w io.Writer, runs int, file string, commands []string) error {
	info, err := os.Stat(file)
	if err != nil {
		return fmt.Errorf("stat input: %w", err)
	}
	best := make([]usage, len(commands))
	for range runs {
		for i, command := range commands {
			_, line, ok := strings.Cut(command, "=")
			if !ok || strings.TrimSpace(line) == "" {
				return fmt.Errorf("%q is not name=command", command)
			}
			u, err := run(file, line)
			if err != nil {
				return fmt.Errorf("run %q: %w", line, err)
			}
			if best[i].cpu == 0 || u.cpu < best[i].cpu {
				best[i].cpu = u.cpu
			}
			if best[i].wall == 0 || u.wall < best[i].wall {
				best[i].wall = u.wall
			}
			best[i].peakKiB = max(best[i].peakKiB, u.peakKiB)
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%d MB\tCPU s\tMB/CPU s\tratio\twall s\tMB/s\tspeed\tpeak MiB\t\n", info.Size()/1e6)
	megabytes := float64(info.Size()) / 1e6
	for i, command := range commands {
		name, _, _ := strings.Cut(command, "=")
		u := best[i]
		fmt.Fprintf(table, "%s\t%.3f\t%.0f\t%.2f\t%.3f\t%.0f\t%.2f\t%.1f\t\n", name,
			u.cpu.Seconds(), megabytes/u.cpu.Seconds(), u.cpu.Seconds()/best[0].cpu.Seconds(),
			u.wall.Seconds(), megabytes/u.wall.Seconds(), best[0].wall.Seconds()/u.wall.Seconds(), float64(u.peakKiB)/1024)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

func run(file, line string) (usage, error) {
	in, err := os.Open(file)
	if err != nil {
		return usage{}, fmt.Errorf("open input: %w", err)
	}
	defer in.Close() //nolint:errcheck // it was only read
	args := strings.Fields(line)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stderr = in, os.Stderr
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return usage{}, fmt.Errorf("run: %w", err)
	}
	wall := time.Since(start)
	r, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{}, errors.New("this system does not tell what a process used")
	}
	return usage{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), wall, r.Maxrss}, nil
}
