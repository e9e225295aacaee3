// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package protocoltest_test

import (
	"time"

	"github.com/vertextune/vertextune/pkg/core/tuning"
)

// start is Service.Start with a key.
func (w *walk) start() {
	switch w.self().at {
	case idle:
		w.move(move{what: "begin", begin: true}, to(lookUp))
	case lookUp:
		w.next("read the key", func(s *state, p *process) {
			switch p.at = record; {
			case s.record == 0 && s.keyHasRefusal:
				w.hearRefusal(s, p)
			case s.record != 0:
				p.at = repeat
				read(s, p)
			}
		})
	case record:
		w.record()
	case recordLost:
		w.next("find the record by its key", func(s *state, p *process) {
			read(s, p)
			p.at, p.ownsLease, p.live = prepare, true, !s.leaseExpired
		})
	case repeat:
		w.repeat()
	case answering:
		w.answering()
	}
}

func (w *walk) record() {
	if w.from.record != 0 || w.from.keyHasRefusal {
		w.next("see that the key is used", to(lookUp))
		return
	}
	first := w.jobs.make(0, recorded, 0)
	if w.flaw.commitsEarly {
		first = w.jobs.make(first, confirmed, 0)
	}
	w.next("record the start", func(s *state, p *process) { w.write(s, first, true); p.at = prepare })
	w.fails("record the start: the answer is lost", func(s *state, p *process) { w.write(s, first, true); *p = process{at: recordLost} })
	w.fails("record the start: fails", w.replyRetry)
}

// hearRefusal ends a start with its failure, after its record was deleted.
func (w *walk) hearRefusal(_ *state, p *process) {
	*p = process{at: exited, reply: w.jobs.answer(failed)}
}

func (w *walk) replyRetry(_ *state, p *process) {
	*p = process{at: exited, reply: w.jobs.answer(retryReply)}
}

// answerStart ends a start with the answer for its job.
func (w *walk) answerStart(_ *state, p *process) {
	*p = process{at: exited, reply: w.jobs.reply(p.job)}
}

// repeat gives the answer of the first start, waits for it, or resumes that start.
func (w *walk) repeat() {
	job, fresh := w.job(), w.self().fresh
	switch {
	case w.self().job == 0:
		w.next("find the refusal by its key", w.hearRefusal)
	case job.FirstAnswer != nil || job.Finished || job.Step == tuning.Refused:
		w.next("answer as before", w.answerStart)
	case !fresh:
		w.next("look again", read)
	case job.Step == tuning.Preparing && !job.Leased(now(w.from.leaseExpired)):
		w.takeOver(repeat, w.replyRetry)
	}
}

// takeOver is Service.Resume: it takes the lease of an unleased job, or refuses the job if too many
// attempts were killed.
func (w *walk) takeOver(changed point, broken change) {
	w.update("take it over", w.make(resumes, 0), true, func(s *state, p *process) {
		if p.at, p.resumed = prepare, true; w.jobOf(p).Step != tuning.Preparing {
			w.rejected(s, p)
		}
	},
		func(s *state, p *process) { read(s, p); p.at = changed }, broken)
}

// answering stores the answer, except a failure, which is stored already.
func (w *walk) answering() {
	next := w.self().job
	if next == 0 {
		w.next("find the refusal by its key", w.hearRefusal)
		return
	}
	if w.job().State != tuning.Failed && !w.flaw.keepsNothing {
		next = w.make(answered, 0)
	}
	w.apply("keep the answer", next, w.answerStart, w.replyRetry)
}

// tick is Poller.Tick, again and again.
func (w *walk) tick() {
	p := w.self()
	switch p.at {
	case idle:
		w.read()
	case resume:
		w.takeOver(publish, to(publish))
	case clean:
		w.next("delete what it has written", func(s *state, p *process) { w.deleteFiles(s); p.at = delete })
		w.fails("delete what it has written: fails", ends)
	case delete:
		if w.from.record == 0 {
			w.next("delete its record: it is gone", ends)
			return
		}
		w.next("delete its record", func(s *state, p *process) { w.deleteRecord(s); ends(s, p) })
		w.fails("delete its record: fails", ends)
	case get:
		w.next("look at it on Vertex AI", func(s *state, p *process) { p.at, p.observed = follow, s.vertex })
	case list:
		w.next("list the jobs on Vertex AI", func(s *state, p *process) {
			if p.at, p.observed = follow, s.vertex; s.vertex == none {
				p.at = lost
			}
		})
	case follow:
		w.follow()
	case lost:
		w.update("write that it never arrived", w.make(never, 0), false, func(_ *state, p *process) {
			if p.at = publish; w.jobOf(p).Step == tuning.Waiting {
				p.at = admit
			}
		}, to(publish), to(publish))
	case publish:
		w.publish()
	case note:
		w.note()
	case passOn, lookAgain, noteAgain:
		w.passOn(to(publish))
	}
}

