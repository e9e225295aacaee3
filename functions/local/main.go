// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

// Command local runs the three functions on this machine, against stand-ins for Cloud Storage, Firestore,
// Pub/Sub and Vertex AI. The functions are those of production: they talk to the stand-ins through the
// official clients, over the wire.
//
//	go run ./functions/local         starts everything and prints how to use it
//	go run ./functions/local demo    starts it, does the main job once while you watch, and ends
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	out := os.Stdout
	os.Stdout = nil // the framework prints a line for each function there, and all are nameless
	err := run(ctx, os.Args[1:], out)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	demo           bool
	port           int
	storagePort    int
	firestorePort  int
	pubsubPort     int
	vertexPort     int
	token          string
	dir            string
	jobDuration    time.Duration
	pollInterval   time.Duration
	concurrentJobs int
	// patience bounds the first calls of somebody else's emulators: a client repeats what it cannot reach until
	// it is told to stop.
	patience time.Duration
}

func parse(args []string, out io.Writer) (options, error) {
	o := options{patience: 30 * time.Second}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is in the error
	flags.IntVar(&o.port, "port", 8080, "port of the functions; 0 picks a free one")
	flags.IntVar(&o.storagePort, "storage-port", 0, "port of the stand-in for Cloud Storage; 0 picks a free one")
	flags.IntVar(&o.firestorePort, "firestore-port", 0, "port of the stand-in for Firestore; 0 picks a free one")
	flags.IntVar(&o.pubsubPort, "pubsub-port", 0, "port of the stand-in for Pub/Sub; 0 picks a free one")
	flags.IntVar(&o.vertexPort, "vertex-port", 0, "port of the stand-in for Vertex AI; 0 picks a free one")
	flags.StringVar(&o.token, "token", "", "bearer token that callers need (default: a new one each time)")
	flags.StringVar(&o.dir, "data", "", "folder that keeps everything across restarts (default: kept in memory)")
	flags.DurationVar(&o.jobDuration, "job-duration", 20*time.Second, "how long a tuning job takes")
	flags.DurationVar(&o.pollInterval, "poll-interval", 2*time.Second, "time between two messages of Cloud Scheduler")
	flags.IntVar(&o.concurrentJobs, "concurrent-jobs", 4, "how many tuning jobs run at a time; the others wait in line, in PIPELINE_STATE_QUEUED")

	// "demo" may stand before the flags or behind them.
	if len(args) > 0 && args[0] == "demo" {
		o.demo, args = true, args[1:]
	}
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(out, "usage: go run ./functions/local [flags] [demo]")
		flags.SetOutput(out)
		flags.PrintDefaults()
		return o, err //nolint:wrapcheck // it is no fault
	} else if err != nil {
		return o, fmt.Errorf("%w; -h lists the flags", err)
	}
	rest := flags.Args()
	if len(rest) > 0 && rest[0] == "demo" && !o.demo {
		o.demo, rest = true, rest[1:]
	}
	switch {
	case len(rest) > 0:
		return o, fmt.Errorf("unknown argument %q; the only one is demo", rest[0])
	case o.jobDuration <= 0 || o.pollInterval <= 0 || o.concurrentJobs <= 0:
		return o, errors.New("-job-duration, -poll-interval and -concurrent-jobs must be greater than 0")
	}
	if o.demo && !given(flags, "port") {
		o.port = 0 // the demo talks to itself, so any port does, even while another one runs
	}
	return o, nil
}

func given(flags *flag.FlagSet, name string) (yes bool) {
	flags.Visit(func(f *flag.Flag) { yes = yes || f.Name == name })
	return yes
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	o, err := parse(args, out)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if o.demo {
		level = slog.LevelError
	}
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := start(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if o.demo {
		return demo(ctx, s, out)
	}
	s.banner(out)
	return s.wait(ctx)
}
