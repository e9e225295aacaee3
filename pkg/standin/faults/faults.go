// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package faults stands between clients and the stand-ins: it counts every call that a client
// makes, over gRPC or HTTP, and lets a test decide the result of each one. Counting finds all
// calls, so that no list of them must be maintained.
package faults

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	// Request is the message of a unary call, or the *http.Request. Only a hook has it.
	Request any
	// Reply holds the answer of a unary call, once do has made it. A hook may change or set it.
	Reply *any
}

func (c Call) String() string { return fmt.Sprintf("%s.%s.%d", c.Service, c.Method, c.N) }

// Hook is called instead of a call. If the hook calls do, the call takes effect, and do returns
// the service's error. What the hook returns is what the client gets: nil is the service's answer,
// a gRPC status is an error, also over HTTP, and [ErrCut] is no answer.
type Hook func(ctx context.Context, c Call, do Do) error

// Do makes a call, and returns the error with which the service answers.
type Do = func(context.Context) error

// ErrCut closes the connection instead of an answer. Clients of gRPC see that as UNAVAILABLE.
// ErrCutWithin closes it in the middle of an answer, which is possible with HTTP only.
var (
	ErrCut       = errors.New("the connection is cut")
	ErrCutWithin = fmt.Errorf("within the answer %w", ErrCut)
)

// Injector counts and hooks the calls of one cloud.
type Injector struct {
	mu         sync.Mutex
	noneActive sync.Cond // inHand has become 0
	active     int
	counts     map[string]int // by service and method
	calls      []Call
	hook       Hook
	hooks      map[string]Hook // by method
	raw        RawHook
}

// New returns an injector that sees the calls of no service yet.
func New() *Injector {
	i := &Injector{counts: map[string]int{}, hooks: map[string]Hook{}}
	i.noneActive.L = &i.mu
	return i
}

// Watch returns an injector, and the configuration with its interceptors.
func Watch(cfg cloud.Config) (*Injector, cloud.Config) {
	i := New()
	cfg.StorageWrap = i.http
	cfg.FirestoreUnary, cfg.FirestoreStream = i.unary(Firestore), i.stream(Firestore)
	cfg.PubSubUnary, cfg.PubSubStream = i.unary(PubSub), i.stream(PubSub)
	cfg.VertexUnary = i.unary(Vertex)
	return i, cfg
}

// Begin counts anew, and calls hook from then on, unless it is nil. It removes all other hooks.
func (i *Injector) Begin(hook Hook) {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.counts)
	clear(i.hooks)
	i.calls, i.hook, i.raw = nil, hook, nil
}

// OnAny calls hook for the calls of all methods that have no own hook. A nil hook removes it.
func (i *Injector) OnAny(hook Hook) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.hook = hook
}

// On calls hook for the calls of a method; nil removes it.
func (i *Injector) On(method string, hook Hook) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.hooks[method] = hook
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
	for i.active > 0 {
		i.noneActive.Wait()
	}
}

// Count returns how often a method was called since Begin or Taken.
func (i *Injector) Count(method string) (n int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, service := range []string{Firestore, Storage, PubSub, Vertex} {
		n += i.counts[service+"."+method]
	}
	return n
}

// Taken returns the number of calls by method, of the named services, and counts anew. Hooks stay.
func (i *Injector) Taken(services ...string) map[string]int {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := map[string]int{}
	for name, n := range i.counts {
		if service, method, _ := strings.Cut(name, "."); slices.Contains(services, service) {
			taken[method] += n
		}
	}
	clear(i.counts)
	i.calls = nil
	return taken
}

// begin counts a call and returns its hook, which may be nil. The caller must call end.
func (i *Injector) begin(service, method string) (Call, Hook) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.counts[service+"."+method]++
	call := Call{Service: service, Method: method, N: i.counts[service+"."+method]}
	i.calls = append(i.calls, call)
	i.active++
	if hook := i.hooks[method]; hook != nil {
		return call, hook
	}
	return call, i.hook
}

func (i *Injector) end() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.active--; i.active == 0 {
		i.noneActive.Broadcast()
	}
}
