// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package protocoltest_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// model explores the protocol. It holds the states that it has found.
type model struct {
	flaw flaw
	runs bool // a job runs for a while before it ends, and may stall
	jobs *jobs

	states []state
	index  map[state]uint32
	came   []origin   // how each state was reached first
	ahead  [][]uint32 // the next states without a fault and without help from outside
}

// origin is a state, and the move that was made in it.
type origin struct {
	from uint32
	who  uint8
	what string
}

func (o origin) String() string { return "\n  " + names[o.who] + ": " + o.what }

// flaw removes one rule of the protocol, to check that the model notices.
type flaw struct {
	hasty              bool // a poller does not wait for the end of a lease
	sendsLate          bool // a request is sent after its lease has expired
	asksAgain          bool // an unanswered request is sent again immediately
	blind              bool // records are written without a condition
	pressesOn          bool // a job that another process has changed is continued
	unchecked          bool // a record that was created twice is used without a new read
	publishesUnwritten bool // a change is published although its write failed
	keepsNothing       bool // the answer to a caller is not stored
	resumesNothing     bool // an interrupted start is not resumed
	forgetsRefusal     bool // the key of a refused start does not keep its answer
	leavesFiles        bool // the files of a refused start stay
	commitsEarly       bool // a start is confirmed when it is recorded
}

var names = [...]string{"a start", "a start", "a poller", "a poller", "the canceller", "outside"}

const outside = processes // Vertex AI, the network and the clock

// explore visits every reachable state, the nearest first, and returns the first violation with the
// shortest way to it.
func (m *model) explore(first state) string {
	m.jobs, m.index = newJobs(), map[state]uint32{}
	m.add(first, origin{})
	for i := uint32(0); int(i) < len(m.states); i++ {
		wrong := ""
		m.moves(m.states[i], func(next move) {
			if wrong != "" {
				return
			}
			how := origin{i, uint8(next.who), next.what}
			if wrong = cmp.Or(next.bad, m.wrong(next.to)); wrong != "" {
				wrong += m.way(i) + how.String()
				return
			}
			j := m.add(next.to, how)
			if !next.fault && !next.begin && !slices.Contains(m.ahead[i], j) {
				m.ahead[i] = append(m.ahead[i], j)
			}
		})
		if wrong != "" {
			return wrong
		}
	}
	return m.stuck()
}

// add returns the number of a state, and adds the state if it is new.
func (m *model) add(s state, how origin) uint32 {
	s = s.canonical()
	i, ok := m.index[s]
	if !ok {
		i = uint32(len(m.states))
		m.index[s] = i
		m.states, m.came, m.ahead = append(m.states, s), append(m.came, how), append(m.ahead, nil)
	}
	return i
}

// way returns the moves that led to a state. Two processes of the same kind may be exchanged
// between two of the moves.
func (m *model) way(i uint32) string {
	var lines []string
	for ; i != 0; i = m.came[i].from {
		lines = append(lines, m.came[i].String())
	}
	slices.Reverse(lines)
	return strings.Join(lines, "")
}

// moves emits all possible next moves.
func (m *model) moves(s state, emit func(move)) {
	w := &walk{model: m, from: s, emit: emit}
	for w.who = range s.procs {
		if !w.work() {
			switch {
			case w.who <= start2:
				w.start()
			case w.who <= poller2:
				w.tick()
			default:
				w.cancel()
			}
		}
		w.dies()
	}
	w.world()
}

// dies ends a process between two of its steps. A poller is started again; a request that was sent
// is not stopped.
func (w *walk) dies() {
	at := w.self().at
	if w.from.crashes == 0 || at == idle || at == exited {
		return
	}
	w.move(move{what: "die", fault: true}, func(s *state, p *process) {
		s.crashes--
		if at == onTheWay {
			s.orphanedCalls++
		}
		// If the job was refused meanwhile, no record names the dataset that the process has
		// written, so no other process can delete it.
		s.stray = s.stray || s.data && w.hasNoJob(s)
		if *p = (process{}); w.who <= start2 || w.who == canceller {
			p.at = exited
		}
	})
}

