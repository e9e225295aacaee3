// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package dataset

import (
	"sync"

	"github.com/vertextune/vertextune/pkg/core/hashset"
)

// workspace is the memory for reading a file. It is kept for the next file, because a service reads
// many small files.
type workspace struct {
	buf       []byte
	block     block
	worker    worker
	collector statsCollector
}

var workspaces = sync.Pool{New: func() any {
	return &workspace{collector: statsCollector{seenHashes: hashset.New[struct{}](maxSlots)}}
}}

// newWorkspace returns a workspace without data from another file.
func newWorkspace() *workspace {
	ws, _ := workspaces.Get().(*workspace)
	return ws
}

// release returns the workspace to the pool, unless one file has made it large.
func (ws *workspace) release() {
	const maxKept = 1 << 20
	if len(ws.buf) > maxKept || cap(ws.block.out) > 2*maxKept || ws.collector.seenHashes.Slots() > maxKept/8 || cap(ws.worker.parser.Nodes) > maxKept/16 {
		return
	}
	ws.worker.forget()
	ws.block = block{examples: ws.block.examples[:0], out: ws.block.out[:0]}
	seen := ws.collector.seenHashes
	seen.Clear()
	ws.collector = statsCollector{seenHashes: seen}
	workspaces.Put(ws)
}

// forget drops all data of the worker's file.
func (w *worker) forget() {
	w.parser.Reset(nil)
	w.templates.parser.Reset(nil)
	*w = worker{
		parser:       w.parser,
		templates:    templates{parser: w.templates.parser, textSlots: w.templates.textSlots[:0]},
		conversation: conversation{system: w.conversation.system[:0], turns: w.conversation.turns[:0], tools: w.conversation.tools[:0]},
		record:       record{edits: w.record.edits[:0], faults: w.record.faults[:0], faultCounts: w.record.faultCounts[:0]},
		scratch:      w.scratch[:0],
	}
}
