// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package split divides the examples of a dataset between training and validation.
//
// Conversations are never divided: all examples of a group are on one side. The name of a group
// alone determines its side. Each name is hashed to an evenly distributed number; a group is for
// validation if its number is below the requested share of all numbers. So the same data are always
// split in the same way, in any order, and added data do not move existing examples.
//
// Vertex AI limits a validation file, both in examples and relative to the training file. If the
// file exceeds a limit, the groups with the largest numbers go back to training until it fits. The
// result is the largest possible share, up to the requested one. It depends on all data, so added
// data can move groups whose numbers are close to the limit, but no others.
//
// Training examples are passed on immediately. Validation examples are held until the end, because
// each of them may have to go back. The limits of Vertex AI keep their number small, and our own
// limit keeps their bytes small.
package split

import (
	"container/heap"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"iter"
	"math"
	"slices"

	"github.com/vertextune/vertextune/pkg/core/catalogue"
	"github.com/vertextune/vertextune/pkg/core/hashset"
	"github.com/vertextune/vertextune/pkg/core/sourceindex"
)

// MaxShare is the largest share for validation.
const MaxShare = 0.5

// Options says how to split.
type Options struct {
	// Share is the share of the groups for validation: more than 0, at most MaxShare.
	Share float64
	// Bounds are the limits of the base model's family.
	Bounds catalogue.Validation
	// HoldBytes limits the bytes of validation examples in memory. 0 means 64 MiB.
	HoldBytes int64
}

const defaultHoldBytes = 64 << 20

// maxSlots bounds the memory of training lines to 24 MiB, enough for some 1,800,000 different
// lines.
const maxSlots = 1 << 21

// Example is one line of a dataset.
type Example struct {
	Line []byte // including the line end
	// Group names the conversation of the example. An example without a group is identified by its
	// line, so that equal examples are on one side.
	Group  string
	Source sourceindex.Source
}

// Splitter splits one dataset.
type Splitter struct {
	opt   Options
	train func(Example) error
	limit uint64 // groups with a number below it are for validation

	groups map[key]*group
	queue  queue // the same groups, the largest number first
	next   int64 // number of the next validation example

	result     Result
	validation Side
	seed       maphash.Seed
	training   *hashset.Map[uint32] // the number of the first training line with each hash
	scratch    []byte
}

// key identifies a group. It has 128 bits of SHA-256, so collisions do not happen in practice.
type key [16]byte

// group is a conversation that is currently for validation.
type group struct {
	key      key
	number   uint64
	bytes    int64
	examples []heldExample
}

// heldExample is an example with its position among the held examples.
type heldExample struct {
	Example
	position int64
}

// New returns a splitter that passes training examples to train, in their order. Examples that come
// back from validation are passed in between or at the end. An example is valid only until train
// returns. The error says that the share is out of range.
func New(opt Options, train func(Example) error) (*Splitter, error) {
	if !(opt.Share > 0 && opt.Share <= MaxShare) { // the negation also rejects NaN
		return nil, fmt.Errorf("the share for validation must be more than 0 and at most %v, not %v", MaxShare, opt.Share)
	}
	if opt.HoldBytes <= 0 {
		opt.HoldBytes = defaultHoldBytes
	}
	return &Splitter{
		opt: opt, train: train, limit: uint64(math.Ldexp(opt.Share, 64)), groups: map[key]*group{}, seed: maphash.MakeSeed(),
		training: hashset.New[uint32](maxSlots),
	}, nil
}

// hashGroup hashes the group's name, or the line if there is no group, in separate domains. It
// returns the key of the group and its number.
func (s *Splitter) hashGroup(e Example) (k key, number uint64) {
	if e.Group != "" {
		s.scratch = append(append(s.scratch[:0], "group\x00"...), e.Group...)
	} else {
		s.scratch = append(append(s.scratch[:0], "line\x00"...), e.Line...)
	}
	sum := sha256.Sum256(s.scratch)
	return key(sum[:len(k)]), binary.BigEndian.Uint64(sum[len(k):])
}