// world emits the moves that no process makes.
func (w *walk) world() {
	by := func(what string, fault bool, f func(*state)) {
		to := w.from
		w.bad = ""
		f(&to)
		w.emit(move{to: to, who: outside, what: what, bad: w.bad, fault: fault})
	}
	onTheWay := w.from.orphanedCalls > 0 || slices.ContainsFunc(w.from.procs[:], func(p process) bool { return p.at == onTheWay })
	if w.from.orphanedCalls > 0 {
		by("a request whose sender crashed takes effect", false, func(s *state) { s.orphanedCalls--; w.create(s) })
		by("a request whose sender crashed is lost", false, func(s *state) { s.orphanedCalls-- })
	}
	// A lease outlasts the request that is sent under it. The lease of a running process expires
	// only if the process is slow.
	slow := slices.ContainsFunc(w.from.procs[:], func(p process) bool { return p.live })
	if job := &w.jobs.jobs[w.from.record]; !job.LeaseUntil.IsZero() && !w.from.leaseExpired && !onTheWay && (!slow || w.from.faults > 0) {
		by("the lease expires", slow, func(s *state) {
			s.leaseExpired = true
			for i := range s.procs {
				s.procs[i].live = false
			}
			if slow {
				s.faults--
			}
		})
	}
	for _, next := range w.nextVertexStates(w.from.vertex) {
		by("Vertex AI has the job "+vertexStates[next], false, func(s *state) { s.vertex = next })
	}
}

// nextVertexStates returns the states to which a job on Vertex AI may change by itself.
func (m *model) nextVertexStates(from uint8) []uint8 {
	switch {
	case from == pending && m.runs:
		return []uint8{running}
	case from == pending || from == running:
		return []uint8{succeeded}
	case from == cancelling:
		return []uint8{cancelled, succeeded}
	default:
		return nil
	}
}

// wrong returns the rule that a state violates, or "".
func (m *model) wrong(s state) string {
	askAgain := m.jobs.answer(retryReply)
	one, other := s.procs[start1].reply, s.procs[start2].reply
	if one != 0 && other != 0 && one != other && one != askAgain && other != askAgain {
		return fmt.Sprintf("one start is answered %q, its repetition %q", m.jobs.replies[one], m.jobs.replies[other])
	}
	job := &m.jobs.jobs[s.record]
	if job.Published > int64(s.topic) || int(s.topic) > len(job.Events) {
		return fmt.Sprintf("%d events happened, %d were published, %d count as published", len(job.Events), s.topic, job.Published)
	}
	if wrong := m.refusal(s); wrong != "" {
		return wrong
	}
	if m.done(s) && (job.Name != "") != (s.vertex != none) {
		return fmt.Sprintf("in the end the job is %s and called %q, on Vertex AI it is %q", job.State, job.Name, vertexStates[s.vertex])
	}
	return ""
}

// refusal returns the rule that a refused start violates, or "": it leaves no visible record, no
// event and no file.
func (m *model) refusal(s state) string {
	job := &m.jobs.jobs[s.record]
	answers := [...]answer{s.procs[start1].reply, s.procs[start2].reply}
	refused := s.record == 0 || job.Step == tuning.Refused
	for _, a := range answers {
		switch {
		case a == m.jobs.answer(failed) && !refused:
			return "a start got the answer that it is refused, but there is a job"
		case a != 0 && a != m.jobs.answer(failed) && a != m.jobs.answer(retryReply) && refused:
			return "a start got the answer that there is a job, but the start is refused"
		}
	}
	switch {
	case !s.keyHasRefusal:
		return ""
	case s.topic > 0 || refused && len(job.Events) > 0:
		return "a refused start has events"
	case refused && s.record != 0 && !job.Tentative:
		return "a refused start has a record that is shown"
	case s.data && !s.stray && m.done(s):
		return "a start was refused, but its files exist"
	}
	return ""
}

// done reports whether everything has ended: there is no start, or its job has ended in the record
// and on Vertex AI, and all events were published.
func (m *model) done(s state) bool {
	job := &m.jobs.jobs[s.record]
	if s.record == 0 {
		return !slices.ContainsFunc(s.procs[:], func(p process) bool { return p.at != idle && p.at != exited })
	}
	return job.Finished && !job.Watched && int(s.topic) == len(job.Events) && s.orphanedCalls == 0 &&
		!slices.ContainsFunc(s.procs[:], func(p process) bool { return p.at == onTheWay })
}

// stuck returns the way to a state from which no end can be reached, even if nothing fails any
// more, or "". The end must be reachable without help from outside: without a repeated start and
// without a cancellation.
func (m *model) stuck() string {
	behind := make([][]uint32, len(m.states))
	for i, all := range m.ahead {
		for _, j := range all {
			behind[j] = append(behind[j], uint32(i))
		}
	}
	ends, reached := []uint32{}, make([]bool, len(m.states))
	for i, s := range m.states {
		if m.done(s) {
			ends, reached[i] = append(ends, uint32(i)), true
		}
	}
	for len(ends) > 0 {
		i := ends[len(ends)-1]
		ends = ends[:len(ends)-1]
		for _, j := range behind[i] {
			if !reached[j] {
				ends, reached[j] = append(ends, j), true
			}
		}
	}
	if i := slices.Index(reached, false); i >= 0 {
		return "no end can be reached" + m.way(uint32(i))
	}
	return ""
}
