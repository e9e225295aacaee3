// Copyright 2026 The Vertextune Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/joho/godotenv"

	"github.com/vertextune/vertextune/pkg/entry/auth"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// These are the names of everything that exists once.
const (
	project  = "local"
	inbox    = "local-inbox"
	data     = "local-data"
	ticks    = "poll"          // the topic that Cloud Scheduler publishes to
	events   = "tuning-events" // the topic of job events, and its subscription
	location = "us-central1"
	caller   = "local"
)

// fixed are the settings that the user cannot change here.
var fixed = map[string]string{
	"GOOGLE_CLOUD_PROJECT": project,
	"INBOX_BUCKET":         inbox,
	"DATA_BUCKET":          data,
	"EVENTS_TOPIC":         events,
	"FIRESTORE_DATABASE":   "(default)",
}

// chosen are the settings that have a new value in each run.
var chosen = []string{"EVENT_ACCOUNT", "VERTEX_AI_EMULATOR_HOST"}

// environment returns the environment of the process, completed by the file .env.
func environment() (map[string]string, error) {
	all, err := godotenv.Read(".env")
	if errors.Is(err, fs.ErrNotExist) {
		all, err = map[string]string{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read .env: %w", err)
	}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		all[name] = value
	}
	return all, nil
}

// externalEmulators returns the emulators that the environment names; they replace the stand-ins.
func externalEmulators(environment map[string]string) cloud.Addresses {
	return cloud.Addresses{
		Storage:   environment["STORAGE_EMULATOR_HOST"],
		Firestore: environment["FIRESTORE_EMULATOR_HOST"],
		PubSub:    environment["PUBSUB_EMULATOR_HOST"],
	}
}

// settings returns the environment of the functions: the caller's settings, this command's defaults
// for settings that are absent or empty, and the fixed ones.
func settings(env map[string]string, c *cloud.Cloud, o options, eventAccount string) map[string]string {
	all := map[string]string{
		"GOOGLE_CLOUD_LOCATION": location,
		"BASE_MODEL":            "gemini-3.1-flash-lite",
		"STATUS_MAX_AGE":        "1s",
		// A tick here corresponds to a minute in the cloud: a start whose process was killed is
		// resumed after as many ticks.
		"START_LEASE":           min(max(o.pollInterval, time.Second), time.Minute).String(),
		"CREATE_TIMEOUT":        "4s",
		"START_RATE_PER_MINUTE": "0", // a developer may start as many jobs as they like
		"CATALOGUE":             "gs://" + data + "/" + catalogueFile,
		"CATALOGUE_MAX_AGE":     "1s", // an edit takes effect at once
		"MAX_CONCURRENT_JOBS":   strconv.Itoa(o.concurrentJobs),
	}
	for name, value := range env {
		if value != "" || all[name] == "" { // an empty variable does not replace a default
			all[name] = value
		}
	}
	maps.Copy(all, c.Variables())
	maps.Copy(all, fixed)
	all["EVENT_ACCOUNT"] = eventAccount
	if usesStaticTokens(env) {
		own := caller + ":" + auth.Hash(o.token)
		all["API_TOKENS"] = strings.TrimPrefix(strings.TrimRight(env["API_TOKENS"], ", ")+","+own, ",")
	}
	return all
}

// notes returns a sentence for each of the caller's settings that has no effect.
func notes(given map[string]string, o options) (all []string) {
	for _, name := range slices.Sorted(maps.Keys(fixed)) {
		if value := given[name]; value != "" && value != fixed[name] {
			all = append(all, fmt.Sprintf("%s=%s has no effect: the local command always uses %s", name, value, fixed[name]))
		}
	}
	for _, name := range chosen {
		if given[name] != "" {
			all = append(all, name+" has no effect: the local command chooses a new value each time")
		}
	}
	if o.token != "" && !usesStaticTokens(given) {
		all = append(all, fmt.Sprintf("-token has no effect with AUTH_MODE=%s", given["AUTH_MODE"]))
	}
	return all
}

// usesStaticTokens reports whether callers are authenticated by the command's token and API_TOKENS,
// and not by an issuer.
func usesStaticTokens(given map[string]string) bool {
	return given["AUTH_MODE"] == "" || given["AUTH_MODE"] == "token"
}

func newToken() string { return strings.ToLower(rand.Text()) }
