// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Convert reads a file of records from standard input and writes examples to
// standard output, to be measured.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/vertextune/vertextune/pkg/core/dataset"
)

func main() {
	workers := flag.Int("workers", 1, "goroutines that check records")
	report := flag.Bool("report", false, "write the report to standard error")
	usage := flag.Bool("usage", false, "write what it took to standard error")
	flag.Parse()
	if err := run(*workers, *report, *usage); err != nil {
		fmt.Fprintln(os.Stderr, "convert:", err)
		os.Exit(1)
	}
}

func run(workers int, report, usage bool) error {
	r, err := dataset.Convert(context.Background(), os.Stdout, os.Stdin, dataset.Options{Workers: workers})
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if report {
		fmt.Fprintf(os.Stderr, "%s", r.Markdown())
	}
	if usage {
		if err := writeUsage(os.Stderr, r); err != nil {
			return err
		}
	}
	if r.Errors > 0 {
		return errors.New("the file has errors")
	}
	return nil
}

func writeUsage(w io.Writer, r *dataset.Report) error {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return fmt.Errorf("ask for usage: %w", err)
	}
	cpu := time.Duration(u.Utime.Nano() + u.Stime.Nano())
	_, err := fmt.Fprintf(w, "%d MB, %d examples: %.2f CPU s, %.0f MB/CPU s, peak memory %.1f MiB\n",
		r.InputBytes/1e6, r.Examples, cpu.Seconds(), float64(r.InputBytes)/1e6/cpu.Seconds(), float64(u.Maxrss)/1024)
	if err != nil {
		return fmt.Errorf("write usage: %w", err)
	}
	return nil
}
