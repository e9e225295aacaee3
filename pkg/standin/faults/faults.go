// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package faults stands between clients and the stand-ins: it counts every call that a client
// makes, over gRPC or HTTP, and lets a test decide the result of each one. Counting finds all
// calls, so that nobody has to maintain a list of them.
package faults

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// Bystander is in the user agent of clients that are not under test, such as those with which a
// test checks the results. Their calls are neither counted nor changed. Vertex AI's own reading of
// datasets is one of them.
const Bystander = cloud.Bystander

// The services.
const (
	Firestore = "Firestore"
	Storage   = "CloudStorage"
	PubSub    = "PubSub"
	Vertex    = "VertexAI"
)

// Call is one call, identified within a run by its method and its number among the calls of that
// method.
type Call struct {
	Service string
	// Method is the last part of the RPC's name; for Cloud Storage, the HTTP method and its object.
	Method string
	// N counts the calls of the method, from 1.
	N int
}

func (c Call) String() string { return fmt.Sprintf("%s.%s.%d", c.Service, c.Method, c.N) }

// Hook is called instead of each call. If the hook calls do, the call takes effect, and do returns
// the service's error. What the hook returns is what the client gets: nil is the service's answer,
// a gRPC status is an error, also over HTTP, and [ErrCut] is no answer.
type Hook func(ctx context.Context, c Call, do func(context.Context) error) error

// ErrCut closes the connection instead of an answer. Clients of gRPC see that as UNAVAILABLE.
// ErrCutWithin closes it in the middle of an answer, which is possible with HTTP only.
var (
	ErrCut       = errors.New("the connection is cut")
	ErrCutWithin = fmt.Errorf("within the answer %w", ErrCut)
)

// Injector counts and hooks the calls of one cloud.
type Injector struct {
	mu     sync.Mutex
	idle   sync.Cond // inHand has become 0
	inHand int
	counts map[string]int
	calls  []Call
	hook   Hook
}

// Watch returns an injector, and the configuration with its interceptors.
func Watch(cfg cloud.Config) (*Injector, cloud.Config) {
	i := &Injector{counts: map[string]int{}}
	i.idle.L = &i.mu
	cfg.StorageWrap = i.http
	cfg.FirestoreUnary, cfg.FirestoreStream = i.unary(Firestore), i.stream(Firestore)
	cfg.PubSubUnary, cfg.PubSubStream = i.unary(PubSub), i.stream(PubSub)
	cfg.VertexUnary = i.unary(Vertex)
	return i, cfg
}

// Begin counts anew, and calls hook from then on, unless it is nil.
func (i *Injector) Begin(hook Hook) {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.counts)
	i.calls, i.hook = nil, hook
}

// Calls returns the calls since Begin, in the order in which they came.
func (i *Injector) Calls() []Call {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]Call(nil), i.calls...)
}

// Wait returns when no call is open: a call whose client has gone may still take effect.
func (i *Injector) Wait() {
	i.mu.Lock()
	defer i.mu.Unlock()
	for i.inHand > 0 {
		i.idle.Wait()
	}
}

// through counts a call and runs it. The error is what the client gets instead of the answer.
func (i *Injector) through(ctx context.Context, service, method, agent string, do func(context.Context) error) error {
	if strings.Contains(agent, Bystander) {
		return do(ctx)
	}
	i.mu.Lock()
	i.counts[service+"."+method]++
	call := Call{service, method, i.counts[service+"."+method]}
	i.calls = append(i.calls, call)
	hook := i.hook
	i.inHand++
	i.mu.Unlock()
	defer func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.inHand--; i.inHand == 0 {
			i.idle.Broadcast()
		}
	}()
	if hook == nil {
		return do(ctx)
	}
	return hook(ctx, call, do)
}
