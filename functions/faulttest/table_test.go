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
	recorded                 // the failure is on record, and there is no job
	nothing                  // the start without a key failed before anything was on record
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
	for _, name := range kinds {
		out.rows[name][o]++
	}
}

// log prints the table, and what else there is to say. Lines that begin with a bar are shown by scripts/test.
func (out *table) log(t *testing.T, more ...string) {
	t.Helper()
	var b strings.Builder
	line := func(first string, cells ...any) {
		fmt.Fprintf(&b, "\n| %-24s |", first)
		for _, c := range cells {
			fmt.Fprintf(&b, " %17v |", c)
		}
	}
	var titled, sums []any
	for _, title := range titles {
		titled = append(titled, title)
	}
	line("fault", titled...)
	var total [outcomes]int
	for _, name := range out.kinds {
		var cells []any
		for o, n := range out.rows[name] {
			cells = append(cells, n)
			total[o] += n
		}
		line(name, cells...)
	}
	for _, n := range total {
		sums = append(sums, n)
	}
	line("all", sums...)
	for _, text := range more {
		fmt.Fprintf(&b, "\n| %s", text)
	}
	t.Log(b.String())
}
