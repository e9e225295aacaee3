// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package strictjson

import (
	"encoding/binary"
	"math/bits"
)

// EscapeOverhead returns how many bytes fewer the inside of a string would have
// if each of its escapes were one byte. Text is that inside, as it is written.
func (n *Node) EscapeOverhead(text []byte) int {
	if n.over < overMany {
		return int(n.over)
	}
	over := 0
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' {
			continue
		}
		start := i
		i++
		if unit, ok := hexUnit(text[start:]); ok {
			if i += 4; 0xD800 <= unit && unit < 0xDC00 {
				i += 6 // the other half
			}
		}
		over += i - start
	}
	return over
}

// CountWide counts the characters of valid UTF-8 that have two, three and four
// bytes.
func CountWide(text []byte) (two, three, four int) {
	if n := len(text) &^ 31; n > 0 && hasVectors {
		two, three, four = countVectors(&text[0], n)
		text = text[n:]
	}
	a, b, c := countPortable(text)
	return two + a, three + b, four + c
}

func countPortable(text []byte) (two, three, four int) {
	const high = 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		w := binary.LittleEndian.Uint64(text)
		leads := w & high & (w << 1)
		if leads == 0 {
			continue
		}
		long := leads & (w << 2)
		longest := long & (w << 3)
		n3, n4 := bits.OnesCount64(long), bits.OnesCount64(longest)
		two += bits.OnesCount64(leads) - n3
		three += n3 - n4
		four += n4
	}
	for _, c := range text {
		switch {
		case c >= 0xF0:
			four++
		case c >= 0xE0:
			three++
		case c >= 0xC0:
			two++
		}
	}
	return two, three, four
}