// Add adds an example. It returns the error of train.
func (s *Splitter) Add(e Example) error {
	k, number := s.hashGroup(e)
	if number >= s.limit {
		return s.toTraining(e)
	}
	g := s.groups[k]
	if g == nil {
		g = &group{key: k, number: number}
		s.groups[k] = g
		heap.Push(&s.queue, g)
	}
	e.Line = slices.Clone(e.Line)
	g.examples = append(g.examples, heldExample{e, s.next})
	g.bytes += int64(len(e.Line))
	s.next++
	s.validation.Examples++
	s.validation.Bytes += int64(len(e.Line))
	for s.validation.Bytes > s.opt.HoldBytes || s.opt.Bounds.Examples > 0 && s.validation.Examples > s.opt.Bounds.Examples {
		if err := s.returnToTraining(); err != nil {
			return err
		}
	}
	return nil
}

// returnToTraining moves the group with the largest number to training. Later examples of the group
// go there directly.
func (s *Splitter) returnToTraining() error {
	s.limit = s.queue[0].number
	for len(s.queue) > 0 && s.queue[0].number >= s.limit { // one group, unless two have the same number
		g, _ := heap.Pop(&s.queue).(*group)
		delete(s.groups, g.key)
		s.validation.Examples -= int64(len(g.examples))
		s.validation.Bytes -= g.bytes
		s.result.GivenBack += int64(len(g.examples))
		for _, e := range g.examples {
			if err := s.toTraining(e.Example); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *Splitter) toTraining(e Example) error {
	s.result.Training.Examples++
	s.result.Training.Bytes += int64(len(e.Line))
	s.training.Add(maphash.Bytes(s.seed, e.Line), uint32(s.result.Training.Examples))
	return s.train(e)
}

// Finish makes the validation file fit its limits. When it returns, all training examples have been
// passed to train, and Validation returns the validation examples.
func (s *Splitter) Finish() (Result, error) {
	for s.exceedsBounds() { // an empty file exceeds no limit
		if err := s.returnToTraining(); err != nil {
			return Result{}, err
		}
	}
	r := &s.result
	r.Validation, r.Asked = s.validation, s.opt.Share
	r.Groups = int64(len(s.queue))
	r.Compared = int64(s.training.Len())
	for e := range s.Validation() {
		if n, ok := s.training.Find(maphash.Bytes(s.seed, e.Line)); ok {
			r.Overlaps++
			if len(r.Overlap) < maxNamedOverlaps {
				r.Overlap = append(r.Overlap, Overlap{Validation: e.Source, TrainingLine: int64(n)})
			}
		}
	}
	return *r, nil
}

// exceedsBounds reports whether the validation file exceeds a limit relative to the training file.
// The second condition is our own: a large conversation must not leave fewer examples for training
// than for validation.
func (s *Splitter) exceedsBounds() bool {
	passed := s.opt.Bounds.Exceeded(catalogue.Size(s.result.Training), catalogue.Size(s.validation))
	return passed != "" || s.validation.Examples > s.result.Training.Examples
}

// Validation yields the validation examples in the order in which they came.
func (s *Splitter) Validation() iter.Seq[Example] {
	var all []heldExample
	for _, g := range s.queue {
		all = append(all, g.examples...)
	}
	slices.SortFunc(all, func(a, b heldExample) int { return int(a.position - b.position) })
	return func(yield func(Example) bool) {
		for _, e := range all {
			if !yield(e.Example) {
				return
			}
		}
	}
}

// queue is a heap of groups with the largest number first.
type queue []*group

func (q queue) Len() int { return len(q) }
func (q queue) Less(a, b int) bool {
	if q[a].number != q[b].number {
		return q[a].number > q[b].number
	}
	return string(q[a].key[:]) > string(q[b].key[:])
}
func (q queue) Swap(a, b int) { q[a], q[b] = q[b], q[a] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*group)) } //nolint:forcetypeassert // only Add pushes
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
