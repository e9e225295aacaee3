// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/vertextune/vertextune/pkg/core/fault"
)

const (
	// FreeBody is the length up to which a body passes the gate at once, as those of a cancel and of nearly all starts.
	FreeBody = 64 << 10
	// MemoryPerByte is how much memory the work on one byte of a body takes at most: see TestMemory.
	MemoryPerByte = 8
	// gateWait is how long a request waits at a gate before it is refused, if the gate says nothing else.
	gateWait = 5 * time.Second
	// gateRetry is when a refused request is worth repeating: a body of the largest size takes a few seconds.
	gateRetry = 10 * time.Second
)

// Gate bounds the memory that the bodies in work take together. Without a gate nothing is bounded.
type Gate struct {
	// Wait is how long a request waits for room before it is refused.
	Wait time.Duration
	room *semaphore.Weighted
}

// NewGate returns the gate of a process that may use so much memory (GOMEMLIMIT).
func NewGate(memory int64) *Gate {
	return &Gate{Wait: gateWait, room: semaphore.NewWeighted(GateSize(memory))}
}

// GateSize returns how much of a process's memory is for bodies: two thirds, but enough for one of the largest. Without
// a limit it is what the smallest deployment has.
func GateSize(memory int64) int64 {
	const largest = bodyLimit * MemoryPerByte
	if memory == math.MaxInt64 {
		return 2 * largest
	}
	return max(memory/3*2, largest)
}

// share is the part of the gate that a request holds until its answer is written.
type share struct {
	gate *Gate
	size int64
}

func (s *share) release() {
	if s.size > 0 {
		s.gate.room.Release(s.size)
	}
}

// enter waits until there is room for the request's body, or refuses the request.
func (g *Gate) enter(r *http.Request, s *share) error {
	size := MemoryPerByte * announced(r)
	if g == nil || size <= MemoryPerByte*FreeBody {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), g.Wait)
	defer cancel()
	if err := g.room.Acquire(ctx, size); err != nil {
		if r.Context().Err() != nil {
			return fmt.Errorf("wait for memory: %w", err)
		}
		if r.Header.Get("Expect") == "" { // else the client waits for the answer before it sends the body
			_, _ = io.Copy(io.Discard, r.Body) // many clients read no answer before they have sent all
		}
		full := fault.Wrap(fault.Unavailable, err, "Other requests use all the memory that is meant for large bodies. Repeat the request later.")
		full.Reason, full.RetryAfter, full.Busy = "BODIES_IN_WORK", gateRetry, true
		return full
	}
	s.gate, s.size = g, size
	return nil
}

// announced returns the length of a body as far as it is known before the body is read. Without Content-Length, a body
// is short if it ends early, and counts as the longest otherwise. A body that is too long counts nothing: it is not kept.
func announced(r *http.Request) int64 {
	switch {
	case r.ContentLength > bodyLimit:
		return 0
	case r.ContentLength >= 0:
		return r.ContentLength
	}
	head, _ := io.ReadAll(io.LimitReader(r.Body, FreeBody+1)) // the next read returns the same error
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), r.Body), r.Body}
	if len(head) <= FreeBody {
		return int64(len(head))
	}
	return bodyLimit
}
