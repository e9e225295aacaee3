// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package model_test

import "github.com/vertextune/vertextune/pkg/tuning"

// point is where a process is in its program: between two accesses to what is shared. What follows is done next.
type point uint8

const ( //nolint:revive // a step is called delete
	idle point = iota
	gone       // it is through, or dead

	// Starter.Start.
	lookUp     // the key
	record     // the start
	recordLost // it is not known whether the start is on record
	repeat     // wait for the answer of the first start, or go on with it
	answering  // keep the answer

	// Starter.goOn, advance and submit, of starts and pollers alike.
	prepare // hold the lease while the dataset is written
	leave   // the job to the next one
	refuse  // it: there is something wrong with it
	discard // its files
	admit
	wait
	send
	onTheWay // to Vertex AI
	look     // for a job whose creation was not answered
	accept
	full
	unclear
	refused

	// Poller.Tick.
	resume
	clean  // a refused start: its files
	delete //nolint:gocritic,predeclared // the step deletes the record too
	get
	list
	follow
	lost
	publish
	note

	// Starter.Cancel and PassOn.
	wish
	passOn
	lookAgain
	noteAgain
)

// work is what a process does with a job that is its own. It reports whether the process is at any of that.
func (w *walk) work() bool {
	p := w.self()
	switch p.at {
	case prepare:
		w.prepare()
	case leave:
		w.applyOurs("leave it to the next one", unleased, w.through, w.through)
	case refuse:
		w.applyOurs("refuse it", refuses, w.rejected, w.through)
	case discard:
		w.next("delete its files", func(s *state, p *process) { w.deleteFiles(s); w.refused(s, p) })
		w.fails("delete its files: fails", w.refused)
	case admit:
		w.admit()
	case wait:
		w.applyOurs("let it wait", waits, w.through, to(leave))
	case send:
		if p.live || w.flaw.sendsLate {
			w.next("send it", to(onTheWay))
		} else {
			w.next("find it too late to send it", to(look))
		}
	case onTheWay:
		w.arrives()
	case look:
		w.look()
	case accept:
		w.apply("write its name", w.make(observe, p.seen), w.through, func(s *state, p *process) {
			if w.flaw.tellsUnwritten {
				p.job = w.jobs.make(p.job, observe, p.seen)
			}
			w.through(s, p)
		})
	case full:
		w.conclude("write that there is no room", noRoom, w.through)
	case unclear:
		w.conclude("write that it is not clear", delayed, w.through)
	case refused:
		w.conclude("write that it is refused", refuses, w.rejected)
	default:
		return false
	}
	return true
}

// through is where a process goes on that is through with a job.
func (w *walk) through(_ *state, p *process) {
	switch {
	case w.who >= poller1 && p.resumed && w.known(p).Step == tuning.Waiting:
		p.at = admit
	case w.who >= poller1:
		p.at = publish
	case p.resumed:
		p.at = repeat
	default:
		p.at = answering
	}
	p.resumed, p.mine, p.live, p.sent, p.seen = false, false, false, 0, 0
}

// rejected is where a process goes on that has refused a start, or finds that it need not.
func (w *walk) rejected(s *state, p *process) {
	if w.known(p).Step == tuning.Refused {
		p.at = discard
		return
	}
	w.refused(s, p)
}

// left is where a process goes on whose job was taken over. If that was refused, it deletes what it has written.
func (w *walk) left(s *state, p *process) {
	if w.gone(s) {
		w.deleteFiles(s)
	}
	w.through(s, p)
}

// refused is where a process goes on that has refused a job, or has heard that it is refused.
func (w *walk) refused(s *state, p *process) {
	if w.who <= start2 && !p.resumed && (w.known(p).State == tuning.Failed || w.known(p).Step == tuning.Refused) {
		*p = process{at: gone, told: w.jobs.answer(failed)}
		return
	}
	w.through(s, p)
}

// applyOurs does a step with the job while it is ours, and leaves it alone if it is not.
func (w *walk) applyOurs(what string, s step, done, broken change) {
	p := w.self()
	switch {
	case w.changed():
		w.next(what+": it has changed", read)
		w.fails(what+": fails", broken)
	case !p.mine:
		w.next(what+": it is somebody else's", done)
	default:
		w.apply(what, w.make(s, 0), done, broken)
	}
}

func (w *walk) prepare() {
	if w.job().Step != tuning.Preparing && !w.flaw.unchecked {
		w.next("see that it was resumed", w.left)
		return
	}
	if w.changed() {
		w.next("renew the lease: it has changed", func(s *state, p *process) {
			read(s, p)
			if !p.mine {
				w.left(s, p) // it was taken over, or has ended
			}
		})
	} else {
		w.update("renew the lease", w.make(leased, 0), true, func(*state, *process) {}, nil, func(*state, *process) {})
	}
	w.next("write the dataset", func(s *state, p *process) { s.data, p.at = true, admit })
	w.fails("see that the dataset cannot be written now", to(leave))
	w.fails("see that the dataset cannot be written", to(refuse))
}

// admit writes that the job is about to be sent. One that waits is nobody's.
func (w *walk) admit() {
	waiting := w.job().Step == tuning.Waiting
	w.update("admit it", w.make(submits, 0), true,
		func(_ *state, p *process) { p.at, p.sent = send, uint8(w.known(p).Submissions) },
		func(s *state, p *process) {
			if waiting {
				p.at = publish
				return
			}
			read(s, p)
			if !p.mine && !w.flaw.pressesOn {
				w.left(s, p)
			}
		},
		func(_ *state, p *process) {
			if p.at = wait; waiting {
				p.at = publish
			}
		})
	if !waiting {
		w.fails("not see whether it is its turn", to(wait))
	}
}

// look looks through the first pages, which need not show the job.
func (w *walk) look() {
	seen := w.from.vertex
	switch {
	case w.flaw.asksAgain:
		w.next("ask again", to(onTheWay))
	case seen != none:
		w.next("find it", func(_ *state, p *process) { p.at, p.seen = accept, seen })
		w.fails("not find it, although it is there", to(unclear))
	default:
		w.next("not find it", to(unclear))
	}
}

// conclude writes how a submission ended, unless somebody else has gone on with the job.
func (w *walk) conclude(what string, s step, done change) {
	next := w.self().job
	if job := w.job(); job.Step == tuning.Submitting && job.Submissions == int64(w.self().sent) {
		next = w.make(s, 0)
	}
	w.apply(what, next, done, w.through)
}

// arrives is what becomes of a request on its way to Vertex AI.
func (w *walk) arrives() {
	w.next("its request arrives", func(s *state, p *process) { w.create(s); p.at, p.seen = accept, pending })
	w.fails("its request arrives, the answer does not", func(s *state, p *process) { w.create(s); p.at = look })
	w.fails("its request does not arrive", to(look))
	w.fails("Vertex AI has no room", to(full))
	w.fails("Vertex AI refuses", to(refused))
}

// create makes the job on Vertex AI.
func (w *walk) create(s *state) {
	switch job := &w.jobs.all[s.record]; {
	case s.vertex != none:
		w.bad = "a second job on Vertex AI"
	case job.Finished:
		w.bad = "a job is made that has ended: " + string(job.State)
	case job.Step != tuning.Submitting:
		w.bad = "a job is made that was not to be sent: " + string(job.Step)
	case !s.data:
		w.bad = "a job is made without its dataset"
	}
	s.vertex = pending
}
