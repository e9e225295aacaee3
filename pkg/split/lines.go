// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package split

// lines remembers hashes of lines with the number of the first line that has each, in memory that stops growing.
type lines struct {
	hashes  []uint64 // a power of two of them; 0 is free
	numbers []uint32
	n       int64
}

// maxSlots bounds it to 24 MiB, enough for some 1,800,000 different lines.
const maxSlots = 1 << 21

// add remembers a line if it is the first with its hash and there is room.
func (l *lines) add(hash uint64, number int64) {
	if 4*(l.n+1) > 3*int64(len(l.hashes)) && len(l.hashes) < maxSlots {
		l.grow()
	}
	hash = max(hash, 1) // 0 marks a free slot
	if i := l.slot(hash); l.hashes[i] == 0 && 8*(l.n+1) <= 7*int64(len(l.hashes)) {
		l.hashes[i], l.numbers[i] = hash, uint32(number)
		l.n++
	}
}

// find returns the number of the first line with the hash.
func (l *lines) find(hash uint64) (number int64, ok bool) {
	if len(l.hashes) == 0 {
		return 0, false
	}
	hash = max(hash, 1)
	i := l.slot(hash)
	return int64(l.numbers[i]), l.hashes[i] == hash
}

// slot returns where a hash is or belongs.
func (l *lines) slot(hash uint64) uint64 {
	mask := uint64(len(l.hashes) - 1)
	i := hash & mask
	for l.hashes[i] != 0 && l.hashes[i] != hash {
		i = (i + 1) & mask
	}
	return i
}

func (l *lines) grow() {
	hashes, numbers := l.hashes, l.numbers
	size := max(1024, 2*len(hashes))
	l.hashes, l.numbers = make([]uint64, size), make([]uint32, size)
	for i, hash := range hashes {
		if hash != 0 {
			at := l.slot(hash)
			l.hashes[at], l.numbers[at] = hash, numbers[i]
		}
	}
}
