// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package protocoltest_test

import "github.com/vertextune/vertextune/pkg/core/tuning"

// point is the place of a process in its program, between two accesses to shared things. Its name
// is the next access.
type point uint8

const ( //nolint:revive // a step is called delete
	idle   point = iota
	exited       // the process has ended, or crashed

	// These are the points of Service.Start.
	lookUp     // look up the key
	record     // record the start
	recordLost // it is unknown whether the start is recorded
	repeat     // wait for the answer of the first start, or resume it
	answering  // store the answer

	// These are the points of Service.prepareAndSubmit, advance and submit, in starts and pollers.
	prepare  // hold the lease while the dataset is written
	leave    // leave the job to the next process
	refuse   // refuse the job
	discard  // delete the files of the refused job
	admit    // record that the job is about to be submitted
	wait     // record that the job waits
	send     // send the request to Vertex AI
	onTheWay // the request to Vertex AI was sent
	look     // search for a job whose create was not answered
	accept   // record that Vertex AI has the job
	full     // record that Vertex AI has no room
	unclear  // record that it is not clear whether the request arrived
	refused  // record that Vertex AI has refused the job

	// These are the points of Poller.Tick.
	resume  // take over a start whose lease has expired
	clean   // delete the files of a refused start
	delete  //nolint:gocritic,predeclared // delete the record of a refused start
	get     // read the job from Vertex AI
	list    // look for the job in the list of Vertex AI
	follow  // record what was read from Vertex AI
	lost    // record that the request never arrived
	publish // publish the events
	note    // record that the events were published

	// These are the points of Service.Cancel and ForwardCancel.
	wish      // record that the job is to be cancelled
	passOn    // cancel the job on Vertex AI
	lookAgain // read the job from Vertex AI
	noteAgain // record what was read from Vertex AI
)

// work emits the moves of a process on a job that it has leased. It reports whether the process is
// at one of these points.
func (w *walk) work() bool {
	p := w.self()
	switch p.at {
	case prepare:
		w.prepare()
	case leave:
		w.applyOurs("leave it to the next process", unleased, w.through, w.through)
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
		w.apply("write its name", w.make(observe, p.observed), w.through, func(s *state, p *process) {
			if w.flaw.publishesUnwritten {
				p.job = w.jobs.make(p.job, observe, p.observed)
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

// through continues a process that has finished its work on a job.
func (w *walk) through(_ *state, p *process) {
	switch {
	case w.who >= poller1 && p.resumed && w.jobOf(p).Step == tuning.Waiting:
		p.at = admit
	case w.who >= poller1:
		p.at = publish
	case p.resumed:
		p.at = repeat
	default:
		p.at = answering
	}
	p.resumed, p.ownsLease, p.live, p.sent, p.observed = false, false, false, 0, 0
}

// rejected continues a process that has refused the job, or finds it refused. If the start itself
// was refused, the process deletes the files of the job first.
func (w *walk) rejected(s *state, p *process) {
	if w.jobOf(p).Step == tuning.Refused {
		p.at = discard
		return
	}
	w.refused(s, p)
}

// afterTakeover continues a process whose job was taken over. If the job was refused, the process
// deletes the files that it has written.
func (w *walk) afterTakeover(s *state, p *process) {
	if w.hasNoJob(s) {
		w.deleteFiles(s)
	}
	w.through(s, p)
}

// refused ends a start whose own job was refused or has failed. It continues any other process.
func (w *walk) refused(s *state, p *process) {
	if w.who <= start2 && !p.resumed && (w.jobOf(p).State == tuning.Failed || w.jobOf(p).Step == tuning.Refused) {
		*p = process{at: exited, reply: w.jobs.answer(failed)}
		return
	}
	w.through(s, p)
}

// applyOurs applies a step to the job if the process still owns the lease.
func (w *walk) applyOurs(what string, s step, done, broken change) {
	p := w.self()
	switch {
	case w.changed():
		w.next(what+": it has changed", read)
		w.fails(what+": fails", broken)
	case !p.ownsLease:
		w.next(what+": another process has the lease", done)
	default:
		w.apply(what, w.make(s, 0), done, broken)
	}
}

func (w *walk) prepare() {
	if w.job().Step != tuning.Preparing && !w.flaw.unchecked {
		w.next("see that it was resumed", w.afterTakeover)
		return
	}
	if w.changed() {
		w.next("renew the lease: it has changed", func(s *state, p *process) {
			read(s, p)
			if !p.ownsLease {
				w.afterTakeover(s, p) // the job was taken over, or has ended
			}
		})
	} else {
		w.update("renew the lease", w.make(leased, 0), true, func(*state, *process) {}, nil, func(*state, *process) {})
	}
	w.next("write the dataset", func(s *state, p *process) { s.data, p.at = true, admit })
	w.fails("see that the dataset cannot be written now", to(leave))
	w.fails("see that the dataset cannot be written", to(refuse))
}

// admit records that the job is about to be submitted. A queued job has no lease.
func (w *walk) admit() {
	waiting := w.job().Step == tuning.Waiting
	w.update("admit it", w.make(submits, 0), true,
		func(_ *state, p *process) { p.at, p.sent = send, uint8(w.jobOf(p).Submissions) },
		func(s *state, p *process) {
			if waiting {
				p.at = publish
				return
			}
			read(s, p)
			if !p.ownsLease && !w.flaw.pressesOn {
				w.afterTakeover(s, p)
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

// look searches the first pages of Vertex AI's list of jobs. The job may be on a later page.
func (w *walk) look() {
	seen := w.from.vertex
	switch {
	case w.flaw.asksAgain:
		w.next("ask again", to(onTheWay))
	case seen != none:
		w.next("find it", func(_ *state, p *process) { p.at, p.observed = accept, seen })
		w.fails("not find it, although it exists", to(unclear))
	default:
		w.next("not find it", to(unclear))
	}
}

// conclude records the result of a submission, unless another process has continued the job.
func (w *walk) conclude(what string, s step, done change) {
	next := w.self().job
	if job := w.job(); job.Step == tuning.Submitting && job.Submissions == int64(w.self().sent) {
		next = w.make(s, 0)
	}
	w.apply(what, next, done, w.through)
}

// arrives emits what may happen to a sent request.
func (w *walk) arrives() {
	w.next("its request arrives", func(s *state, p *process) { w.create(s); p.at, p.observed = accept, pending })
	w.fails("its request arrives, the answer does not", func(s *state, p *process) { w.create(s); p.at = look })
	w.fails("its request does not arrive", to(look))
	w.fails("Vertex AI has no room", to(full))
	w.fails("Vertex AI refuses", to(refused))
}

// create creates the job on Vertex AI.
func (w *walk) create(s *state) {
	switch job := &w.jobs.jobs[s.record]; {
	case s.vertex != none:
		w.bad = "a second job on Vertex AI"
	case job.Finished:
		w.bad = "a job is made that has ended: " + string(job.State)
	case job.Step != tuning.Submitting:
		w.bad = "a job is made that must not be submitted: " + string(job.Step)
	case !s.data:
		w.bad = "a job is made without its dataset"
	}
	s.vertex = pending
}
