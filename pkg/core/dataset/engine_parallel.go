// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
	"sync"
)

// job is a block that one worker reads and processes.
type job struct {
	block
	text []byte // the buffer of the block
	done bool   // processed, but not merged
}

// blockPool processes blocks on several processors. Each worker reads a block, checks it, and
// merges the next blocks in the order of the file, if no other worker is merging. So the text stays
// in the cache of one processor, and no worker has to be woken to continue the work of another one.
//
// Blocks are cut where a record seems to start. A worker ends exactly where its last record ends,
// so it is known whether the cut was right when the block before it is processed. If it was wrong,
// the results after it are discarded.
type blockPool struct {
	e      *engine
	starts [][]byte // how records start, if lines do not show it

	reading sync.Mutex // guards the source and the following fields
	carry   []byte     // text that was read but is in no block yet
	base    int64      // the offset of carry
	state   state      // the state at the start of carry
	ended   bool       // the source has ended, or the text cannot be cut

	mu         sync.Mutex // guards the following fields
	queue      []*job     // blocks that are not merged, in the order of the file
	merging    bool
	stopped    bool      // by an error, or because queue[0] does not end where the next block starts
	err        error     // the error of reading or writing
	maxNewJobs int       // how many more blocks may be allocated
	freeJobs   []*job    // buffers for blocks; the last one was used last
	freed      sync.Cond // signals that a block was freed or that the work has stopped
}

// blocksEach is how many blocks there are for each worker: one that it processes, and one that
// waits for the blocks before it.
const blocksEach = 2

// parallel processes the text that starts with left.text. It returns the rest for one worker, which
// is little unless the text cannot be cut.
func (e *engine) parallel(left remainder, starts [][]byte) (remainder, error) {
	workers := e.opt.Workers
	c := &blockPool{
		e: e, starts: starts, maxNewJobs: blocksEach * workers,
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
		return c.unprocessed(), c.err
	}
	return remainder{c.carry, c.base, c.state}, c.err
}

// work is the loop of each worker.
func (c *blockPool) work() {
	wk := &worker{info: &c.e.info, templates: templates{all: slices.Clone(c.e.worker.templates.all)}}
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

// read returns the next block, or nil if there is none or the text cannot be cut.
func (c *blockPool) read() (*job, error) {
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
		cut = c.cutPoint(text)
	}
	c.carry = append(c.carry[:0], text[cut:]...)
	c.ended = eof || cut == 0
	if cut == 0 {
		return nil, nil
	}
	j.reset(text[:cut], c.base, eof, c.state)
	j.bytesRead, j.done = c.e.src.raw.n, false
	c.base += int64(cut)
	c.state = c.stateBetween()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, j)
	return j, nil
}

// memory returns a block to read into. It prefers the block that was used last, which is most
// likely still in the cache. It returns nil when the work has stopped.
func (c *blockPool) memory() *job {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.freeJobs) == 0 && c.maxNewJobs == 0 && !c.stopped {
		c.freed.Wait()
	}
	switch n := len(c.freeJobs); {
	case c.stopped:
		return nil
	case n > 0:
		j := c.freeJobs[n-1]
		c.freeJobs = c.freeJobs[:n-1]
		return j
	}
	c.maxNewJobs--
	return &job{text: make([]byte, c.e.opt.blockBytes, c.e.opt.blockBytes+slackBytes)}
}

// merge marks a block as done and merges all blocks that can be merged, unless another worker is
// merging.
func (c *blockPool) merge(j *job) {
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
		if err != nil || first.used < len(first.buf) || first.state != c.stateBetween() {
			c.stop(err)
			break
		}
		c.queue = slices.Delete(c.queue, 0, 1)
		c.freeJobs = append(c.freeJobs, first)
		c.freed.Signal() // at most one worker waits: the one that reads
	}
	c.merging = false
}

// stop makes the workers end. It keeps the first error, even if the work has already stopped
// without one: a source that failed looks like a source that ended. The caller holds c.mu.
func (c *blockPool) stop(err error) {
	c.stopped = true
	if c.err == nil {
		c.err = err
	}
	c.freed.Signal()
}

// stateBetween returns the state between two records.
func (c *blockPool) stateBetween() state {
	if c.e.info.container == ContainerArray || c.e.info.container == ContainerDataObject {
		return nextElement
	}
	return betweenValues
}

// cutPoint returns where text can be cut before its last record, or 0 if it cannot be cut.
func (c *blockPool) cutPoint(text []byte) int {
	if c.e.info.container == ContainerLines {
		return bytes.LastIndexByte(text, c.e.info.newline) + 1
	}
	// The last record is usually short, so the search reads little of the text.
	cut := bytes.LastIndexByte(text, '{')
	for cut > 0 && !slices.ContainsFunc(c.starts, func(start []byte) bool { return bytes.HasPrefix(text[cut:], start) }) {
		cut = bytes.LastIndexByte(text[:cut], '{')
	}
	// The white space between the two records stays with the second one, as its indentation.
	return len(bytes.TrimRight(text[:max(cut, 0)], " \t\r\n"))
}

// unprocessed returns the unprocessed text of the first block in the queue, and all text that was
// read after it.
func (c *blockPool) unprocessed() remainder {
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
	const maxStarts = 4
	var starts [][]byte
	for _, x := range b.examples {
		name := skipSpace(b.buf, x.at+1)
		start := b.buf[x.at:skipString(b.buf, name)]
		if !slices.ContainsFunc(starts, func(s []byte) bool { return bytes.Equal(s, start) }) {
			starts = append(starts, bytes.Clone(start))
		}
		if len(starts) == maxStarts {
			break
		}
	}
	return starts
}
