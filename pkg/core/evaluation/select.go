// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package evaluation

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"errors"
	"fmt"
	"io"
	"slices"
)

// DefaultExamples is how many examples are selected if the caller does not say.
const DefaultExamples = 200

const (
	maxLineBytes = 1 << 20  // a longer line is skipped
	maxHeldBytes = 64 << 20 // fewer examples are selected if their lines are larger together
)

// Selection is a sample of a dataset.
type Selection struct {
	Examples []Example        `json:"examples"` // in the order of the dataset
	Lines    int64            `json:"lines"`    // of the dataset, without blank ones
	Skipped  map[string]int64 `json:"skipped,omitempty"`
}

// Selector selects examples out of a stream of lines. Every line gets a number, which is a hash of
// its content, and the lines with the smallest numbers are selected. So the same lines give the
// same examples in any order, and a line that occurs twice is selected once. Memory is bounded: by
// the number of examples, and by 64 MiB of their lines.
type Selector struct {
	n               int
	maxBytes        int
	candidates      candidates
	candidateHashes map[string]bool // the hashes of the candidates
	heldBytes       int
	limit           string // lines with this hash or a larger one are not selected; "" is no limit
	line            int64  // number of the last line
	selection       Selection
}

// candidate is an example that is selected so far.
type candidate struct {
	example Example
	hash    string
	bytes   int
}

// NewSelector returns a selector of at most n examples. 0 means DefaultExamples.
func NewSelector(n int) *Selector {
	if n <= 0 {
		n = DefaultExamples
	}
	return &Selector{n: n, maxBytes: maxHeldBytes, candidateHashes: map[string]bool{}, selection: Selection{Skipped: map[string]int64{}}}
}

// Add adds the next line. The selector does not keep the slice.
func (s *Selector) Add(text []byte) {
	s.line++
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return
	}
	s.selection.Lines++
	if len(text) > maxLineBytes {
		s.skip(SkipTooLarge)
		return
	}
	example, reason := ReadExample(text)
	if reason != "" {
		s.skip(reason)
		return
	}
	hash := string(hashLine(text))
	if s.candidateHashes[hash] || s.limit != "" && hash >= s.limit {
		return
	}
	example.Line = s.line
	s.candidateHashes[hash] = true
	s.heldBytes += len(text)
	heap.Push(&s.candidates, candidate{example, hash, len(text)})
	for len(s.candidates) > s.n || s.heldBytes > s.maxBytes {
		last, _ := heap.Pop(&s.candidates).(candidate)
		delete(s.candidateHashes, last.hash)
		s.heldBytes -= last.bytes
		s.limit = last.hash
	}
}

func (s *Selector) skip(reason string) { s.selection.Skipped[reason]++ }

// Selection returns the examples of the lines so far.
func (s *Selector) Selection() Selection {
	result := s.selection
	result.Examples = make([]Example, len(s.candidates))
	for i, c := range s.candidates {
		result.Examples[i] = c.example
	}
	slices.SortFunc(result.Examples, func(a, b Example) int { return cmp.Compare(a.Line, b.Line) })
	return result
}

// Select selects at most n examples of a converted dataset. The error is that of the reader.
func Select(r io.Reader, n int) (Selection, error) {
	s := NewSelector(n)
	buffered := bufio.NewReader(r)
	var text []byte
	for {
		piece, err := buffered.ReadSlice('\n')
		if len(text) <= maxLineBytes { // the rest of a longer line is not needed to skip it
			text = append(text, piece...)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		isEnd := errors.Is(err, io.EOF)
		if err != nil && !isEnd {
			return Selection{}, fmt.Errorf("read the examples of an evaluation: %w", err)
		}
		s.Add(text)
		if isEnd {
			return s.Selection(), nil
		}
		text = text[:0]
	}
}

// candidates is a heap with the largest hash first.
type candidates []candidate

func (c candidates) Len() int           { return len(c) }
func (c candidates) Less(i, j int) bool { return c[i].hash > c[j].hash }
func (c candidates) Swap(i, j int)      { c[i], c[j] = c[j], c[i] }

// Push is for package heap.
func (c *candidates) Push(x any) {
	added, _ := x.(candidate)
	*c = append(*c, added)
}

// Pop is for package heap.
func (c *candidates) Pop() any {
	last := len(*c) - 1
	popped := (*c)[last]
	(*c)[last] = candidate{}
	*c = (*c)[:last]
	return popped
}
