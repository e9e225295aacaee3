// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
	"sync"
)

// job is a block that one worker reads and deals with.
type job struct {
	block
	text []byte // the memory of the block
	done bool   // and not merged
}

// crew deals with blocks on several processors. Each worker reads a block, checks
// it, and merges what is next in the order of the file, if nobody else does: the
// text stays in the cache of one processor, and nobody is woken to go on with
// what another one has begun.
//
// Blocks are cut where a record seems to start. Whether one did is known when the
// block before is done, since a worker ends exactly where its last record does;
// if not, what was done too early is thrown away.
type crew struct {
	e      *engine
	starts [][]byte // how records start, if lines do not tell

	reading sync.Mutex // guards the source, and
	carry   []byte     // what is read, but in no block yet
	base    int64      // offset of carry
	state   state      // at the start of carry
	ended   bool       // there is no more to read, or no place to cut it

	mu      sync.Mutex // guards
	queue   []*job     // what is read, and not merged, in the order of the file
	merging bool
	stopped bool      // by an error, or at queue[0], which does not end where the next one starts
	err     error     // of reading or writing
	room    int       // how many blocks there may be beside those that are there
	free    []*job    // memory for blocks, used last
	freed   sync.Cond // a block was, or the work stopped
}

// blocksEach is how many blocks there are for each worker: one that it deals with,
// and one that waits for those before it.
const blocksEach = 2

// parallel deals with the text from left.text on, and returns what is left for
// one worker: nothing much, unless the text cannot be cut.
func (e *engine) parallel(left remainder, starts [][]byte) (remainder, error) {
	workers := e.opt.Workers
	c := &crew{
		e: e, starts: starts, room: blocksEach * workers,
		carry: bytes.Clone(left.text), base: left.base, state: left.state,
	}
	c.freed.L = &c.mu
	var running sync.WaitGroup
	for range workers - 1 {
		running.Go(c.work)
	}
	c.work()
	running.Wait()
	if c.stopped {
		return c.giveBack(), c.err
	}
	return remainder{c.carry, c.base, c.state}, c.err
}

// work is what each worker does.
func (c *crew) work() {
	wk := &worker{layout: &c.e.layout, templates: templates{all: slices.Clone(c.e.worker.templates.all)}}
	for {
		j, err := c.read()
		if err != nil {
			c.mu.Lock()
			c.stop(err)
			c.mu.Unlock()
		}
		if j == nil {
			return
		}
		wk.run(&j.block)
		c.merge(j)
	}
}

// read returns the next block, or nil if there is none, or no place to cut it.
func (c *crew) read() (*job, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.ended || len(c.carry) >= c.e.opt.blockBytes {
		return nil, nil
	}
	j := c.memory()
	if j == nil {
		return nil, nil
	}
	kept := copy(j.text, c.carry)
	n, eof, err := c.e.src.fill(j.text[kept:])
	if err != nil && !c.e.corrupt(err) {
		c.ended = true
		return nil, err
	}
	text := j.text[:kept+n]
	cut := len(text)
	if !eof {
		cut = c.cut(text)
	}
	c.carry = append(c.carry[:0], text[cut:]...)
	c.ended = eof || cut == 0
	if cut == 0 {
		return nil, nil
	}
	j.reset(text[:cut], c.base, eof, c.state)
	j.taken, j.done = c.e.src.raw.n, false
	c.base += int64(cut)
	c.state = c.between()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, j)
	return j, nil
}

// memory returns a block to read into, the one that was used last if it can: that
// is the one most likely in the cache. It returns nil when the work has stopped.
func (c *crew) memory() *job {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.free) == 0 && c.room == 0 && !c.stopped {
		c.freed.Wait()
	}
	switch n := len(c.free); {
	case c.stopped:
		return nil
	case n > 0:
		j := c.free[n-1]
		c.free = c.free[:n-1]
		return j
	}
	c.room--
	return &job{text: make([]byte, c.e.opt.blockBytes, c.e.opt.blockBytes+slackBytes)}
}

// merge notes that a block is done, and merges all that can be, unless another
// worker is about to.
func (c *crew) merge(j *job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j.done = true
	if c.merging {
		return
	}
	c.merging = true
	for !c.stopped && len(c.queue) > 0 && c.queue[0].done {
		first := c.queue[0]
		c.mu.Unlock()
		err := c.e.merge(&first.block)
		c.mu.Lock()
		if err != nil || first.used < len(first.buf) || first.state != c.between() {
			c.stop(err)
			break
		}
		c.queue = slices.Delete(c.queue, 0, 1)
		c.free = append(c.free, first)
		c.freed.Signal() // at most one worker waits, the one that reads
	}
	c.merging = false
}

// stop lets the workers end. No error may be lost, even if the work has stopped
// without one: a source that failed looks like one that ended. The caller holds
// c.mu.
func (c *crew) stop(err error) {
	c.stopped = true
	if c.err == nil {
		c.err = err
	}
	c.freed.Signal()
}

// between returns the state between two records.
func (c *crew) between() state {
	if c.e.layout.container == ContainerArray || c.e.layout.container == ContainerDataObject {
		return nextElement
	}
	return betweenValues
}

// cut returns where text can be cut before its last record, or 0 if it cannot.
func (c *crew) cut(text []byte) int {
	if c.e.layout.container == ContainerLines {
		return bytes.LastIndexByte(text, c.e.layout.newline) + 1
	}
	// The last record is mostly short, so this looks at little of the text.
	cut := bytes.LastIndexByte(text, '{')
	for cut > 0 && !slices.ContainsFunc(c.starts, func(start []byte) bool { return bytes.HasPrefix(text[cut:], start) }) {
		cut = bytes.LastIndexByte(text[:cut], '{')
	}
	// What is between the two records belongs to the second, as its indent.
	return len(bytes.TrimRight(text[:max(cut, 0)], " \t\r\n"))
}

// giveBack returns what the first block in the queue has left, and all text that
// was read behind it.
func (c *crew) giveBack() remainder {
	if c.err != nil {
		return remainder{}
	}
	first := c.queue[0]
	left := remainder{bytes.Clone(first.buf[first.used:]), first.base + int64(first.used), first.state}
	for _, j := range c.queue[1:] {
		left.text = append(left.text, j.buf...)
	}
	left.text = append(left.text, c.carry...)
	return left
}

// recordStarts returns how the records of a block start: with a brace and a name.
func recordStarts(b *block) [][]byte {
	const most = 4
	var starts [][]byte
	for _, x := range b.examples {
		name := skipSpace(b.buf, x.at+1)
		start := b.buf[x.at:skipString(b.buf, name)]
		if !slices.ContainsFunc(starts, func(s []byte) bool { return bytes.Equal(s, start) }) {
			starts = append(starts, bytes.Clone(start))
		}
		if len(starts) == most {
			break
		}
	}
	return starts
}
