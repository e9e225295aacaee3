// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Fail answers with the code, and the call has no effect.
func Fail(code codes.Code) Hook { return FailWith(status.Error(code, "not now")) }

// FailWith answers with the error, and the call has no effect.
func FailWith(err error) Hook {
	return func(context.Context, Call, Do) error { return err }
}

// Lose makes the call and, if it succeeds, answers with the code.
func Lose(code codes.Code) Hook {
	return func(ctx context.Context, _ Call, do Do) error {
		if err := do(ctx); err != nil {
			return err
		}
		return status.Error(code, "the connection broke")
	}
}

// Before calls f before each of the calls.
func Before(f func()) Hook {
	return func(ctx context.Context, _ Call, do Do) error {
		f()
		return do(ctx)
	}
}

// First applies hook to the next n calls only.
func First(n int64, hook Hook) Hook {
	var called atomic.Int64
	return func(ctx context.Context, c Call, do Do) error {
		if called.Add(1) > n {
			return do(ctx)
		}
		return hook(ctx, c, do)
	}
}

// After applies hook to all calls but the next n.
func After(n int64, hook Hook) Hook {
	var called atomic.Int64
	return func(ctx context.Context, c Call, do Do) error {
		if called.Add(1) <= n {
			return do(ctx)
		}
		return hook(ctx, c, do)
	}
}

// If applies hook to the calls that match.
func If(match func(Call) bool, hook Hook) Hook {
	return func(ctx context.Context, c Call, do Do) error {
		if !match(c) {
			return do(ctx)
		}
		return hook(ctx, c, do)
	}
}

// Edit lets f change each answer.
func Edit(f func(reply any)) Hook {
	return func(ctx context.Context, c Call, do Do) error {
		err := do(ctx)
		if c.Reply != nil {
			f(*c.Reply)
		}
		return err
	}
}
