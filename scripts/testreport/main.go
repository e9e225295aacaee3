// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command testreport reads the output of `go test -json` on standard input and prints a summary:
// one line for each package, and the whole output of failures. Unlike plain `go test`, it also
// lists the skipped tests, shows the tables that tests log ("| a | b |"), and counts.
//
// It exits with 1 if it cannot read its input or if no test ran at all. The exit code of `go test`
// reports whether tests failed.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	skips := flag.String("skips", "", "`file` to append one line for each skipped thing to")
	totals := flag.String("totals", "", "`file` to write the line of totals to")
	flag.Parse()
	if err := run(*skips, *totals); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
}

func run(skipsPath, totalsPath string) error {
	r := newReport(os.Stdout)
	if err := r.read(os.Stdin); err != nil {
		return err
	}
	if err := appendLines(skipsPath, r.skips); err != nil {
		return fmt.Errorf("write skips: %w", err)
	}
	if err := os.WriteFile(totalsPath, []byte(r.totals()+"\n"), 0o600); err != nil {
		return fmt.Errorf("write totals: %w", err)
	}
	if r.passed+r.failed == 0 {
		return fmt.Errorf("no test ran: %s", r.totals())
	}
	return nil
}

func appendLines(path string, lines []string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(f, strings.TrimSpace(line)); err != nil {
			return fmt.Errorf("append to %s: %w", path, err)
		}
	}
	return f.Close()
}
