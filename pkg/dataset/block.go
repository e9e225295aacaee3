// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

// state says where in its container a block starts or ends.
type state uint8

const (
	betweenValues state = iota // of lines, or of values one after the other
	firstElement               // behind the opening bracket of an array
	nextElement                // behind a comma
	afterElement               // behind an element: a comma or the end
	afterArray                 // behind the closing bracket
)

// block is a piece of the text, and what was found in it.
type block struct {
	buf   []byte
	base  int64 // offset of buf in the text
	final bool  // the text ends with buf
	state state // before and after
	limit int   // how much of buf to deal with at a time; 0 is all of it
	taken int64 // from the reader, up to and with this block

	more     bool  // the limit was reached, and there is more
	endless  bool  // the rest starts a record that is nested too deeply, and long
	used     int   // bytes of buf that are dealt with; the rest starts a record
	lines    int64 // line ends among them
	records  int64
	examples []example
	out      []byte // their lines
	log      faultLog
	leftOut  map[Outcome]int64
}

// example is one line of a block's output. Whether it is written at all is
// decided when everything before it is known.
type example struct {
	size
	end    int     // of its line in out
	at     int     // of its record in buf
	record int64   // its number in the block
	hash   uint64  // of its line
	muted  bool    // an answer in it says next to nothing
	paired bool    // it came of a message record
	pair   pairKey // of message records
	user   bool    // the message record came from the user's side
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
	b.more, b.endless = false, false
	b.examples, b.out = b.examples[:0], b.out[:0]
	const most = 1 << 20 // of a block that one long record has made large, little may be left
	if n := min(len(buf), most); cap(b.out) < n {
		b.out = make([]byte, 0, n+n/4) // hardly ever is it more
	}
	b.log.reset(buf, base)
	clear(b.leftOut)
}
