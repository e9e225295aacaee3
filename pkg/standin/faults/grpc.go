// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package faults

import (
	"context"
	"errors"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func (i *Injector) unary(service string) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (reply any, err error) {
		if strings.Contains(agent(ctx), Bystander) {
			return next(ctx, req)
		}
		call, hook := i.begin(service, method(info.FullMethod))
		defer i.end()
		if hook == nil {
			return next(ctx, req)
		}
		call.Request, call.Reply = req, &reply
		err = hook(ctx, call, func(ctx context.Context) (err error) {
			reply, err = next(ctx, req)
			return err
		})
		return reply, overGRPC(err)
	}
}

// Client returns an interceptor for a client of a service that is no stand-in, such as an emulator.
// It sees each attempt of a call, below the retries of Google's clients.
func (i *Injector) Client(service string) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, full string, req, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		call, hook := i.begin(service, method(full))
		defer i.end()
		if hook == nil {
			return invoke(ctx, full, req, reply, conn, opts...)
		}
		call.Request, call.Reply = req, &reply
		return overGRPC(hook(ctx, call, func(ctx context.Context) error { return invoke(ctx, full, req, reply, conn, opts...) }))
	}
}

// stream treats a stream as one call: an error after its effect follows the messages.
func (i *Injector) stream(service string) grpc.StreamServerInterceptor {
	return func(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		if strings.Contains(agent(s.Context()), Bystander) {
			return next(srv, s)
		}
		call, hook := i.begin(service, method(info.FullMethod))
		defer i.end()
		if hook == nil {
			return next(srv, s)
		}
		return overGRPC(hook(s.Context(), call, func(ctx context.Context) error {
			return next(srv, streamWith{s, ctx})
		}))
	}
}

type streamWith struct {
	grpc.ServerStream
	ctx context.Context
}

func (s streamWith) Context() context.Context { return s.ctx }

func method(full string) string { return full[strings.LastIndexByte(full, '/')+1:] }

func agent(ctx context.Context) string {
	md, _ := metadata.FromIncomingContext(ctx)
	return strings.Join(md.Get("user-agent"), " ")
}

func overGRPC(err error) error {
	if errors.Is(err, ErrCut) {
		return status.Error(codes.Unavailable, err.Error())
	}
	return err
}
