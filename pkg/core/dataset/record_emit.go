// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"slices"

	"github.com/vertextune/vertextune/pkg/core/strictjson"
)

// edit replaces the text of one string node in the output.
type edit struct {
	node int
	text string // with its quotes
}

// replace makes the output contain the given text instead of a node.
func (r *record) replace(node int, text string) {
	r.edits = append(r.edits, edit{node, text})
}

// appendRoot appends the record without white space and with its edits.
func (r *record) appendRoot(dst []byte) []byte {
	if r.dense && len(r.edits) == 0 {
		return append(dst, r.raw(root)...)
	}
	slices.SortFunc(r.edits, func(a, b edit) int { return a.node - b.node })
	dst, _ = r.appendValue(dst, root, r.edits)
	return dst
}

// appendPlain appends one value without white space.
func (r *record) appendPlain(dst []byte, n int) []byte {
	dst, _ = r.appendValue(dst, n, nil)
	return dst
}

// appendValue appends a value without white space. edits are the edits at n and after it; it
// returns the edits after the value.
func (r *record) appendValue(dst []byte, n int, edits []edit) ([]byte, []edit) {
	node := &r.nodes[n]
	opening, closing := byte('['), byte(']')
	switch node.Kind {
	case strictjson.Array:
	case strictjson.Object:
		opening, closing = '{', '}'
	default:
		if len(edits) > 0 && edits[0].node == n {
			return append(dst, edits[0].text...), edits[1:]
		}
		return append(dst, r.buf[node.Start:node.End]...), edits
	}
	dst = append(dst, opening)
	for i := n + 1; i < int(node.Next); i = r.next(i) {
		if i > n+1 {
			dst = append(dst, ',')
		}
		if node.Kind == strictjson.Object {
			dst, edits = r.appendValue(dst, i, edits)
			dst = append(dst, ':')
			i++
		}
		dst, edits = r.appendValue(dst, i, edits)
	}
	return append(dst, closing), edits
}
