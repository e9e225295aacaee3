// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

//go:build amd64 && !purego

package strictjson

import "golang.org/x/sys/cpu"

//lint:file-ignore U1000 the assembly reads and writes all fields

// hasVectors reports whether the processor has the instructions that scanBlocks needs.
var hasVectors = cpu.X86.HasAVX2 && cpu.X86.HasBMI1 && cpu.X86.HasPCLMULQDQ && cpu.X86.HasPOPCNT

// vectorState is the state that scanBlocks passes from one block to the next. The assembly depends
// on its layout.
type vectorState struct {
	inString uint64   // all ones inside a string
	escaped  uint64   // 1 if the next byte is escaped
	inScalar uint64   // 1 if the next byte continues a scalar
	control  uint64   // not zero after a control character in a string
	previous [32]byte // the last bytes
	invalid  [32]byte // not zero after invalid UTF-8
}

// scanBlocks writes the entries of blocks of 64 bytes to out and returns their number. It may also
// write up to seven meaningless values after them.
//
//go:noescape
func scanBlocks(p *byte, blocks int, base uint32, out *uint32, s *vectorState) (n int)

const blockSize = 64

// scanVectors indexes buf[from:to] like scanPortable. Only the end of buf may be in the middle of a
// block.
func (x *index) scanVectors(from, to int) (clean bool) {
	if cap(x.entries) < windowBytes+blockSize {
		x.entries = make([]uint32, 0, windowBytes+blockSize)
	}
	out := x.entries[:cap(x.entries)]
	n := 0
	if blocks := (to - from) / blockSize; blocks > 0 {
		n = scanBlocks(&x.buf[from], blocks, uint32(from), &out[0], &x.vectors)
		from += blocks * blockSize
	}
	if from < to {
		var last [blockSize]byte
		for i := copy(last[:], x.buf[from:to]); i < blockSize; i++ {
			last[i] = ' '
		}
		n += scanBlocks(&last[0], 1, uint32(from), &out[n], &x.vectors)
	}
	x.entries = out[:n]
	return x.vectors.control == 0 && x.vectors.invalid == [32]byte{}
}