// read begins a tick with the record, and chooses the work on the job.
func (w *walk) read() {
	job := &w.jobs.jobs[w.from.record]
	held := job.Leased(now(w.from.leaseExpired)) && !w.flaw.hasty
	at := idle
	switch {
	case w.from.record == 0 || !job.Watched:
	case job.Step == tuning.Refused && !held:
		at = clean
	case job.Step == tuning.Accepted:
		at = get
	case job.Step == tuning.Waiting:
		at = admit
	case job.Step == tuning.Submitting && !held:
		at = list
	case job.Step == tuning.Preparing && !held && !w.flaw.resumesNothing:
		at = resume
	case len(job.Unpublished()) > 0 && !held:
		at = publish
	}
	if at != idle {
		w.next("read the record", func(s *state, p *process) { read(s, p); p.at = at })
	}
}

// follow records Vertex AI's description of the job. A running job may have stalled.
func (w *walk) follow() {
	seen := w.self().observed
	possible := []step{observe}
	if job := w.jobs.jobs[w.make(observe, seen)]; w.runs && job.StalledNow(end, time.Minute) != "" {
		possible = append(possible, stall)
	}
	for _, s := range possible {
		w.applyOnce("write what is seen", w.make(s, seen), func(_ *state, p *process) {
			if p.at, p.observed = publish, 0; w.jobOf(p).CancelDue() {
				p.at = passOn
			}
		}, to(publish))
	}
}

// applyOnce writes next, if it changes the record and no other process has written.
func (w *walk) applyOnce(what string, next jobRef, done, skipped change) {
	if next == w.self().job {
		w.next(what+": there is nothing to write", done)
		return
	}
	w.update(what, next, false, done, skipped, skipped)
}

// publish publishes the unpublished events, unless the job is leased.
func (w *walk) publish() {
	job := w.job()
	if len(job.Unpublished()) == 0 || job.Leased(now(w.from.leaseExpired)) {
		w.next("publish nothing", ends)
		return
	}
	sent := func(then change) change {
		return func(s *state, p *process) {
			all := w.jobs.jobs[s.record].Events
			switch {
			case len(job.Events) > len(all) || !sameEvents(job.Events, all[:len(job.Events)]):
				w.bad = "something is published that is not recorded"
			case job.Published > int64(s.topic):
				w.bad = "an event is published before an earlier one"
			}
			s.topic = max(s.topic, uint8(len(job.Events)))
			then(s, p)
		}
	}
	w.next("publish it", sent(to(note)))
	w.fails("publish it: the answer is lost", sent(ends))
	w.fails("publish it: fails", ends)
}

// note is Store.MarkPublished, which has no condition.
func (w *walk) note() {
	n, s := uint8(len(w.job().Events)), published
	if w.job().Finished {
		s = publishedAll
	}
	w.next("mark as published", func(to *state, p *process) { w.write(to, w.jobs.make(to.record, s, n), false); ends(to, p) })
	w.fails("mark as published: fails", ends)
}

// cancel is Service.Cancel, by a caller who has seen the job.
func (w *walk) cancel() {
	switch w.self().at {
	case idle:
		if w.from.record != 0 && !w.jobs.jobs[w.from.record].Tentative {
			w.move(move{what: "begin", begin: true}, func(s *state, p *process) { read(s, p); p.at = wish })
		}
	case wish:
		w.apply("write the wish", w.make(cancel, 0), func(s *state, p *process) {
			if w.jobOf(p).CancelDue() {
				p.at = passOn
				return
			}
			*p = process{at: exited}
		}, to(exited))
	case passOn, lookAgain, noteAgain:
		w.passOn(func(_ *state, p *process) { *p = process{at: exited} })
	}
}

// passOn forwards the cancellation to Vertex AI, and records the result.
func (w *walk) passOn(done change) {
	switch w.self().at {
	case passOn:
		w.next("cancel it on Vertex AI", func(s *state, p *process) {
			if p.at = lookAgain; s.vertex == pending || s.vertex == running {
				s.vertex = cancelling
			}
		})
		w.fails("cancel it on Vertex AI: fails", done)
	case lookAgain:
		w.next("look what has become of it", func(s *state, p *process) { p.at, p.observed = noteAgain, s.vertex })
	case noteAgain:
		w.apply("write what has become of it", w.make(observe, w.self().observed), done, done)
	}
}
