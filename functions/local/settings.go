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
	"strconv"
	"strings"
	"time"

	"github.com/joho/godotenv"

	"github.com/vertextune/vertextune/pkg/auth"
	"github.com/vertextune/vertextune/pkg/standin/cloud"
)

// The names of everything that exists once.
const (
	project  = "local"
	inbox    = "local-inbox"
	data     = "local-data"
	ticks    = "poll"          // topic that Cloud Scheduler publishes to
	events   = "tuning-events" // topic that is told what happens to jobs, and a subscription to it
	location = "us-central1"
	caller   = "local"
)

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
func settings(given map[string]string, c *cloud.Cloud, o options) map[string]string {
	all := map[string]string{
		"GOOGLE_CLOUD_LOCATION": location,
		"BASE_MODEL":            "gemini-3.1-flash-lite",
		"STATUS_MAX_AGE":        "1s",
		// What is a minute in the cloud is a tick here: a start that is killed is gone on with as soon.
		"START_LEASE":           min(max(o.pollInterval, time.Second), time.Minute).String(),
		"CREATE_TIMEOUT":        "4s",
		"START_RATE_PER_MINUTE": "0", // whoever tries things out may start as many jobs as they like
		"CATALOGUE":             "gs://" + data + "/" + catalogueFile,
	}
	maps.Copy(all, given)
	maps.Copy(all, c.Variables())
	maps.Copy(all, map[string]string{
		"GOOGLE_CLOUD_PROJECT": project,
		"INBOX_BUCKET":         inbox,
		"DATA_BUCKET":          data,
		"EVENTS_TOPIC":         events,
		"MAX_CONCURRENT_JOBS":  strconv.Itoa(o.concurrentJobs),
	})
	if ownTokens(given) {
		all["API_TOKENS"] = caller + ":" + auth.Hash(o.token)
	}
	return all
}

// ownTokens reports whether callers are known by our token, and not by those of an issuer.
func ownTokens(given map[string]string) bool {
	return given["AUTH_MODE"] == "" || given["AUTH_MODE"] == "token"
}

func newToken() string { return strings.ToLower(rand.Text()) }
