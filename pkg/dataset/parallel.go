// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"bytes"
	"slices"
	"sync"
)

// job is a block that a worker deals with while others are read.
type job struct {
	block
	text []byte // the memory of the block
	done chan struct{}
}

// crew deals with blocks on several processors. Blocks are cut where a record
// seems to start. Whether one did is known when the block before is done, since
// a worker ends exactly where its last record does; if not, what was done too
// early is thrown away.
type crew struct {
	e      *engine
	starts [][]byte // how records start, if lines do not tell
	jobs   chan *job
	queue  []*job // in the order of the file
	free   []*job
	carry  []byte // read, but in no block yet
	base   int64  // offset of carry
	state  state  // at the start of carry
	eof    bool
}

// parallel deals with the text from left.text on, and returns what is left for
// one worker: nothing much, unless the text cannot be cut.
func (e *engine) parallel(left remainder, starts [][]byte) (remainder, error) {
	workers := e.opt.Workers
	c := &crew{
		e: e, starts: starts, jobs: make(chan *job, 2*workers),
		carry: bytes.Clone(left.text), base: left.base, state: left.state,
	}
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			wk := &worker{layout: &e.layout}
			for j := range c.jobs {
				wk.run(&j.block)
				j.done <- struct{}{}
			}
		})
	}
	defer running.Wait()
	defer close(c.jobs)
	for {
		more := true
		for more && len(c.queue) < 2*workers {
			var err error
			if more, err = c.read(); err != nil {
				return left, err
			}
		}
		if len(c.queue) == 0 {
			return remainder{c.carry, c.base, c.state}, nil
		}
		j := c.queue[0]
		<-j.done
		if err := e.merge(&j.block); err != nil {
			return left, err
		}
		if j.used < len(j.buf) || j.state != c.between() {
			return c.giveBack(), nil
		}
		c.queue = c.queue[1:]
		c.free = append(c.free, j)
	}
}

// between returns the state between two records.
func (c *crew) between() state {
	if c.e.layout.container == ContainerArray || c.e.layout.container == ContainerDataObject {
		return nextElement
	}
	return betweenValues
}

// read hands the next block to the workers. It returns false if there is none, or
// no place to cut it.
func (c *crew) read() (bool, error) {
	if c.eof || len(c.carry) >= c.e.opt.blockBytes {
		return false, nil
	}
	j := &job{done: make(chan struct{}, 1)}
	if n := len(c.free); n > 0 {
		j, c.free = c.free[n-1], c.free[:n-1]
	} else {
		j.text = make([]byte, c.e.opt.blockBytes)
	}
	kept := copy(j.text, c.carry)
	n, eof, err := c.e.src.fill(j.text[kept:])
	if err != nil && !c.e.corrupt(err) {
		return false, err
	}
	text := j.text[:kept+n]
	c.eof = eof
	cut := len(text)
	if !eof {
		cut = c.cut(text)
	}
	c.carry = append(c.carry[:0], text[cut:]...)
	if cut == 0 {
		return false, nil
	}
	j.reset(text[:cut], c.base, eof, c.state)
	c.base += int64(cut)
	c.state = c.between()
	c.queue = append(c.queue, j)
	c.jobs <- j
	return !eof, nil
}

// cut returns where text can be cut before its last record, or 0 if it cannot.
func (c *crew) cut(text []byte) int {
	if c.e.layout.container == ContainerLines {
		return bytes.LastIndexByte(text, c.e.layout.newline) + 1
	}
	cut := 0
	for _, start := range c.starts {
		cut = max(cut, bytes.LastIndex(text, start))
	}
	// What is between the two records belongs to the second, as its indent.
	return len(bytes.TrimRight(text[:cut], " \t\r\n"))
}

// giveBack returns what the first block in the queue has left, and all text that
// was read behind it.
func (c *crew) giveBack() remainder {
	first := c.queue[0]
	left := remainder{bytes.Clone(first.buf[first.used:]), first.base + int64(first.used), first.state}
	for _, j := range c.queue[1:] {
		<-j.done
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
