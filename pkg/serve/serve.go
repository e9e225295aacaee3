// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Package serve runs functions as the contract of the Functions Framework wants it: HTTP at PORT, events as
// CloudEvents. It reads the environment, logs as Cloud Logging reads it, and lets work in hand finish when Cloud Run
// asks the process to stop.
//
// The framework's own server is not used. It redirects what it takes for an unclean path with a page of HTML, answers
// what it cannot read in plain text, and writes the bodies of events that it cannot read into the log.
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
	"syscall"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"

	"github.com/vertextune/vertextune/pkg/fault"
)

// grace is how long work in hand may go on after SIGTERM: Cloud Run gives a container ten seconds.
const grace = 9 * time.Second

// headerTimeout is how long a client may take to send the headers of a request.
const headerTimeout = 20 * time.Second

// Function is one function: exactly one of HTTP and Event is set.
type Function struct {
	HTTP  http.Handler
	Event func(context.Context, cloudevents.Event) error
	// Admit, if set, may refuse a request before the event in it is read.
	Admit func(*http.Request) error
	// Project is the one whose Cloud Trace the traces are in, for the log.
	Project string
	// Close releases the function's clients after its last call.
	Close func() error
}

// Open makes a function from its environment.
type Open func(ctx context.Context, environment map[string]string) (*Function, error)

// Main is the main function of a deployable with one function. It ends the
// process when that fails.
func Main(open Open) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	slog.SetDefault(Logger(os.Stderr, slog.LevelInfo))
	err := run(ctx, open, environment(os.Environ()))
	stop()
	if err != nil {
		slog.ErrorContext(ctx, "stopped", "error", err)
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

// Serve serves functions, each at its path, until ctx is done and the calls in hand have ended, and closes
// them. The function at "/" has all paths that no other one has.
func Serve(ctx context.Context, address string, functions map[string]*Function) (err error) {
	defer func() {
		for _, fn := range functions {
			if fn.Close != nil {
				err = errors.Join(err, fn.Close())
			}
		}
	}()
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("serve on %s: %w", address, err)
	}
	// Calls keep running when ctx ends; they are cut off when their time is up.
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	server := &http.Server{
		Handler: handler(functions), ReadHeaderTimeout: headerTimeout, DisableGeneralOptionsHandler: true,
		BaseContext: func(net.Listener) context.Context { return calls },
		ErrorLog:    slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(shapedListener{listener}) }()
	select {
	case err = <-failed:
		return fmt.Errorf("serve on %s: %w", address, err)
	case <-ctx.Done():
		drain(calls, server, cut)
		return nil
	}
}

func handler(functions map[string]*Function) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fn, ok := functions[r.URL.Path]
		if !ok {
			fn, ok = functions["/"]
		}
		switch {
		case !ok:
			r = Identify(w, r, "")
			_ = WriteError(w, fault.New(fault.NotFound, "There is nothing here."), RequestID(r.Context())) // the client has gone
		case fn.Event != nil:
			fn.serveEvent(w, r)
		default:
			fn.HTTP.ServeHTTP(w, r)
		}
	})
}

// drain waits for the calls in hand, cuts them off when the grace is over, and gives them a moment to
// notice. What is cut off is safe: every step of ours can be repeated.
func drain(ctx context.Context, server *http.Server, cut context.CancelFunc) {
	wait := func(limit time.Duration) error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		return server.Shutdown(ctx)
	}
	if wait(grace-time.Second) == nil {
		return
	}
	cut()
	if wait(time.Second) != nil {
		_ = server.Close() // the process ends
	}
}
