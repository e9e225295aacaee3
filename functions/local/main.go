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
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
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
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Usage = func() {
		fmt.Fprintln(out, "usage: go run ./functions/local [flags] [demo]")
		flags.PrintDefaults()
	}
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
	if err := flags.Parse(args); err != nil {
		return o, err //nolint:wrapcheck // flag has already said what is wrong
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
