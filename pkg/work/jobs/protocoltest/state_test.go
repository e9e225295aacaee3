// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package protocoltest_test

import (
	"cmp"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// The processes: two starts with one key, of which the later is the repeated one; two pollers; a
// caller who cancels.
const (
	start1, start2, poller1, poller2, canceller = 0, 1, 2, 3, 4
	processes                                   = 5
)

// state is the whole state of the model. It is a value: equal states are the same state.
type state struct {
	record        jobRef // 0 if there is none
	leaseExpired  bool   // the record's lease has expired
	data          bool   // the dataset is written
	keyHasRefusal bool   // the key has the refusal of the start
	stray         bool   // a process wrote a dataset after its job was taken over, and crashed
	vertex        uint8  // the job on Vertex AI
	orphanedCalls uint8  // sent requests to Vertex AI whose process has crashed
	topic         uint8  // how many events of the job were published

	crashes, faults uint8 // how many may still happen

	procs [processes]process
}

// process is a process that works on the job, at one point of its program.
type process struct {
	at        point
	job       jobRef // the version of the record that the process has
	fresh     bool   // no other process has written since: a conditional write succeeds
	ownsLease bool   // the process has taken the lease of this version
	live      bool   // the lease has not expired
	resumed   bool   // the process continues with other work after the job
	sent      uint8  // number of the process's submission
	observed  uint8  // Vertex AI's state of the job, as it was read
	reply     answer // the answer to the caller of a start
}

// canonical sorts the processes of one kind, because nothing distinguishes them.
func (s state) canonical() state {
	for _, i := range []int{start1, poller1} {
		if a, b := &s.procs[i], &s.procs[i+1]; compare(*a, *b) > 0 {
			*a, *b = *b, *a
		}
	}
	return s
}

func compare(a, b process) int {
	bits := func(p process) (n int) {
		for _, bit := range [...]bool{p.fresh, p.ownsLease, p.live, p.resumed} {
			n *= 2
			if bit {
				n++
			}
		}
		return n
	}
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.job, b.job), cmp.Compare(bits(a), bits(b)),
		cmp.Compare(a.sent, b.sent), cmp.Compare(a.observed, b.observed), cmp.Compare(a.reply, b.reply))
}

// walk finds all moves that one process can make in a state. A move is one access to a shared
// thing: a read or a write of the record, a call of Vertex AI, or a message to the topic.
type walk struct {
	*model
	from state
	who  int
	emit func(move)
	bad  string // violation in the present move
}

// move is one way from a state to the next.
type move struct {
	to    state
	who   int
	what  string
	bad   string // the violation, if any
	begin bool   // a caller begins something; no recovery may depend on it
	fault bool   // a call failed, or a process crashed
}

// change is the effect of a move on the state, and on the process that makes it.
type change func(s *state, p *process)

// to continues at a point.
func to(at point) change { return func(_ *state, p *process) { p.at = at } }

// ends is the end of a tick.
func ends(_ *state, p *process) { *p = process{} }

// read is the effect of reading the record.
func read(s *state, p *process) { p.job, p.fresh = s.record, true }

func (w *walk) move(m move, f change) {
	m.to, m.who, w.bad = w.from, w.who, ""
	f(&m.to, &m.to.procs[w.who])
	m.bad = w.bad
	w.emit(m)
}

// next emits a move.
func (w *walk) next(what string, f change) { w.move(move{what: what}, f) }

// fails emits a move that counts as a fault, if one may still happen.
func (w *walk) fails(what string, f change) {
	if w.from.faults > 0 {
		w.move(move{what: what, fault: true}, func(s *state, p *process) { s.faults--; f(s, p) })
	}
}

// self is the present process; job is its version of the record; make is the result of a step on
// that.
func (w *walk) self() process                 { return w.from.procs[w.who] }
func (w *walk) job() tuning.Job               { return w.jobs.jobs[w.self().job] }
func (w *walk) make(s step, arg uint8) jobRef { return w.jobs.make(w.self().job, s, arg) }
func (w *walk) jobOf(p *process) *tuning.Job  { return &w.jobs.jobs[p.job] }
func (w *walk) changed() bool                 { return !w.self().fresh && !w.flaw.blind }

