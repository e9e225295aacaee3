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

// The names of everything that exists once.
const (
	project  = "local"
	inbox    = "local-inbox"
	data     = "local-data"
	ticks    = "poll"          // topic that Cloud Scheduler publishes to
	events   = "tuning-events" // topic that job events are published to, and a subscription to it
	location = "us-central1"
	caller   = "local"
)

// fixed are the settings that cannot be chosen here.
var fixed = map[string]string{
	"GOOGLE_CLOUD_PROJECT": project,
	"INBOX_BUCKET":         inbox,
	"DATA_BUCKET":          data,
	"EVENTS_TOPIC":         events,
	"FIRESTORE_DATABASE":   "(default)",
}

// chosen are settings for which each run has a value of its own.
var chosen = []string{"EVENT_ACCOUNT", "VERTEX_AI_EMULATOR_HOST"}

// environment is the process's, with what .env adds to it.
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

// foreign are the emulators that the environment names, to be used in place of the stand-ins.
func foreign(environment map[string]string) cloud.Addresses {
	return cloud.Addresses{
		Storage:   environment["STORAGE_EMULATOR_HOST"],
		Firestore: environment["FIRESTORE_EMULATOR_HOST"],
		PubSub:    environment["PUBSUB_EMULATOR_HOST"],
	}
}

// settings is the environment of the functions: what the caller set, this command's defaults for what was
// left open, and what cannot be otherwise here.
func settings(given map[string]string, c *cloud.Cloud, o options, eventAccount string) map[string]string {
	all := map[string]string{
		"GOOGLE_CLOUD_LOCATION": location,
		"BASE_MODEL":            "gemini-3.1-flash-lite",
		"STATUS_MAX_AGE":        "1s",
		// What is a minute in the cloud is a tick here: a start whose process was killed is resumed as soon.
		"START_LEASE":           min(max(o.pollInterval, time.Second), time.Minute).String(),
		"CREATE_TIMEOUT":        "4s",
		"START_RATE_PER_MINUTE": "0", // whoever tries things out may start as many jobs as they like
		"CATALOGUE":             "gs://" + data + "/" + catalogueFile,
		"CATALOGUE_MAX_AGE":     "1s", // whoever edits it wants to see the effect
		"MAX_CONCURRENT_JOBS":   strconv.Itoa(o.concurrentJobs),
	}
	for name, value := range given {
		if value != "" || all[name] == "" { // a default holds where a variable is set to nothing
			all[name] = value
		}
	}
	maps.Copy(all, c.Variables())
	maps.Copy(all, fixed)
	all["EVENT_ACCOUNT"] = eventAccount
	if usesStaticTokens(given) {
		own := caller + ":" + auth.Hash(o.token)
		all["API_TOKENS"] = strings.TrimPrefix(strings.TrimRight(given["API_TOKENS"], ", ")+","+own, ",")
	}
	return all
}

// notes says which of the caller's settings have no effect.
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

// usesStaticTokens reports whether callers are known by the command's token and those of API_TOKENS, and not
// by those of an issuer.
func usesStaticTokens(given map[string]string) bool {
	return given["AUTH_MODE"] == "" || given["AUTH_MODE"] == "token"
}

func newToken() string { return strings.ToLower(rand.Text()) }
