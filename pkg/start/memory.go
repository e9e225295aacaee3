// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package start

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/semaphore"

	"github.com/vertextune/vertextune/pkg/fault"
	"github.com/vertextune/vertextune/pkg/store"
	"github.com/vertextune/vertextune/pkg/tuning"
)

// What preparing training data needs of the memory at most, in bytes. The garbage collector lets it grow to twice as
// much, beside what the process needs otherwise: all of it fits into the smallest container, of 512 MiB.
const (
	memoryLimit = 160 << 20 // of all that is prepared at a time
	memoryBase  = 16 << 20  // the buffers of three uploads, and what tells lines apart
	memorySplit = 64 << 20  // what a splitter holds of the validation file
	memoryIDs   = 64 << 20  // the IDs of all messages
	memoryID    = 400       // an ID that a request names
	// maxInflation is how many times as large as it is stored an object can be: gzip does no better.
	maxInflation = 1032
)

// memory is what a process has for preparing training data. Whoever finds it taken waits.
type memory struct {
	once sync.Once
	free *semaphore.Weighted
}

// reserve waits until so many bytes are free, and returns a function that gives them back, once.
func (m *memory) reserve(ctx context.Context, bytes int64) (release func(), err error) {
	m.once.Do(func() { m.free = semaphore.NewWeighted(memoryLimit) })
	bytes = min(bytes, memoryLimit)
	if err := m.free.Acquire(ctx, bytes); err != nil {
		busy := fault.Wrap(fault.Unavailable, err, "This service is preparing as much training data as its memory holds. Try again.")
		if errors.Is(err, context.Canceled) {
			busy.Kind = fault.Canceled
		}
		return nil, busy
	}
	return sync.OnceFunc(func() { m.free.Release(bytes) }), nil
}

// weight returns how much memory it takes to prepare what a request asks for.
func (s *Starter) weight(ctx context.Context, r tuning.Request) int64 {
	need := int64(memoryBase + memoryID*len(r.MessageIDs))
	if r.AllMessages {
		need += memoryIDs
	}
	if r.ValidationSplit == 0 {
		return need
	}
	if bucket, name, ok := tuning.ParseURI(r.TrainingData); ok {
		if attrs, err := s.Objects.Attrs(ctx, bucket, name); err == nil && attrs.Size < memorySplit/maxInflation {
			return need + attrs.Size*maxInflation
		}
	}
	return need + memorySplit
}

// recordedWeight returns how much memory it takes to resume a start. One whose request is kept outside of the record is
// prepared alone: what it holds is not known before it is read.
func (s *Starter) recordedWeight(ctx context.Context, r store.Record) int64 {
	if r.RequestData != "" {
		return memoryLimit
	}
	request, err := tuning.DecodeRequest(r.Request)
	if err != nil {
		return memoryBase // it will be refused
	}
	return s.weight(ctx, request)
}