// write replaces the record. With lease, the process takes or renews the lease.
func (w *walk) write(s *state, next jobRef, lease bool) {
	before, after := &w.jobs.jobs[s.record], &w.jobs.jobs[next]
	if s.record != 0 && w.bad == "" {
		w.bad = wrongWrite(before, after)
	}
	for i := range s.procs {
		p := &s.procs[i]
		if i == w.who {
			p.job, p.fresh = next, true
			if lease {
				p.ownsLease, p.live, s.leaseExpired = true, true, false
			}
			continue
		}
		p.fresh = false
		if lease || after.Step != before.Step || after.LeaseUntil.IsZero() {
			p.ownsLease, p.live = false, false
		}
	}
	s.record = next
	s.keyHasRefusal = s.keyHasRefusal || after.Step == tuning.Refused && !w.flaw.forgetsRefusal
}

// deleteRecord deletes the record of a start that was refused.
func (w *walk) deleteRecord(s *state) {
	if w.jobs.jobs[s.record].Step != tuning.Refused && w.bad == "" {
		w.bad = "a record is deleted that was not refused"
	}
	for i := range s.procs {
		s.procs[i].fresh, s.procs[i].ownsLease, s.procs[i].live = false, false, false
	}
	s.record, s.leaseExpired = 0, false
}

// deleteFiles deletes the files of a refused start.
func (w *walk) deleteFiles(s *state) { s.data = s.data && w.flaw.leavesFiles }

// hasNoJob reports whether there will be no job because its record was refused or deleted.
func (w *walk) hasNoJob(s *state) bool {
	return s.record == 0 || w.jobs.jobs[s.record].Step == tuning.Refused
}

// update is Records.UpdateJob: a write that succeeds only if no process has written since the read.
// If it fails, the process does not know whether it took effect.
func (w *walk) update(what string, next jobRef, lease bool, done, changed, broken change) {
	if w.changed() {
		w.next(what+": it has changed", changed)
	} else {
		w.next(what, func(s *state, p *process) { w.write(s, next, lease); done(s, p) })
		w.fails(what+": the answer is lost", func(s *state, p *process) {
			before := *p
			w.write(s, next, lease)
			*p = before
			p.fresh, p.ownsLease, p.live = false, false, false
			broken(s, p)
		})
	}
	w.fails(what+": fails", broken)
}

// apply is Records.Change: if another process has written, the step is applied to that version. If
// next equals the record, nothing is written.
func (w *walk) apply(what string, next jobRef, done, broken change) {
	switch {
	case w.self().job == 0:
		w.next(what+": it is gone", broken)
	case next == w.self().job:
		w.next(what+": there is nothing to write", done)
	default:
		w.update(what, next, false, done, read, broken)
	}
}

// wrongWrite returns the rule that a write of the record violates, or "".
func wrongWrite(before, after *tuning.Job) string {
	count := len(before.Events)
	moved := after.State != before.State || after.Name != before.Name
	switch {
	case before.Finished && (moved || after.Step != before.Step || len(after.Events) != count):
		return "a job that has ended is changed"
	case len(after.Events) < count || !sameEvents(after.Events[:count], before.Events):
		return "what happened is not what happened any more"
	case moved && len(after.Events) == count:
		return "a change without an event"
	case moved && (after.Events[len(after.Events)-1].To != after.State || after.Events[len(after.Events)-1].Name != after.Name):
		return "a change with the event of another"
	case !after.Watched && (!after.Finished || after.Published < int64(len(after.Events))):
		return "a job that is not done with is not watched any more"
	case after.Published < before.Published:
		return "a published event counts as unpublished"
	}
	return ""
}

func sameEvents(a, b []tuning.Event) bool {
	for i := range a {
		if a[i].Seq != b[i].Seq || a[i].Type != b[i].Type || a[i].To != b[i].To || a[i].Name != b[i].Name {
			return false
		}
	}
	return len(a) == len(b)
}
