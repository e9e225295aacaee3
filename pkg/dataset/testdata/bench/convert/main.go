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
	"os"

	"github.com/vertextune/vertextune/pkg/dataset"
)

func main() {
	workers := flag.Int("workers", 1, "goroutines that check records")
	report := flag.Bool("report", false, "write the report to standard error")
	flag.Parse()
	if err := run(*workers, *report); err != nil {
		fmt.Fprintln(os.Stderr, "convert:", err)
		os.Exit(1)
	}
}

func run(workers int, report bool) error {
	r, err := dataset.Convert(context.Background(), os.Stdout, os.Stdin, dataset.Options{Workers: workers})
	if err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if report {
		fmt.Fprintf(os.Stderr, "%s", r.Markdown())
	}
	if r.Errors > 0 {
		return errors.New("the file has errors")
	}
	return nil
}
