// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faulttest

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// outcome is what became of a run.
type outcome int

const (
	unharmed  outcome = iota // everybody was answered at once, and all came as it should
	recovered                // somebody asked again, an event came again, or the poller made up for it
	recorded                 // the job's failure is on record, or its key keeps that the start was refused
	nothing                  // the start without a key was refused and has left nothing
	missed                   // the call did not come this time
	violated                 // a promise was not kept
	outcomes
)

var titles = [outcomes]string{"unharmed", "recovered", "failure on record", "never begun", "not reached", "VIOLATED"}

// table counts outcomes by kind of fault.
type table struct {
	mu    sync.Mutex
	kinds []string // in order
	rows  map[string]*[outcomes]int
	total [outcomes]int // of the runs
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

// add counts a run in which the kinds of faults happened.
func (out *table) add(o outcome, kinds ...string) {
	out.mu.Lock()
	defer out.mu.Unlock()
	out.runs++
	out.total[o]++
	for _, name := range kinds {
		out.rows[name][o]++
	}
}

// log prints the table, and what else there is to say. Lines that begin with a bar are shown by scripts/test.
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

// sum is the outcomes of all runs, in a line.
func (out *table) sum() string {
	var all []string
	for o, n := range out.total {
		if n > 0 {
			all = append(all, fmt.Sprintf("%d %s", n, titles[o]))
		}
	}
	return strings.Join(all, ", ")
}
