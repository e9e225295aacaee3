// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package hashset remembers hashes in memory that stops growing. A map of Go takes two to three
// times the memory and the time.
package hashset

// Map holds a value for each hash. Its zero value holds nothing and accepts nothing: use New.
type Map[V any] struct {
	maxSlots int
	hashes   []uint64 // a power of two of them; 0 is free
	values   []V
	used     int
}

// minSlots is the number of slots that the first hash makes.
const minSlots = 1024

// New returns an empty Map that grows to at most maxSlots slots, a power of two of at least 1024.
// It then accepts new hashes until 7 of 8 slots are used, so that a search stays short. A slot
// takes 8 bytes and a value.
func New[V any](maxSlots int) *Map[V] { return &Map[V]{maxSlots: maxSlots} }

// Len returns the number of hashes.
func (m *Map[V]) Len() int { return m.used }

// Slots returns the number of slots.
func (m *Map[V]) Slots() int { return len(m.hashes) }

// Add reports whether the hash is there already. It adds a new one with its value if there is room.
func (m *Map[V]) Add(hash uint64, value V) (found bool) {
	if 4*(m.used+1) > 3*len(m.hashes) && len(m.hashes) < m.maxSlots {
		m.grow()
	}
	hash = max(hash, 1) // 0 marks a free slot
	i := m.slot(hash)
	if m.hashes[i] == hash {
		return true
	}
	if 8*(m.used+1) <= 7*len(m.hashes) {
		m.hashes[i], m.values[i] = hash, value
		m.used++
	}
	return false
}

// Find returns the value that was added with the hash.
func (m *Map[V]) Find(hash uint64) (value V, found bool) {
	if len(m.hashes) == 0 {
		return value, false
	}
	hash = max(hash, 1)
	i := m.slot(hash)
	return m.values[i], m.hashes[i] == hash
}

// Clear removes all hashes and keeps the slots.
func (m *Map[V]) Clear() {
	clear(m.hashes)
	clear(m.values)
	m.used = 0
}

// slot returns the index of the slot that has the hash, or that is free for it.
func (m *Map[V]) slot(hash uint64) uint64 {
	mask := uint64(len(m.hashes) - 1)
	i := hash & mask
	for m.hashes[i] != 0 && m.hashes[i] != hash {
		i = (i + 1) & mask
	}
	return i
}

func (m *Map[V]) grow() {
	hashes, values := m.hashes, m.values
	size := max(minSlots, 2*len(hashes))
	m.hashes, m.values = make([]uint64, size), make([]V, size)
	// The kernel maps a fresh page twice if it is read before it is written, and the second time it
	// interrupts all our processors.
	const page = 4096 / 8
	for i := 0; i < size; i += page {
		m.hashes[i] = 0
	}
	for i, hash := range hashes {
		if hash != 0 {
			at := m.slot(hash)
			m.hashes[at], m.values[at] = hash, values[i]
		}
	}
}
