// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"container/heap"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
)

// entryHeap is a heap whose entries know where they are, so that any of them
// can be taken out.
type entryHeap struct {
	entries []*entry
	less    func(a, b *entry) bool
}

func (h *entryHeap) push(e *entry) { heap.Push(h, e) }

func (h *entryHeap) Len() int           { return len(h.entries) }
func (h *entryHeap) Less(i, j int) bool { return h.less(h.entries[i], h.entries[j]) }

func (h *entryHeap) Swap(i, j int) {
	h.entries[i], h.entries[j] = h.entries[j], h.entries[i]
	h.entries[i].index, h.entries[j].index = i, j
}

func (h *entryHeap) Push(x any) {
	e, _ := x.(*entry)
	e.heap, e.index = h, len(h.entries)
	h.entries = append(h.entries, e)
}

func (h *entryHeap) Pop() any {
	last := len(h.entries) - 1
	e := h.entries[last]
	h.entries[last] = nil // or the message would stay in memory
	h.entries = h.entries[:last]
	e.heap = nil
	return e
}

// window is how much one consumer may hold at a time, and for how long.
type window struct {
	deadline              time.Duration // of each lease
	maxMessages, maxBytes int64         // 0 means no limit
	messages, bytes       int64
}

func (w *window) full() bool {
	return w.maxMessages > 0 && w.messages >= w.maxMessages ||
		w.maxBytes > 0 && w.bytes >= w.maxBytes
}

func (w *window) take(m *pb.PubsubMessage) {
	w.messages++
	w.bytes += int64(proto.Size(m))
}

func (w *window) give(m *pb.PubsubMessage) {
	w.messages--
	w.bytes -= int64(proto.Size(m))
}
