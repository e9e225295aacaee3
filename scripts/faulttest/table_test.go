// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// outcome classifies the result of a run.
type outcome int

const (
	unharmed  outcome = iota // every request was answered at once, and the result was as expected
	recovered                // a client retried, an event came again, or the poller repaired it
	recorded                 // the record shows the failure, or the key stores a refusal
	nothing                  // the start without a key was refused and left nothing behind
	missed                   // this time the call did not happen
	violated                 // a guarantee was violated
	outcomes
)

var titles = [outcomes]string{"unharmed", "recovered", "failure on record", "never begun", "not reached", "VIOLATED"}

// table counts outcomes by kind of fault.
type table struct {
	mu    sync.Mutex
	kinds []string // in order
	rows  map[string]*[outcomes]int
	total [outcomes]int // totals of the runs
	runs  int
}

func newTable() *table {
	out := &table{rows: map[string]*[outcomes]int{}}
	for _, k := range kinds {
		out.kinds = append(out.kinds, k.name)
		out.rows[k.name] = &[outcomes]int{}
	}
	return out
}

// add counts a run in which these kinds of faults happened.
func (out *table) add(o outcome, kinds ...string) {
	out.mu.Lock()
	defer out.mu.Unlock()
	out.runs++
	out.total[o]++
	for _, name := range kinds {
		out.rows[name][o]++
	}
}

// log prints the table and further lines. scripts/test shows the lines that begin with a bar.
func (out *table) log(t *testing.T, more ...string) {
	t.Helper()
	var b strings.Builder
	line := func(first string, counts [outcomes]int) {
		fmt.Fprintf(&b, "\n| %-24s", first)
		for o, n := range counts {
			fmt.Fprintf(&b, " | %*d", len(titles[o]), n)
		}
		b.WriteString(" |")
	}
	fmt.Fprintf(&b, "\n| %-24s | %s |", "fault", strings.Join(titles[:], " | "))
	for _, name := range out.kinds {
		line(name, *out.rows[name])
	}
	line("all", out.total)
	for _, text := range more {
		fmt.Fprintf(&b, "\n| %s", text)
	}
	t.Log(b.String())
}

// sum returns the outcomes of all runs in one line.
func (out *table) sum() string {
	var all []string
	for o, n := range out.total {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, titles[o]))
		}
	}
	return strings.Join(all, ", ")
}
