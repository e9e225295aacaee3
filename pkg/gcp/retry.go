// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcp

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Google's clients repeat a call that failed until its context ends. Somebody who waits for an answer is to have it
// sooner: that the service is away, and not that all the time was over.

// retries bounds the repeats of the calls under one context.
type retries struct {
	limit time.Duration
	now   func() time.Time

	mu          sync.Mutex
	first, last time.Time // failures of the present row of them
}

type retriesKey struct{}

// WithRetryLimit returns a context under which a call that fails is repeated no longer than limit. Work that
// nobody waits for goes without, and repeats for as long as it has time.
func WithRetryLimit(ctx context.Context, limit time.Duration) context.Context {
	return context.WithValue(ctx, retriesKey{}, &retries{limit: limit, now: time.Now})
}

// MayRetry notes that a call under the context has failed in a way that may pass, and reports whether it may be
// repeated.
func MayRetry(ctx context.Context) bool {
	r, ok := ctx.Value(retriesKey{}).(*retries)
	return !ok || r.failed()
}

// HasRetryLimit reports whether somebody waits for the calls under the context.
func HasRetryLimit(ctx context.Context) bool {
	_, ok := ctx.Value(retriesKey{}).(*retries)
	return ok
}

func (r *retries) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.first.IsZero() || now.Sub(r.last) > 2*r.limit {
		r.first = now // those before were another row, as something has succeeded since
	}
	r.last = now
	return now.Sub(r.first) < r.limit
}

// gaveUp is the last answer to a call that is not to be repeated any more. It is no gRPC status, so that no client
// takes it for one that may be.
type gaveUp struct{ status *status.Status }

func (e *gaveUp) Error() string { return "repeated in vain: " + e.status.Err().Error() }

// UnaryRetries is an interceptor for the clients of gRPC services that ends the repeats which [WithRetryLimit] bounds.
func UnaryRetries(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, call grpc.UnaryInvoker, options ...grpc.CallOption) error {
	err := call(ctx, method, request, reply, conn, options...)
	s := status.Convert(err)
	switch s.Code() {
	case codes.Unavailable, codes.ResourceExhausted, codes.Internal:
		if !MayRetry(ctx) {
			return &gaveUp{s}
		}
	}
	return err //nolint:wrapcheck // the client reads the status
}
