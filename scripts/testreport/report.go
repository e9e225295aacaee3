// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// An event is one line of `go test -json`, as `go doc test2json` describes it.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// A testID names a test, or with an empty test the package itself.
type testID struct{ pkg, test string }

// A report follows a run of tests.
type report struct {
	out    io.Writer
	output map[testID][]string // output of unfinished tests and packages
	broken map[string]bool     // packages with a failed test

	passed, failed, skipped int
	skips                   []string // one line for each reason to skip, without repeats
}

func newReport(out io.Writer) *report {
	return &report{out: out, output: map[testID][]string{}, broken: map[string]bool{}}
}

// read processes the events of in to its end.
func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			r.line(line)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read test events: %w", err)
		}
	}
}

func (r *report) line(line []byte) {
	var e event
	if json.Unmarshal(line, &e) != nil {
		r.print(string(line)) // not from the test runner, so it is printed completely
		return
	}
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		r.print(e.Output)
	case "output":
		r.output[id] = append(r.output[id], e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			r.endPackage(e.Package, e.Action)
		} else {
			r.endTest(id, e.Action)
		}
	}
}

func (r *report) endTest(id testID, action string) {
	output := r.output[id]
	delete(r.output, id)
	switch action {
	case "pass":
		r.passed++
		r.printTable(output)
	case "skip":
		r.skipped++
		if line := skipLine(id, output); !slices.Contains(r.skips, line) {
			r.skips = append(r.skips, line)
		}
	case "fail":
		r.failed++
		r.broken[id.pkg] = true
		r.printTest(output)
	}
}

// endPackage prints the closing line of a package. If the package failed, it also prints the output
// that belongs to no finished test, as that contains the message of a crash.
func (r *report) endPackage(pkg, action string) {
	output := r.output[testID{pkg, ""}]
	delete(r.output, testID{pkg, ""})
	if action == "fail" {
		if !r.broken[pkg] {
			r.failed++ // a build failure, or an end that no test caused
		}
		for _, id := range slices.SortedFunc(maps.Keys(r.output), compareIDs) {
			if id.pkg == pkg {
				r.printTest(r.output[id])
				delete(r.output, id)
			}
		}
		r.print(output...)
		return
	}
	for _, line := range output {
		if strings.HasPrefix(line, "ok ") {
			r.print(line)
		}
	}
}

func compareIDs(a, b testID) int { return strings.Compare(a.pkg+" "+a.test, b.pkg+" "+b.test) }

func (r *report) printTest(output []string) {
	for _, line := range output {
		if !strings.HasPrefix(line, "=== ") {
			r.print(line)
		}
	}
}

// printTable prints the lines that a passed test logs with a leading bar.
func (r *report) printTable(output []string) {
	for _, line := range output {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| ") {
			r.print(line + "\n")
		}
	}
}

func (r *report) print(lines ...string) {
	for _, line := range lines {
		// An output error cannot be reported either.
		_, _ = io.WriteString(r.out, line)
	}
}

// totals returns the closing line of the run.
func (r *report) totals() string {
	return fmt.Sprintf("%d passed, %d failed, %d skipped", r.passed, r.failed, r.skipped)
}

// logged matches a line that a test has logged: its position and its text.
var logged = regexp.MustCompile(`^\s*\S+\.go:\d+: (.*)`)

// skipLine returns the line for a skipped test. If the reason has the form "skipped: NAME: WHY", it
// is the line, as many tests may need the missing NAME. Other reasons belong to one test, so the
// line is "not run: TEST: WHY".
func skipLine(id testID, output []string) string {
	why := "no reason given"
	for _, line := range output {
		match := logged.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		why = strings.TrimSpace(match[1])
		if strings.HasPrefix(why, "skipped: ") {
			return why
		}
	}
	return fmt.Sprintf("not run: %s.%s: %s", id.pkg, id.test, why)
}
