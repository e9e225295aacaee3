// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package trainset

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/vertextune/vertextune/pkg/core/fault"
	"github.com/vertextune/vertextune/pkg/core/tokensample"
	"github.com/vertextune/vertextune/pkg/core/tuning"
	"github.com/vertextune/vertextune/pkg/google/store"
)

// The memory that preparing training data may take, in bytes. The garbage collector may allow the
// heap to grow to twice this size. Together with the other needs of the process, all of it fits
// into the smallest container, which has 512 MiB.
const (
	memoryLimit = 160 << 20            // all preparations that run at the same time
	memoryBase  = 16 << 20             // the buffers of three uploads and of the readers
	memoryTexts = 64 << 20             // the listed messages that one preparation keeps
	memorySplit = 64 << 20             // the part of the validation file that a splitter holds
	memoryIDs   = 64 << 20             // the IDs of all messages
	memoryID    = 400                  // one message ID of a request
	memoryCount = tokensample.MaxBytes // the examples whose tokens are counted
	// memorySelection is for the examples of an evaluation: their lines, and what is read of these.
	// Source: the limits of a selector in package evaluation.
	memorySelection = 128 << 20
	// maxInflation is how many times larger than stored an object can become: it is the limit of
	// gzip.
	maxInflation = 1032
)

// memory is the memory that a process may use to prepare training data. Work waits until enough of
// it is free.
type memory struct {
	once      sync.Once
	available *semaphore.Weighted
}

// Reservation is memory that one preparation may use.
type Reservation struct {
	free        *semaphore.Weighted
	held, texts int64
}

// keep reports whether there is free memory to keep a message, and reserves it.
func (r *Reservation) keep(m *store.Message) bool {
	n := m.Bytes()
	if r.texts+n > memoryTexts || !r.free.TryAcquire(n) {
		return false
	}
	r.texts, r.held = r.texts+n, r.held+n
	return true
}

// Release releases the memory. It has no effect when it is called again.
func (r *Reservation) Release() {
	r.free.Release(r.held)
	r.held = 0
}

// reserve waits until that number of bytes is free.
func (m *memory) reserve(ctx context.Context, bytes int64) (*Reservation, error) {
	m.once.Do(func() { m.available = semaphore.NewWeighted(memoryLimit) })
	bytes = min(bytes, memoryLimit)
	if err := m.available.Acquire(ctx, bytes); err != nil {
		busy := fault.Wrap(fault.Unavailable, err, "This service is preparing as much training data as its memory holds. Try again.")
		busy.Busy = true
		if errors.Is(err, context.Canceled) {
			busy.Kind = fault.Canceled
		}
		return nil, busy
	}
	return &Reservation{free: m.available, held: bytes}, nil
}

// Reserve waits for the memory that preparing a request takes.
func (b *Builder) Reserve(ctx context.Context, r tuning.Request) (*Reservation, error) {
	return b.memory.reserve(ctx, b.weight(ctx, r))
}

// ReserveSelection waits for the memory that selecting the examples of an evaluation takes.
func (b *Builder) ReserveSelection(ctx context.Context) (*Reservation, error) {
	return b.memory.reserve(ctx, memorySelection)
}

// ReserveRecorded is Reserve for the request of a record. A request that is kept outside of its
// record is prepared alone, because its size is unknown before it is read.
func (b *Builder) ReserveRecorded(ctx context.Context, job tuning.Job) (*Reservation, error) {
	if job.RequestData != "" {
		return b.memory.reserve(ctx, memoryLimit)
	}
	request, err := tuning.DecodeRequest(job.Request)
	if err != nil {
		return b.memory.reserve(ctx, memoryBase) // the request will be refused
	}
	return b.Reserve(ctx, request)
}

// weight returns how much memory it takes to prepare a request.
func (b *Builder) weight(ctx context.Context, r tuning.Request) int64 {
	need := int64(memoryBase + memoryID*len(r.MessageIDs))
	if b.SampleTokens {
		need += memoryCount
	}
	if r.AllMessages {
		need += memoryIDs
	}
	if r.ValidationSplit == 0 {
		return need
	}
	if bucket, name, ok := tuning.ParseURI(r.TrainingData); ok {
		if attrs, err := b.Objects.Attrs(ctx, bucket, name); err == nil && attrs.Size < memorySplit/maxInflation {
			return need + attrs.Size*maxInflation
		}
	}
	return need + memorySplit
}
