// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

// state is the position in the container where a block starts or ends.
type state uint8

const (
	betweenValues state = iota // between lines, or between values one after the other
	firstElement               // after the opening bracket of an array
	nextElement                // after a comma
	afterElement               // after an element: a comma or the end of the array follows
	afterArray                 // after the closing bracket
)

// block is a part of the text with the results of checking it.
type block struct {
	buf       []byte
	base      int64 // offset of buf in the text
	final     bool  // the text ends with buf
	state     state // at the start of buf, and later at the end of the processed part
	limit     int   // how much of buf to process at a time; 0 means all of it
	bytesRead int64 // bytes read from the reader, up to and including this block

	stoppedAtLimit bool  // processing stopped at the limit before the end of buf
	endless        bool  // the rest starts a long record that is nested too deeply
	used           int   // processed bytes of buf; the rest starts a record
	lines          int64 // line ends in the processed bytes
	records        int64
	examples       []example
	out            []byte // the lines of the examples
	log            faultLog
	leftOut        map[Outcome]int64
}

// example is one line of a block's output. merge decides whether the line is written, because the
// decision depends on everything before it.
type example struct {
	size
	end       int     // the end of its line in out
	at, to    int     // the start and the end of its record in buf
	record    int64   // the number of its record in the block
	hash      uint64  // the hash of its line
	nearEmpty bool    // an answer in it has no letter and no digit
	paired    bool    // it was made from a message record
	pair      pairKey // only for message records
	user      bool    // the message record has the role user
}

// leaveOut counts a record that makes no example.
func (b *block) leaveOut(why Outcome) {
	if b.leftOut == nil {
		b.leftOut = make(map[Outcome]int64)
	}
	b.leftOut[why]++
}

// reset prepares the block for the text in buf.
func (b *block) reset(buf []byte, base int64, final bool, from state) {
	b.buf, b.base, b.final, b.state = buf, base, final, from
	b.used, b.lines, b.records = 0, 0, 0
	b.stoppedAtLimit, b.endless = false, false
	b.examples, b.out = b.examples[:0], b.out[:0]
	const maxInitial = 1 << 20 // a block that one long record has made large may have little output
	if n := min(len(buf), maxInitial); cap(b.out) < n {
		b.out = make([]byte, 0, n+n/4) // the output is rarely larger
	}
	b.log.reset(buf, base)
	clear(b.leftOut)
}
