// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command local runs the three functions on this machine, against stand-ins for Cloud Storage,
// Firestore, Pub/Sub and Vertex AI. The functions are the same as in production: they call the
// stand-ins through the official clients, over the network.
//
//	go run ./functions/local         starts everything and prints how to use it
//	go run ./functions/local demo    starts everything, tunes one model while you watch, and ends
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/vertextune/vertextune/pkg/entry/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	out := os.Stdout
	os.Stdout = nil // the framework prints a line there for each function, without its name
	err := run(ctx, os.Args[1:], out)
	stop()
	os.Exit(explain(err, os.Stderr))
}

// interruptedError is the error after Ctrl-C. Its text says what was stopped.
type interruptedError string

func (e interruptedError) Error() string { return string(e) }

// explain writes why the command failed and returns the exit code that shells expect.
func explain(err error, out io.Writer) int {
	if err == nil {
		return 0
	}
	if stopped, ok := errors.AsType[interruptedError](err); ok {
		fmt.Fprintln(out, stopped)
		return 130
	}
	fmt.Fprintln(out, "local:", err)
	if _, ok := errors.AsType[usageError](err); ok {
		return 2
	}
	return 1
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parse(args)
	if err != nil {
		return err
	}
	switch {
	case o.help:
		fmt.Fprint(out, usage())
		return nil
	case o.version:
		fmt.Fprintln(out, version())
		return nil
	}
	env, err := environment()
	if err != nil {
		return err
	}
	if o.demo && !usesStaticTokens(env) {
		return fmt.Errorf("the demo uses its own token: unset AUTH_MODE, which is %s", env["AUTH_MODE"])
	}
	level := slog.LevelInfo
	if o.demo {
		level = slog.LevelError
	}
	slog.SetDefault(slog.New(serve.LogHandler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))))
	for _, note := range notes(env, o) {
		fmt.Fprintln(os.Stderr, "note:", note)
	}

	runContext, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := start(runContext, o, env)
	if err != nil {
		if ctx.Err() != nil {
			return interruptedError("The local command was stopped before it was ready.")
		}
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if !o.demo {
		s.banner(out)
		return s.wait(ctx)
	}
	err = demo(runContext, s, out)
	if err != nil && ctx.Err() != nil {
		return interruptedError("The demo was stopped before its end.")
	}
	return err
}
