// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package protocoltest_test explores a model of the protocol by which packages jobs and poll bring
// a start to its one job. Two starts with one key, two pollers and a caller who cancels make their
// steps in every order, while a few of them crash and a few calls fail at any point. The model
// calls package tuning for the steps of a job; the code between these calls is written here again.
//
// In no state may there be a second job on Vertex AI, a job that was cancelled before it was
// submitted, a change without its event, an event that is wrong or too early, or a repeated start
// with another answer. A refused start leaves no visible record, no event and no file. From each
// state the end must be reachable without help from outside, if nothing fails any more.
package protocoltest_test

import (
	"flag"
	"runtime/debug"
	"strings"
	"testing"
)

var further = flag.Bool("full", false, "explore more of the model, for minutes and with some GB of memory")

// scene says which processes take part, and how many faults may happen.
type scene struct {
	starts, pollers, cancellers int
	runs                        bool // jobs run for a while, and may stall
	crashes, faults             uint8
}

func (s scene) begin() state {
	first := state{crashes: s.crashes, faults: s.faults}
	for i := range first.procs {
		absent := i == start1 && s.starts < 1 || i == start2 && s.starts < 2 ||
			i == poller1 && s.pollers < 1 || i == poller2 && s.pollers < 2 || i == canceller && s.cancellers < 1
		if absent {
			first.procs[i].at = exited
		}
	}
	return first.canonical()
}

func TestProtocol(t *testing.T) {
	scenes := map[string]scene{
		"recovery":        {starts: 1, pollers: 2, crashes: 1, faults: 1},
		"repetition":      {starts: 2, pollers: 1, crashes: 1, faults: 1},
		"all_who_start":   {starts: 2, pollers: 2, crashes: 1},
		"cancel_crash":    {starts: 1, pollers: 1, cancellers: 1, crashes: 1},
		"cancel_fault":    {starts: 1, pollers: 1, cancellers: 1, faults: 1},
		"stall":           {starts: 1, pollers: 2, runs: true, crashes: 1},
		"stall_or_cancel": {starts: 1, pollers: 1, cancellers: 1, runs: true, crashes: 1},
	}
	if *further {
		scenes = map[string]scene{
			"all":                    {starts: 2, pollers: 2, cancellers: 1},
			"all_who_start":          {starts: 2, pollers: 2, crashes: 1, faults: 1},
			"recovery_2_crashes":     {starts: 1, pollers: 2, crashes: 2, faults: 1},
			"recovery_2_faults":      {starts: 1, pollers: 2, crashes: 1, faults: 2},
			"repetition":             {starts: 2, pollers: 1, crashes: 2, faults: 2},
			"cancel":                 {starts: 1, pollers: 1, cancellers: 1, crashes: 2, faults: 1},
			"cancel_under_2_pollers": {starts: 1, pollers: 2, cancellers: 1, crashes: 1},
			"stall":                  {starts: 1, pollers: 2, runs: true, faults: 1},
			"stall_or_cancel":        {starts: 1, pollers: 1, cancellers: 1, runs: true, crashes: 1, faults: 1},
		}
	}
	total := 0
	for name, s := range scenes {
		t.Run(name, func(t *testing.T) { // one at a time, to save memory
			m := &model{runs: s.runs}
			if wrong := m.explore(s.begin()); wrong != "" {
				t.Error(wrong)
			}
			t.Logf("%d states explored, with %d different records", len(m.states), len(m.jobs.jobs)-1)
			total += len(m.states)
			debug.FreeOSMemory()
		})
	}
	t.Logf("%d states explored", total)
}

// TestFlaws: without one of the rules there is a violation, and the model returns the way to it.
func TestFlaws(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		flaw flaw
		want string
	}{
		"hasty":               {flaw{hasty: true}, "that must not be submitted"},
		"sends_late":          {flaw{sendsLate: true}, "that must not be submitted"},
		"asks_again":          {flaw{asksAgain: true}, "a second job on Vertex AI"},
		"blind":               {flaw{blind: true}, "is not what happened any more"},
		"presses_on":          {flaw{pressesOn: true}, "a job that has ended is changed"},
		"unchecked":           {flaw{unchecked: true}, "a second job on Vertex AI"},
		"publishes_unwritten": {flaw{publishesUnwritten: true}, "that is not recorded"},
		"keeps_nothing":       {flaw{keepsNothing: true}, "its repetition"},
		"resumes_nothing":     {flaw{resumesNothing: true}, "no end can be reached"},
		"forgets_refusal":     {flaw{forgetsRefusal: true}, "there is a job"},
		"leaves_files":        {flaw{leavesFiles: true}, "its files exist"},
		"commits_early":       {flaw{commitsEarly: true}, "there is a job"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scene{starts: 2, pollers: 1, cancellers: 1, crashes: 1, faults: 1}
			switch name {
			case "publishes_unwritten":
				s.starts, s.cancellers = 1, 0
			case "keeps_nothing", "resumes_nothing", "forgets_refusal", "leaves_files", "commits_early":
				s.cancellers = 0
			}
			m := &model{flaw: tt.flaw}
			if wrong := m.explore(s.begin()); !strings.Contains(wrong, tt.want) {
				t.Errorf("found %q in %d states, want %q", wrong, len(m.states), tt.want)
			}
		})
	}
}
