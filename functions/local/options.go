// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"
)

// options are the command's arguments.
type options struct {
	demo, help, version bool

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
	// firstCallTimeout limits the first calls to foreign emulators, because a client retries
	// a failing call until its context ends.
	firstCallTimeout time.Duration
}

func (o *options) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // the error contains the message
	flags.IntVar(&o.port, "port", 8080, "port of the functions; 0 picks a free one")
	flags.IntVar(&o.storagePort, "storage-port", 0, "port of the stand-in for Cloud Storage; 0 picks a free one")
	flags.IntVar(&o.firestorePort, "firestore-port", 0, "port of the stand-in for Firestore; 0 picks a free one")
	flags.IntVar(&o.pubsubPort, "pubsub-port", 0, "port of the stand-in for Pub/Sub; 0 picks a free one")
	flags.IntVar(&o.vertexPort, "vertex-port", 0, "port of the stand-in for Vertex AI; 0 picks a free one")
	flags.StringVar(&o.token, "token", "", "bearer token that callers need (default: a new one each time)")
	flags.StringVar(&o.dir, "data", "", "folder that keeps everything except Pub/Sub's messages across restarts (default: kept in memory)")
	flags.DurationVar(&o.jobDuration, "job-duration", 10*time.Second, "how long a tuning job takes")
	flags.DurationVar(&o.pollInterval, "poll-interval", 2*time.Second, "time between two messages of Cloud Scheduler")
	flags.IntVar(&o.concurrentJobs, "concurrent-jobs", 4, "how many tuning jobs Vertex AI runs at a time; the others wait in PIPELINE_STATE_QUEUED")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	return flags
}

// usageError is a mistake in the arguments.
type usageError struct{ error }

func usageErrorf(format string, args ...any) error {
	return usageError{fmt.Errorf(format+"; -h lists the commands and flags", args...)}
}

// parse reads the arguments. A command may come before, between or after the flags.
func parse(args []string) (options, error) {
	o := options{firstCallTimeout: 10 * time.Second}
	flags := o.flags()
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			o.help = true
			return o, nil
		} else if err != nil {
			return o, usageErrorf("%w", err)
		}
		if flags.NArg() == 0 {
			break
		}
		switch command := flags.Arg(0); command {
		case "demo":
			o.demo = true
		case "help":
			o.help = true
		case "version":
			o.version = true
		default:
			return o, usageErrorf("unknown command %q", command)
		}
		args = flags.Args()[1:]
	}
	if o.jobDuration <= 0 || o.pollInterval <= 0 || o.concurrentJobs <= 0 {
		return o, usageErrorf("-job-duration, -poll-interval and -concurrent-jobs must be greater than 0")
	}
	if o.demo && !isSet(flags, "port") {
		o.port = 0 // the demo calls only itself, so it may use any port
	}
	return o, nil
}

func isSet(flags *flag.FlagSet, name string) (yes bool) {
	flags.Visit(func(f *flag.Flag) { yes = yes || f.Name == name })
	return yes
}

func usage() string {
	var text strings.Builder
	text.WriteString(`usage: scripts/local [command] [flags]

Without a command, it starts the functions and stand-ins for Google Cloud, prints how to call them, and
runs until Ctrl-C.

commands:
  demo      starts the same, drops a file, tunes a model while you watch, and ends
  help      prints this
  version   prints the version

flags:
`)
	flags := (&options{}).flags()
	flags.SetOutput(&text)
	flags.PrintDefaults()
	text.WriteString(`
environment, also from a file .env:
  The settings of the functions, which functions/README.md lists, such as API_TOKENS, AUTH_MODE, MAX_CONCURRENT_JOBS
  or MONTHLY_BUDGET_USD. When it starts, the command prints those that have no effect.
  STORAGE_EMULATOR_HOST, FIRESTORE_EMULATOR_HOST, PUBSUB_EMULATOR_HOST
        host:port of your own emulator, which is then used instead of the stand-in
`)
	return text.String()
}

// version describes the source that this program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "vertextune local, of an unknown version"
	}
	text := "vertextune local " + info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			text += " " + s.Value //nolint:modernize // there are only a few settings
		}
	}
	return text + " " + info.GoVersion
}
