// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package serve runs functions on the Functions Framework. It reads the environment, gives each
// call an ID, writes logs in the format of Cloud Logging, and lets running calls finish when Cloud
// Run asks the process to stop.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	cloudevents "github.com/cloudevents/sdk-go/v2"
)

// grace is how long running calls may continue after SIGTERM. Cloud Run gives a container ten
// seconds.
const grace = 9 * time.Second

// settle is how long the process stays alive after the last call. The framework sends the response
// after the function has returned.
const settle = 100 * time.Millisecond

// Function is one function. Exactly one of HTTP and Event is set.
type Function struct {
	HTTP  http.Handler
	Event func(context.Context, cloudevents.Event) error
	// Admit, if set, may refuse a request before the event in it is read.
	Admit func(*http.Request) error
	// Project is the project of the traces in Cloud Trace. It is used in log entries.
	Project string
	// Close releases the function's clients after its last call.
	Close func() error
}

// Open creates a function from the environment variables.
type Open func(ctx context.Context, environment map[string]string) (*Function, error)

// Main is the main function of a deployable with one function. If the function fails, it exits with
// status 1.
func Main(open Open) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	slog.SetDefault(Logger(os.Stderr, slog.LevelInfo))
	err := run(ctx, open, environment(os.Environ()))
	stop()
	if err != nil {
		slog.ErrorContext(ctx, "the function stopped with an error", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, open Open, environment map[string]string) error {
	fn, err := open(ctx, environment)
	if err != nil {
		return fmt.Errorf("start: %w", err)
	}
	port := environment["PORT"]
	if port == "" {
		port = "8080"
	}
	return Serve(ctx, net.JoinHostPort("", port), map[string]*Function{"/": fn})
}

// Serve serves each function at its path until ctx is done and the running calls have ended. Then
// it closes the functions. The framework has one table of functions per process, so Serve can be
// called only once for a path, and not from two goroutines at once.
func Serve(ctx context.Context, address string, functions map[string]*Function) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("serve on %q: %w", address, err)
	}
	// Calls keep running when ctx ends. They are cancelled when the grace period ends.
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var inHand atomic.Int64
	for path, fn := range functions {
		if err := fn.register(calls, path, &inHand); err != nil {
			return fmt.Errorf("register the function at %s: %w", path, err)
		}
	}
	failed := make(chan error, 1)
	go func() { failed <- funcframework.StartHostPort(host, port) }()
	select {
	case err = <-failed:
		err = fmt.Errorf("serve on %s: %w", address, err)
	case <-ctx.Done():
		drain(&inHand, cut)
	}
	for _, fn := range functions {
		if fn.Close != nil {
			err = errors.Join(err, fn.Close())
		}
	}
	return err
}

// register registers the function with the framework. An event function is registered as an HTTP
// function too, because the framework's own event receiver has three faults: it logs the event's
// content when a call fails, it does not give access to the request, and its CloudEvents SDK can
// answer one of two requests with the result of the other.
func (f *Function) register(calls context.Context, path string, inHand *atomic.Int64) error {
	handle := f.serveEvent
	if f.Event == nil {
		handle = f.HTTP.ServeHTTP
	}
	return funcframework.RegisterHTTPFunctionContext(calls, path, func(w http.ResponseWriter, r *http.Request) {
		inHand.Add(1)
		defer inHand.Add(-1)
		ctx, cancel := joined(r.Context(), calls)
		defer cancel()
		handle(w, r.WithContext(ctx))
	})
}

// joined returns the context of a call, which is also cancelled when all calls are cancelled.
func joined(call, calls context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(call)
	stop := context.AfterFunc(calls, cancel)
	return ctx, func() { stop(); cancel() }
}

// drain waits for the running calls, cancels them shortly before the grace period ends, and waits
// for them to return. It is safe to cancel a call, because every step can be repeated.
func drain(inHand *atomic.Int64, cut context.CancelFunc) {
	wait := func(limit time.Duration) {
		for end := time.Now().Add(limit); inHand.Load() > 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	}
	wait(grace - time.Second)
	cut()
	wait(time.Second)
	time.Sleep(settle)
}
