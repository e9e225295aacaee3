// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
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
	// FreeBody is the length in bytes up to which a body does not wait at the gate. The bodies of
	// cancels and of nearly all starts are shorter.
	FreeBody = 64 << 10
	// MemoryPerByte is the maximum memory in bytes that the work on one byte of a body takes; see
	// TestMemory.
	MemoryPerByte = 8
	// gateWait is how long a request waits at a gate before it is refused, unless Gate.Wait is
	// changed.
	gateWait = 5 * time.Second
	// gateRetry is the delay after which a client should repeat a refused request. The work on a
	// body of the maximum size takes a few seconds.
	gateRetry = 10 * time.Second
)

// Gate limits the total memory for the bodies of concurrent requests. A nil Gate has no limit.
type Gate struct {
	// Wait is how long a request waits for memory before it is refused.
	Wait   time.Duration
	memory *semaphore.Weighted
}

// NewGate returns a gate for a process that may use memory bytes (GOMEMLIMIT).
func NewGate(memory int64) *Gate {
	return &Gate{Wait: gateWait, memory: semaphore.NewWeighted(GateSize(memory))}
}

// GateSize returns how many bytes of a process's memory are reserved for bodies: two thirds, but
// enough for one body of the maximum size. If the memory has no limit, it returns the value for the
// smallest deployment.
func GateSize(memory int64) int64 {
	const largest = bodyLimit * MemoryPerByte
	if memory == math.MaxInt64 {
		return 2 * largest
	}
	return max(memory/3*2, largest)
}

// memoryShare is the part of the gate that a request holds until its response is written.
type memoryShare struct {
	gate *Gate
	size int64
}

func (s *memoryShare) release() {
	if s.size > 0 {
		s.gate.memory.Release(s.size)
	}
}

// enter waits until there is enough memory for the request's body, or refuses the request.
func (g *Gate) enter(r *http.Request, s *memoryShare) error {
	size := MemoryPerByte * expectedLength(r)
	if g == nil || size <= MemoryPerByte*FreeBody {
		return nil
	}
	ctx, cancel := context.WithTimeout(r.Context(), g.Wait)
	defer cancel()
	if err := g.memory.Acquire(ctx, size); err != nil {
		if r.Context().Err() != nil {
			return fmt.Errorf("wait for memory: %w", err)
		}
		if r.Header.Get("Expect") == "" { // with Expect, the client waits for the response before it sends the body
			_, _ = io.Copy(io.Discard, r.Body) // many clients read no response before they have sent everything
		}
		full := fault.Wrap(fault.Unavailable, err, "Other requests use all the memory that is meant for large bodies. Repeat the request later.")
		full.Reason, full.RetryAfter, full.Busy = "BODIES_IN_WORK", gateRetry, true
		return full
	}
	s.gate, s.size = g, size
	return nil
}

// expectedLength returns the expected length of a body before the body is read. This is
// Content-Length, or zero if Content-Length exceeds the limit, because such a body is not kept in
// memory. Without Content-Length, expectedLength reads the beginning of the body. It returns the
// real length of a body of at most FreeBody bytes, and the maximum length for any other body.
func expectedLength(r *http.Request) int64 {
	switch {
	case r.ContentLength > bodyLimit:
		return 0
	case r.ContentLength >= 0:
		return r.ContentLength
	}
	head, _ := io.ReadAll(io.LimitReader(r.Body, FreeBody+1)) // if this fails, the next read returns the same error
	r.Body = unread(head, r.Body)
	if len(head) <= FreeBody {
		return int64(len(head))
	}
	return bodyLimit
}
