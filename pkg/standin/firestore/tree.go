// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"hash/maphash"
	"iter"
)

// tree is a persistent ordered map: put and remove return a new tree that
// shares all but a path with the old one, which stays as it was. It is a treap
// whose priorities are hashes of the keys, so its shape depends only on what it
// holds and needs no rebalancing bookkeeping. The nil tree is empty.
type tree[V any] struct {
	key         string
	priority    uint64
	value       V
	left, right *tree[V]
}

var prioritySeed = maphash.MakeSeed()

func (t *tree[V]) get(key string) (value V, ok bool) {
	for t != nil {
		switch {
		case key < t.key:
			t = t.left
		case key > t.key:
			t = t.right
		default:
			return t.value, true
		}
	}
	return value, false
}

func (t *tree[V]) put(key string, value V) *tree[V] {
	return t.insert(&tree[V]{key: key, priority: maphash.String(prioritySeed, key), value: value})
}

// insert places the fresh node n, which it may change, and returns the new root.
func (t *tree[V]) insert(n *tree[V]) *tree[V] {
	if t == nil {
		return n
	}
	if n.key == t.key {
		n.left, n.right = t.left, t.right
		return n
	}
	root := *t
	if n.key < t.key {
		root.left = t.left.insert(n)
		if root.left.priority > root.priority {
			// n was moved up to the top of its side: it is fresh, so is root.
			top := root.left
			root.left, top.right = top.right, &root
			return top
		}
		return &root
	}
	root.right = t.right.insert(n)
	if root.right.priority > root.priority {
		top := root.right
		root.right, top.left = top.left, &root
		return top
	}
	return &root
}

func (t *tree[V]) remove(key string) *tree[V] {
	if t == nil {
		return nil
	}
	if key == t.key {
		return join(t.left, t.right)
	}
	root := *t
	if key < t.key {
		root.left = t.left.remove(key)
	} else {
		root.right = t.right.remove(key)
	}
	return &root
}

// join merges two trees of which every key of the first is below the second's.
func join[V any](low, high *tree[V]) *tree[V] {
	switch {
	case low == nil:
		return high
	case high == nil:
		return low
	case low.priority > high.priority:
		root := *low
		root.right = join(low.right, high)
		return &root
	default:
		root := *high
		root.left = join(low, high.left)
		return &root
	}
}

// from yields the entries whose keys are at or above start, in ascending order.
func (t *tree[V]) from(start string) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) { t.ascend(start, yield) }
}

func (t *tree[V]) ascend(start string, yield func(string, V) bool) bool {
	if t == nil {
		return true
	}
	if t.key < start {
		return t.right.ascend(start, yield)
	}
	return t.left.ascend(start, yield) && yield(t.key, t.value) && t.right.ascend(start, yield)
}

// backward yields all entries in descending order.
func (t *tree[V]) backward() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) { t.descend(yield) }
}

func (t *tree[V]) descend(yield func(string, V) bool) bool {
	return t == nil || t.right.descend(yield) && yield(t.key, t.value) && t.left.descend(yield)
}
