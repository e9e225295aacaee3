// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package gcperr

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Google's clients retry a failed call until its context ends. A caller who waits for an answer
// should learn earlier that the service is unavailable, and not only that the deadline has expired.

// retries limits the retries of the calls under one context.
type retries struct {
	limit time.Duration
	now   func() time.Time

	mu          sync.Mutex
	first, last time.Time // the first and the last failure of the present series
}

type retriesKey struct{}

// WithRetryLimit returns a context under which a failed call is retried no longer than limit. Work
// without a waiting caller uses no limit, and retries until its deadline.
func WithRetryLimit(ctx context.Context, limit time.Duration) context.Context {
	return context.WithValue(ctx, retriesKey{}, &retries{limit: limit, now: time.Now})
}

// MayRetry records that a call under the context failed with a transient error, and reports whether
// the call may be retried.
func MayRetry(ctx context.Context) bool {
	r, ok := ctx.Value(retriesKey{}).(*retries)
	return !ok || r.failed()
}

// HasRetryLimit reports whether a caller waits for the calls under the context.
func HasRetryLimit(ctx context.Context) bool {
	_, ok := ctx.Value(retriesKey{}).(*retries)
	return ok
}

func (r *retries) failed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.first.IsZero() || now.Sub(r.last) > 2*r.limit {
		r.first = now // a call has succeeded since: a new series
	}
	r.last = now
	return now.Sub(r.first) < r.limit
}

// gaveUp is the last answer to a call that is not retried any more. It is no gRPC status, so that
// no client retries it.
type gaveUp struct{ status *status.Status }

func (e *gaveUp) Error() string { return "retried without success: " + e.status.Err().Error() }

// UnaryRetries is an interceptor for gRPC clients that ends the retries that [WithRetryLimit]
// limits.
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
